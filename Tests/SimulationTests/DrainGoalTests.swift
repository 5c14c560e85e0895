import Base
import TestKit
import Testing

@testable import SimulationKit

/// What share of their ideals drains must reach. `make drain CHECK=1` holds 300 seeds of the whole space to more.
@Suite struct DrainGoalTests {
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `a service that becomes ten times slower and as fast again is drained at its rate three seconds later`(
        seed: UInt64
    ) throws {
        let drain = DrainCase.tenTimesSlower(seed: seed)
        let run = DrainRun(drain)
        let score = run.run()
        #expect(score.violation == nil, "\(score.violation ?? "")")
        for regime in drain.regimes.dropFirst() {
            let share = try #require(run.share(from: regime.from + .seconds(3), to: regime.to))
            #expect(share >= 0.92, "\(share) from \((regime.from + .seconds(3) - DrainCase.start).text) on")
        }
    }

    @Test func `half of all drains reach nineteen twentieths of what was possible`() {
        let lines = (1...24 as ClosedRange<UInt64>).map { seed in
            let drain = DrainSpace.drain(seed: seed, mostCalls: 4_000)
            return DrainReport.Line(drain, DrainRun(drain).run())
        }
        let report = DrainReport(lines)
        #expect(report.violations.isEmpty && report.beaten.isEmpty, "\(report.text)")
        #expect(report.share(perMille: 500) >= 0.95, "\(report.text)")
    }

    @Test func `a report says which goals are missed`() {
        /// Of a hundred purchases.
        func report(_ finished: [Int]) -> DrainReport {
            let drain = DrainCase.tenTimesSlower(seed: 1)
            func finishes(_ count: Int) -> [MonotonicInstant] {
                (0..<count).map {
                    MonotonicInstant(nanoseconds: (DrainCase.start + .milliseconds(Int64($0))).nanoseconds)
                }
            }
            return DrainReport(
                finished.map { count in
                    let score = DrainScore(
                        drain, product: finishes(count), ideal: finishes(100), worksUntil: drain.end)
                    return DrainReport.Line(drain, score)
                })
        }
        let well = [60] + [Int](repeating: 85, count: 4) + [Int](repeating: 98, count: 5)
        #expect(report(well).misses.isEmpty)
        #expect(report([Int](repeating: 97, count: 10)).misses == ["median 0.970, and at least 0.98 is the goal"])
        let uneven = [70, 79] + [Int](repeating: 100, count: 8)
        #expect(report(uneven).misses == ["p10 0.790, and at least 0.85 is the goal"])
        let bad = [59] + [Int](repeating: 100, count: 9)
        #expect(report(bad).misses == ["p1 0.590, and at least 0.60 is the goal"])
    }
}
