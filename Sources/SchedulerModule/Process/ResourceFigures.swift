import Base
import Domain
import Operations

/// What the scheduler measured and decided, for the list of nodes and as metrics.
enum ResourceFigures {
    static let mostMeasured = 60  // workers in the metrics, whose page is bounded

    /// Groups first: they are few, and what all workers wait for.
    static func described(_ resources: [CapacityResource], now: MonotonicInstant) -> [NodeResource] {
        (groups(resources) + workers(resources)).prefix(NodeResource.mostDescribed).enumerated().map {
            place, resource in
            NodeResource(resource, namesChanges: place < NodeResource.mostWithChanges, now: now)
        }
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
        addHistory(of: resource, to: &page)
        page.gauge(
            isGroup ? "sluice_group_reason" : "sluice_worker_reason", help: "why window or pace last changed",
            labels: [kind: resource.name, "mode": state.mode, "reason": state.reason.rawValue], 1)
    }

    private static func addHistory(of resource: CapacityResource, to page: inout MetricsPage) {
        let labels: MetricsPage.Labels = ["kind": resource.kind.rawValue, "name": resource.name]
        page.counter(
            "sluice_capacity_regime_changes_total",
            help: "times that a worker or a group became another one: slower, faster, failing, gone, back",
            labels: labels, resource.journal.regime.changes)
        guard let below = resource.timeBelow else { return }
        page.counter(
            "sluice_capacity_below_seconds_total",
            help: "time in which work waited and less than 90 % of the regime's rate was completed", labels: labels,
            .scaled(below.wholeMilliseconds, .milliseconds))
    }

    private static func workers(_ resources: [CapacityResource]) -> [CapacityResource] {
        resources.filter { $0.kind == .worker }
    }

    private static func groups(_ resources: [CapacityResource]) -> [CapacityResource] {
        resources.filter { $0.kind == .group }
    }
}
