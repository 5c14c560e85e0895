import Base

// DESIGN
// A rate over one second is uneven by itself: of 20 calls a second with a coefficient of variation of 0.5 one second in
// five is below 90 %. So a span is as long as it takes until chance makes 5 % of its rate: a second for fast or even
// services, 20 s at most; where chance makes more of those, the bounds give way by twice of what it makes more. The
// rate that the 90 % refer to is no maximum, which chance would push up without an end: it is the mean of the last
// spans that were not below, or the rate of two spans in a row that were far above. A steady service is below for less
// than 4 % of the time then, whatever its rate, up to a coefficient of variation of 1.

/// Measures for how long work waited and less was completed than 90 % of what the present regime has shown.
struct ShortfallMeter: Sendable, Equatable {
    private static let shortest = TimeSpan.seconds(1)
    private static let longest = TimeSpan.seconds(20)
    private static let longestPause = TimeSpan.seconds(1)  // between two ticks
    private static let share = 0.9
    private static let grown = 1.25
    private static let chance = 0.05  // of a span's rate, one standard deviation
    private static let spansAveraged = 10.0
    private static let assumedVariation = 0.5

    /// All time below 90 %.
    private(set) var time = TimeSpan.zero
    private var rate = 0.0  // completions per second; 0: not known yet
    private var spans = 0.0  // whose mean that is
    private var above: Double?  // rate of the last span, where it was far above
    private var completed: Int64 = 0  // in the span
    private var began: MonotonicInstant?
    private var tickedAt = MonotonicInstant(nanoseconds: 0)

    /// What the regime has shown, completions per 1,000 s; 0 while unknown.
    var rate1000: Int64 { Int64(rate * 1_000) }

    mutating func completed(_ count: Int64) { completed += count }

    mutating func beginRegime() {
        (rate, spans, above) = (0, 0, nil)
        began = nil
    }

    /// To be called at least once a second.
    ///
    /// - Parameters:
    ///   - workWaits: whether work waited for the resource all the time since the last tick.
    ///   - variation: coefficient of variation of the time of a call; nil where it is unknown.
    mutating func tick(workWaits: Bool, variation: Double?, now: MonotonicInstant) {
        defer { tickedAt = now }
        guard workWaits, let began, now - tickedAt <= Self.longestPause else { return restart(now: now) }
        let span = now - began
        let seconds = Double(span.nanoseconds) / 1e9
        let expected = max(1, Double(completed), rate * seconds)
        let chance = max(1 / expected, (variation ?? Self.assumedVariation) / expected.squareRoot())
        guard span >= Self.shortest, chance <= Self.chance || span >= Self.longest else { return }
        let found = Double(completed) / seconds
        let more = 2 * max(0, chance - Self.chance)
        if found < (Self.share - more) * rate {
            time = time + span
            above = nil
        } else if spans > 0, found > (Self.grown + more) * rate {
            take(above: found)
        } else {
            spans = min(spans + 1, Self.spansAveraged)
            rate += (found - rate) / spans
            above = nil
        }
        restart(now: now)
    }

    private mutating func take(above found: Double) {
        if let above {
            (rate, spans) = (min(found, above), 1)
            self.above = nil
        } else {
            above = found
        }
    }

    private mutating func restart(now: MonotonicInstant) {
        began = now
        completed = 0
    }
}
