import Base
import Domain
import Testing

@testable import Store

/// An item whose winners pay within a minute, and its leader's clock.
private struct PaidItem {
    let rig: Rig
    let item: ItemReference
    static let window = TimeSpan.seconds(60)

    init(stock: Int64 = 2, waiting: Int = 3, _ change: (inout ItemChange) -> Void = { _ in }) throws {
        rig = try Rig()
        item = try rig.item(stock: stock) {
            $0.payWindow = Self.window
            change(&$0)
        }
        try rig.fill(waiting, into: item)
    }

    /// Takes winners through a sink, and confirms them.
    func reserve(_ count: Int64) throws {
        let taken = try rig.deduct(count, from: item, hasSink: true).taken
        try rig.settle(
            taken.map { Settlement(sequence: $0.sequence, attempt: $0.attempt, outcome: .confirmed, note: "o") },
            of: item)
    }

    var storeTime: WallInstant { get throws { try rig.snapshot(item).storeTime } }

    /// As if so much time had passed on both clocks.
    @discardableResult
    func expire(after time: TimeSpan) throws -> Store.ExpiryReply {
        try rig.expire(item, now: try storeTime + time, storeAhead: .zero - time)
    }

    func byte(_ sequence: Int64) throws -> ResultByte { try rig.bytes(sequence...sequence, of: item)[0] }
    func expectLedger() throws { try rig.expectLedgerAddsUp(item) }
}

@Test func `a confirmed order is reserved until it is paid, then sold`() throws {
    let sale = try PaidItem()
    try sale.reserve(2)
    let details = try sale.rig.details(of: 1, in: sale.item)
    let left = try #require(details.payUntil) - (try sale.storeTime)
    #expect(left <= PaidItem.window && left > PaidItem.window - .seconds(20))
    #expect(try sale.byte(1) == .reserved && sale.rig.counters(sale.item).held == 2)
    #expect(try sale.rig.pay(1, .paid, "p1", of: sale.item) == .sold)
    #expect(try sale.rig.pay(1, .paid, "p1", of: sale.item) == .sold)
    #expect(try sale.byte(1) == .sold && sale.rig.counters(sale.item).sold == 1)
    #expect(try sale.rig.details(of: 1, in: sale.item).payUntil == nil)
    #expect(String(decoding: try sale.rig.details(of: 1, in: sale.item).order, as: UTF8.self) == "o")
    try sale.expectLedger()
}

@Test func `without an order sink winners are reserved at once, with what their records need`() throws {
    let sale = try PaidItem(stock: 3)
    let done = try sale.rig.deduct(3, from: sale.item)
    #expect(done.winners == 3 && done.taken == [] && done.counters.held == 3 && done.counters.sold == 0)
    #expect(try sale.byte(2) == .reserved)
    #expect(try sale.rig.pay(2, .authorized, of: sale.item) == .sold)
    #expect(try sale.rig.cancel(3, of: sale.item) == .cancelled)
    try sale.expectLedger()
}

@Test func `a failed payment keeps the hold, and a retry may follow`() throws {
    let sale = try PaidItem()
    try sale.reserve(1)
    #expect(try sale.rig.pay(1, .failed, "p1", of: sale.item) == .held)
    #expect(try sale.byte(1) == .reserved)
    #expect(try sale.rig.pay(1, .paid, "p1", of: sale.item) == .sold)
    #expect(try sale.rig.pay(1, .failed, "p1", of: sale.item) == .notReserved)
    #expect(try sale.byte(1) == .sold)
}

@Test func `a payment after the deadline buys nothing, and is due to be paid back once`() throws {
    let sale = try PaidItem()
    try sale.reserve(1)
    #expect(try sale.expire(after: .zero).ended == 0)
    #expect(try sale.expire(after: .seconds(61)).ended == 1)
    #expect(try sale.byte(1) == .expired)
    for _ in 0..<2 { #expect(try sale.rig.pay(1, .paid, "p1", of: sale.item) == .late) }
    #expect(try sale.rig.pay(1, .paid, "p2", of: sale.item) == .late)
    #expect(try sale.rig.ledger(sale.item).refundsDue == 2)
    let counters = try sale.rig.counters(sale.item)
    #expect(counters.free == 2 && counters.sold == 0)
}

@Test func `a late authorized payment is voided, and nothing is due`() throws {
    let sale = try PaidItem()
    try sale.reserve(2)
    try sale.expire(after: .zero)
    try sale.expire(after: .seconds(61))
    #expect(try sale.rig.pay(1, .authorized, "p1", of: sale.item) == .late)
    #expect(try sale.rig.pay(2, .failed, "p2", of: sale.item) == .late)
    #expect(try sale.rig.ledger(sale.item).refundsDue == 0)
}

@Test func `a second payment for what is sold buys nothing, and is due to be paid back`() throws {
    let sale = try PaidItem()
    try sale.reserve(1)
    #expect(try sale.rig.pay(1, .paid, "p1", of: sale.item) == .sold)
    #expect(try sale.rig.pay(1, .authorized, "p2", of: sale.item) == .notReserved)
    #expect(try sale.rig.ledger(sale.item).refundsDue == 0)
    #expect(try sale.rig.pay(1, .paid, "p2", of: sale.item) == .notReserved)
    #expect(try sale.rig.ledger(sale.item).refundsDue == 1)
    #expect(try sale.rig.counters(sale.item).sold == 1)
}

@Test func `what is not reserved can't be paid`() throws {
    let sale = try PaidItem()
    #expect(try sale.rig.pay(1, .paid, of: sale.item) == .notReserved)
    #expect(try sale.rig.pay(4, .paid, of: sale.item) == .unknown)
    try sale.rig.deduct(1, from: sale.item, hasSink: true)
    #expect(try sale.rig.pay(1, .failed, of: sale.item) == .notReserved)
}

@Test func `a payment that comes before the win is not to be paid back, for it may buy the purchase yet`() throws {
    let sale = try PaidItem(stock: 1)
    #expect(try sale.rig.pay(1, .paid, "p1", of: sale.item) == .notReserved)
    try sale.rig.deduct(1, from: sale.item, hasSink: true)
    #expect(try sale.rig.pay(1, .paid, "p1", of: sale.item) == .notReserved)
    try sale.rig.settle(1, .confirmed, of: sale.item)
    #expect(try sale.rig.pay(1, .paid, "p1", of: sale.item) == .sold)
    #expect(try sale.rig.ledger(sale.item).refundsDue == 0)
}

@Test func `a payment for what is sold out is to be paid back`() throws {
    let sale = try PaidItem(stock: 1)
    try sale.reserve(1)
    try sale.rig.pay(1, .paid, of: sale.item)
    #expect(try sale.rig.counters(sale.item).hasEnded)
    for _ in 0..<2 { #expect(try sale.rig.pay(2, .paid, "p2", of: sale.item) == .notReserved) }
    #expect(try sale.rig.pay(3, .authorized, "p3", of: sale.item) == .notReserved)
    #expect(try sale.rig.ledger(sale.item).refundsDue == 1)
}

@Test func `an expired unit goes to the lowest waiting sequence, which has its own time to pay`() throws {
    let sale = try PaidItem(stock: 1)
    try sale.reserve(1)
    #expect(try sale.rig.deduct(1, from: sale.item, hasSink: true).stop == .headWaits)
    try sale.expire(after: .zero)
    let reply = try sale.expire(after: .seconds(61))
    #expect(reply.ended == 1 && reply.next == nil && reply.counters.free == 1)
    #expect(try sale.rig.deduct(5, from: sale.item, hasSink: true).taken.map(\.sequence) == [2])
}

@Test func `grace lets a payment through after the deadline that the buyer sees`() throws {
    let sale = try PaidItem(stock: 1) { $0.payGrace = .seconds(30) }
    try sale.reserve(1)
    try sale.expire(after: .zero)
    let reply = try sale.expire(after: .seconds(80))
    #expect(reply.ended == 0 && reply.next != nil)
    #expect(try sale.rig.pay(1, .paid, of: sale.item) == .sold)
    #expect(try sale.expire(after: .seconds(91)).ended == 0)
}

@Test func `a clock of the store that jumps ends no hold, and gives none a wrong deadline`() throws {
    let sale = try PaidItem(stock: 3)
    try sale.reserve(1)
    try sale.expire(after: .zero)
    let now = try sale.storeTime
    // The leader's clock runs on while the store's has jumped: one hour ahead, one hour back.
    for jump in [3_600, -3_600] as [Int64] {
        #expect(try sale.rig.expire(sale.item, now: now + .seconds(-jump)).ended == 0)
        #expect(try sale.rig.expire(sale.item, now: now + .seconds(61 - jump)).ended == 0)
    }
    #expect(try sale.byte(1) == .reserved)
    // A hold that was begun while the store's clock was an hour behind has its minute by the leader's clock, once that
    // believes it.
    try sale.reserve(1)
    try sale.rig.expire(sale.item, now: now + .seconds(3_600))
    #expect(try #require(try sale.rig.details(of: 2, in: sale.item).payUntil) < now + .seconds(120))
    try sale.rig.expire(sale.item, now: now + .seconds(3_600), storeAhead: .seconds(-3_600))
    let deadline = try #require(try sale.rig.details(of: 2, in: sale.item).payUntil)
    #expect(deadline >= now + .seconds(3_660) && deadline < now + .seconds(3_661))
    #expect(try sale.byte(2) == .reserved)
}

@Test func `a store whose clock is behind for good gives each hold its whole time`() throws {
    let sale = try PaidItem(stock: 1)
    // By the leader's clock; the item was idle until now.
    let now = try sale.storeTime + .seconds(3_600)
    try sale.reserve(1)
    try sale.rig.expire(sale.item, now: now, storeAhead: .seconds(-3_600))
    let until = try #require(try sale.rig.details(of: 1, in: sale.item).payUntil)
    #expect(until >= now + PaidItem.window && until < now + .seconds(80))
    #expect(try sale.rig.expire(sale.item, now: now + .seconds(59), storeAhead: .seconds(-3_659)).ended == 0)
    #expect(try sale.rig.expire(sale.item, now: now + .seconds(90), storeAhead: .seconds(-3_690)).ended == 1)
}

@Test func `a hold that began in a jump of the store's clock, which is over, has its whole time`() throws {
    let sale = try PaidItem(stock: 1)
    try sale.reserve(1)
    // As if it had begun by a clock that was half a minute behind.
    let deadline = try #require(try sale.rig.details(of: 1, in: sale.item).payUntil) + .seconds(-30)
    _ = try sale.rig.raw(
        "ZADD", String(decoding: sale.item.keys.holds, as: UTF8.self), "\(deadline.milliseconds)", "1")
    let now = try sale.storeTime
    try sale.rig.expire(sale.item, now: now)
    let until = try #require(try sale.rig.details(of: 1, in: sale.item).payUntil)
    #expect(until >= now + PaidItem.window && until < now + .seconds(80))
}

@Test(arguments: [400, 4_000] as [Int64])
func `a call of the leader that is carried out late gives no hold less than its time`(milliseconds: Int64) throws {
    let sale = try PaidItem(stock: 1)
    let sent = try sale.storeTime + .milliseconds(-milliseconds)
    try sale.reserve(1)
    let until = try #require(try sale.rig.details(of: 1, in: sale.item).payUntil)
    let reply = try sale.rig.expire(sale.item, now: sent)
    #expect(try #require(try sale.rig.details(of: 1, in: sale.item).payUntil) >= until && !reply.isMoreLeft)
    try sale.expire(after: .zero)
    #expect(try #require(try sale.rig.details(of: 1, in: sale.item).payUntil) < until + .seconds(10))
}

@Test func `a call of the leader that comes late, with an old time, gives no hold an earlier deadline`() throws {
    let sale = try PaidItem(stock: 2)
    for (sequence, late) in [(1, TimeSpan.seconds(5)), (2, .milliseconds(900))] as [(Int64, TimeSpan)] {
        try sale.reserve(1)
        let deadline = try #require(try sale.rig.details(of: sequence, in: sale.item).payUntil)
        try sale.rig.expire(sale.item, now: try sale.storeTime + (.zero - late))
        #expect(try #require(try sale.rig.details(of: sequence, in: sale.item).payUntil) >= deadline)
    }
}

@Test func `a leader's clock that jumps ends no hold`() throws {
    let sale = try PaidItem(stock: 1)
    try sale.reserve(1)
    try sale.expire(after: .zero)
    let now = try sale.storeTime
    #expect(try sale.rig.expire(sale.item, now: now + .seconds(7_200)).ended == 0)
    #expect(try sale.byte(1) == .reserved)
}

@Test func `deadlines are spread, so that not all pay at once`() throws {
    let sale = try PaidItem(stock: 100, waiting: 100) { $0.paySpread = .seconds(100) }
    try sale.reserve(100)
    let times = try (1...100).map { try #require(try sale.rig.details(of: $0, in: sale.item).payUntil) }
    let first = try #require(times.min())
    let tenths = Set(times.map { ($0 - first).wholeMilliseconds / 10_000 })
    #expect(tenths.count == 10)
}

@Test func `many holds that end together end in slices`() throws {
    let sale = try PaidItem(stock: 600, waiting: 600)
    for _ in 0..<3 { try sale.reserve(200) }
    var ended: [Int64] = []
    repeat { try sale.expire(after: .zero) } while try sale.expire(after: .zero).isMoreLeft
    var isMoreLeft = true
    while isMoreLeft {
        let reply = try sale.expire(after: .seconds(61))
        ended.append(reply.ended)
        isMoreLeft = reply.isMoreLeft
    }
    #expect(ended.reduce(0, +) == 600 && ended.allSatisfy { $0 <= 256 })
    #expect(try sale.rig.counters(sale.item).free == 600)
    try sale.expectLedger()
}

@Test func `a buyer who leaves gives the unit to the next in line`() throws {
    let sale = try PaidItem(stock: 1)
    try sale.reserve(1)
    #expect(try sale.rig.cancel(1, of: sale.item) == .cancelled)
    #expect(try sale.rig.cancel(1, of: sale.item) == .cancelled)
    #expect(try sale.rig.pay(1, .paid, of: sale.item) == .late)
    #expect(try sale.rig.deduct(1, from: sale.item, hasSink: true).taken.map(\.sequence) == [2])
    try sale.expectLedger()
}

@Test func `a settlement that is repeated after the purchase ended is a repeat`() throws {
    let sale = try PaidItem()
    try sale.reserve(2)
    #expect(try sale.rig.settle(1, .confirmed, of: sale.item) == .repeated)
    try sale.rig.cancel(1, of: sale.item)
    try sale.rig.pay(2, .paid, of: sale.item)
    for sequence in [1, 2] as [Int64] { #expect(try sale.rig.settle(sequence, .confirmed, of: sale.item) == .repeated) }
}

@Test func `a refund returns the unit to the next in line, and the purchase counts no more`() throws {
    let sale = try PaidItem(stock: 2, waiting: 3)
    try sale.reserve(2)
    #expect(try sale.rig.refund(1, of: sale.item) == .notSold)
    try sale.rig.pay(1, .paid, of: sale.item)
    #expect(try sale.rig.admit([Buy("u0", key: 5)], into: sale.item)[0].outcome == .limitReached)
    guard case .done(let refund, isReplay: false) = try sale.rig.refund(1, of: sale.item) else {
        Issue.record("not done")
        return
    }
    #expect(refund.reference == "r" && refund.isUnitReturned)
    let again = try sale.rig.refund(1, reference: "other", returnsUnit: false, of: sale.item)
    #expect(again == .done(refund, isReplay: true))
    #expect(try sale.byte(1) == .sold && sale.rig.details(of: 1, in: sale.item).refund == refund)
    let counters = try sale.rig.counters(sale.item)
    #expect(counters.sold == 0 && counters.free == 1)
    #expect(try sale.rig.admit([Buy("u0", key: 6)], into: sale.item)[0].outcome == .admitted)
    #expect(try sale.rig.deduct(1, from: sale.item, hasSink: true).taken.map(\.sequence) == [3])
    try sale.expectLedger()
}

@Test func `a refund that keeps the unit changes no stock, and the purchase counts on`() throws {
    let sale = try PaidItem(stock: 1, waiting: 1)
    try sale.reserve(1)
    try sale.rig.pay(1, .paid, of: sale.item)
    try sale.rig.refund(1, returnsUnit: false, of: sale.item)
    #expect(try sale.rig.counters(sale.item).sold == 1)
    #expect(try sale.rig.admit([Buy("u0", key: 5)], into: sale.item)[0].outcome == .limitReached)
    #expect(try sale.rig.refund(9, of: sale.item) == .unknown)
    try sale.expectLedger()
}

@Test func `a frozen item ends no hold`() throws {
    let sale = try PaidItem(stock: 1)
    try sale.reserve(1)
    try sale.expire(after: .zero)
    _ = try sale.rig.raw("HSET", String(decoding: sale.item.keys.meta, as: UTF8.self), "frozen", "1")
    #expect(try sale.expire(after: .seconds(61)).ended == 0)
    #expect(try sale.byte(1) == .reserved)
}

@Test(arguments: [false, true])
func `when all is paid the line ends, also where the item closes at once`(closes: Bool) throws {
    let sale = try PaidItem(stock: 1) { $0.closesOnSoldOut = closes }
    try sale.reserve(1)
    #expect(try sale.rig.counters(sale.item).hasEnded == closes)
    try sale.rig.pay(1, .paid, of: sale.item)
    let counters = try sale.rig.counters(sale.item)
    #expect(counters.hasEnded && counters.waiting == 0)
}
