import CapacityLab
import Testing

/// What holds of a controller before any station.
@Suite struct CapacityPropertyTests {
    @Test(arguments: [(1, 0.5), (4, 0.5), (4, 1.0), (9, 0.25), (16, 1.0)] as [(Int, Double)])
    func `after 30 s of constant capacity the window lies between 0.9 and 2 knees`(slots: Int, cv: Double) {
        var scenario = Scenario.steady(workers: 1, slots: slots, cv: cv)
        scenario.length = 40
        for seed in Seeds.window.prefix(20) {
            let run = CapacityRun(scenario, seed: seed) { _, _, _ in PaceExecution() }
            let windows = run.run(watchingFrom: 30)
            let knee = (Double(slots) * 21 / 20).rounded(.up)
            let isWithin = windows.allSatisfy {
                Double($0) >= 0.9 * knee.rounded(.down) - 1e-9 && Double($0) <= 2 * knee + 1
            }
            #expect(isWithin, "\(windows) of \(knee); \(replay(seed))")
        }
    }

    @Test func `the same seed is the same run`() {
        func figures(_ seed: UInt64) -> [Double] {
            let score = CapacityRun(.bank, seed: seed) { _, _, now in PaceLatency(cap: nil, now: now) }.run()
            return [score.throughput, score.p99, score.overload, Double(score.mostSends())]
        }
        #expect(figures(3) == figures(3) && figures(3) != figures(4))
    }
}
