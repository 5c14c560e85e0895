import Base
import Testing

@testable import SimulationKit

/// What is left of a drain where all that it may lose to a change or a fault is left out.
@Suite struct SettledTimeTests {
    /// 4 slots: 15 s of 20 ms, 20 s of 200 ms, 15 s of 20 ms.
    private let drain = DrainCase.tenTimesSlower(seed: 1)

    private func parts(_ drain: DrainCase, until end: TimeSpan? = nil) -> [[Int64]] {
        SettledTime(drain, until: end ?? drain.end).parts.map { part in
            [Int64(part.regime)] + [part.from, part.to].map { ($0 - DrainCase.start).wholeMilliseconds }
        }
    }

    @Test func `three seconds after a slow-down, five after a speed-up and the start, or twenty service times`() {
        #expect(parts(drain) == [[0, 5_000, 15_000], [1, 19_000, 35_000], [2, 40_000, 50_000]])
        #expect(parts(drain, until: DrainCase.start + .seconds(12)) == [[0, 5_000, 12_000]])
        var slow = drain
        slow.regimes[1].mean = .milliseconds(100)
        slow.regimes[1].ramp = .seconds(2)
        #expect(parts(slow)[1] == [1, 20_000, 35_000])
    }

    @Test func `a fault and twenty seconds after it are left out`() {
        var faulty = drain
        faulty.service.model.faults = [
            ServiceFault(
                .failure, from: DrainCase.start + .seconds(8), to: DrainCase.start + .seconds(9), perMille: 500)
        ]
        #expect(parts(faulty) == [[0, 5_000, 8_000], [1, 29_000, 35_000], [2, 40_000, 50_000]])
        faulty.acts = [DrainCase.Act(kind: .workerDies, at: DrainCase.start + .seconds(30), length: .seconds(1))]
        #expect(parts(faulty) == [[0, 5_000, 8_000]], "the second of the slow regime is shorter than its span")
    }

    /// So many a second, in one part of the time after another.
    private func finishes(_ rates: [(seconds: Int64, perSecond: Int64)]) -> Finishes {
        var (from, times) = (DrainCase.start, [MonotonicInstant]())
        for (seconds, rate) in rates {
            for index in 1...max(1, seconds * rate) where rate > 0 {
                let at = from + .nanoseconds(1_000_000_000 / rate * index)
                times.append(MonotonicInstant(nanoseconds: at.nanoseconds))
            }
            from = from + .seconds(seconds)
        }
        return Finishes(times)
    }

    private func score(_ drain: DrainCase, _ mine: [(seconds: Int64, perSecond: Int64)]) -> SettledScore {
        SettledScore(drain, until: drain.end, mine: finishes(mine), best: finishes([(50, 100)]))
    }

    @Test func `what is lost before a drain must have adapted does not count, what is lost later does`() throws {
        // Nothing in the first 5 s and in the first 4 s of the second regime.
        let slow = score(drain, [(5, 0), (10, 100), (4, 0), (31, 100)])
        #expect(abs(try #require(slow.share) - 1) < 0.01)
        #expect(slow.changes == SettledScore.Held(judged: 3, held: 3, always: 3))
        // Half of the rate in the last four seconds, and a second of nothing in the second regime.
        let late = score(drain, [(25, 100), (1, 0), (20, 100), (4, 50)])
        #expect(abs(try #require(late.share) - 33.0 / 36) < 0.01, "\(late)")
        #expect(late.changes == SettledScore.Held(judged: 3, held: 2, always: 1))
        #expect(late.faults == SettledScore.Held())
    }

    @Test func `after each fault is judged what comes twenty seconds later, up to the next one`() {
        var faulty = drain
        faulty.pauses = [(from: DrainCase.start + .seconds(2), length: .seconds(1))]
        // From 23 s on, in the second and the third regime.
        #expect(score(faulty, [(50, 100)]).faults == SettledScore.Held(judged: 1, held: 1, always: 1))
        #expect(score(faulty, [(45, 100), (5, 0)]).faults == SettledScore.Held(judged: 1, held: 0, always: 0))
        #expect(score(faulty, [(10, 0), (40, 100)]).faults == SettledScore.Held(judged: 1, held: 1, always: 1))
    }
}
