public import Base

/// How a drain went, beside its ideal.
public struct DrainScore: Sendable {
    /// One regime; the first one begins with the cold start.
    public struct Regime: Sendable {
        /// Purchases finished in it, over those of the ideal; nil where the ideal finished none.
        public var share: Double?
        /// From its beginning until a span begins in which nine tenths of the ideal's rate are reached; nil: never, or
        /// no whole span of it has work.
        public var reachedAfter: TimeSpan?
        /// The same until only such spans begin, to the end of the regime; nil: the last one is none.
        public var staysAfter: TimeSpan?
        public var stays: Bool { reachedAfter != nil && reachedAfter == staysAfter }
    }

    /// Purchases finished, over those that the ideal finished, while it had work.
    public let share: Double
    public let settled: SettledScore
    public let regimes: [Regime]
    public let finished: Int
    public let ideal: Int
    /// Calls that the service got.
    public var calls = 0
    /// Calls that waited inside the service for each of its slots, over the seconds in which it worked.
    public var queue = 0.0
    /// How often its rate broke the service.
    public var collapses = 0
    /// The first thing that must never be; nil: there is none.
    public var violation: String?

    /// - Parameters:
    ///   - product: when purchases were finished, in order.
    ///   - worksUntil: when the ideal has nothing left.
    init(_ drain: DrainCase, product: [MonotonicInstant], ideal: [MonotonicInstant], worksUntil end: TimeSpan) {
        let (mine, best) = (Finishes(product), Finishes(ideal))
        finished = mine.count(from: .zero, to: end)
        self.ideal = best.count(from: .zero, to: end)
        share = self.ideal == 0 ? 1 : Double(finished) / Double(self.ideal)
        settled = SettledScore(drain, until: end, mine: mine, best: best)
        regimes = drain.regimes.map { Self.regime($0, until: end, mine, best) }
    }

    private static func regime(
        _ regime: DrainCase.Regime, until end: TimeSpan, _ mine: Finishes, _ best: Finishes
    ) -> Regime {
        let to = min(regime.to, end)
        let possible = best.count(from: regime.from, to: to)
        var result = Regime(
            share: possible > 0 ? Double(mine.count(from: regime.from, to: to)) / Double(possible) : nil)
        var from = regime.from
        while from + regime.span <= to {
            let wanted = (0.9 * Double(best.count(from: from, to: from + regime.span))).rounded(.down)
            if Double(mine.count(from: from, to: from + regime.span)) >= wanted {
                result.reachedAfter = result.reachedAfter ?? from - regime.from
                result.staysAfter = result.staysAfter ?? from - regime.from
            } else {
                result.staysAfter = nil
            }
            from = from + .nanoseconds(regime.span.nanoseconds / 10)
        }
        return result
    }
}

/// Moments in order.
struct Finishes {
    private let times: [MonotonicInstant]

    init(_ times: [MonotonicInstant]) { self.times = times }

    /// Those after `from`, up to `to`. O(log moments).
    func count(from: TimeSpan, to: TimeSpan) -> Int { max(0, count(until: to) - count(until: from)) }

    private func count(until end: TimeSpan) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle].nanoseconds <= end.nanoseconds { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
