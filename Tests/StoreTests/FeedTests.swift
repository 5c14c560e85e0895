import Base
import Domain
import Testing

@testable import Store

extension Rig {
    /// All events of an item behind a cursor, read in pages of `limit`.
    func events(of item: ItemReference, after: EventCursor? = nil, limit: Int = 500) throws -> [Event] {
        try events(of: item.keys.name, after: after, limit: limit)
    }

    /// The same of all items where `item` is nil.
    func events(of item: ItemName?, after: EventCursor? = nil, limit: Int = 500) throws -> [Event] {
        let reader = FeedReader(store: store)
        var (cursor, all) = (after, [Event]())
        while true {
            let page = try page(reader, after: cursor, of: item, limit: limit).get()
            #expect(page.events.count <= limit)
            all += page.events
            cursor = page.events.last?.cursor ?? cursor
            if !page.isMoreLeft { return all }
            #expect(!page.events.isEmpty)
        }
    }

    func page(_ reader: FeedReader, after: EventCursor?, of item: ItemName?, limit: Int) throws
        -> Result<EventPage, EventFailure>
    {
        var result: Result<EventPage, EventFailure>?
        reader.events(after: after, of: item, limit: limit) { result = $0 }
        guard turns(until: { result != nil }), let result else { throw NoAnswer() }
        return result
    }

    /// Appends to the feed of all items how far each of these has got, as the leader does.
    @discardableResult
    func point(_ items: [ItemReference], term: Int64 = 0) throws -> Store.Pointing {
        _ = try raw("SETNX", ControlKeys.term, "0")
        let ends = try items.compactMap { item in
            let end = try answer { store.ledgerEnd(of: item.keys, completion: $0) }
            return end.last.map { FeedPointing.End(item: item.keys.name, incarnation: end.incarnation, last: $0) }
        }
        return try answer { store.point(ends, term: term, completion: $0) }
    }
}

extension Event {
    /// As tests write it down.
    var short: String {
        var words = ["\(type.name)".replacing("sluice.", with: "")]
        if sequence > 0 { words.append("\(sequence)") }
        if attempt > 1 { words.append("attempt \(attempt)") }
        if quantity > 1 { words.append("x\(quantity)") }
        if !order.isEmpty { words.append("order \(order)") }
        if !reference.isEmpty { words.append("reference \(reference)") }
        if !reason.isEmpty { words.append("reason \(reason)") }
        if let isUnitReturned { words.append(isUnitReturned ? "unit back" : "unit kept") }
        return words.joined(separator: " ")
    }
}

@Test func `what is sold at once, and the end of the item, are events in the order of sequences`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 3)
    try rig.admit([Buy("a"), Buy("b", 2), Buy("c")], into: item)
    try rig.deduct(9, from: item)
    #expect(try rig.events(of: item).map(\.short) == ["ticket.sold 1", "ticket.sold 2 x2", "item.sold_out"])
    try rig.alter(item, .restock(units: 1))
    try rig.alter(item, .close)
    try rig.alter(item, .close)
    #expect(try rig.events(of: item).suffix(2).map(\.short) == ["item.reopened", "item.closed"])
    try rig.expectLedgerAddsUp(item)
}

@Test func `what an order service and an operator decide are events with the order or the reason`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 9)
    try rig.fill(5, into: item)
    try rig.cancel(5, of: item)
    try rig.deduct(4, from: item, hasSink: true)
    try rig.settle(
        [
            Settlement(sequence: 1, attempt: 1, outcome: .confirmed, note: "o-1"),
            Settlement(sequence: 2, attempt: 1, outcome: .refused, note: "no such size"),
            Settlement(sequence: 3, attempt: 1, outcome: .inDoubt),
            Settlement(sequence: 4, attempt: 1, outcome: .inDoubt),
        ], of: item)
    try rig.resolve(3, isConfirmed: true, note: "o-3", of: item)
    try rig.resolve(4, isConfirmed: false, note: "not found", of: item)
    try rig.refund(1, reference: "r-1", returnsUnit: false, of: item)
    #expect(
        try rig.events(of: item).map(\.short) == [
            "ticket.cancelled 5", "ticket.sold 1 order o-1", "ticket.rejected 2 reason no such size",
            "ticket.in_doubt 3 order o-3", "ticket.in_doubt 4", "ticket.sold 3 attempt 2 order o-3",
            "ticket.rejected 4 attempt 2 reason not found", "ticket.refunded 1 order o-1 reference r-1 unit kept",
        ])
    try rig.expectLedgerAddsUp(item)
}

@Test func `what becomes of reserved purchases are events with the shop's reference`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 4) { $0.payWindow = .seconds(60) }
    try rig.fill(4, into: item)
    try rig.deduct(4, from: item)
    try rig.pay(1, .paid, "p-1", of: item)
    try rig.pay(
        [
            Payment(sequence: 1, outcome: .paid, reference: "p-2"),
            Payment(sequence: 1, outcome: .paid, reference: "p-3"),
            Payment(sequence: 2, outcome: .authorized, reference: "a-2"),
        ], of: item)
    try rig.cancel(3, of: item)
    let now = try rig.answer { rig.store.clock(completion: $0) }
    try rig.expire(item, now: now)
    let later = WallInstant(milliseconds: 1 << 42)
    try rig.expire(item, now: later, storeAhead: now - later)
    try rig.pay(4, .paid, "p-4", of: item)
    try rig.refund(2, reference: "r-2", of: item)
    #expect(
        try rig.events(of: item).map(\.short) == [
            "ticket.reserved 1", "ticket.reserved 2", "ticket.reserved 3", "ticket.reserved 4",
            "ticket.sold 1 reference p-1", "ticket.refund_due 1 reference p-2", "ticket.refund_due 1 reference p-3",
            "ticket.sold 2 reference a-2", "ticket.cancelled 3", "ticket.expired 4",
            "ticket.refund_due 4 reference p-4", "ticket.refunded 2 reference r-2 unit back",
        ])
    try rig.expectLedgerAddsUp(item)
}

@Test func `an event behind a cursor that is gone is not passed over in silence`() throws {
    let rig = try Rig()
    let (item, reader) = (try rig.item(stock: 9), FeedReader(store: rig.store))
    try rig.fill(4, into: item)
    for _ in 1...4 { try rig.deduct(1, from: item) }
    try rig.point([item])
    let all = try rig.events(of: item)
    let ledger = String(decoding: item.keys.ledger, as: UTF8.self)
    _ = try rig.raw("XDEL", ledger, all[1].cursor.position.id.description)
    for feed in [item.keys.name, nil] {
        let lost = try rig.page(reader, after: all[1].cursor, of: feed, limit: 9)
        guard case .failure(.gone(let oldest?)) = lost else { throw Rig.NoAnswer() }
        #expect(try rig.events(of: feed, after: oldest).map(\.sequence) == [1, 3, 4])
    }
}

@Test func `reading on behind any event gives exactly the rest, of one item and of all, in pages of any size`() throws {
    let rig = try Rig()
    var random = SplitMix64(seed: 5)
    let items = try (0..<3).map { number in
        try rig.item("i\(number)", stock: 40) { $0.payWindow = .seconds(60 * Int64(number % 2)) }
    }
    for item in items { try rig.fill(60, into: item) }
    for step in 0..<60 {
        let item = items[Int(random.below(3))]
        switch random.below(4) {
        case 0: try rig.deduct(1 + random.below(5), from: item)
        case 1: try rig.cancel(1 + random.below(60), of: item)
        case 2: try rig.pay(1 + random.below(20), .paid, "p\(random.below(2))", of: item)
        default: try rig.deduct(1, from: item, hasSink: true)
        }
        if step % 3 == 0 { try rig.point(items.filter { _ in random.below(2) == 0 }) }
    }
    try rig.point(items)
    for feed in items.map({ Optional($0.keys.name) }) + [nil] {
        let all = try rig.events(of: feed)
        #expect(all.count > 5 && Set(all.map(\.cursor)).count == all.count)
        for (index, event) in all.enumerated() {
            #expect(try rig.events(of: feed, after: event.cursor, limit: 1 + index % 9) == Array(all[(index + 1)...]))
        }
    }
    let whole = try rig.events(of: nil)
    for item in items {
        #expect(try rig.events(of: item) == whole.filter { $0.cursor.item == item.keys.name })
    }
}

@Test func `a pointer is written once, in the order of the ledger, and by the present leader alone`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    try rig.fill(5, into: item)
    try rig.deduct(1, from: item)
    let reader = FeedReader(store: rig.store)
    #expect(try rig.point([item]) == .done(written: 1))
    #expect(try rig.point([item]) == .done(written: 0))
    try rig.deduct(1, from: item)
    #expect(try rig.point([item], term: 4) == .outdated)
    // An event that is not in the feed of all items yet: nothing is behind it there, and nothing is lost.
    let second = try rig.events(of: item)[1]
    #expect(try rig.events(of: nil, after: second.cursor).isEmpty)
    #expect(try rig.events(of: nil).map(\.sequence) == [1])
    try rig.deduct(1, from: item)
    #expect(try rig.point([item]) == .done(written: 1))
    #expect(try rig.events(of: nil, after: second.cursor).map(\.sequence) == [3])
    #expect(try rig.page(reader, after: nil, of: nil, limit: 2).get().isMoreLeft)
}

@Test func `the feed goes on behind an event though the store's clock stood wrong, and though the pointer came late`()
    throws
{
    let rig = try Rig()
    let (first, second) = (try rig.item("first", stock: 9), try rig.item("second", stock: 9))
    for item in [first, second] { try rig.fill(5, into: item) }
    // Written while the clock was an hour ahead: all that follows is numbered from there.
    let ledger = String(decoding: first.keys.ledger, as: UTF8.self)
    let ahead = UInt64(try rig.answer { rig.store.clock(completion: $0) }.milliseconds) + 3_600_000
    try rig.deduct(1, from: first)
    _ = try rig.raw("XADD", ledger, "\(ahead)-1", "v", "999", "stock", "0")
    try rig.deduct(1, from: first)
    try rig.point([first])
    for _ in 1...3 {
        try rig.deduct(1, from: second)
        try rig.deduct(1, from: first)
        try rig.point([second, first])
    }
    let all = try rig.events(of: nil)
    #expect(all.count == 8)
    for (index, event) in all.enumerated() {
        #expect(try rig.events(of: nil, after: event.cursor) == Array(all[(index + 1)...]), "\(index)")
    }
}
