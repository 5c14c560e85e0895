import ExecutionKit
import Testing

/// The goals of what buyers learn of their wait, over all seeds: the drain is that of the real controller.
@Suite struct WaitTests {
    private static func runs(_ scenario: ExecutionScenario, seconds: Double) -> [WaitRun] {
        var scenario = scenario
        scenario.length = seconds
        return Seeds.waits.map { WaitRun(scenario, seed: $0) }
    }

    /// 800 a second until 20 s, then as many times less.
    private static func step(_ factor: Double, seconds: Double) -> [WaitRun] {
        let scenario = ExecutionScenario(ExecutionScenario.stations(4)).at(20) { run in
            for index in run.stations.indices { run.stations[index].slower = factor }
        }
        return runs(scenario, seconds: seconds)
    }

    private func expectRight(_ runs: [WaitRun], error most: Double) {
        for (seed, run) in zip(Seeds.waits, runs) {
            let (count, error) = (run.answers.count, run.answers.medianError)
            #expect(count > 500 && error <= most, "\(error) of \(count); \(replay(seed))")
        }
        let band = runs.flatMap(\.answers).inBand
        #expect((0.8...1).contains(band), "\(band)")
    }

    @Test(arguments: [(4, 4), (1, 5)])
    func `above 200 a second: the median error is at most 5 %, and the band holds in 80 %`(
        workers: Int, slots: Int
    ) {
        expectRight(Self.runs(.steady(workers: workers, slots: slots), seconds: 40), error: 0.05)
    }

    @Test(arguments: [0.5, 1])
    func `at 30 a second: the median error is at most 15 %, and the band holds in 80 %`(cv: Double) {
        let slow = ExecutionScenario([Station(slots: 6, milliseconds: 200, cv: cv)])
        expectRight(Self.runs(slow, seconds: 60), error: 0.15)
    }

    @Test(arguments: [1.6, 2, 4, 10])
    func `3 s after it became slower the estimated wait is right again, and stays so`(factor: Double) {
        let runs = Self.step(factor, seconds: 46)
        for begin in stride(from: 23.0, to: 34, by: 0.5) {
            let answers = runs.flatMap { $0.answers(from: begin, to: begin + 0.5) }
            #expect(answers.medianError <= 0.05 && answers.inBand >= 0.8, "at \(begin): \(answers.medianError)")
        }
    }

    @Test func `after it became faster no estimate is too short, and all are right within 10 s`() {
        let runs = Self.step(0.25, seconds: 36)
        let rising = runs.flatMap { $0.answers(from: 20, to: 29) }
        #expect(rising.count > 1_000 && rising.allSatisfy { !$0.isTooEarly || $0.error <= 0.02 })
        let risen = runs.flatMap { $0.answers(from: 30) }
        #expect(risen.count > 1_000 && risen.medianError <= 0.05, "\(risen.medianError)")
    }
}
