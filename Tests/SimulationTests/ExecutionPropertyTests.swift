import ExecutionKit
import Testing

/// What holds of the controller of a worker before any station.
@Suite struct ExecutionPropertyTests {
    @Test(arguments: [(1, 0.5), (4, 0.5), (4, 1.0), (9, 0.25), (16, 1.0)] as [(Int, Double)])
    func `after 30 s of constant capacity the window lies between 0.9 and 2 knees`(slots: Int, cv: Double) {
        var scenario = ExecutionScenario.steady(workers: 1, slots: slots, cv: cv)
        scenario.length = 40
        for seed in Seeds.window.prefix(20) {
            let run = ExecutionRun(scenario, seed: seed)
            let windows = run.run(watchingFrom: 30)
            let knee = (Double(slots) * 21 / 20).rounded(.up)
            let isWithin = windows.allSatisfy {
                Double($0) >= 0.9 * knee.rounded(.down) - 1e-9 && Double($0) <= 2 * knee + 1
            }
            #expect(isWithin, "\(windows) of \(knee); \(replay(seed))")
        }
    }

    @Test func `the same seed is the same run`() {
        func sends(_ seed: UInt64) -> [Int64] { ExecutionRun(.pauses(workers: 2), seed: seed).run().sends }
        #expect(sends(3) == sends(3) && sends(3) != sends(4))
    }
}
