import Base
import Domain
import TestKit
import Testing

@testable import QueueModule

private let ticket = Ticket(
    keyID: 1, incarnation: 5, sequence: 17, quantity: 2, userTag: 9)

private func written(_ place: ItemView.Place, user: String? = nil) throws -> TestKit.TicketBody? {
    guard let body = QueueModule.TicketBody(place, ticket: ticket) else { return nil }
    var buffer = ByteBuffer()
    let item = Array("demo".utf8)
    if let user {
        body.append(to: &buffer, ticket: "AbC".utf8.span, item: item, user: user.utf8.span)
    } else {
        body.append(to: &buffer, ticket: "AbC".utf8.span, item: item, user: nil)
    }
    return try decoded(buffer.bytes)
}

@Test(
    arguments: [
        (ResultByte.sold, "sold", true, nil), (.processing, "processing", false, nil),
        (.reserved, "reserved", false, nil),
        (.rejected, "rejected", true, "refused-by-order-sink"), (.expired, "expired", true, nil),
        (.cancelled, "cancelled", true, nil), (.inDoubt, "in_doubt", false, nil),
        (.insufficientStock, "sold_out", true, "insufficient-stock"),
    ] as [(ResultByte, String, Bool, String?)])
func `a decided ticket shows its state, and nothing of a queue`(
    byte: ResultByte, state: String, isFinal: Bool, reason: String?
) throws {
    let body = try #require(try written(.decided(byte), user: "u1"))
    #expect(body.state == state && body.final == isFinal && body.reason == reason)
    #expect(body.ticket == "AbC" && body.item == "demo" && body.user == "u1")
    #expect(body.sequence == 17 && body.quantity == 2)
    #expect(body.position == nil && body.ahead == nil && body.eta == nil && body.verdict == nil)
    #expect(body.order == nil && body.expiresAt == nil)
}

@Test func `a ticket below the watermark is sold out, for good`() throws {
    let body = try #require(try written(.soldOut))
    #expect(body.state == "sold_out" && body.final && body.reason == nil && body.user == nil)
}

@Test func `a waiting ticket shows its place, and that nothing is known of its time`() throws {
    let body = try #require(try written(.queued(position: 4)))
    #expect(body.state == "queued" && !body.final)
    #expect(body.position == 4 && body.ahead == 3 && body.verdict == "possible")
    #expect(body.eta?.p50Ms == nil && body.eta?.p90Ms == nil && body.eta?.known == false)
}

@Test func `a ticket whose place is not known has no body`() throws {
    let places: [ItemView.Place] = [
        .beyondTail, .needsSnapshot, .needsBlock(0), .decided(.lost), .decided(.undecided),
    ]
    for place in places { #expect(try written(place) == nil, "\(place)") }
}

// MARK: Items

private func snapshot() -> ItemSnapshot {
    var counters = ItemCounters()
    counters.head = 3
    counters.tail = 10
    counters.cancelled = 2
    counters.free = 4
    counters.held = 1
    counters.sold = 5
    var settings = ItemSettings()
    settings.queueLimit = 30
    return ItemSnapshot(
        counters: counters, settings: settings, boot: "b", incarnation: 1, salt: [],
        storeTime: WallInstant(milliseconds: 0))
}

private func item(_ snapshot: ItemSnapshot, at time: Int64 = 1_794_355_200_123) -> QueueModule.ItemBody {
    QueueModule.ItemBody(
        name: ItemName("demo")!, snapshot: snapshot, storeTime: WallInstant(milliseconds: time), drainPerSecond: 7)
}

private func bytes(
    _ body: QueueModule.ItemBody, withCounters: Bool = false, withTime: Bool = true
) -> [UInt8] {
    var buffer = ByteBuffer()
    buffer.appendJSON { body.write(to: &$0, withCounters: withCounters, withTime: withTime) }
    return buffer.bytes
}

@Test func `an item shows its stock, its queue and the store's time`() throws {
    let body = try decoded(bytes(item(snapshot())), as: TestKit.ItemBody.self)
    #expect(body.item == "demo" && body.state == "open")
    #expect(body.stockTotal == 10 && body.stockLeft == 4 && body.held == 1 && body.sold == 5 && body.addsUp)
    #expect(body.waiting == 5 && body.queueLimit == 30 && body.drainPerSecond == 7)
    #expect(body.opensAt == nil && body.closesAt == nil && body.serverTime == "2026-11-11T00:00:00.123Z")
}

@Test func `an item's state follows its settings and the time`() throws {
    func state(at time: Int64 = 1_000, _ change: (inout ItemSnapshot) -> Void) throws -> String {
        var changed = snapshot()
        change(&changed)
        return try decoded(bytes(item(changed, at: time)), as: TestKit.ItemBody.self).state
    }
    #expect(try state { $0.settings.isPaused = true } == "paused")
    #expect(try state { $0.settings.isClosed = true } == "closed")
    #expect(
        try state {
            $0.settings.isFrozen = true; $0.settings.isClosed = true
        } == "frozen")
    #expect(
        try state {
            $0.counters.ended = 1; $0.settings.isPaused = true
        } == "sold_out")
    #expect(try state(at: 999) { $0.settings.opensAt = WallInstant(milliseconds: 1_000) } == "scheduled")
    #expect(try state(at: 1_000) { $0.settings.opensAt = WallInstant(milliseconds: 1_000) } == "open")
    #expect(try state(at: 1_000) { $0.settings.closesAt = WallInstant(milliseconds: 1_000) } == "closed")
    #expect(try state(at: 999) { $0.settings.closesAt = WallInstant(milliseconds: 1_000) } == "open")
}

@Test func `buyers see no inner counters, operators do`() throws {
    let inner: Set = ["per_user_limit", "weight", "in_doubt", "redo", "head", "tail", "version", "frozen", "ended_at"]
    #expect(inner.isDisjoint(with: try object(bytes(item(snapshot()))).keys))
    #expect(inner.isSubset(of: try object(bytes(item(snapshot()), withCounters: true)).keys))
}

@Test func `the tag changes with what is shown, and not with the time`() throws {
    func tag(_ snapshot: ItemSnapshot, at time: Int64) -> String {
        QueueModule.ItemBody.tag(of: bytes(item(snapshot, at: time), withTime: false).span)
    }
    var other = snapshot()
    other.counters.free -= 1
    other.counters.sold += 1
    #expect(tag(snapshot(), at: 1) == tag(snapshot(), at: 2_000_000))
    #expect(tag(snapshot(), at: 1) != tag(other, at: 1))
    #expect(tag(other, at: 1).hasPrefix("W/\"") && tag(other, at: 1).hasSuffix("\""))
}
