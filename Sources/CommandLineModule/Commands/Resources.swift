/// One worker, or one group of services behind workers, as the leading scheduler describes it.
public struct Resource: Equatable, Sendable {
    public let fields: JSONValue

    public var name: String { fields["name"]?.string ?? "-" }
    public var isGroup: Bool { fields["kind"]?.string == "group" }
    public var breaker: String? { fields["breaker"]?.string }
    public var isShut: Bool { breaker.map { $0 != "closed" } ?? false }

    /// A number with thousands parted, or a dash.
    public func number(_ key: String) -> String { fields[key]?.double.map { signedFigure($0) } ?? "-" }

    /// Microseconds as a time with its unit, or a dash.
    public func time(_ key: String) -> String {
        guard let microseconds = fields[key]?.double, microseconds >= 0 else { return "-" }
        let measure = Measure.seconds(microseconds / 1e6)
        return "\(measure.figure) \(measure.unit)"
    }

    /// How high its ceiling is, why and since when; nil where there is none.
    public var ceiling: String? {
        guard fields["ceiling_per_second"]?.double != nil else { return nil }
        let age = fields["ceiling_age_ms"]?.double.map { milliseconds -> String in
            let measure = Measure.seconds(max(0, milliseconds) / 1e3)
            return ", last \(measure.figure) \(measure.unit) ago"
        }
        let why = fields["ceiling_reason"]?.string ?? "errors"
        return "\(number("ceiling_per_second"))/s, \(why)\(age ?? "")"
    }

    public func text(_ key: String) -> String { fields[key]?.cell ?? "-" }

    /// The resources that the leading scheduler describes; of several only one leads. Groups come last, names in order.
    public static func all(of nodes: [JSONValue]) -> [Resource] {
        let schedulers = nodes.filter { $0["role"]?.string == "scheduler" && $0["health"]?.string != "lost" }
        let leader =
            schedulers.first { $0["figures"]?["leads"]?.integer == 1 && $0["resources"]?.array != nil }
            ?? schedulers.first { $0["resources"]?.array?.isEmpty == false }
        var sinks: [String: String] = [:]  // of workers, as they describe themselves
        for node in nodes where node["role"]?.string == "worker" {
            if let name = (node["name"] ?? node["id"])?.string { sinks[name] = NodeTable.sink(of: node) }
        }
        let resources = leader?["resources"]?.array?.map { Resource(fields: adding(sinks, to: $0)) } ?? []
        return resources.sorted { $0.isGroup == $1.isGroup ? $0.name < $1.name : $1.isGroup }
    }
}

/// A worker with the sink that it names itself, where it does.
private func adding(_ sinks: [String: String], to value: JSONValue) -> JSONValue {
    guard case .object(var fields) = value, value["kind"]?.string == "worker",
        let sink = value["name"]?.string.flatMap({ sinks[$0] }), sink != "-"
    else { return value }
    fields["sink"] = .string(sink)
    return .object(fields)
}

/// Resources as a table.
public enum ResourceTable {
    public static let heading = [
        "KIND", "NAME", "SINK", "MODE", "WINDOW", "IN FLIGHT", "PACE/S", "RATE/S", "BASE", "P50", "P99", "CAP/S",
        "BREAKER",
        "LITTLE %", "REASON",
    ]

    public static func lines(_ resources: [Resource]) -> [String] {
        guard !resources.isEmpty else {
            return ["no resources: no scheduler leads, or no worker has reported yet; sluice node ls lists both"]
        }
        var table = Table(heading)
        table.rows = resources.map(row)
        return table.lines + CapacityHistory.lines(resources) + ceilingLines(resources)
    }

    /// Why there are ceilings, one line each; what holds a service down must not have to be guessed.
    static func ceilingLines(_ resources: [Resource]) -> [String] {
        let lines = resources.compactMap { resource in
            resource.ceiling.map { "ceiling of \(resource.text("kind")) \(resource.name): \($0)" }
        }
        return lines.isEmpty ? [] : [""] + lines + ["sluice capacity reset NAME clears what was learnt"]
    }

    static func row(_ resource: Resource) -> [String] {
        [
            resource.text("kind"), resource.name, resource.text("sink"), resource.text("mode"),
            resource.number("window"),
            resource.number("in_flight"), resource.number("pace_per_second"), resource.number("rate_per_second"),
            resource.time("base_us"), resource.time("exec_p50_us"), resource.time("exec_p99_us"),
            resource.number("cap_per_second"), resource.text("breaker"),
            resource.number("littles_law_error_percent"),
            resource.text("reason"),
        ]
    }
}

extension CommandRunner {
    func capacity() throws(Failure) -> Reading? {
        let server = try admin()
        guard let response = try answers([(server, server.request("GET", "/admin/v1/nodes"))])?.first else {
            return nil
        }
        let resources = Resource.all(of: Self.nodes(response))
        return Reading(
            lines: Self.staleNote(response.json) + ResourceTable.lines(resources),
            json: .object(["resources": .array(resources.map(\.fields))]))
    }
}

extension CommandRunner {
    func resetCapacity() throws(Failure) -> ExitCode {
        let server = try admin()
        let request = server.request("POST", "/admin/v1/capacity/\(pathSegment(name))/reset")
        return try send(
            request, to: server,
            done: "reset \(printable(name)): the leading scheduler forgets it within 1 s; sluice capacity shows it")
    }
}

/// `figure`, also of what is below 0; a dash for what is no number.
func signedFigure(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    return value < 0 ? "-" + figure(-value) : figure(value)
}
