import Base
import Domain
import EventLoop
import Testing

@testable import Store
@testable import WorkerModule

/// A sink on a loop that the test turns, and what it finished: one list of sequences a hand-over.
private final class Rig {
    let loop: EventLoop
    let sink: DelaySink
    var handedOver: [[Int64]] = []
    var finished: [FinishedOrder] = []

    init(delay: TimeSpan, slots: Int) throws {
        loop = try EventLoop()
        sink = DelaySink(loop: loop, settings: DelaySink.Settings(delay: delay, slots: slots))
        sink.onFinished = { [unowned self] orders in
            handedOver.append(orders.map(\.order.record.sequence))
            finished += orders
        }
    }

    func place(_ sequences: ClosedRange<Int64>) throws {
        sink.place(try sequences.map { try order($0) })
    }

    func order(_ sequence: Int64) throws -> PlacedOrder {
        let record = FlightRecord(sequence: Array("\(sequence)".utf8), record: [UInt8](repeating: 1, count: 20))
        return PlacedOrder(item: try #require(ItemName("demo")), record: try #require(record), takenAt: loop.now)
    }

    /// Runs turns until so many orders are finished; false when they are not within 10 s.
    func turns(untilFinished count: Int) -> Bool {
        let end = EventLoop.readMonotonicClock() + .seconds(10)
        while finished.count < count {
            guard EventLoop.readMonotonicClock() < end else { return false }
            loop.turn(waitAtMost: .milliseconds(10))
        }
        return true
    }
}

private let never = TimeSpan.seconds(3600)

@Test func `every order is confirmed after the delay, in order, and a turn's orders together`() throws {
    let rig = try Rig(delay: .milliseconds(5), slots: 100)
    try rig.place(1...50)
    #expect(rig.sink.count == 50)
    #expect(rig.turns(untilFinished: 50))
    #expect(rig.handedOver == [Array(1...50)])
    #expect(rig.finished.allSatisfy { $0.outcome == .confirmed && $0.execution >= .milliseconds(5) })
    #expect(rig.sink.count == 0)
}

@Test func `no more orders are begun than there are slots, and the rest can be withdrawn in order`() throws {
    let rig = try Rig(delay: never, slots: 2)
    try rig.place(1...5)
    #expect(rig.sink.withdrawWaiting().map(\.record.sequence) == [3, 4, 5])
    #expect(rig.sink.count == 2)
    #expect(rig.sink.withdrawWaiting().isEmpty)
    try rig.place(6...6)
    #expect(rig.sink.count == 3)
}

@Test func `orders of one slot come one after the other`() throws {
    let rig = try Rig(delay: .milliseconds(2), slots: 1)
    let start = rig.loop.now
    try rig.place(1...3)
    #expect(rig.turns(untilFinished: 3))
    #expect(rig.finished.map(\.order.record.sequence) == [1, 2, 3])
    #expect(rig.loop.now - start >= .milliseconds(6))
    // The wait for the slot is not the order's own time.
    #expect(rig.finished.allSatisfy { $0.execution < .seconds(5) })
}

@Test func `more slots begin more at once; an order that has begun keeps its time`() throws {
    let rig = try Rig(delay: never, slots: 1)
    try rig.place(1...3)
    rig.sink.change(to: DelaySink.Settings(delay: .zero, slots: 2))
    #expect(rig.turns(untilFinished: 2))
    #expect(rig.finished.map(\.order.record.sequence) == [2, 3])
    #expect(rig.sink.count == 1)
}

@Test func `fewer slots hold back new orders until enough are done`() throws {
    let rig = try Rig(delay: .milliseconds(1), slots: 3)
    try rig.place(1...3)
    rig.sink.change(to: DelaySink.Settings(delay: never, slots: 1))
    try rig.place(4...5)
    #expect(rig.turns(untilFinished: 3))
    #expect(rig.sink.count == 2)
    #expect(rig.sink.withdrawWaiting().map(\.record.sequence) == [5])
}

@Test func `thousands of orders end once each, in order`() throws {
    let rig = try Rig(delay: .zero, slots: 10)
    try rig.place(1...5000)
    #expect(rig.turns(untilFinished: 5000))
    #expect(rig.finished.map(\.order.record.sequence) == Array(1...5000))
    #expect(rig.sink.count == 0 && rig.sink.withdrawWaiting().isEmpty)
}

@Test func `stays are counted from the taking, of what was taken since the last change`() throws {
    let rig = try Rig(delay: never, slots: 1)
    try rig.place(1...1)
    rig.sink.change(to: DelaySink.Settings(delay: .milliseconds(2), slots: 2))
    rig.loop.turn(waitAtMost: .milliseconds(1))  // a later turn: what is taken now was taken after the change
    try rig.place(2...11)
    #expect(rig.turns(untilFinished: 10))
    #expect(rig.sink.stays.count == 10)
    #expect(rig.sink.stays.quantile(perMille: 1) >= 2_000)
    // Ten orders, one slot of the two being held for ever: the last one has waited for nine.
    #expect(rig.sink.stays.largest >= 20_000)
    rig.sink.change(to: rig.sink.settings)
    #expect(rig.sink.stays.count == 0)
}

@Test func `times are spread where it is set so, so that orders pass each other`() throws {
    let rig = try Rig(delay: .milliseconds(20), slots: 100)
    rig.sink.change(to: DelaySink.Settings(delay: .milliseconds(20), slots: 100, variationPercent: 100))
    try rig.place(1...100)
    #expect(rig.turns(untilFinished: 100))
    let sequences = rig.finished.map(\.order.record.sequence)
    #expect(sequences != Array(1...100))
    #expect(Set(sequences) == Set(1...100))
    #expect(rig.handedOver.count > 1)
}

@Test func `a slot goes on from when it was free, not from when somebody looked`() throws {
    let rig = try Rig(delay: .milliseconds(5), slots: 1)
    let start = rig.loop.now
    try rig.place(1...2)
    #expect(rig.turns(untilFinished: 1))
    let first = rig.loop.now
    #expect(rig.turns(untilFinished: 2))
    let sinceBegan = rig.finished[1].execution
    // At most 10 ms are made up for.
    let began = max(start + .milliseconds(5), MonotonicInstant(nanoseconds: first.nanoseconds - 10_000_000))
    #expect(rig.loop.now - began == sinceBegan)
}
