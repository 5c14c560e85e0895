public import Base

// DESIGN
// The steps are those that the specification of Standard Webhooks gives as an example: ten attempts in three days.
// Each wait is drawn evenly from zero up to the step (full jitter), so that what failed together is not sent together.

/// When a delivery that failed is tried again. A value; the caller seeds the generator.
public struct DeliveryPlan: Sendable {
    public static let steps: [TimeSpan] = [
        .seconds(5), .seconds(300), .seconds(1_800), .seconds(7_200), .seconds(18_000), .seconds(36_000),
        .seconds(50_400), .seconds(72_000), .seconds(86_400),
    ]
    public static var attempts: Int { steps.count + 1 }

    private var random: SplitMix64

    public init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// - Parameters:
    ///   - attempts: how many have failed.
    ///   - retryAfter: what the receiver wished.
    /// - Returns: how long to wait; nil after the last attempt.
    public mutating func wait(afterFailed attempts: Int, retryAfter: TimeSpan?) -> TimeSpan? {
        guard attempts <= Self.steps.count else { return nil }
        let wait = draw(.zero, Self.steps[max(0, attempts - 1)])
        return max(wait, Self.bounded(retryAfter))
    }

    /// A `Retry-After`, as far as it is honoured.
    static func bounded(_ retryAfter: TimeSpan?) -> TimeSpan {
        min(max(retryAfter ?? .zero, .zero), Limits.webhookRetryAfter)
    }

    /// Evenly from `least` to `most`.
    mutating func draw(_ least: TimeSpan, _ most: TimeSpan) -> TimeSpan {
        least + .nanoseconds(random.below(max(0, (most - least).nanoseconds) + 1))
    }
}
