/// A drawing under way: shapes in, SVG out. Coordinates are pixels from the top left corner.
struct Canvas {
    private let width: Int
    private let height: Int
    private var shapes = ""

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    enum Anchor: String { case start, middle, end }

    mutating func text(
        _ text: String, x: Double, y: Double, _ anchor: Anchor = .start, size: Int = 12, color: String = "#444444",
        isBold: Bool = false
    ) {
        shapes += "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" font-size=\"\(size)\""
        shapes += " text-anchor=\"\(anchor.rawValue)\" fill=\"\(color)\"\(isBold ? " font-weight=\"bold\"" : "")>"
        shapes += "\(Self.escaped(text))</text>\n"
    }

    mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String, width: Double = 1, isDashed: Bool = false
    ) {
        shapes += "<line x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" x2=\"\(Self.number(x2))\""
        shapes += " y2=\"\(Self.number(y2))\" stroke=\"\(color)\" stroke-width=\"\(Self.number(width))\""
        shapes += (isDashed ? " stroke-dasharray=\"5 4\"" : "") + "/>\n"
    }

    /// A line through `points`, the space below it tinted down to `base` when there is one.
    mutating func curve(_ points: [(x: Double, y: Double)], color: String, base: Double? = nil) {
        guard let first = points.first, let last = points.last else { return }
        let path = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
        if let base {
            shapes += "<polygon points=\"\(Self.number(first.x)),\(Self.number(base)) \(path)"
            shapes += " \(Self.number(last.x)),\(Self.number(base))\" fill=\"\(color)\" fill-opacity=\"0.15\"/>\n"
        }
        shapes += "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.8\""
        shapes += " stroke-linejoin=\"round\"/>\n"
    }

    var svg: String {
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\""
            + " viewBox=\"0 0 \(width) \(height)\" font-family=\"Helvetica, Arial, sans-serif\">\n"
            + "<rect width=\"\(width)\" height=\"\(height)\" fill=\"#ffffff\"/>\n\(shapes)</svg>\n"
    }

    /// One digit after the point, as far as a screen can show.
    private static func number(_ value: Double) -> String {
        let tenths = Int64((value * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let rest = tenths.magnitude % 10
        return sign + String(tenths.magnitude / 10) + (rest == 0 ? "" : ".\(rest)")
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
