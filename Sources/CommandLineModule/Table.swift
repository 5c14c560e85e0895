extension String {
    /// Filled up with spaces on the right to `width` characters.
    public func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

/// Rows under a heading, in columns as wide as their widest cell. Cells are made printable.
public struct Table: Sendable {
    public let heading: [String]
    public var rows: [[String]] = []

    public init(_ heading: [String]) { self.heading = heading }

    /// The table without columns that do not fit into `width`: those of `spare` go, in their order, and the heading
    /// names them at its end. Of the last column, which may be cut, only the beginning counts.
    public func fitting(_ width: Int, spare: [String]) -> Table {
        var table = self
        // Where a column is missing the last heading names it, and needs the room for that.
        for name in spare
        where table.width(last: table.heading.count < heading.count ? Self.leastOfLast : 0) > width {
            guard let column = table.heading.firstIndex(of: name) else { continue }
            var narrower = Table(table.heading.enumerated().filter { $0.offset != column }.map(\.element))
            narrower.rows = table.rows.map { row in row.enumerated().filter { $0.offset != column }.map(\.element) }
            table = narrower
        }
        guard let last = table.heading.last, table.heading.count < heading.count else { return table }
        let missing = heading.filter { !table.heading.contains($0) }.joined(separator: ", ")
        var noted = Table(table.heading.dropLast() + ["\(last)  (left out: \(missing))"])
        noted.rows = table.rows
        return noted
    }

    private static let leastOfLast = 30

    /// Of its widest line, with no more of the last column than must be seen, and no less than `last`.
    private func width(last least: Int) -> Int {
        let cells = [heading] + rows.map { $0.map(printable) }
        var widths = heading.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        if let last = widths.popLast() { widths.append(max(least, min(last, Self.leastOfLast))) }
        return widths.reduce(0, +) + 2 * max(0, heading.count - 1)
    }

    /// Lines without trailing spaces; a table without rows is its heading.
    public var lines: [String] {
        let cells = [heading] + rows.map { $0.map(printable) }
        let widths = heading.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            var line = zip(row, widths).map { $0.padded(to: $1) }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
