import Base
import Domain
import Operations

/// What the scheduler measured and decided, as JSON for the list of nodes and as metrics.
enum ResourceFigures {
    static let mostDescribed = 500  // in the list of nodes
    static let mostMeasured = 60  // workers in the metrics, whose page is bounded

    static func write(_ resources: [CapacityResource], now: MonotonicInstant, into json: inout JSONWriter) {
        json.key("resources")
        json.beginArray()
        // Groups are few, and what all workers wait for.
        for resource in (groups(resources) + workers(resources)).prefix(mostDescribed) {
            write(resource, now: now, into: &json)
        }
        json.endArray()
    }

    private static func write(_ resource: CapacityResource, now: MonotonicInstant, into json: inout JSONWriter) {
        json.beginObject()
        json.field("kind", resource.kind.rawValue)
        json.field("name", resource.name)
        json.field("mode", resource.state.mode)
        json.field("reason", resource.state.reason.rawValue)
        json.field("window", resource.state.window)
        json.field("in_flight", resource.inFlight)
        json.thousandths("pace_per_second", resource.state.pace1000)
        json.thousandths("rate_per_second", known(resource.state.rate1000))
        json.field("base_us", known(resource.state.unloadedMicroseconds))
        json.field("exec_p50_us", resource.p50Microseconds)
        json.field("exec_p99_us", resource.p99Microseconds)
        json.field("cap_per_second", resource.capPerSecond)
        json.thousandths("ceiling_per_second", resource.state.ceiling1000)
        json.field("ceiling_reason", resource.state.ceilingReason(now: now)?.rawValue)
        json.field("ceiling_age_ms", resource.state.ceilingAge(now: now)?.wholeMilliseconds)
        json.field("breaker", resource.breaker.word)
        json.thousandths("littles_law_error_percent", resource.littlesLawErrorPercent.map { Int64($0 * 1_000) })
        json.endObject()
    }

    static func add(_ resources: [CapacityResource], to page: inout MetricsPage) {
        for group in groups(resources) { add(group, "group", to: &page) }
        for worker in workers(resources).prefix(mostMeasured) { add(worker, "worker", to: &page) }
    }

    private static func add(_ resource: CapacityResource, _ kind: StaticString, to page: inout MetricsPage) {
        let state = resource.state
        let isGroup = resource.kind == .group
        func gauge(_ worker: StaticString, _ group: StaticString, help: StaticString, _ value: Int64) {
            page.gauge(isGroup ? group : worker, help: help, labels: [kind: resource.name], value)
        }
        gauge("sluice_worker_window", "sluice_group_window", help: "purchases it may have in flight", state.window)
        gauge(
            "sluice_worker_in_flight", "sluice_group_in_flight", help: "granted and not completed", resource.inFlight)
        gauge(
            "sluice_worker_pace", "sluice_group_pace", help: "purchases per second that may go to it; 0: no bound yet",
            (state.pace1000 ?? 0) / 1_000)
        gauge(
            "sluice_worker_rate", "sluice_group_rate", help: "completions per second, measured",
            state.rate1000 / 1_000)
        page.gauge(
            isGroup ? "sluice_group_base_seconds" : "sluice_worker_base_seconds",
            help: "time of one purchase without a queue", labels: [kind: resource.name],
            .scaled(state.unloadedMicroseconds, .microseconds))
        gauge(
            "sluice_worker_littles_law_error_percent", "sluice_group_littles_law_error_percent",
            help: "how far in flight, and rate x time in flight, differ", Int64(resource.littlesLawErrorPercent ?? 0))
        gauge(
            "sluice_worker_breaker", "sluice_group_breaker", help: "0 closed, 1 open, 2 half-open",
            resource.breaker.rawValue)
        if isGroup {
            let labels: MetricsPage.Labels = ["group": resource.name]
            page.gauge(
                "sluice_group_cap", help: "calls per second declared; 0: none", labels: labels,
                resource.capPerSecond ?? 0)
            page.gauge(
                "sluice_group_ceiling", help: "calls per second that a collapse left as bound; 0: none",
                labels: labels, (state.ceiling1000 ?? 0) / 1_000)
        }
        page.gauge(
            isGroup ? "sluice_group_reason" : "sluice_worker_reason", help: "why window or pace last changed",
            labels: [kind: resource.name, "mode": state.mode, "reason": state.reason.rawValue], 1)
    }

    private static func workers(_ resources: [CapacityResource]) -> [CapacityResource] {
        resources.filter { $0.kind == .worker }
    }

    private static func groups(_ resources: [CapacityResource]) -> [CapacityResource] {
        resources.filter { $0.kind == .group }
    }

    /// Nothing was measured yet where it is 0.
    private static func known(_ value: Int64) -> Int64? { value > 0 ? value : nil }
}

extension JSONWriter {
    fileprivate mutating func thousandths(_ name: StaticString, _ value: Int64?) {
        key(name)
        if let value { thousandths(value) } else { null() }
    }
}

extension BreakerState {
    fileprivate var word: String {
        switch self {
        case .closed: "closed"
        case .open: "open"
        case .halfOpen: "half_open"
        }
    }
}
