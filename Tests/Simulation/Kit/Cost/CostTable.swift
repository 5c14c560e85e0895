import Base
import Domain
import Glibc

/// What deciding costs, in processor time.
public enum CostTable {
    public static var text: String {
        let before = SchedulerLoad(workers: 1_000, items: 100).run(milliseconds: 3_000)
        let after = SchedulerLoad(workers: 1_000, items: 100).run(milliseconds: 13_000)
        let share = (after.seconds - before.seconds) / 10
        let rate = (after.completed - before.completed) / 10
        let reports = (after.reports - before.reports) / 10
        return [
            "execution controller  \(nanoseconds(execution)) ns a completion",
            "latency controller    \(nanoseconds(latency)) ns a completion",
            "scheduler             \(Int((share * 100).rounded())) % of a core; 1,000 workers, 100 items, a second:",
            "                      \(rate) completions, \(reports) reports, frames included",
        ].joined(separator: "\n")
    }

    private static let completions = 2_000_000

    private static func nanoseconds(_ work: () -> Void) -> Int {
        let before = clock()
        work()
        return Int(Double(clock() - before) / Double(CLOCKS_PER_SEC) * 1e9 / Double(completions))
    }

    private static func execution() {
        var controller = ExecutionController()
        var random = SplitMix64(seed: 1)
        var now = MonotonicInstant(nanoseconds: 0)
        for _ in 0..<completions {
            now = now + .microseconds(4_000 + random.below(2_000))
            _ = controller.tokens(now: now)
            controller.sent(1, now: now)
            let time = 10_000 + random.below(20_000)
            controller.complete(count: 1, executionSum: time, times: [time], isFull: true, now: now)
        }
    }

    private static func latency() {
        var controller = LatencyController(cap: nil, now: MonotonicInstant(nanoseconds: 0))
        var random = SplitMix64(seed: 1)
        var now = MonotonicInstant(nanoseconds: 0)
        for _ in 0..<completions {
            now = now + .microseconds(4_000 + random.below(2_000))
            _ = controller.tokens(now: now)
            controller.sent(1, inFlight: controller.window, now: now)
            controller.finished(latency: .microseconds(10_000 + random.below(20_000)), isAnswered: true, now: now)
        }
    }
}
