/// A number as the text format writes it.
public enum MetricValue: Sendable {
    /// The unit of a counted value; Prometheus wants seconds, and gets them exactly.
    public enum Unit: Int, Sendable {
        case one = 0
        case milliseconds = 3
        case microseconds = 6
        case nanoseconds = 9
    }

    case integer(Int64)
    /// A count of `unit`s, written in seconds (or as it is for `.one`).
    case scaled(Int64, Unit)
    case real(Double)
    case notANumber

    var text: String {
        switch self {
        case .integer(let value): return String(value)
        case .scaled(let value, let unit): return Self.decimal(value, places: unit.rawValue)
        case .real(let value):
            if value.isNaN { return "NaN" }
            if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
            return "\(value)"
        case .notANumber: return "NaN"
        }
    }

    /// `value` / 10^places, exactly, without trailing zeros.
    private static func decimal(_ value: Int64, places: Int) -> String {
        var digits = String(value.magnitude)
        while digits.utf8.count <= places { digits = "0" + digits }
        let fraction = String(digits.suffix(places))
        var whole = String(digits.dropLast(places))
        if value < 0 { whole = "-" + whole }
        let kept = String(fraction.reversed().drop { $0 == "0" }.reversed())
        return kept.isEmpty ? whole : whole + "." + kept
    }
}

/// Names, labels and escapes of the text format.
enum MetricText {
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.allSatisfy {
            isDigit($0) || isLetter($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ":")
        }
    }

    static func isLabelName(_ text: String) -> Bool {
        isName(text) && !text.contains(":") && !text.hasPrefix("__") && text != "le" && text != "quantile"
    }

    /// The name and labels that identify a series.
    static func series(_ name: String, _ labels: MetricsPage.Labels) -> String {
        var pairs: [String] = []
        for (label, value) in labels {
            let text = "\(label)"
            precondition(isLabelName(text), "not the name of a label")
            pairs.append("\(text)=\"\(escaped(value, quotes: true))\"")
        }
        return name + "{" + pairs.sorted().joined(separator: ",") + "}"
    }

    /// Escapes backslashes, line feeds and, in label values, quotes; other control characters become `?`. A label's
    /// value is cut at a character, to stay within its limit.
    static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            let piece =
                switch scalar {
                case "\\": "\\\\"
                case "\n": "\\n"
                case "\"": quotes ? "\\\"" : "\""
                case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}": "?"
                default: String(scalar)
                }
            if quotes, result.utf8.count + piece.utf8.count > MetricsPage.labelValueLimit { break }
            result += piece
        }
        return result
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
