import Base
import Domain
import Testing

/// The bugs that simulation found, each as the smallest run that shows it, and what holds for execution controllers
/// beside the window.
@Suite struct ControllerPropertyTests {
    /// Completions of a worker that always has all that its window and pace allow.
    private func run(
        _ controller: inout ExecutionController, rounds: Int, every milliseconds: Int64, execution: Int64,
        failed: Bool = false, from time: inout Int64
    ) {
        for _ in 0..<rounds {
            time += milliseconds
            _ = controller.tokens(now: at(time))
            controller.sent(1, now: at(time))
            controller.complete(
                count: 1, executionSum: execution, times: [execution], failed: failed ? 1 : 0, isFull: true,
                now: at(time))
        }
    }

    @Test(arguments: 1...50)
    func `pace and tokens stay within their bounds for any input`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var controller = ExecutionController()
        var now = at(0)
        for _ in 0..<1_000 {
            now = now + .nanoseconds(random.below(1 << (1 + random.below(40))))
            let count = 1 + random.below(1 << random.below(12))
            let times = (0..<random.below(65)).map { _ in random.below(1 << (1 + random.below(42))) }
            controller.complete(
                count: count, executionSum: random.below(1 << (1 + random.below(50))), times: times,
                failed: random.below(20) == 0 ? random.below(count + 3) : 0, isFull: random.below(3) > 0, now: now)
            if random.below(100) == 0 { controller.die() }
            if random.below(20) == 0 { controller.join() }
            controller.sent(random.below(50), now: now)
            let state = controller.snapshot
            let isDead = state.mode == "dead"
            #expect(isDead ? state.window == 0 : (1...ExecutionController.largest).contains(state.window))
            #expect(state.pace1000.map { $0 >= 1 && $0 <= state.ceiling1000 ?? .max } ?? (state.ceiling1000 == nil))
            #expect(controller.tokens(now: now) >= 0 && controller.wait >= .zero)
            #expect((0...3_600_000_000).contains(state.unloadedMicroseconds) && state.rate1000 >= 0)
        }
    }

    @Test func `a pause within a round is not taken for execution`() {
        var controller = ExecutionController()
        var time: Int64 = 0
        run(&controller, rounds: 400, every: 5, execution: 20_000, from: &time)
        let before = controller.snapshot
        for _ in 0..<5 {
            time += 400
            run(&controller, rounds: 4, every: 1, execution: 420_000, from: &time)
            run(&controller, rounds: 200, every: 5, execution: 20_000, from: &time)
        }
        let after = controller.snapshot
        #expect(
            abs(after.unloadedMicroseconds - before.unloadedMicroseconds) <= before.unloadedMicroseconds / 4, "\(after)"
        )
        #expect(abs(after.window - before.window) <= 2 && after.mode == "cruise")
    }

    @Test func `a failing worker gets one at a time, and the rate that broke it is remembered once`() {
        var controller = ExecutionController()
        var time: Int64 = 0
        run(&controller, rounds: 1_000, every: 20, execution: 60_000, from: &time)  // 50 a second
        run(&controller, rounds: 40, every: 20, execution: 60_000, failed: true, from: &time)
        #expect(controller.window == 1 && controller.snapshot.mode == "back_off")
        let ceiling = controller.snapshot.ceiling1000 ?? 0
        #expect((36_000...44_000).contains(ceiling), "\(ceiling)")
        run(&controller, rounds: 200, every: 100, execution: 60_000, failed: true, from: &time)
        #expect(controller.snapshot.ceiling1000 == ceiling, "the same incident")
        run(&controller, rounds: 12, every: 50, execution: 60_000, from: &time)
        #expect(controller.snapshot.mode != "back_off" && controller.snapshot.reason != .errors)
    }

    @Test func `its long purchases are not forgotten`() {
        // One of four takes ten times as long. A mean of only what began and ended within a round would be far lower.
        var controller = ExecutionController()
        var time: Int64 = 0
        for turn in 0..<2_000 {
            let execution: Int64 = turn % 4 == 0 ? 100_000 : 20_000
            time += 10
            controller.complete(count: 1, executionSum: execution, times: [execution], isFull: true, now: at(time))
        }
        #expect((36_000...44_000).contains(controller.unloadedMicroseconds), "\(controller.unloadedMicroseconds)")
    }

    @Test func `every change has its reason`() {
        var controller = ExecutionController()
        var time: Int64 = 0
        var reasons: Set<CapacityReason> = [controller.snapshot.reason]
        func pass(_ rounds: Int, every milliseconds: Int64, execution: Int64) {
            for _ in 0..<rounds {
                run(&controller, rounds: 1, every: milliseconds, execution: execution, from: &time)
                reasons.insert(controller.snapshot.reason)
            }
        }
        pass(400, every: 5, execution: 20_000)
        pass(200, every: 50, execution: 200_000)
        pass(400, every: 5, execution: 20_000)
        controller.die()
        reasons.insert(controller.snapshot.reason)
        controller.join()
        reasons.insert(controller.snapshot.reason)
        let expected: Set<CapacityReason> = [.coldStart, .growing, .settled, .slower, .faster, .dead, .joined]
        #expect(reasons.isSuperset(of: expected), "\(expected.subtracting(reasons))")
    }
}
