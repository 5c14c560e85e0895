import Base
import Testing

@testable import Domain

private let other = ItemName("other")!

/// A leader that has read `demo`, whose winners pay later.
private func leader(isHeld: Bool = false, now: MonotonicInstant = at(0)) -> HoldExpiry {
    var expiry = HoldExpiry()
    expiry.begin()
    expiry.itemRead(demo, paysLater: true, isHeld: isHeld, now: now)
    return expiry
}

extension HoldExpiry {
    fileprivate mutating func changes(_ milliseconds: Int64, of name: ItemName = demo, isReserved: Bool = false) {
        itemChanged(name, isHeld: true, isReserved: isReserved, now: at(milliseconds))
    }

    fileprivate mutating func answered(
        _ name: ItemName = demo, next: Int64?, isMoreLeft: Bool = false, hasEnded: Bool = false, _ milliseconds: Int64
    ) {
        answered(
            name, .done(next: next.map { at($0) }, isMoreLeft: isMoreLeft, hasEnded: hasEnded), now: at(milliseconds))
    }
}

@Test func `nothing is called for items without holds`() {
    var expiry = leader()
    expiry.itemRead(other, paysLater: false, isHeld: false, now: at(0))
    expiry.itemChanged(other, isHeld: true, isReserved: false, now: at(1))
    expiry.sweep([other], now: at(2))
    #expect(expiry.nextCallAt == nil && expiry.take(now: at(100_000)).isEmpty)
}

@Test func `new holds are checked within 200 ms, however many changes come`() {
    var expiry = leader()
    for moment in 0..<50 as Range<Int64> { expiry.changes(100 + moment) }
    #expect(expiry.nextCallAt == at(300))
    #expect(expiry.take(now: at(299)).isEmpty && expiry.take(now: at(300)) == [demo])
    #expect(expiry.nextCallAt == nil && expiry.take(now: at(10_000)).isEmpty, "one call of an item is under way")
}

@Test func `a reservation of an item that was never read is enough to call for it`() {
    var expiry = leader()
    expiry.changes(0, of: other, isReserved: true)
    #expect(expiry.take(now: at(200)) == [other])
}

@Test func `the next call is at the next deadline, or sooner where new holds came`() {
    var expiry = leader(isHeld: true)
    #expect(expiry.take(now: at(0)) == [demo])
    expiry.changes(50)
    expiry.answered(next: 60_000, 100)
    #expect(expiry.nextCallAt == at(250), "they came while the call was under way")
    #expect(expiry.take(now: at(250)) == [demo])
    expiry.answered(next: 60_000, 251)
    #expect(expiry.nextCallAt == at(60_000))
    #expect(expiry.take(now: at(60_000)) == [demo])
    expiry.answered(next: nil, 60_001)
    #expect(expiry.nextCallAt == nil)
}

@Test func `slices of a mass expiry follow each other at once, one at a time`() {
    var expiry = leader(isHeld: true)
    for slice in 0..<40 as Range<Int64> {
        #expect(expiry.take(now: at(slice)) == [demo] && expiry.take(now: at(slice)).isEmpty)
        expiry.answered(next: 0, isMoreLeft: true, slice + 1)
        #expect(expiry.nextCallAt == at(slice + 1))
    }
}

@Test func `at most 64 items are called for side by side, the longest due first`() throws {
    var expiry = HoldExpiry()
    expiry.begin()
    let names = try (0..<100).map { try #require(ItemName("i\($0)")) }
    for (index, name) in names.enumerated() { expiry.changes(100 - Int64(index), of: name, isReserved: true) }
    #expect(expiry.take(now: at(1_000)) == Array(names.reversed().prefix(64)))
    #expect(expiry.nextCallAt == nil)
    expiry.answered(names[99], next: nil, 1_001)
    #expect(expiry.take(now: at(1_001)) == [names[35]])
}

@Test func `a hold that is due and can't end is tried again, ever slower, and at once when the clocks agree`() {
    var expiry = leader(isHeld: true)
    var now: Int64 = 0
    for wait in [4, 8, 16, 32, 64, 128, 256, 512, 800, 800] as [Int64] {
        #expect(expiry.take(now: at(now)) == [demo])
        expiry.answered(next: now - 5, now)
        #expect(expiry.nextCallAt == at(now + wait))
        now += wait
    }
    #expect(expiry.take(now: at(now)) == [demo])
    expiry.answered(next: now - 5, now)
    expiry.clocksAgree(now: at(now + 3))
    #expect(expiry.nextCallAt == at(now + 3))
}

@Test func `holds that end one after the other end together, those of 2 ms, however late the answers come`() {
    var expiry = leader(isHeld: true)
    var now: Int64 = 0
    for _ in 0..<20 {
        #expect(expiry.take(now: at(now)) == [demo])
        // The next one became due while the call was under way, or was due by the leader's clock alone.
        expiry.answered(next: now - 1, hasEnded: true, now + 3)
        #expect(expiry.nextCallAt == at(now + 5))
        now += 5
        #expect(expiry.take(now: at(now)) == [demo])
        expiry.answered(next: now + 1, now + 2)
        #expect(expiry.nextCallAt == at(now + 4))
        now += 4
    }
}

@Test func `when the clocks agree again, deadlines that could not be checked meanwhile are`() {
    var expiry = leader(isHeld: true)
    expiry.itemRead(other, paysLater: true, isHeld: false, now: at(0))
    #expect(expiry.take(now: at(0)) == [demo])
    expiry.answered(next: 3_600_000, 1)
    expiry.clocksAgree(now: at(500))
    #expect(expiry.take(now: at(500)) == [demo], "and nothing is called for where nothing is held")
}

@Test func `a call that failed is made again after 100 ms, and an item that is gone waits to be read`() {
    var expiry = leader(isHeld: true)
    #expect(expiry.take(now: at(0)) == [demo])
    expiry.answered(demo, .failed, now: at(7))
    #expect(expiry.nextCallAt == at(107) && expiry.take(now: at(107)) == [demo])
    expiry.answered(demo, .gone, now: at(110))
    #expect(expiry.nextCallAt == nil)
    expiry.itemRead(demo, paysLater: true, isHeld: true, now: at(500))
    #expect(expiry.take(now: at(700)) == [demo])
    expiry.answered(next: 900, 701)
    expiry.itemGone(demo)
    #expect(expiry.nextCallAt == nil)
}

@Test func `a new term finds the holds of the last one, also of items whose pay window was taken away`() {
    var expiry = leader(isHeld: true)
    #expect(expiry.take(now: at(0)) == [demo])
    expiry.end()
    expiry.answered(next: 50, 1)
    #expect(expiry.nextCallAt == nil && expiry.take(now: at(1_000)).isEmpty, "another process leads")
    expiry.changes(2, isReserved: true)
    #expect(expiry.nextCallAt == nil)
    expiry.begin()
    for _ in 0..<2 { expiry.itemRead(other, paysLater: false, isHeld: true, now: at(2_000)) }
    #expect(expiry.take(now: at(2_000)) == [other])
    expiry.answered(other, next: 90_000, 2_001)
    #expect(expiry.nextCallAt == at(90_000))
}

@Test func `an answer that comes in a later term leaves one call of the item under way`() {
    var expiry = leader(isHeld: true)
    #expect(expiry.take(now: at(0)) == [demo])
    expiry.begin()
    expiry.itemRead(demo, paysLater: true, isHeld: true, now: at(10))
    #expect(expiry.take(now: at(20)).isEmpty)
    expiry.answered(next: 5_000, 30)
    #expect(expiry.take(now: at(30)) == [demo])
}

@Test func `a sweep calls for what is held and was missed`() {
    var expiry = leader()
    expiry.sweep([demo], now: at(5_000))
    #expect(expiry.take(now: at(5_000)) == [demo])
}
