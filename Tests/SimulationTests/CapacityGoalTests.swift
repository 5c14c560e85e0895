import CapacityLab
import Testing

/// The goals of the capacity controllers, line by line, each over all seeds. Two workers instead of four keep it short:
/// one controller knows nothing of the others.
///
/// Where a bound for all runs is looser than that for their mean, chance is why: 55 s of one slot that serves with a
/// coefficient of variation of 1 complete 5 % more or less than what the slot can do on average.
@Suite struct CapacityGoalTests {
    private static func execution(_ scenario: Scenario) -> [Score] {
        Seeds.window.map { seed in CapacityRun(scenario, seed: seed) { _, _, _ in PaceExecution() }.run() }
    }

    private static func bank(cap: Int64?, seeds: [UInt64] = Seeds.window) -> [Score] {
        seeds.map { seed in CapacityRun(.bank, seed: seed) { _, _, now in PaceLatency(cap: cap, now: now) }.run() }
    }

    private static func mean(_ scores: [Score], _ figure: (Score) -> Double) -> Double {
        scores.map(figure).reduce(0, +) / Double(scores.count)
    }

    /// Each run, and the seed that shows what is wrong.
    private static func each(_ scores: [Score], _ isRight: (Score) -> Bool) -> String? {
        zip(Seeds.window, scores).first { !isRight($0.1) }.map { seed, score in
            "throughput \(score.throughput), p99 \(score.p99), overload \(score.overload) s; \(replay(seed))"
        }
    }

    static let overload = 0.02 * 55  // seconds

    @Test func `steady: 98 % of what is possible, no queue, 90 % within 4 s of a cold start`() {
        let scores = Self.execution(.steady(workers: 2))
        let wrong = Self.each(scores) {
            $0.throughput >= 0.98 && $0.p99 <= 1.4 && $0.overload <= Self.overload && $0.reached(0.9, from: 0) <= 4
        }
        #expect(wrong == nil)
    }

    @Test func `all become 10 times slower: 97 %, and the window stays within two knees`() {
        let scores = Self.execution(.stepDown(workers: 2))
        let wrong = Self.each(scores) {
            $0.throughput >= 0.97 && $0.p99 <= 1.4 && $0.overload <= Self.overload && $0.widest <= 2
        }
        #expect(wrong == nil)
    }

    @Test func `one becomes 10 times slower: 97 % of the sum, and the others are not affected`() {
        let scores = Self.execution(.oneSlow)
        let wrong = Self.each(scores) { score in
            score.throughput >= 0.97 && score.p99 <= 1.5 && score.overload <= Self.overload
                && (1..<4).allSatisfy { score.throughput(of: $0) >= 0.96 }
        }
        #expect(wrong == nil)
        let others = Self.mean(scores) { score in (1..<4).map { score.throughput(of: $0) }.reduce(0, +) / 3 }
        #expect(others >= 0.98)
    }

    @Test func `four times the slots: 96 %, and 90 % of the new capacity within 5 s`() {
        let scores = Self.execution(.stepUp(workers: 2))
        let wrong = Self.each(scores) {
            $0.throughput >= 0.96 && $0.p99 <= 1.4 && $0.overload <= Self.overload && $0.reached(0.9, from: 20) <= 5
        }
        #expect(wrong == nil)
    }

    @Test func `a worker dies and joins: 97 %, and 90 % within 3 s of the join`() {
        let scores = Self.execution(.death(workers: 2))
        let wrong = Self.each(scores) {
            $0.throughput >= 0.97 && $0.p99 <= 1.5 && $0.overload <= Self.overload && $0.reached(0.9, from: 40) <= 3
        }
        #expect(wrong == nil)
    }

    @Test func `pauses of 200 to 500 ms: 98 %, and none of them makes it begin anew`() {
        let scores = Self.execution(.pauses(workers: 2))
        let wrong = Self.each(scores) {
            $0.throughput >= 0.98 && $0.p99 <= 1.7 && $0.overload <= Self.overload && $0.restarts == 0
        }
        #expect(wrong == nil)
    }

    @Test(arguments: [1, 16])
    func `very uneven service in 1 and in 16 slots: 95 %, and 88 % when it becomes 10 times slower`(slots: Int) {
        // 16 slots of one worker complete as much as four workers of four do.
        let workers = slots == 1 ? 4 : 1
        let steady = Self.execution(.steady(workers: workers, slots: slots, cv: 1))
        #expect(Self.mean(steady, \.throughput) >= 0.95)
        #expect(Self.mean(steady, \.p99) <= 2.2)
        #expect(Self.each(steady) { $0.throughput >= 0.9 && $0.p99 <= 2.6 && $0.overload <= Self.overload } == nil)
        let slower = Self.execution(.stepDown(workers: workers, slots: slots, cv: 1))
        #expect(Self.mean(slower, \.throughput) >= 0.88)
        #expect(Self.mean(slower, \.p99) <= 2.2)
        #expect(Self.each(slower) { $0.throughput >= 0.85 && $0.p99 <= 2.8 && $0.overload <= Self.overload } == nil)
    }

    @Test func `a bank of 30 a second that declared it: never broken in 100 runs, never 32 calls in a second`() {
        let scores = Self.bank(cap: 30, seeds: Seeds.bank)
        #expect(Self.mean(scores, \.throughput) >= 0.83)
        #expect(Self.mean(scores, \.p99) <= 1.3)
        #expect(Self.mean(scores, \.overload) <= 0.05)
        for (seed, score) in zip(Seeds.bank, scores) {
            #expect(score.collapses == 0 && score.mostSends() <= 31, "\(score.mostSends()) \(replay(seed))")
            #expect(score.shortestGap() >= 0.5 / 30, "\(score.shortestGap()) \(replay(seed))")
            #expect(score.throughput >= 0.75 && score.p99 <= 1.5 && score.overload <= 1.1, "\(replay(seed))")
        }
    }

    @Test func `a bank that declared nothing: 75 %, broken in one of five runs at most, and back within 20 s`() {
        let scores = Self.bank(cap: nil)
        #expect(Self.mean(scores, \.throughput) >= 0.75)
        #expect(Self.mean(scores, \.p99) <= 2.5)
        #expect(Self.mean(scores) { Double($0.collapses) } <= 0.2)
        for (seed, score) in zip(Seeds.window, scores) {
            #expect(score.overload <= 5 && score.collapses <= 1 && score.throughput >= 0.5, "\(replay(seed))")
        }
        let back = scores.flatMap { score in
            score.collapsedAt.filter { $0 < 39 }.map { score.reached(0.8, from: $0.rounded(.up)) }
        }
        #expect(back.isEmpty || back.reduce(0, +) / Double(back.count) <= 20, "\(back)")
    }

    /// The published limiters hold a standing queue, or break the bank: what the controllers are better at, kept true.
    @Test func `the limiters it is compared with hold a queue, or break the bank`() {
        for limiter in Baseline.allCases where limiter != .fixed {
            let steady = CapacityRun(.steady(workers: 2), seed: 1, make: limiter.maker(.steady(workers: 2))).run()
            #expect(steady.p99 > 1.4 && steady.throughput > 0.85, "\(limiter) \(steady.p99)")
        }
        let banks = Baseline.allCases.map { CapacityRun(.bank, seed: 1, make: $0.maker(.bank)).run() }
        #expect(banks.contains { $0.collapses > 1 })
    }
}
