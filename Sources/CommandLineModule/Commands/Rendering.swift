/// Items as a table: what an operator watches during a sale.
public enum ItemTable {
    private static let columns = [
        ("ITEM", "item"), ("STATE", "state"), ("STOCK", "stock_total"), ("LEFT", "stock_left"), ("HELD", "held"),
        ("SOLD", "sold"), ("WAITING", "waiting"), ("LIMIT", "queue_limit"), ("PER SECOND", "drain_per_second"),
    ]

    public static func lines(_ items: [JSONValue]) -> [String] {
        guard !items.isEmpty else { return ["no items; make one: sluice item put NAME --stock N"] }
        var table = Table(columns.map(\.0))
        for item in items {
            table.rows.append(columns.map { $0.1 == "state" ? state(of: item) : item[$0.1]?.cell ?? "-" })
        }
        return table.lines
    }

    /// The state, and what stops the drain beside it: a closed sale may be paused too, and a hold is no state.
    static func state(of item: JSONValue) -> String {
        let state = item["state"]?.cell ?? "-"
        if item["paused"]?.bool == true, state != "paused" { return "\(state), paused" }
        if item["holding"]?.bool == true, state != "paused" { return "\(state), on hold" }
        return state
    }
}

/// Purchases in doubt as a table; tickets stand last, since they are long.
enum DoubtTable {
    private static let columns = [
        ("ITEM", "item"), ("SEQUENCE", "sequence"), ("USER", "user"), ("QUANTITY", "quantity"),
        ("ADMITTED", "admitted_at"), ("CAUSE", "cause"), ("ATTEMPT", "attempt"), ("WORKERS LOST", "workers_lost"),
        ("TICKET", "ticket"),
    ]

    static func lines(_ doubts: [JSONValue]) -> [String] {
        guard !doubts.isEmpty else { return ["nothing is in doubt"] }
        var table = Table(columns.map(\.0))
        for doubt in doubts { table.rows.append(columns.map { doubt[$0.1]?.cell ?? "-" }) }
        return table.lines
    }
}

/// Processes as a table; where they can be reached stands last.
public enum NodeTable {
    public static func lines(_ nodes: [JSONValue]) -> [String] {
        guard !nodes.isEmpty else { return ["no nodes"] }
        var table = Table(["NODE", "ROLE", "HEALTH", "SINK", "PID", "OPS"])
        for node in nodes {
            let name = node["name"] ?? node["node"] ?? node["id"]
            let health = node["health"] ?? node["state"] ?? node["status"]
            table.rows.append(
                [name, node["role"], health].map { $0?.cell ?? "-" } + [sink(of: node)]
                    + [node["pid"], node["ops"] ?? node["admin"]].map { $0?.cell ?? "-" })
        }
        return table.lines
    }

    /// Where the orders of a worker go, such as `webhook shop`; a dash for other nodes, and for those without a sink.
    public static func sink(of node: JSONValue) -> String {
        guard let sink = node["sink"]?.string else { return "-" }
        return node["sink_group"]?.string.map { "\(sink) \($0)" } ?? sink
    }
}

/// One object, a field a line, in alphabetical order; nested objects and nulls as they are.
public enum FieldList {
    public static func lines(_ value: JSONValue?, hiding hidden: Set<String> = []) -> [String] {
        guard case .object(let fields)? = value else { return [printable(value?.text ?? "-")] }
        let keys = fields.keys.filter { !hidden.contains($0) }.sorted()
        let width = keys.map(\.count).max() ?? 0
        return keys.map { "\(printable($0).padded(to: width))  \(printable(fields[$0]?.cell ?? "-"))" }
    }
}
