import Base
import Domain
import EventLoop
import OrderTable
import Store
import TestKit
import Testing

@testable import WorkerModule

// Only a fresh grant pays for a call; every other one waits for a permit.

@Test func `a doubt is asked for again with a permit only, one call each`() throws {
    let rig = try SinkRig { _ in confirmed }
    rig.isGenerous = false
    try rig.place(1...3, wasInDoubt: true)
    #expect(rig.turns { rig.sink.retriesWanted == 3 })
    rig.turns(for: .milliseconds(50))
    #expect(rig.seen.isEmpty && rig.sink.count == 3 && rig.sink.awaitingRetry == 3)
    #expect(rig.permit(for: 2) && rig.turns(untilFinished: 2))
    rig.turns(for: .milliseconds(50))
    #expect(rig.seen.count == 2 && rig.sink.retriesWanted == 1)
    // More than is wanted is not kept for later.
    #expect(rig.permit(for: 9) && rig.turns(untilFinished: 3))
    try rig.place(4...4, wasInDoubt: true)
    rig.turns(for: .milliseconds(50))
    #expect(rig.seen.count == 3 && rig.sink.retriesWanted == 1)
}

@Test func `a call is made again with a permit only, whatever the budget of retries says`() throws {
    let rig = try SinkRig { $0.number < 3 ? .reply(status: 500) : confirmed }
    rig.isGenerous = false
    try rig.place(1...1)
    for calls in 1...2 {
        #expect(rig.turns { rig.sink.retriesWanted == 1 })
        rig.turns(for: .milliseconds(50))
        #expect(rig.seen.count == calls && rig.finished.isEmpty)
        #expect(rig.permit(for: 1))
    }
    #expect(rig.turns(untilFinished: 1))
    #expect(rig.outcomes == [.confirmed] && rig.sink.retriesWanted == 0)
}

@Test func `a grant that has become too old pays for no call, nor does a permit`() throws {
    let rig = try SinkRig(breaker: { $0.mode = .manual }, answer: { _ in confirmed })
    rig.isGenerous = false
    #expect(rig.gate.set(isOpen: true))
    try rig.place(1...2, paidFor: Limits.grantPays)
    rig.turns(for: Limits.grantPays + .milliseconds(20))
    #expect(rig.sink.retriesWanted == 0, "behind an open breaker a permit would be lost")
    #expect(rig.gate.set(isOpen: false))
    rig.turns(for: .milliseconds(50))
    #expect(rig.seen.isEmpty && rig.sink.retriesWanted == 2)
    #expect(rig.gate.set(isOpen: true))
    rig.sink.permit(retries: 2)
    rig.turns(for: Limits.grantPays + .milliseconds(20))
    #expect(rig.gate.set(isOpen: false))
    rig.turns(for: .milliseconds(50))
    #expect(rig.seen.isEmpty && rig.sink.retriesWanted == 2)
    #expect(rig.permit(for: 2) && rig.turns(untilFinished: 2))
}

@Test func `a half-open breaker asks for its probes and no more`() throws {
    let rig = try SinkRig(
        breaker: {
            $0.mode = .auto
            $0.minimumCalls = 5
            $0.openFor = .milliseconds(50)
        }, answer: { _ in .reply(status: 500) })
    rig.isGenerous = false
    try rig.place(1...40)
    #expect(rig.turns { rig.sink.breaker == .open })
    #expect(rig.sink.retriesWanted == 0)
    #expect(rig.turns { rig.sink.breaker == .halfOpen && rig.sink.awaitingRetry > 2 })
    #expect(rig.turns { rig.sink.retriesWanted == Int(Limits.revivedProbes) })
}

@Test func `rows for doubts and retries wait for permits, and each takes its own`() throws {
    let rig = try PostgresRig()
    rig.isGenerous = false
    #expect(rig.start() == .usable)
    func placePaid(_ sequence: Int64) throws {
        var order = try rig.order(sequence)
        order.grantedAt = rig.loop.now + .seconds(60)
        rig.sink.place([order])
        rig.loop.beforeSleepOnce {}  // as in the turn of a message: what was placed goes out at its end
    }
    /// Permits so many rows, and again where the machine stood still until it lapsed.
    func permit(for count: Int, untilFinished finished: Int) -> Bool {
        let wanted = rig.sink.retriesWanted
        return rig.turns {
            if rig.sink.retriesWanted == wanted, rig.finished.count < finished {
                rig.sink.permit(retries: count)
                rig.loop.beforeSleepOnce {}
            }
            return rig.finished.count == finished
        }
    }
    rig.sink.place(try (1...40).map { try rig.order($0, wasInDoubt: true) })
    #expect(rig.turns { rig.sink.retriesWanted == 40 })
    try placePaid(41)
    #expect(rig.turns { rig.finished.count == 1 })
    #expect(rig.outcomes == [41: .confirmed] && rig.calls.count == 1 && rig.sink.awaitingRetry == 40)
    #expect(permit(for: 3, untilFinished: 4))
    #expect(try rig.sql("SELECT count(*) FROM orders") == "4")
    _ = try rig.sql("ALTER TABLE orders RENAME TO away")
    rig.loop.turn(waitAtMost: .zero)
    try placePaid(42)
    #expect(rig.turns { rig.calls.count == 5 && rig.sink.retriesWanted == 38 })
    _ = try rig.sql("ALTER TABLE away RENAME TO orders")
    rig.loop.turn(waitAtMost: .zero)
    #expect(permit(for: 38, untilFinished: 42))
    #expect(rig.calls.count == 43 && rig.sink.breaker == .closed)
}

private func at(_ milliseconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: milliseconds * 1_000_000) }

@Test func `a batch holds what is paid for, and as much of the rest as has a permit`() throws {
    var batches = OrderBatches<Int>(seed: 1)
    for order in 0..<4 { batches.add(order, paidUntil: order < 2 ? at(100) : nil) }
    let first = batches.take(now: at(50))
    #expect(first?.map(\.order) == [0, 1])
    #expect(batches.take(now: at(50)) == nil && batches.wanted(now: at(50)) == 2 && batches.awaitingRetry == 2)
    batches.permit(1, now: at(60))
    let second = batches.take(now: at(60))
    #expect(second?.map(\.order) == [2] && batches.wanted(now: at(60)) == 1)
    // What failed needs a permit again, and asks for it after the pause.
    batches.failed(try #require(first), mayBeOfOne: false, now: at(70))
    batches.failed(try #require(second), mayBeOfOne: false, now: at(70))
    #expect(batches.wanted(now: at(70)) == 0)
    let wake = try #require(batches.wakeAt(now: at(70)))
    #expect(batches.take(now: wake) == nil && batches.wanted(now: wake) == 4)
    // A permit that was not used in time is lost.
    batches.permit(4, now: wake)
    let late = wake + Limits.grantPays + .nanoseconds(1)
    #expect(batches.take(now: late) == nil && batches.wanted(now: late) == 4 && batches.count == 4)
}
