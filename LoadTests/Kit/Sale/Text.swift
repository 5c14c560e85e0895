/// Numbers as people read them.
public enum Text {
    /// With a comma every three digits.
    public static func grouped(_ number: Int64) -> String {
        var text = ""
        for (index, digit) in String(number.magnitude).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + String(text.reversed())
    }

    /// Microseconds as milliseconds with one digit after the point.
    public static func milliseconds(_ microseconds: Int64) -> String {
        let tenths = (microseconds + 50) / 100
        return "\(grouped(tenths / 10)).\(tenths % 10) ms"
    }

    /// Rounded to two digits after the point, to one from 100 on, to none from 10,000 on; no trailing zeros.
    public static func decimal(_ value: Double) -> String {
        let digits: Int64 = value.magnitude >= 10_000 ? 1 : value.magnitude >= 100 ? 10 : 100
        let scaled = Int64((value.magnitude * Double(digits)).rounded())
        var text = (value < 0 && scaled > 0 ? "-" : "") + grouped(scaled / digits)
        let rest = scaled % digits
        if rest > 0 {
            let two = digits == 10 ? rest * 10 : rest
            text += "." + String(two / 10) + (two % 10 == 0 ? "" : String(two % 10))
        }
        return text
    }

    /// Aligned lines of two columns, the broken promises with their examples below.
    static func table(_ rows: [(String, String)], _ breaches: [BreachReport]) -> [String] {
        let broken = breaches.flatMap { breach in
            [(breach.kind, "\(grouped(breach.count)) times")] + breach.examples.map { ("", $0) }
        }
        let width = (rows + broken).map(\.0.count).max() ?? 0
        return (rows + broken).map { "  " + padded($0.0, width) + "  " + $0.1 }
    }

    /// Filled up with spaces on the right to `width` characters.
    public static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
