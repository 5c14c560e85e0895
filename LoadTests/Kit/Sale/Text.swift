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

    /// Filled up with spaces on the right to `width` characters.
    public static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
