import Base
import Domain
import Testing

/// Whether everything that can be sold is sold, whatever happens to messages and processes.
@Suite struct DrainTests {
    /// After the last fault: a lease until a lost worker is noticed, a sweep until an unheard item is, and the work.
    static let bound = DrainRun.lease + Limits.sweep + .seconds(2)

    static let faults = Faults(
        lostPerMille: 50, doubledPerMille: 30, delayedPerMille: 30, workerCrashes: 4, schedulerCrashes: 2, pauses: 4,
        end: .seconds(10))

    /// Drains under faults; the report of the first thing that is wrong.
    static func drain(seed: UInt64, size: DrainRun.Size, faults: Faults) -> String? {
        let run = DrainRun(seed: seed, size: size, faults: faults)
        run.plan(over: .seconds(9))
        run.run(to: faults.end + bound)
        if let violation = run.violations.first { return violation }
        if !run.undrained.isEmpty { return "not drained: \(run.undrained)" }
        for item in run.items {
            let counters = item.counters
            if item.winners != item.winners.sorted() { return "\(item.name): out of order" }
            if counters.free < 0 || counters.held < 0 { return "\(item.name): \(counters)" }
            let ended = counters.tail - counters.waiting
            if counters.waiting > 0 && counters.free > 0 && ended < counters.tail { return "\(item.name): \(counters)" }
        }
        let callsBefore = run.calls
        let grantsBefore = run.grants
        run.run(to: faults.end + bound + .seconds(10))
        if run.grants > grantsBefore { return "\(run.grants - grantsBefore) grants with nothing to do" }
        // Two sweeps, each with a read, a mark taken away and another look.
        if run.calls - callsBefore > 6 * size.items { return "\(run.calls - callsBefore) calls with nothing to do" }
        return nil
    }

    @Test func `drains every item soon after the faults end, without a sink`() {
        var size = DrainRun.Size()
        size.slots = 0
        for seed in Seeds.drain {
            let problem = Self.drain(seed: seed, size: size, faults: Self.faults)
            #expect(problem == nil, "\(replay(seed))")
        }
    }

    @Test func `drains every item soon after the faults end, with an order sink`() {
        var size = DrainRun.Size()
        size.workers = 3
        for seed in Seeds.drain {
            let problem = Self.drain(seed: seed, size: size, faults: Self.faults)
            #expect(problem == nil, "\(replay(seed))")
        }
    }

    @Test func `drains every item where the order sink refuses and units come back`() {
        var size = DrainRun.Size()
        size.refusedPerMille = 200
        size.stock = 1...60
        for seed in Seeds.drain {
            let problem = Self.drain(seed: seed, size: size, faults: Self.faults)
            #expect(problem == nil, "\(replay(seed))")
        }
    }

    @Test func `drains when nine of ten messages are lost for a while`() {
        var faults = Self.faults
        faults.lostPerMille = 900
        for seed in Seeds.drain {
            let problem = Self.drain(seed: seed, size: DrainRun.Size(), faults: faults)
            #expect(problem == nil, "\(replay(seed))")
        }
    }

    @Test func `a sweep finds an item whose waking was lost`() {
        var size = DrainRun.Size()
        size.items = 1
        size.stock = 100...100
        let run = DrainRun(seed: 1, size: size)
        run.after(.seconds(1)) { run in
            run.ready[0] = true
            run.items[0].admit(quantities: [1])
            run.items[0].mustTell = false
        }
        run.run(to: Limits.sweep - .milliseconds(100))
        #expect(run.items[0].counters.head == 0)
        run.run(to: Limits.sweep + .milliseconds(100))
        #expect(run.items[0].counters.head == 1)
    }
}
