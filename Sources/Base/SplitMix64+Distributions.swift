extension SplitMix64 {
    /// In `0..<1`, never 0.
    public mutating func uniform() -> Double { (Double(next() >> 11) + 0.5) * 0x1p-53 }

    /// A standard normal value, by the polar method.
    public mutating func normal() -> Double {
        while true {
            let (x, y) = (2 * uniform() - 1, 2 * uniform() - 1)
            let square = x * x + y * y
            if square < 1, square > 0 { return x * (-2 * naturalLogarithm(square) / square).squareRoot() }
        }
    }

    /// A gamma distributed value of this shape, which is 1 or more, and also the mean.
    ///
    /// Source: Marsaglia and Tsang, "A simple method for generating gamma variables", 2000.
    public mutating func gamma(shape: Double) -> Double {
        precondition(shape >= 1)
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
