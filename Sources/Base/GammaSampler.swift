// DESIGN
// Service times of a rehearsal are gamma distributed, as in the simulations that the capacity goals come from: constant
// at variation 0, exponential at 100 %. The logarithm is our own: four operations of IEEE 754 give the
// same times from the same seed on every machine.

/// Random lengths of time around a mean, from a seed.
///
/// Source: Marsaglia and Tsang, "A simple method for generating gamma variables", 2000.
public struct GammaSampler: Sendable {
    private var random: SplitMix64

    public init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// A time of `mean`, spread so that the standard deviation is `variationPercent`, `0...100`, of it.
    public mutating func span(mean: TimeSpan, variationPercent: Int64) -> TimeSpan {
        precondition((0...100).contains(variationPercent))
        guard variationPercent > 0 else { return mean }
        let variation = Double(variationPercent) / 100
        let shape = 1 / (variation * variation)  // 1 or more
        return .nanoseconds(Int64(Double(mean.nanoseconds) * value(shape: shape) / shape))
    }

    private mutating func value(shape: Double) -> Double {
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let root = 1 + c * x
            guard root > 0 else { continue }
            let v = root * root * root
            if naturalLogarithm(uniform()) < 0.5 * x * x + d - d * v + d * naturalLogarithm(v) { return d * v }
        }
    }

    /// A standard normal value, by the polar method.
    private mutating func normal() -> Double {
        while true {
            let (x, y) = (2 * uniform() - 1, 2 * uniform() - 1)
            let square = x * x + y * y
            if square < 1, square > 0 { return x * (-2 * naturalLogarithm(square) / square).squareRoot() }
        }
    }

    /// In `0..<1`, never 0.
    private mutating func uniform() -> Double { (Double(random.next() >> 11) + 0.5) * 0x1p-53 }
}
