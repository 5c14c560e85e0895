import Base
import Domain
import Testing

@testable import WorkerModule

private func at(_ milliseconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: 0) + .milliseconds(milliseconds)
}

/// The machine, as an object, which the macros can call.
private final class Batches {
    typealias Batch = [OrderBatches<Int>.Entry]
    private var machine = OrderBatches<Int>(seed: 7)

    init(_ orders: Range<Int>) { for order in orders { add(order) } }

    var count: Int { machine.count }
    var failures: Int { machine.failures }
    var isBatchUnderWay: Bool { machine.isBatchUnderWay }
    func add(_ order: Int) { machine.add(order, paidUntil: MonotonicInstant(nanoseconds: .max)) }
    /// With a permit for all that is due.
    func take(now: MonotonicInstant) -> Batch? {
        machine.permit(machine.wanted(now: now), now: now)
        return machine.take(now: now)
    }
    func answered(_ batch: Batch) { machine.answered(batch) }
    func failed(_ batch: Batch, mayBeOfOne: Bool, now: MonotonicInstant) {
        machine.failed(batch, mayBeOfOne: mayBeOfOne, now: now)
    }
    func wakeAt(now: MonotonicInstant) -> MonotonicInstant? { machine.wakeAt(now: now) }
    func withdraw(where isWanted: (Int, Int) -> Bool = { _, _ in true }) -> [Int] {
        machine.withdraw(where: isWanted)
    }
}

@Test func `orders go out in order, at most 256 at once, in as many batches as there is room for`() throws {
    let machine = Batches(0..<600)
    var sizes: [Int] = []
    var seen: [Int] = []
    while let batch = machine.take(now: at(0)) {
        sizes.append(batch.count)
        seen += batch.map(\.order)
        if sizes.count == 2 { machine.answered(batch) }
    }
    #expect(sizes == [256, 256, 88] && seen == Array(0..<600))
    #expect(machine.count == 600 - 256 && machine.isBatchUnderWay)
}

@Test func `what failed comes again first, alone under way, after a pause, until an answer opens the way`() throws {
    let machine = Batches(0..<600)
    let first = try #require(machine.take(now: at(0)))
    let second = try #require(machine.take(now: at(0)))
    machine.failed(first, mayBeOfOne: false, now: at(10))
    #expect(machine.failures == 1 && machine.count == 600)
    machine.failed(second, mayBeOfOne: false, now: at(10))
    let wake = try #require(machine.wakeAt(now: at(10)))
    #expect(wake > at(10) && wake <= at(110))
    #expect(machine.take(now: at(10)) == nil)
    let again = try #require(machine.take(now: at(110)))
    #expect(again.map(\.order) == Array(256..<512) && again[0].tries == 1)
    #expect(machine.take(now: at(110)) == nil)
    machine.answered(again)
    #expect(machine.failures == 0)
    #expect(machine.take(now: at(110))?.map(\.order) == Array(0..<256))
    #expect(machine.take(now: at(110))?.count == 88)
}

@Test func `pauses grow to half a second and no further`() throws {
    let machine = Batches(0..<1)
    var longest = TimeSpan.zero
    var now = at(0)
    for _ in 0..<200 {
        let batch = try #require(machine.take(now: now))
        machine.failed(batch, mayBeOfOne: false, now: now)
        let wake = machine.wakeAt(now: now) ?? now
        longest = max(longest, wake - now)
        now = wake
    }
    #expect(longest > .milliseconds(250) && longest <= .milliseconds(500))
}

@Test func `after a refusal that one order may have caused each goes alone, and the bad one rests longer each time`()
    throws
{
    let machine = Batches(0..<5)
    let batch = try #require(machine.take(now: at(0)))
    machine.add(5)
    machine.failed(batch, mayBeOfOne: true, now: at(0))
    #expect(machine.failures == 0)
    #expect(machine.take(now: at(0))?.map(\.order) == [5])
    for order in 0..<5 {
        let alone = try #require(machine.take(now: at(0)))
        #expect(alone.map(\.order) == [order])
        if order != 2 { machine.answered(alone) } else { machine.failed(alone, mayBeOfOne: true, now: at(0)) }
    }
    var now = at(0)
    var rests: [TimeSpan] = []
    for _ in 0..<12 {
        let wake = try #require(machine.wakeAt(now: now))
        #expect(machine.take(now: wake + .nanoseconds(-1)) == nil)
        rests.append(wake - now)
        now = wake
        let alone = try #require(machine.take(now: now))
        #expect(alone.map(\.order) == [2])
        machine.failed(alone, mayBeOfOne: true, now: now)
    }
    #expect(rests[0] <= .milliseconds(200) && rests[11] >= .seconds(30) && rests[11] <= .seconds(60))
}

@Test func `all but what is under way can be withdrawn, or only some of it`() throws {
    let machine = Batches(0..<300)
    let batch = try #require(machine.take(now: at(0)))
    machine.failed(batch, mayBeOfOne: false, now: at(0))
    let evenTried = machine.withdraw { order, tries in order % 2 == 0 && tries > 0 }
    #expect(evenTried == Array(stride(from: 0, to: 256, by: 2)))
    let again = try #require(machine.take(now: at(1000)))
    #expect(again.map(\.order) == Array(stride(from: 1, to: 256, by: 2)) + Array(256..<300))
    machine.add(300)
    #expect(machine.withdraw() == [300] && machine.count == again.count)
    machine.failed(again, mayBeOfOne: true, now: at(1000))
    let alone = try #require(machine.take(now: at(1000)))
    machine.failed(alone, mayBeOfOne: true, now: at(1000))
    #expect(machine.withdraw() == again.dropFirst().map(\.order) + [1] && machine.count == 0)
}
