public import Base

// DESIGN
// When a process dies, all who had a stream open to it come back, each after the `retry:` that it was sent last. Few
// may come at once; many must be spread, or their return is the next overload. A process is started again within a
// second: who came sooner would be refused and come once more after the same pause, together with those whose pause is
// twice as long. With n streams the spread ends after 9.5 s x n / 500, from two seconds to nine and a half. So those
// who came early, when there were few, and those who came late together make about 2,100 a second at most, of 15,000.

/// After how many milliseconds a client whose stream was cut comes back.
public enum ReconnectSpread {
    static let soonest: Int64 = 1_000
    static let shortest: Int64 = 2_000
    static let longest: Int64 = 9_500
    static let full: Int64 = 500  // streams, from which on the spread is the longest

    /// - Parameter streams: open now.
    public static func retry(streams: Int, jitter: inout SplitMix64) -> Int64 {
        let spread = min(longest, max(shortest, longest * Int64(clamping: streams) / full))
        return soonest + jitter.below(spread - soonest + 1)
    }
}
