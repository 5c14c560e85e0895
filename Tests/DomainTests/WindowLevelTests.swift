import Base
import Testing

@testable import Domain

/// Twice the window beside the window: whether it grows on, and how many slots there are.
@Suite struct WindowLevelTests {
    private static let mean = 20_000.0  // microseconds of a call without a queue

    /// Calls of a level that were sent, and of which so many are back.
    private static func cohort(
        series: Int, window: Int, calls: Int, back: Int? = nil, failed: Int = 0, latency: (Int) -> Double
    ) -> CallCohort {
        var cohort = CallCohort(.level, window: window, size: calls, series: series, after: at(0))
        precondition(cohort.sent(calls, isFull: true, lastingAtLeast: 0, now: at(1)))
        for call in 0..<(back ?? calls) { cohort.finished(microseconds: latency(call), isAnswered: call >= failed) }
        return cohort
    }

    /// Latencies of so many calls, within a fifth of `factor` means.
    private static func latencies(_ calls: Int, factor: Double = 1) -> LatencyHistogram {
        cohort(series: 0, window: 1, calls: calls) { spread($0) * factor }.latencies
    }

    private static func spread(_ call: Int) -> Double { mean * (0.8 + 0.1 * Double(call % 5)) }

    /// Eight calls at once above four.
    private static func level(lower calls: Int = 40) -> WindowLevel {
        WindowLevel(8, above: latencies(calls), of: 4, series: 1, series: 2, LatencyController.Tuning.standard)
    }

    private static let empty = CohortQueue(CallCohort(.level, window: 8, size: 4, series: 2, after: at(0)))

    /// The verdict on a cohort of these latencies, which is over.
    private func verdict(
        lower: Int = 40, calls: Int = 40, back: Int? = nil, _ latency: (Int) -> Double
    ) -> WindowLevel.Verdict? {
        var level = Self.level(lower: lower)
        level.add(Self.cohort(series: 2, window: 8, calls: calls, back: back, latency: latency), now: at(100))
        return level.judge(Self.empty, now: at(100))
    }

    @Test func `the first level grows as soon as calls came back`() {
        var level = WindowLevel(4, series: 1, LatencyController.Tuning.standard)
        #expect(level.judge(Self.empty, now: at(1)) == nil && level.lowerWindow == nil)
        level.add(Self.cohort(series: 1, window: 4, calls: 4, latency: Self.spread), now: at(30))
        #expect(level.judge(Self.empty, now: at(30)) == .grow)
    }

    @Test func `twice as many calls that take no longer show room`() {
        #expect(verdict(Self.spread) == .grow)
        #expect(verdict(lower: 4, calls: 4, Self.spread) == .grow, "four of each suffice")
    }

    @Test func `calls that take twice as long show how many slots there are`() throws {
        guard case .stop(let slots) = verdict({ Self.spread($0) + Self.mean }) else {
            Issue.record("no stop")
            return
        }
        #expect(abs(slots - 4) < 0.5)
        // Six slots: the two calls more wait for a third of a call's time.
        guard case .stop(let between) = verdict(lower: 400, calls: 400, { Self.spread($0) + Self.mean * 0.6 }) else {
            Issue.record("no stop")
            return
        }
        #expect(between > 4.5 && between < 7, "\(between)")
    }

    @Test func `few calls that take longer are a doubt`() {
        #expect(verdict(lower: 4, calls: 6) { Self.spread($0) * 2 } == .doubt)
        #expect(verdict(lower: 9, calls: 9) { Self.spread($0) * 2 } == .doubt)
    }

    @Test func `a service that broke does not grow on, and its calls show no more slots than before`() {
        let found = verdict { Self.spread($0) * 20 }
        if case .stop(let slots) = found { #expect(slots <= 5) } else { #expect(found == .doubt) }
    }

    @Test func `calls that stay out count as the longest`() {
        // Of forty, most are missing after five means.
        #expect(verdict(back: 14, Self.spread) != .grow)
        #expect(verdict(back: 39, Self.spread) == .grow, "one is nothing")
    }

    @Test func `where calls are far from a queue it grows before all are back`() {
        var level = Self.level()
        let open = Self.cohort(series: 2, window: 8, calls: 16, back: 12, latency: Self.spread)
        #expect(level.judge(Self.queue(of: open), now: at(31)) == .grow)
        #expect(level.judge(Self.empty, now: at(31)) == nil, "there is nothing to see")
        let slow = Self.cohort(series: 2, window: 8, calls: 16, back: 12) { Self.spread($0) + Self.mean }
        #expect(level.judge(Self.queue(of: slow), now: at(61)) == nil, "it never stops early")
        let few = Self.cohort(series: 2, window: 8, calls: 16, back: 2, latency: Self.spread)
        #expect(level.judge(Self.queue(of: few), now: at(31)) == nil)
    }

    /// A queue with this cohort alone.
    private static func queue(of cohort: CallCohort) -> CohortQueue {
        var queue = CohortQueue(CallCohort(.level, window: 8, size: cohort.sent, series: 2, after: at(0)))
        precondition(queue.sent(cohort.sent, isFull: true, dispatches: 0, now: at(1)))
        let latency = cohort.latencies.mean
        queue.open(CallCohort(.level, window: 8, size: 4, series: 2, after: at(1)), inFlight: 0)
        for _ in 0..<cohort.back {
            queue.finished(microseconds: latency, dispatch: 0, isAnswered: true, sentAt: at(1))
        }
        return queue
    }

    @Test func `late calls of the level below count for it, and not for its own`() {
        var level = Self.level(lower: 4)
        let late = Self.cohort(series: 1, window: 4, calls: 30) { Self.spread($0) * 3 }
        #expect(level.has(late))
        level.add(late, now: at(100))
        #expect(level.latencies.count == 0 && level.below(Self.empty, now: at(100)).count == 34)
        // Beside what the level below really takes, these are no queue.
        level.add(Self.cohort(series: 2, window: 8, calls: 40) { Self.spread($0) * 3 }, now: at(100))
        #expect(level.judge(Self.empty, now: at(100)) == .grow)
        #expect(verdict(lower: 4, calls: 40) { Self.spread($0) * 3 } != .grow, "without them they are")
    }

    @Test func `cohorts of other levels and of tests are none of it`() {
        let level = Self.level()
        #expect(!level.has(Self.cohort(series: 3, window: 8, calls: 4, latency: Self.spread)))
        #expect(!level.has(CallCohort(.hold, window: 8, size: 4, series: 2, after: at(0))))
        #expect(level.has(Self.cohort(series: 2, window: 8, calls: 4, latency: Self.spread)))
    }

    @Test func `failures are counted as a share of what came back`() {
        var level = Self.level()
        #expect(level.failedShare == 0)
        level.add(
            Self.cohort(series: 2, window: 8, calls: 10, back: 8, failed: 2, latency: Self.spread), now: at(100))
        #expect(level.failedShare == 0.25)
    }
}
