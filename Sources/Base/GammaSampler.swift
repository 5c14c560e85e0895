// DESIGN
// Service times of a rehearsal are gamma distributed, as in the simulations that the capacity goals come from: constant
// at variation 0, exponential at 100 %. The logarithm is our own: four operations of IEEE 754 give the
// same times from the same seed on every machine.

/// Random lengths of time around a mean, from a seed.
public struct GammaSampler: Sendable {
    private var random: SplitMix64

    public init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// A time of `mean`, spread so that the standard deviation is `variationPercent`, `0...100`, of it.
    public mutating func span(mean: TimeSpan, variationPercent: Int64) -> TimeSpan {
        precondition((0...100).contains(variationPercent))
        guard variationPercent > 0 else { return mean }
        let variation = Double(variationPercent) / 100
        let shape = 1 / (variation * variation)  // 1 or more
        return .nanoseconds(Int64(Double(mean.nanoseconds) * random.gamma(shape: shape) / shape))
    }
}
