/// The natural logarithm of a positive, normal number, to about 1e-14. The layers without I/O have no C library.
public func naturalLogarithm(_ x: Double) -> Double {
    var (significand, exponent) = (x.significand, Double(x.exponent))
    if significand > 1.4142135623730951 {
        significand /= 2
        exponent += 1
    }
    let z = (significand - 1) / (significand + 1)  // at most 0.172
    let square = z * z
    var sum = 0.0
    var divisor = 17.0
    while divisor > 0 {
        sum = sum * square + 1 / divisor
        divisor -= 2
    }
    return exponent * 0.6931471805599453 + 2 * z * sum
}
