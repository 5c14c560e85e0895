import Base
import Domain
import Testing

@testable import Store

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
