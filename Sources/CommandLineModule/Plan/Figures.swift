/// `value` in decimal digits without an exponent, thousands parted by commas, to three significant digits or to the
/// whole number, whichever is more precise.
public func figure(_ value: Double) -> String {
    precondition(value.isFinite && value >= 0)
    guard value < 1e15 else { return "over 10^15" }
    var (scale, places) = (1.0, 0)
    while value > 0, value * scale < 100, places < 6 { (scale, places) = (scale * 10, places + 1) }
    var digits = String(Int64((value * scale).rounded()))
    if places == 0 { return grouped(digits) }
    digits = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let fraction = digits.suffix(places).reversed().drop { $0 == "0" }.reversed()
    let whole = grouped(String(digits.dropLast(places)))
    return fraction.isEmpty ? whole : "\(whole).\(String(fraction))"
}

/// The same without the commas and with nothing rounded but noise: as a flag takes it.
func decimal(_ value: Double) -> String {
    value == value.rounded() && value < 1e15 ? String(Int64(value)) : "\(value)"
}

private func grouped(_ digits: String) -> String {
    var result = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
        result.append(digit)
    }
    return result
}

/// A figure and its unit, the unit chosen so that the figure is easy to read.
public struct Measure: Sendable, Equatable {
    public let figure: String
    public let unit: String

    public init(_ value: Double, _ unit: String) {
        figure = CommandLineModule.figure(value)
        self.unit = unit
    }

    public static func seconds(_ value: Double) -> Measure {
        switch value {
        case 7_200...: Measure(value / 3_600, "h")
        case 120...: Measure(value / 60, "min")
        case 1...: Measure(value, "s")
        default: Measure(value * 1_000, "ms")
        }
    }

    public static func bytes(_ value: Double) -> Measure {
        switch value {
        case 1e9...: Measure(value / 1e9, "GB")
        case 1e6...: Measure(value / 1e6, "MB")
        case 1e3...: Measure(value / 1e3, "kB")
        default: Measure(value, "B")
        }
    }
}
