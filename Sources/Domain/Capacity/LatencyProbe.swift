import Base

/// When the next probe for more is due, and what the last one was compared with.
struct LatencyProbe: Sendable {
    private let tuning: LatencyController.Tuning
    private var heldRounds = 0  // since the last one
    private var gap: Int  // rounds between two
    private var begunAt: MonotonicInstant?
    private var rest: TimeSpan
    private(set) var windowBefore = 1.0
    private var rateBefore = 0.0  // per 1,000 s

    init(_ tuning: LatencyController.Tuning) {
        self.tuning = tuning
        gap = tuning.firstGap
        rest = tuning.leastRest
    }

    mutating func restart() { heldRounds = 0 }
    mutating func held() { heldRounds += 1 }

    /// - Parameter isNear: the latency without a queue is what it was taken for, so nothing changes soon.
    mutating func drained(isNear: Bool) {
        gap = isNear ? min(tuning.mostGap, gap * 2) : tuning.leastGap
        rest = isNear ? min(tuning.mostRest, rest * 2) : tuning.leastRest
        heldRounds = 0
    }

    func isDue(now: MonotonicInstant) -> Bool {
        heldRounds >= gap || heldRounds >= 2 && (begunAt.map { now - $0 > rest } ?? true)
    }

    mutating func begin(window: Double, rate: Double, now: MonotonicInstant) {
        begunAt = now
        (rateBefore, windowBefore) = (rate, window)
    }

    /// Whether more in flight brought more. Measured against the better half of the rates: against a mean, the end of a
    /// pause would look like a gain.
    func brought(rate: Double, window: Double, hasNoQueue: Bool) -> Bool {
        let more = (window - windowBefore) / max(1, windowBefore)
        return more > 0 && (rate >= (1 + tuning.probeGain * more) * rateBefore || hasNoQueue)
    }
}
