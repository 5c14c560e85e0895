// DESIGN
// As with `TopScreen`, a frame is a function of what was read and of the terminal's size. A column of a curve stands
// for as many whole seconds as the span needs, and begins at a multiple of them, so that a column that was drawn stays
// as it is while the curve moves on.

/// What `sluice watch` knows of an item.
public struct CurveState: Equatable, Sendable {
    public var address: String
    /// When it was read, RFC 3339.
    public var time: String
    public var name: String
    /// As the item's page shows it; nil: not read yet.
    public var item: JSONValue?
    public var history: CurveHistory
    /// Why the last read failed; all else is then as it was before.
    public var failure: String?

    public init(address: String, time: String, name: String, history: CurveHistory) {
        (self.address, self.time, self.name, self.history) = (address, time, name, history)
    }
}

/// Lays the curves of an item out on a screen.
public enum CurveScreen {
    /// At most `size.rows` lines of at most `size.columns` characters.
    ///
    /// - Parameter seconds: how far back the curves go.
    public static func lines(_ state: CurveState, seconds: Int, size: TopScreen.Size) -> [TopLine] {
        var lines = header(state)
        let width = max(1, size.columns)
        let rows = max(1, min(most, (size.rows - lines.count - 2 - curves.count) / curves.count))
        let columns = Columns(state.history.steps, seconds: seconds, width: width)
        for curve in curves {
            let values = columns.values(of: curve)
            lines.append(TopLine(title(of: curve, state.history.steps, seconds: seconds), .heading))
            lines += bars(values, rows: rows).map { TopLine($0) }
        }
        lines.append(TopLine(axis(columns, width: width)))
        return lines.prefix(max(0, size.rows)).map { TopLine(String($0.text.prefix(size.columns)), $0.tone) }
    }

    // MARK: Parts

    private static let most = 8  // rows of a curve

    private struct Curve: Sendable {
        let name: String
        let value: @Sendable (CurveStep) -> Int64
        let isSum: Bool
    }

    private static let curves = [
        Curve(name: "arrivals", value: { $0.arrivals }, isSum: true),
        Curve(name: "waiting", value: { $0.waiting }, isSum: false),
        Curve(name: "sold", value: { $0.sold }, isSum: false),
        Curve(name: "held", value: { $0.held }, isSum: false),
    ]

    private static func header(_ state: CurveState) -> [TopLine] {
        var lines = [
            TopLine(
                "sluice watch \(printable(state.name))  \(printable(state.address))  \(printable(state.time))", .heading
            )
        ]
        if let item = state.item {
            func number(_ key: String) -> String { item[key]?.double.map(signedFigure) ?? "-" }
            lines.append(
                TopLine(
                    "\(ItemTable.state(of: item)): \(number("waiting")) waiting, \(number("sold")) sold,"
                        + " \(number("held")) held, \(number("stock_left")) of \(number("stock_total")) left"))
        }
        if let failure = state.failure { lines.append(TopLine(printable(failure), .alarm)) }
        return lines
    }

    private static func title(of curve: Curve, _ steps: [CurveStep], seconds: Int) -> String {
        guard let last = steps.last else { return "\(curve.name)  nothing is known yet" }
        let seen = steps.suffix(seconds)
        let most = seen.map(curve.value).max() ?? 0
        func text(_ number: Int64) -> String { signedFigure(Double(number)) }
        if curve.isSum { return "\(curve.name)  \(text(curve.value(last))) a second, most \(text(most))" }
        let before = seen.suffix(rateSeconds + 1)
        let change = before.count > 1 ? Double(curve.value(last) - curve.value(before[before.startIndex])) : 0
        let rate = change / Double(max(1, before.count - 1))
        let sign = rate > 0 ? "+" : ""
        return "\(curve.name)  \(text(curve.value(last))), most \(text(most)), \(sign)\(signedFigure(rate)) a second"
    }

    private static let rateSeconds = 10

    private static func axis(_ columns: Columns, width: Int) -> String {
        let label = "\(columns.count * columns.span) s ago"
        return label.padded(to: max(label.count + 1, columns.count - 3)) + "now"
    }

    // MARK: Curves

    /// The seconds of one span, put together by columns.
    private struct Columns {
        let span: Int  // seconds a column
        let count: Int
        private let groups: [ArraySlice<CurveStep>?]  // nil: nothing is known of it

        init(_ steps: [CurveStep], seconds: Int, width: Int) {
            let span = max(1, (seconds + width - 1) / width)
            let count = max(1, seconds / span)
            let lastColumn = (steps.last?.second ?? 0) / Int64(span)
            var groups = [ArraySlice<CurveStep>?](repeating: nil, count: count)
            for index in steps.indices {
                let place = Int64(count) - 1 - (lastColumn - steps[index].second / Int64(span))
                guard place >= 0 else { continue }
                let group = groups[Int(place)]
                groups[Int(place)] = steps[(group?.startIndex ?? index)...index]
            }
            (self.span, self.count, self.groups) = (span, count, groups)
        }

        /// Of each column: the most a second that came, or where it stood at the end.
        func values(of curve: Curve) -> [Int64?] {
            groups.map { group in
                curve.isSum ? group?.map(curve.value).max() : group?.last.map(curve.value)
            }
        }
    }

    private static let blocks = Array(" ▁▂▃▄▅▆▇█")

    /// Draws values as bars, the highest over all rows; one that is not zero is seen.
    static func bars(_ values: [Int64?], rows: Int) -> [String] {
        let most = values.compactMap { $0 }.max() ?? 0
        let steps = rows * (blocks.count - 1)
        let heights = values.map { value in
            guard let value, value > 0, most > 0 else { return 0 }
            return max(1, Int((Double(value) / Double(most) * Double(steps)).rounded()))
        }
        return (0..<rows).reversed().map { row in
            String(heights.map { blocks[min(max($0 - row * (blocks.count - 1), 0), blocks.count - 1)] })
        }
    }
}
