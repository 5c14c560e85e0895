import Base

/// Random numbers of the usual distributions from one seed. Four operations of IEEE 754 and its root make them, so a
/// seed gives the same ones on every machine.
struct Chance {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func seed() -> UInt64 { random.next() }

    mutating func uniform() -> Double { random.uniform() }

    mutating func uniform(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }

    /// Each factor of two is as likely as the next.
    mutating func logUniform(_ range: ClosedRange<Double>) -> Double {
        let (low, high) = (naturalLogarithm(range.lowerBound), naturalLogarithm(range.upperBound))
        return min(range.upperBound, max(range.lowerBound, exponential(low + (high - low) * uniform())))
    }

    mutating func whole(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + random.below(range.upperBound - range.lowerBound + 1)
    }

    mutating func happens(percent: Int64) -> Bool { random.below(100) < percent }

    mutating func one<Value>(of values: [Value]) -> Value { values[Int(random.below(Int64(values.count)))] }

    mutating func normal() -> Double { random.normal() }

    /// Gamma of this shape and mean 1; shapes below 1 by the step that Marsaglia and Tsang give for them.
    mutating func gamma(shape: Double) -> Double {
        guard shape < 1 else { return random.gamma(shape: shape) / shape }
        let value = random.gamma(shape: shape + 1)
        return value * exponential(naturalLogarithm(uniform()) / shape) / shape
    }
}

/// e to the power of `x`, to about 1e-15 of it; the least normal number for what is smaller.
func exponential(_ x: Double) -> Double {
    let bounded = min(700, max(-700, x))
    let exponent = (bounded / 0.6931471805599453).rounded()
    let rest = bounded - exponent * 0.6931471805599453  // at most 0.35
    var sum = 1.0
    var divisor = 16.0
    while divisor > 0 {
        sum = 1 + sum * rest / divisor
        divisor -= 1
    }
    return Double(sign: .plus, exponent: Int(exponent), significand: sum)
}
