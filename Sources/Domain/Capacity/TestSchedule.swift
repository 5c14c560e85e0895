import Base

// DESIGN
// A test for more costs latency for a moment, so there is one every few calls' time. A test for less costs rate: it
// comes when calls take longer than before, or after a break, and else ever more seldom.

/// When the window is compared with another one, and with which.
struct TestSchedule: Sendable {
    private let shared: Shared<LatencyController.Tuning>
    private var tuning: LatencyController.Tuning { shared.value }
    private var nextMore = MonotonicInstant(nanoseconds: 0)
    private var nextLess = MonotonicInstant(nanoseconds: 0)
    private var lessGap = TimeSpan.zero
    private var lessShare: Double  // of the window
    private var isDoubted = false  // the last test for less found more than a queue can add

    init(_ tuning: Shared<LatencyController.Tuning>) {
        (shared, lessShare) = (tuning, tuning.value.lessShare)
    }

    /// The window to compare with; nil: nothing is due.
    ///
    /// - Parameter most: calls at once that may be tried.
    func due(window: Int, most: Int, now: MonotonicInstant) -> Int? {
        if now >= nextLess, window > 1 {
            // The window that is found is one larger than the slots at least, so a test of one less could find nothing.
            let less = window - (window > 2 ? 2 : 1)
            return max(1, min(less, Int(Double(window) * lessShare + 0.5)))
        }
        return now >= nextMore && most > window ? max(window + 1, Int(Double(window) * tuning.moreShare + 0.5)) : nil
    }

    private func firstGap(_ mean: Double) -> TimeSpan {
        max(tuning.leastLessGap, .microseconds(Int64(tuning.lessGapCalls * mean)))
    }

    /// - Parameter mean: latency of a call, microseconds; here and below.
    mutating func begin(mean: Double, now: MonotonicInstant) {
        lessGap = firstGap(mean)
        (nextMore, nextLess) = (now, now + lessGap)
    }

    /// Calls take another time than before; nil: they don't.
    mutating func follow(_ change: WindowMeasures.Change?, mean: Double, now: MonotonicInstant) {
        switch change {
        case .longer(let old): becameLonger(from: old, to: mean, now: now)
        case .shorter: becameShorter(now: now)
        case nil: break
        }
    }

    /// Calls take longer: a queue may be the cause.
    mutating func becameLonger(from old: Double, to mean: Double, now: MonotonicInstant) {
        lessShare = mean > 2 * old ? tuning.lessShareWhenSlow : tuning.lessShare
        (lessGap, nextLess) = (firstGap(mean), now)
    }

    /// Calls take less time: there may be room.
    mutating func becameShorter(now: MonotonicInstant) { nextMore = now }

    /// Calls were held back: there may be far too many.
    mutating func broke(mean: Double, now: MonotonicInstant) { (lessGap, nextLess) = (firstGap(mean), now) }
    mutating func settle(now: MonotonicInstant) { (nextMore, nextLess) = (now, now + lessGap) }
    mutating func foundRoom(now: MonotonicInstant) { nextMore = now }

    mutating func foundNoRoom(mean: Double, now: MonotonicInstant) {
        nextMore = now + max(tuning.leastMoreGap, .microseconds(Int64(tuning.moreGapCalls * mean)))
    }

    /// A test for less found a queue.
    ///
    /// - Parameter share: of what a queue would add.
    /// - Returns: whether to believe it: more than a queue can add is believed the second time.
    mutating func foundQueue(share: Double, now: MonotonicInstant) -> Bool {
        guard share <= tuning.mostShift || isDoubted else {
            (isDoubted, nextLess) = (true, now)
            return false
        }
        (isDoubted, lessShare) = (false, tuning.lessShare)
        (nextMore, nextLess) = (now, share > 0.8 ? now : now + lessGap)
        return true
    }

    /// A test for less found none.
    mutating func foundNoQueue(mean: Double, now: MonotonicInstant) {
        (isDoubted, lessShare) = (false, tuning.lessShare)
        let first = firstGap(mean)
        lessGap = min(first * 4 + tuning.leastLessGap * 6, max(first, lessGap) * 2)
        nextLess = now + lessGap
    }
}
