import Base
import Domain
import TestKit
import Testing

@testable import SimulationKit

/// What the leading scheduler shows of its decisions, with the product's processes before a service in virtual time.
@Suite struct CapacityHistoryTests {
    @Test(arguments: Seeds.drain.prefix(4))
    func `a service that becomes ten times slower for a while is shown to have done so`(seed: UInt64) throws {
        let drain = DrainCase.tenTimesSlower(seed: seed)
        var (slow, last): (CapacityResource?, CapacityResource?)
        var changes: [CapacityJournal.Change] = []
        // What is shown every second; in all there are more than ten changes.
        let score = DrainRun(drain).run { second in
            guard let shown = second.group else { return }
            if shown.journal.rate1000 > 0 { last = shown }  // 0 in the first second of a regime
            if second.time + DrainCase.start <= drain.regimes[1].to { slow = shown }
            for change in shown.journal.changes where !changes.contains(change) { changes.append(change) }
            #expect(shown.journal.changes.count <= CapacityJournal.mostChanges)
        }
        #expect(score.violation == nil, "\(replay(seed))")
        let from = MonotonicInstant(nanoseconds: drain.regimes[1].from.nanoseconds)
        let slower = try #require(changes.first { $0.reason == .slower && $0.when > from }?.when, "\(replay(seed))")
        #expect(slower < from + .seconds(20), "\(slower) \(replay(seed))")
        let during = try #require(slow?.journal)
        #expect(during.regime.changes >= 1 && during.regime.since >= slower, "\(replay(seed))")
        // With what waits inside the service, here and below: up to twenty times as long as the call.
        #expect((150_000...4_000_000).contains(during.regime.meanMicroseconds ?? 0), "\(during) \(replay(seed))")
        let after = try #require(last?.journal)
        #expect(after.regime.changes >= 2, "\(after.changes) \(replay(seed))")
        #expect((15_000...400_000).contains(after.regime.meanMicroseconds ?? 0), "\(after) \(replay(seed))")
        // In the fast regimes all four slots do 200 a second.
        #expect((100_000...220_000).contains(after.rate1000), "\(after.rate1000) \(replay(seed))")
    }
}
