public import Base
import Domain
import TestKit

/// Whether all that can be sold is sold soon after the last fault, and nothing happens that must not.
public enum DrainCheck {
    /// After the last fault: a lease until a lost worker is noticed, a sweep until a forgotten item is, and the work.
    public static let bound = SaleRun.lease + Limits.sweep + .seconds(3)

    /// Messages and connections are lost, processes crash and stand still, Redis restarts.
    public static var faults: SaleFaults {
        var faults = SaleFaults()
        faults.link.lostPerMille = 50
        faults.link.doubledPerMille = 30
        faults.link.delayedPerMille = 30
        faults.link.brokenPerMille = 3
        faults.link.latePerMille = 300
        faults.workerCrashes = 4
        faults.schedulerCrashes = 2
        faults.processPauses = 2
        faults.cutMessages = 2
        faults.itemPauses = 4
        faults.storeRestarts = 1
        faults.end = .seconds(10)
        return faults
    }

    /// The sizes that seeds are run with, by turns.
    public static let kinds: [(name: String, size: SaleRun.Size, faults: SaleFaults)] = {
        var alone = SaleRun.Size()
        alone.slots = 0
        var sink = SaleRun.Size()
        sink.workers = 3
        var refusing = SaleRun.Size()
        refusing.refusedPerMille = 200
        refusing.stock = 1...60
        var deaf = faults
        deaf.link.lostPerMille = 900
        var less = faults
        less.storeRollbacks = 2
        var later = alone
        (later.stock, later.purchases) = (1...60, 150)
        (later.payWindow, later.payGrace, later.paySpread) = (.seconds(2), .milliseconds(500), .seconds(1))
        var ordered = later
        (ordered.slots, ordered.workers) = (4, 3)
        var jumps = faults
        jumps.clockJumps = 4
        var emptied = faults
        (emptied.storeRestarts, emptied.storeEmptyings) = (0, 1)
        return [
            ("without a sink", alone, faults), ("with an order sink", sink, faults),
            ("where the order sink refuses", refusing, faults), ("nine of ten messages lost", SaleRun.Size(), deaf),
            ("a store that comes back with less", sink, less), ("a store that is emptied", sink, emptied),
            ("winners who pay later", later, jumps), ("orders that are paid later", ordered, jumps),
        ]
    }()

    public struct Verdict: Sendable {
        public var problem: String?
        /// Of all messages, and of their times.
        public var digest: UInt64
    }

    /// Drains under faults; returns the first thing that is wrong.
    /// - Parameter trace: gets what happens, and when.
    public static func run(
        seed: UInt64, size: SaleRun.Size, faults: SaleFaults, trace: ((MonotonicInstant, String) -> Void)? = nil
    ) -> Verdict {
        let run = SaleRun(seed: seed, size: size, faults: faults)
        if let trace { run.store.trace = { [world = run.world] in trace(world.now, $0) } }
        run.plan(over: .seconds(9))
        return Verdict(problem: problem(run), digest: run.store.digest)
    }

    /// Until everybody who won has paid or is too late, and the units went to the next in line.
    private static func payOff(_ run: SaleRun) -> String? {
        guard run.size.payWindow > .zero else { return nil }
        run.payers.faultsEnded()
        for _ in 0..<200 {
            run.run(for: .seconds(1))
            if let problem = run.payers.overdue ?? run.violation { return problem }
            // A unit may be with the order service still, for the next in line.
            let areHeld = run.store.names.indices.contains {
                let counters = run.store.counters($0)
                return counters.held > counters.inDoubt
            }
            if !run.payers.areWaiting, !areHeld, run.undrained.isEmpty { return run.payers.finalProblem }
        }
        return "holds that go on for ever: \(run.undrained)"
    }

    private static func problem(_ run: SaleRun) -> String? {
        run.run(to: run.faults.lastAct)
        if let unnoticed = run.unnoticedLoss { return unnoticed }
        let settled = run.faults.lastAct + bound
        run.run(to: settled)
        if let violation = run.violation ?? payOff(run) { return violation }
        if !run.undrained.isEmpty { return "not drained: \(run.undrained)" }
        for (index, name) in run.store.names.enumerated() {
            let counters = run.store.counters(index)
            if counters.held > counters.inDoubt { return "\(name) holds units without a purchase: \(counters)" }
        }
        let (calls, grants) = (run.calls, run.grants)
        run.run(for: .seconds(10))
        if run.grants > grants { return "\(run.grants - grants) grants with nothing to do" }
        // Two sweeps, each with a read, a mark taken away and another read; and workers compare what they hold.
        let compared = run.size.slots > 0 ? 5 * run.size.items * run.workerCount : 0
        if run.calls - calls > 6 * run.size.items + compared { return "\(run.calls - calls) calls with nothing to do" }
        return run.violation
    }
}
