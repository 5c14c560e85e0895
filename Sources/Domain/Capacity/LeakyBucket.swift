public import Base

/// Permits purchases at a pace, so that what was held back for a while does not go out at once.
///
/// Integers: credit in billionths of a purchase, paces per 1,000 s. In any span t at most pace x (t + slack) + burst go
/// out.
public struct LeakyBucket: Sendable {
    private static let one: Int64 = 1_000_000_000
    /// The largest debt, purchases: calls that went out without a token are charged afterwards.
    private static let mostOwed: Int64 = 10_000
    public static let largestBurst: Int64 = 1 << 20  // purchases

    private var credit = one
    private var filledAt: MonotonicInstant?

    public init() {}

    /// Purchases that may go out now: `0...burst`.
    ///
    /// - Parameters:
    ///   - pace1000: purchases per 1,000 s, at least 1.
    ///   - burst: purchases, `1...largestBurst`.
    ///   - slack: tokens that fall due within it are not lost where the caller is so late, as a timer may be; 0...1 s.
    public mutating func tokens(
        pace1000: Int64, burst: Int64, slack: TimeSpan = .zero, now: MonotonicInstant
    ) -> Int64 {
        let late = min(max(0, slack.nanoseconds), 1_000_000_000) * (min(max(1, pace1000), 1 << 33) / 1_000)
        let full = min(max(1, burst), Self.largestBurst) * Self.one + late
        if let filledAt {
            let span = max(0, (now - filledAt).nanoseconds)
            let (product, overflow) = span.multipliedReportingOverflow(by: max(1, pace1000))
            credit = overflow ? full : min(full, credit + min(full + Self.mostOwed * Self.one, product / 1_000))
        } else {
            credit = min(full, credit)
        }
        filledAt = max(now, filledAt ?? now)
        return max(0, credit / Self.one)
    }

    /// `count` went out, whether the tokens were there or not.
    public mutating func take(_ count: Int64) {
        credit = max(-Self.mostOwed * Self.one, credit - min(max(0, count), Self.largestBurst) * Self.one)
    }

    /// Time from the last call of `tokens` until there are so many; zero where they are there.
    public func wait(for count: Int64 = 1, pace1000: Int64) -> TimeSpan {
        let missing = min(max(1, count), Self.largestBurst) * Self.one - credit
        guard missing > 0 else { return .zero }
        // Rounded up, so that the token is there at that time.
        let (product, overflow) = missing.multipliedReportingOverflow(by: 1_000)
        let pace = max(1, pace1000)
        return .nanoseconds(overflow ? .max / 4 : (product + pace - 1) / pace)
    }
}
