extension String {
    /// Filled up with spaces on the right to `width` characters.
    public func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

/// Rows under a heading, in columns as wide as their widest cell. Cells are made printable.
public struct Table: Sendable {
    public let heading: [String]
    public var rows: [[String]] = []

    public init(_ heading: [String]) { self.heading = heading }

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
