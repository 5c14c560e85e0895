import Base
import TestKit
import Testing

@testable import SimulationKit

/// Drains beside their ideals, how they are drawn and how they are scored. What share the product reaches is no affair
/// of these tests.
@Suite struct DrainSpaceTests {
    @Test func `a case keeps within the bounds of the space`() {
        for seed in 1...1_000 as ClosedRange<UInt64> {
            let drain = DrainSpace.drain(seed: seed)
            let course = drain.service.model.course
            #expect((1...8).contains(drain.workers) && (1...4).contains(drain.regimes.count))
            #expect((0.05...2).contains(drain.service.model.variation))
            for regime in drain.regimes {
                #expect((1...256).contains(regime.slots), "seed \(seed)")
                #expect((TimeSpan.milliseconds(1)...TimeSpan.seconds(2)).contains(regime.mean), "seed \(seed)")
                #expect(regime.to - regime.from >= min(.seconds(3), regime.mean * 60), "seed \(seed)")
            }
            let calls = course.capacity(from: DrainCase.start, to: drain.end)
            #expect(calls <= 1.5 * 60_000, "seed \(seed): \(calls)")
            let last = drain.regimes[drain.regimes.count - 1]
            let calm = last.from + .nanoseconds((last.to - last.from).nanoseconds / 2)
            #expect(drain.service.model.faults.allSatisfy { $0.from >= DrainCase.start && $0.to <= calm })
            #expect(drain.pauses.allSatisfy { $0.from + $0.length <= calm })
            #expect(drain.acts.allSatisfy { $0.at + $0.length <= calm })
        }
    }

    @Test func `the seeds reach all corners`() {
        let drains = (1...1_000).map { DrainSpace.drain(seed: $0) }
        func share(_ isThere: (DrainCase) -> Bool) -> Double { Double(drains.count(where: isThere)) / 1_000 }
        #expect(share { $0.arrivalsName == "backlog" } > 0.4 && share { $0.arrivalsName.contains("waves") } > 0.15)
        #expect(share { $0.cap != nil } > 0.1 && share { !$0.acts.isEmpty } > 0.2)
        #expect(share { !$0.service.model.faults.isEmpty } > 0.15 && share { !$0.pauses.isEmpty } > 0.08)
        #expect(share { $0.regimes[0].mean < .milliseconds(5) } > 0.1 && share { $0.regimes[0].slots > 64 } > 0.1)
        let factors = drains.flatMap { drain in
            zip(drain.regimes, drain.regimes.dropFirst()).map { before, after in
                Double(after.mean.nanoseconds) / Double(before.mean.nanoseconds)
            }
        }
        #expect(factors.count { $0 > 4 } > 100 && factors.count { $0 < 0.25 } > 100 && factors.contains { $0 > 15 })
        for shape in ServiceTimes.Shape.allCases { #expect(share { $0.service.model.shape == shape } > 0.2) }
    }

    @Test func `the ideal uses all slots of a service all the time`() {
        var drain = DrainCase.tenTimesSlower(seed: 3)
        drain.service.model.variation = 0.1
        let ideal = IdealRun(drain)
        ideal.run(to: drain.end)
        let possible = drain.service.model.course.capacity(from: DrainCase.start, to: drain.end)
        #expect(abs(Double(ideal.finishes.count) / possible - 1) < 0.01, "\(ideal.finishes.count) of \(possible)")
        drain.cap = 30
        let capped = IdealRun(drain)
        capped.run(to: drain.end)
        // At 30 a second, and 20 in the twenty seconds in which it can do no more; ten more wait in it then.
        #expect(abs(capped.finishes.count - 1_300) < 15, "\(capped.finishes.count)")
    }

    @Test(arguments: Seeds.drain.prefix(16))
    func `the product does not beat the ideal, and sells nothing wrongly`(seed: UInt64) {
        let score = DrainRun(DrainSpace.drain(seed: seed, mostCalls: 1_500)).run()
        #expect(score.violation == nil, "\(replay(seed))")
        #expect(score.share <= 1.02 && score.ideal > 0, "\(score.share) \(replay(seed))")
    }

    @Test func `the same seed is the same run, message by message`() {
        let runs = [5, 5, 6].map { DrainRun(DrainSpace.drain(seed: $0, mostCalls: 1_000)) }
        let scores = runs.map { $0.run() }
        #expect(runs[0].digest == runs[1].digest && runs[0].digest != runs[2].digest)
        #expect(scores[0].share == scores[1].share && scores[0].calls == scores[1].calls)
    }

    @Test func `the case that a user saw has a share in each of its regimes`() {
        let score = DrainRun(.tenTimesSlower(seed: 1)).run()
        #expect(score.regimes.count == 3 && score.violation == nil)
        #expect(score.regimes.allSatisfy { ($0.share ?? 0) > 0.1 }, "\(score)")
        #expect(score.share <= 1.02, "\(score)")
    }

    /// Finishes at these milliseconds after the start.
    private func finishes(_ times: [Int64]) -> [MonotonicInstant] {
        times.sorted().map { MonotonicInstant(nanoseconds: (DrainCase.start + .milliseconds($0)).nanoseconds) }
    }

    @Test func `a score counts until the ideal has nothing left, and finds when the rate is reached`() throws {
        let drain = DrainCase.tenTimesSlower(seed: 1)
        let ideal = finishes((1...5_000).map { $0 * 10 })
        // Half of the rate for the first three seconds of the second regime, and none in its last two.
        let product = finishes(
            (1...1_500).map { $0 * 10 } + (1...150).map { 15_000 + $0 * 20 } + (1...1_500).map { 18_000 + $0 * 10 }
                + (1...1_500).map { 35_000 + $0 * 10 })
        let score = DrainScore(drain, product: product, ideal: ideal, worksUntil: drain.end)
        #expect(score.finished == 4_650 && score.ideal == 5_000 && abs(score.share - 0.93) < 1e-9)
        #expect(score.regimes[0].share == 1 && score.regimes[0].reachedAfter == .zero && score.regimes[0].stays)
        let slow = score.regimes[1]
        let reached = try #require(slow.reachedAfter)
        #expect(abs(reached.wholeMilliseconds - 2_400) <= 800, "\(reached)")
        #expect(!slow.stays && slow.staysAfter == nil, "\(slow)")
        let early = DrainScore(drain, product: product, ideal: ideal, worksUntil: DrainCase.start + .seconds(15))
        #expect(early.ideal == 1_500 && early.share == 1 && early.regimes[1].share == nil)
    }
}
