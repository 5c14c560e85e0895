import Glibc

/// Numbers of one digit and zeros along an axis.
public enum Scale {
    /// From 0 to at least `largest` in at most six steps of 1, 2 or 5 times a power of ten.
    public static func linear(to largest: Double) -> [Double] {
        guard largest > 0 else { return [0, 1] }
        let power = pow(10, floor(log10(largest / 5)))
        let step = power * ([1, 2, 5].first { largest / (power * $0) <= 5 } ?? 10)
        return (0...Int((largest / step).rounded(.up))).map { Double($0) * step }
    }

    /// Powers of ten from at most `least` to at least `largest`; both are positive.
    public static func logarithmic(from least: Double, to largest: Double) -> [Double] {
        let first = Int(floor(log10(least)))
        let last = max(first + 1, Int(ceil(log10(largest))))
        return (first...last).map { pow(10, Double($0)) }
    }
}
