import Base
import Domain
import Testing

/// What holds for any reports; how well the window finds a worker's capacity is for the simulation.
@Suite struct ExecutionControllerTests {
    @Test func `begins at two and knows nothing`() {
        let window = ExecutionController()
        #expect(window.window == 2 && window.rate == 0 && window.unloadedMicroseconds == 0)
    }

    @Test func `empty reports, and those before the first round is over, change nothing`() {
        var window = ExecutionController()
        for time in Int64(0)..<1_000 { window.complete(count: 0, executionSum: 0, isFull: true, now: at(time)) }
        for time in Int64(0)..<9 { window.complete(count: 1, executionSum: 1, isFull: true, now: at(time)) }
        #expect(window.window == 2 && window.rate == 0)
    }

    @Test(arguments: 1...50)
    func `stays within its bounds for any times from 1 µs to 1 h, in any mixture`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var window = ExecutionController()
        var now = at(0)
        for _ in 0..<2_000 {
            // Every size from nothing to an hour, most of them small.
            let span = random.below(1 << (1 + random.below(42)))
            now = now + .nanoseconds(random.below(4) == 0 ? 0 : span)
            let count = random.below(1 << (1 + random.below(20)))
            let execution = 1 + random.below(1 << (1 + random.below(31)))
            window.complete(count: count, executionSum: count * execution, isFull: random.below(8) > 0, now: now)
            if random.below(20) == 0 { window.interruptRound() }
            if random.below(5) == 0 { window.answered(after: .nanoseconds(span - 1_000)) }
            #expect(
                (1...ExecutionController.largest).contains(window.window) && window.rate >= 0
                    && window.unloadedMicroseconds >= 0)
        }
    }

    @Test func `impossible numbers can't break it`() {
        var window = ExecutionController()
        for time in Int64(0)..<200 {
            window.complete(count: .max, executionSum: .max, isFull: true, now: MonotonicInstant(nanoseconds: time))
            window.complete(count: 1, executionSum: .min, isFull: true, now: MonotonicInstant(nanoseconds: time))
            window.complete(count: -5, executionSum: 0, isFull: true, now: at(0))
            window.answered(after: .nanoseconds(.max))
            window.answered(after: .nanoseconds(-1))
            #expect((1...ExecutionController.largest).contains(window.window))
        }
    }

    @Test func `a clock that stands still, or seems to go back, gives no rate`() {
        var window = ExecutionController()
        for _ in 0..<1_000 { window.complete(count: 1, executionSum: 20_000, isFull: true, now: at(5)) }
        for _ in 0..<1_000 { window.complete(count: 1, executionSum: 20_000, isFull: true, now: at(4)) }
        #expect(window.rate == 0 && window.window == 2)
    }

    @Test func `a round in which the window was not full once teaches the time but no rate`() {
        var window = ExecutionController()
        for time in Int64(0)..<100 {
            window.complete(count: 1, executionSum: 20_000, isFull: time % 5 != 0, now: at(10 * time))
        }
        #expect(window.rate == 0 && window.window == 2 && window.unloadedMicroseconds == 20_000)
    }

    @Test func `one unlucky round after a slow-down does not close the window`() {
        var window = ExecutionController()
        var time: Int64 = 0
        func complete(_ count: Int, execution: Int64, every milliseconds: Int64) {
            for _ in 0..<count {
                time += milliseconds
                window.complete(count: 1, executionSum: execution, isFull: true, now: at(time))
            }
        }
        complete(400, execution: 20_000, every: 5)  // 4 slots
        #expect((5...6).contains(window.window))
        complete(30, execution: 200_000, every: 50)
        complete(30, execution: 200_000, every: 250)  // held up by something else
        #expect((4...10).contains(window.window), "\(window.window)")
    }

    /// 200 orders of 2 and 58 ms in turn, executed by so many slots.
    private func serve(_ window: inout ExecutionController, slots: Int64, from start: Int64) -> [(Int64, Int64)] {
        var seen: [(Int64, Int64)] = []
        for order in Int64(0)..<200 {
            let isLong = order % 2 == 1
            let worked = order / 2 * 60 + (isLong ? 60 : 2)
            window.complete(
                count: 1, executionSum: isLong ? 58_000 : 2_000, isFull: true, now: at(start + worked / slots))
            seen.append((window.window, window.prefetch))
        }
        return seen
    }

    @Test func `one slot that serves unevenly is left with one purchase and credit for the next`() {
        var window = ExecutionController()
        _ = serve(&window, slots: 1, from: 0)
        let seen = (1..<10).flatMap { serve(&window, slots: 1, from: $0 * 6_000) }
        #expect(seen.allSatisfy { $0 == (1, 1) || $0 == (2, 0) })
        #expect(seen.count { $0.0 == 1 } * 8 > seen.count * 6 && seen.contains { $0.0 == 2 }, "\(seen)")
        // It is seen that there are more slots by now.
        let later = (5..<10).flatMap { serve(&window, slots: 4, from: $0 * 60_000) }
        #expect(later.last! > (2, -1) && later.last!.1 == 0, "\(later)")
    }

    @Test func `a rest ends the round, so that idle time is in none`() {
        var window = ExecutionController()
        for time in Int64(0)..<100 {
            window.complete(count: 1, executionSum: 20_000, isFull: true, now: at(10 * time))
            if time % 5 == 0 { window.interruptRound() }
        }
        #expect(window.rate == 0 && window.window == 2)
    }
}
