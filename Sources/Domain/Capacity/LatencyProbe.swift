import Base

/// When the next probe for more is due, and what the last one was compared with.
struct LatencyProbe: Sendable {
    private let shared: Shared<LatencyController.Tuning>
    private var tuning: LatencyController.Tuning { shared.value }
    private var heldRounds = 0  // since the last probe
    private var gap: Int  // rounds between two probes
    private var begunAt: MonotonicInstant?
    private var wait: TimeSpan  // the same where rounds are long
    private(set) var windowBefore = 1.0
    private var rateBefore = 0.0  // per 1,000 s

    init(_ tuning: Shared<LatencyController.Tuning>) {
        shared = tuning
        gap = tuning.value.firstGap
        wait = tuning.value.leastWait
    }

    mutating func restart() { heldRounds = 0 }
    mutating func held() { heldRounds += 1 }

    /// A drain ended.
    ///
    /// - Parameter isNear: it confirmed the unloaded latency, so nothing is likely to change soon.
    mutating func drained(isNear: Bool) {
        gap = isNear ? min(tuning.mostGap, gap * tuning.gapGrowth) : tuning.leastGap
        wait = isNear ? min(tuning.mostWait, wait * Int64(tuning.gapGrowth)) : tuning.leastWait
        heldRounds = 0
    }

    func isDue(now: MonotonicInstant) -> Bool {
        heldRounds >= gap || heldRounds >= tuning.longRoundsGap && (begunAt.map { now - $0 > wait } ?? true)
    }

    mutating func begin(window: Double, rate: Double, now: MonotonicInstant) {
        begunAt = now
        (rateBefore, windowBefore) = (rate, window)
    }

    /// Whether a larger window brought a higher rate. It is compared with the better half of the rates: compared with a
    /// mean, the end of a pause would pass for a gain.
    func brought(rate: Double, window: Double, hasNoQueue: Bool) -> Bool {
        let more = (window - windowBefore) / max(1, windowBefore)
        return more > 0 && (rate >= (1 + tuning.probeGain * more) * rateBefore || hasNoQueue)
    }
}
