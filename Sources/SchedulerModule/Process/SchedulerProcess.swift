import Base
import Domain
public import Operations
import Store

/// Puts one scheduler process together.
public final class SchedulerProcess {
    private let process: ServiceProcess
    private let driver: SchedulerDriver
    private let webhooks: WebhookThread

    public static func run(_ values: ConfigurationValues) {
        do {
            try SchedulerProcess(values).serve()
        } catch {
            let problem = ConfigurationProblem("sluice-scheduler", "\(error)")
            ConfigurationDriver.refuse([problem], program: "sluice-scheduler")
        }
    }

    private init(_ values: ConfigurationValues) throws {
        process = try ServiceProcess("sluice-scheduler", role: "scheduler", values)
        var options = try StoreOptions(url: values[KnownOptions.redisURL])
        options.clientName = process.node
        let hours = Int64(values[KnownOptions.eventsRetention])
        let store = Store(loop: process.loop, options: options)
        driver = SchedulerDriver(
            loop: process.loop, store: store, options: options, node: process.node,
            lease: .milliseconds(values[KnownOptions.lease].wholeMilliseconds),
            eventsKept: hours > 0 ? .seconds(3_600 * hours) : nil, log: SchedulerEvents(log: process.log))
        options.clientName = "\(process.node)-webhooks"
        webhooks = WebhookThread(home: process.loop, store: store, options: options, log: process.log)
    }

    private func serve() throws -> Never {
        try process.serve(
            OpsServer.Answers(
                isReady: { [unowned self] in driver.isReady },
                reasons: { [unowned self] in driver.storeReason.map { ["store: \($0)"] } ?? [] },
                impaired: { [unowned self] in impaired },
                metrics: { [unowned self] in metrics() }),
            start: {
                driver.onUnsuitable = { [process] in process.refuse("--redis-url", $0) }
                driver.onWorkersChanged = { [unowned self] in describe() }
                driver.onTerm = { [webhooks] in webhooks.lead(term: $0) }
                driver.start { [unowned self] in
                    driver.checkPromise { [process] in process.announce(problem: $0.problem, warning: $0.warning) }
                }
            },
            describe: { [unowned self] in describe() },
            stop: { [driver, webhooks] completion in webhooks.stop { driver.stop(completion: completion) } },
            within: .seconds(1))
    }

    private var impaired: [String] {
        let store = driver.impairments.map { "store: \($0)" }
        guard driver.isLeader else { return store }
        return store + Self.impaired(clocksApart: driver.clocksApart) + Self.impaired(webhooks.states, webhooks.silence)
            + Self.impaired(ledFor: driver.ledFor, liveWorkers: driver.liveWorkers, stalled: driver.stalled)
    }

    /// What keeps a sale from going on though this process leads; a standby in its place could do no better.
    ///
    /// - Parameter stalled: longest first.
    static func impaired(
        ledFor: TimeSpan, liveWorkers: Int64, stalled: [(item: ItemName, time: TimeSpan)]
    ) -> [String] {
        let workers = ledFor >= Limits.firstReports && liveWorkers == 0 ? ["no worker is heard of"] : []
        let items = stalled.filter { $0.time >= Limits.stallReported }.map {
            "item \($0.item) stands still for \($0.time.wholeMilliseconds / 1_000) s"
        }
        return workers + items.prefix(3)
    }

    static func impaired(clocksApart: TimeSpan) -> [String] {
        guard clocksApart != .zero else { return [] }
        return ["the clock of Redis parts by \(clocksApart.wholeMilliseconds) ms: no hold ends"]
    }

    /// - Parameter silence: for how long the thread of the webhooks has shown nothing.
    static func impaired(_ webhooks: [WebhookState], _ silence: TimeSpan) -> [String] {
        if silence >= Limits.nodeLost { return ["no webhook is sent: their thread stands still"] }
        return webhooks.filter { !$0.isDisabled && ($0.isGone || $0.failing >= Limits.webhookStands) }.map {
            "webhook \($0.name) stands still" + ($0.reason.isEmpty ? "" : ": \($0.reason)")
        }
    }

    private func describe() {
        guard driver.isReady else { return }
        let figures = driver.figures
        var node = NodeDescription(id: process.node, role: "scheduler", isReady: true)
        node.ops = process.opsURL
        node.add("leads", driver.isLeader ? 1 : 0)
        node.add("term", driver.term)
        node.add("workers", driver.liveWorkers)
        node.add("led_ms", driver.ledFor.wholeMilliseconds)
        node.add("grants", Int64(clamping: figures.grants))
        node.add("holds_expired", Int64(clamping: driver.holdsExpired))
        node.add("clocks_apart_ms", driver.isLeader ? driver.clocksApart.wholeMilliseconds : 0)
        node.add("completed", Int64(clamping: figures.completed))
        // A standby follows the reports and decides nothing.
        if driver.isLeader {
            node.resources = ResourceFigures.described(driver.resources, now: driver.now)
            node.stalled = StallFigures.described(driver.stalled)
            node.webhooks = describedWebhooks
        }
        driver.describe(json: node.json)
    }

    private var describedWebhooks: [ClusterFacts.Webhook] {
        let silence = webhooks.silence
        guard silence >= Limits.nodeLost else { return WebhookMetrics.described(webhooks.states) }
        var all = ClusterFacts.Webhook("all")
        (all.failingMilliseconds, all.reason) = (silence.wholeMilliseconds, "the thread of the webhooks stands still")
        return [all]
    }

    private func metrics() -> MetricsPage {
        process.log.flush()
        var page = MetricsPage()
        let figures = driver.figures
        page.gauge("sluice_scheduler_leads", help: "1 while this process leads", driver.isLeader ? 1 : 0)
        page.gauge("sluice_scheduler_term", help: "the term it leads or led in", driver.term)
        page.counter("sluice_grants_total", help: "grants sent", Int64(clamping: figures.grants))
        page.counter(
            "sluice_repeat_grants_total", help: "messages that give leave for calls beside the grants",
            Int64(clamping: figures.retries))
        page.counter("sluice_reports_total", help: "reports of workers", Int64(clamping: figures.reports))
        page.counter(
            "sluice_completed_total", help: "purchases that workers completed", Int64(clamping: figures.completed))
        page.counter("sluice_workers_lost_total", help: "workers taken for dead", Int64(clamping: figures.workersLost))
        page.counter(
            "sluice_reaped_total", help: "purchases taken back from lost workers", Int64(clamping: figures.reaped))
        HoldFigures.add(driver, to: &page)
        page.counter(
            "sluice_feed_pointers_total", help: "entries written into the feed of all items' events",
            Int64(clamping: driver.feedPointers))
        page.counter(
            "sluice_ledger_entries_removed_total", help: "entries of ledgers that were older than the retention",
            Int64(clamping: driver.entriesRemoved))
        page.counter(
            "sluice_series_points_total", help: "points written into the series of items",
            Int64(clamping: driver.seriesPoints))
        page.addStoreImpairments(driver.impairments.map(\.cause))
        page.gauge("sluice_live_workers", help: "workers that this process hears of", driver.liveWorkers)
        StallFigures.add(driver.stalled, to: &page)
        WebhookMetrics.add(webhooks.states, to: &page)
        page.addProcess("sluice-scheduler", lags: [process.lag])
        ResourceFigures.add(driver.resources, to: &page)
        return page
    }
}
