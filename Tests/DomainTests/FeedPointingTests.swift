import Base
import Testing

@testable import Domain

private func name(_ text: String) throws -> ItemName { try #require(ItemName(text)) }
private func id(_ time: UInt64) -> LedgerID { LedgerID(time: time, number: 0) }

@Test func `an item that changes is looked at once, at once, and its new end is appended`() throws {
    let item = try name("a")
    var feed = FeedPointing()
    feed.itemChanged(item, incarnation: 1, version: 5, now: at(0))
    #expect(feed.nextCallAt == nil, "another process leads")
    feed.begin()
    feed.itemChanged(item, incarnation: 1, version: 5, now: at(0))
    #expect(feed.takeLooks(now: at(0)) == [item] && feed.takeLooks(now: at(0)) == [])
    feed.looked(item, .at(incarnation: 1, version: 6, last: id(9)), now: at(1))
    #expect(feed.takeEnds(now: at(1)) == [.init(item: item, incarnation: 1, last: id(9))])
    #expect(feed.takeEnds(now: at(1)) == [])
    feed.appended(now: at(2))
    feed.itemChanged(item, incarnation: 1, version: 6, now: at(3))
    #expect(feed.nextCallAt == nil, "that change was seen already")
}

@Test func `a busy item is looked at every 50 ms and no sooner, and another one at once`() throws {
    let (busy, other) = (try name("busy"), try name("other"))
    var feed = FeedPointing()
    feed.begin()
    var looks = 0
    for time in Int64(0)..<1_000 {
        feed.itemChanged(busy, incarnation: 1, version: time + 1, now: at(time))
        if feed.takeLooks(now: at(time)).contains(busy) {
            looks += 1
            feed.looked(busy, .at(incarnation: 1, version: time + 1, last: nil), now: at(time))
        }
    }
    #expect((19...21).contains(looks), "\(looks)")
    feed.itemChanged(other, incarnation: 1, version: 1, now: at(1_000))
    #expect(feed.takeLooks(now: at(1_000)).contains(other))
}

@Test func `what failed is done again, and what came meanwhile is not forgotten`() throws {
    let item = try name("a")
    var feed = FeedPointing()
    feed.begin()
    feed.itemChanged(item, incarnation: 1, version: 1, now: at(0))
    _ = feed.takeLooks(now: at(0))
    feed.looked(item, .failed, now: at(1))
    #expect(feed.takeLooks(now: at(50)) == [])
    #expect(feed.takeLooks(now: at(101)) == [item])
    feed.itemChanged(item, incarnation: 1, version: 2, now: at(102))  // after the look was sent
    feed.looked(item, .at(incarnation: 1, version: 1, last: id(3)), now: at(103))
    _ = feed.takeEnds(now: at(103))
    feed.appendFailed(now: at(104))
    #expect(feed.takeEnds(now: at(104)) == [])
    #expect(feed.takeLooks(now: at(160)) == [item])
    feed.looked(item, .at(incarnation: 1, version: 2, last: id(4)), now: at(161))
    #expect(feed.takeEnds(now: at(204)).map(\.last) == [id(4)])
}

@Test func `a new term looks at everything again, and what the last one had under way does no harm`() throws {
    let items = try (0..<200).map { try name("i\($0)") }
    var feed = FeedPointing()
    feed.begin()
    for item in items { feed.itemChanged(item, incarnation: 1, version: 1, now: at(0)) }
    let first = feed.takeLooks(now: at(0))
    #expect(first.count == Limits.itemsPointed && feed.nextCallAt == nil)
    feed.end()
    feed.begin()
    for item in items { feed.itemChanged(item, incarnation: 1, version: 1, now: at(1)) }
    for item in first { feed.looked(item, .at(incarnation: 1, version: 0, last: id(1)), now: at(2)) }
    var seen: Set<ItemName> = []
    var time: Int64 = 2
    while seen.count < items.count, time < 1_000 {
        for item in feed.takeLooks(now: at(time)) {
            seen.insert(item)
            feed.looked(item, .at(incarnation: 1, version: 1, last: id(1)), now: at(time))
        }
        time += 1
    }
    #expect(seen.count == items.count)
    #expect(feed.takeEnds(now: at(time)).count == items.count)
}

@Test func `an event's id is read back as it was written, and no other text is one`() throws {
    for (item, place) in [("a", Int64(0)), (String(repeating: "z", count: 64), 65_535), ("demo-1", 300)] {
        let cursor = EventCursor(
            item: try name(item), incarnation: .max - 5,
            position: LedgerPosition(id: LedgerID(time: 1_793_000_000_000, number: 7), place: place))
        #expect(EventCursor(cursor.text) == cursor)
        for text in [cursor.text + "A", String(cursor.text.dropLast(8)), "B" + cursor.text, cursor.text.lowercased()] {
            #expect(EventCursor(text) != cursor)
        }
    }
    for text in ["", "x", "0-0", "AQ", String(repeating: "A", count: 31), String(repeating: "A", count: 5_000), "!"] {
        #expect(EventCursor(text) == nil, "\(text)")
    }
}
