// DESIGN
// A frame is a function of what was read and of the terminal's size, so it is tested without either. Rows are shared
// out: workers and groups get what they need up to half, the items the others, and what does not fit is counted in a
// last line. What matters most comes first: the items with the most waiting, the resources in trouble.

/// Lays a reading out on a screen.
public enum TopScreen {
    public struct Size: Equatable, Sendable {
        public var columns: Int
        public var rows: Int

        public init(columns: Int, rows: Int) {
            self.columns = columns
            self.rows = rows
        }
    }

    /// At most `size.rows` lines of at most `size.columns` characters.
    public static func lines(_ state: TopState, size: Size) -> [TopLine] {
        let head = header(state)
        let resources = Resource.all(of: state.nodes)
        let lower = resources.isEmpty ? workers(state.nodes) : table(resources, columns: size.columns)
        let rows = max(0, size.rows - head.count - 2)  // two empty lines between the three parts
        let items = itemTable(state.items, columns: size.columns)
        let itemRows = max(min(items.count, rows - min(lower.count, rows / 2)), 0)
        var lines = head + [TopLine("")] + fit(items, rows: itemRows)
        lines += [TopLine("")] + fit(lower, rows: rows - itemRows)
        return lines.prefix(max(0, size.rows)).map { TopLine(String($0.text.prefix(size.columns)), $0.tone) }
    }

    // MARK: Parts

    private static func header(_ state: TopState) -> [TopLine] {
        let lost = state.nodes.count { $0["health"]?.string == "lost" }
        let sums = ["waiting", "stock_left", "stock_total", "drain_per_second"].map { key in
            figure(state.items.reduce(0) { $0 + max(0, $1[key]?.double ?? 0) })
        }
        var lines = [
            TopLine("sluice top  \(printable(state.address))  \(printable(state.time))", .heading),
            TopLine(
                "\(state.items.count) items: \(sums[0]) waiting, \(sums[1]) of \(sums[2]) left, \(sums[3]) a second"
                    + "  |  \(state.nodes.count - lost) nodes" + (lost > 0 ? ", \(lost) LOST" : ""),
                lost > 0 ? .warning : .plain),
        ]
        if let trouble = state.trouble { lines.append(TopLine("PROBLEM  \(printable(trouble))", .alarm)) }
        if let failure = state.failure { lines.append(TopLine(printable(failure), .alarm)) }
        return lines
    }

    private static func itemTable(_ all: [JSONValue], columns: Int) -> [TopLine] {
        let (items, hidden) = Rehearsals.without(all)
        let note = hidden == 0 ? [] : [TopLine(Rehearsals.note(hidden))]
        guard !items.isEmpty else { return [TopLine("no items")] + note }
        let sorted = items.sorted { left, right in
            let (more, less) = (left["waiting"]?.integer ?? 0, right["waiting"]?.integer ?? 0)
            return more == less ? (left["item"]?.string ?? "") < (right["item"]?.string ?? "") : more > less
        }
        var table = Table(["ITEM", "STATE", "LEFT", "STOCK", "HELD", "SOLD", "WAITING", "RATE/S", "ETA"])
        table.rows = sorted.map { item in
            [item["item"]?.cell ?? "-", ItemTable.state(of: item)]
                + ["stock_left", "stock_total", "held", "sold", "waiting", "drain_per_second"].map { key in
                    item[key]?.double.map(signedFigure) ?? "-"
                } + [estimate(item)]
        }
        return toned(table, sorted.map(tone), columns, spare: ["HELD", "STOCK", "SOLD"]) + note
    }

    /// When a buyer who joins now may be served: what waits, at the present rate.
    private static func estimate(_ item: JSONValue) -> String {
        guard let waiting = item["waiting"]?.double, waiting > 0 else { return "-" }
        guard let rate = item["drain_per_second"]?.double, rate > 0 else { return "?" }
        let measure = Measure.seconds(waiting / rate)
        return "\(measure.figure) \(measure.unit)"
    }

    private static func tone(_ item: JSONValue) -> TopLine.Tone {
        if item["state"]?.string == "frozen" { return .alarm }
        let isStopped = item["state"]?.string == "paused" || item["paused"]?.bool == true
        return isStopped || item["holding"]?.bool == true ? .warning : .plain
    }

    /// The columns that go first on a narrow screen, in this order.
    private static let spare = [
        "LITTLE %", "BASE", "P50", "CAP/S", "MODE", "KIND", "PACE/S", "SINK", "P99", "IN FLIGHT",
    ]

    private static func table(_ resources: [Resource], columns: Int) -> [TopLine] {
        // What is shut comes first; the order is stable otherwise.
        let sorted = resources.filter(\.isShut) + resources.filter { !$0.isShut }
        var table = Table(ResourceTable.heading)
        table.rows = sorted.map(ResourceTable.row)
        return toned(table, sorted.map { $0.isShut ? .alarm : .plain }, columns, spare: spare)
    }

    /// Where no scheduler publishes resources: what the workers publish themselves.
    private static func workers(_ nodes: [JSONValue]) -> [TopLine] {
        let workers = nodes.filter { $0["role"]?.string == "worker" }
        guard !workers.isEmpty else { return [TopLine("no workers", .warning)] }
        var table = Table(["WORKER", "HEALTH", "IN FLIGHT", "SETTLED"])
        table.rows = workers.map { node in
            let figures = node["figures"]
            return [
                node["name"]?.cell ?? "-", node["health"]?.cell ?? "-", figures?["in_flight"]?.cell ?? "-",
                figures?["settled"]?.cell ?? "-",
            ]
        }
        return toned(table, workers.map { $0["health"]?.string == "lost" ? .alarm : .plain }, .max, spare: [])
    }

    // MARK: Fitting

    private static func toned(_ table: Table, _ tones: [TopLine.Tone], _ columns: Int, spare: [String]) -> [TopLine] {
        zip(table.fitting(columns, spare: spare).lines, [.heading] + tones).map { TopLine($0, $1) }
    }

    /// The first rows, with a last line that counts what is left out.
    private static func fit(_ lines: [TopLine], rows: Int) -> [TopLine] {
        guard lines.count > rows else { return lines }
        guard rows > 1 else { return Array(lines.prefix(max(0, rows))) }
        return lines.prefix(rows - 1) + [TopLine("… and \(lines.count - rows + 1) more")]
    }
}
