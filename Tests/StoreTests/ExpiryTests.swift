import Base
import Domain
import Testing

@testable import Store

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
    #expect(ended.reduce(0, +) == 600 && ended.allSatisfy { $0 <= Limits.holdsExpired })
    #expect(try sale.rig.counters(sale.item).free == 600)
    try sale.expectLedger()
}
