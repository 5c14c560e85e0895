import Base
import SimulationKit
import TestKit
import Testing

/// Two schedulers, of which the one that leads stands still for longer than its lease, and messages that are late.
@Suite struct LeaderPauseTests {
    @Test(arguments: Seeds.window.prefix(10))
    func `grants of the leader before, however late, are not followed`(seed: UInt64) {
        var size = SaleRun.Size()
        (size.items, size.purchases, size.stock, size.slots) = (4, 4_000, 20_000...20_000, 8)
        var faults = SaleFaults()
        (faults.link.delayedPerMille, faults.link.longestDelay) = (300, .seconds(5))
        (faults.link.latePerMille, faults.link.brokenPerMille) = (1_000, 2)
        faults.end = .seconds(20)
        let run = SaleRun(seed: seed, size: size, faults: faults)
        for index in 0..<size.items { run.admit(size.purchases, to: index) }
        run.startScheduler()
        run.run(to: .seconds(2))
        var terms: Set<Int64> = []
        for _ in 0..<3 {
            terms.insert(run.term)
            run.pauseLeader(for: .seconds(4))
            run.run(for: .seconds(5))
        }
        #expect(terms.count >= 2 && run.outdatedGrants > 0, "\(terms), \(run.outdatedGrants) \(replay(seed))")
        run.run(to: .seconds(60))
        #expect(
            run.violation == nil && run.undrained.isEmpty, "\(run.violation ?? "") \(run.undrained) \(replay(seed))")
    }
}
