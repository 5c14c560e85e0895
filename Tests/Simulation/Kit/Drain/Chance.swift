import Base

/// Random numbers of the usual distributions from one seed. Four operations of IEEE 754 and its root make them, so a
/// seed gives the same ones on every machine.
struct Chance {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func seed() -> UInt64 { random.next() }

    /// In `0..<1`, never 0.
    mutating func uniform() -> Double { (Double(random.next() >> 11) + 0.5) * 0x1p-53 }

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

    /// Standard normal, by the polar method.
    mutating func normal() -> Double {
        while true {
            let (x, y) = (2 * uniform() - 1, 2 * uniform() - 1)
            let square = x * x + y * y
            if square < 1, square > 0 { return x * (-2 * naturalLogarithm(square) / square).squareRoot() }
        }
    }

    /// Gamma of this shape and mean 1.
    ///
    /// Source: Marsaglia and Tsang, "A simple method for generating gamma variables", 2000, with their step for shapes
    /// below 1.
    mutating func gamma(shape: Double) -> Double {
        guard shape < 1 else { return marsaglia(shape) / shape }
        let value = marsaglia(shape + 1)
        return value * exponential(naturalLogarithm(uniform()) / shape) / shape
    }

    private mutating func marsaglia(_ shape: Double) -> Double {
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
