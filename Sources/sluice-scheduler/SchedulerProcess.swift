import Base
import Domain
import EventLoop
import Glibc
import Operations
import SchedulerModule
import Store

/// Puts one scheduler process together.
final class SchedulerProcess {
    private let values: ConfigurationValues
    private let node: String
    private let log: Log
    private let loop: EventLoop
    private let driver: SchedulerDriver
    private var ops: OpsServer!

    nonisolated static func run(_ values: ConfigurationValues) {
        do {
            try SchedulerProcess(values).serve()
        } catch {
            let problem = ConfigurationProblem("sluice-scheduler", "\(error)")
            ConfigurationDriver.refuse([problem], program: "sluice-scheduler")
        }
    }

    private init(_ values: ConfigurationValues) throws {
        self.values = values
        node = NodeName.unique(values.optional(KnownOptions.nodeName) ?? "scheduler")
        log = Log(level: values[KnownOptions.logLevel], node: node)
        loop = try EventLoop()
        var options = try StoreOptions(url: values[KnownOptions.redisURL])
        options.clientName = node
        driver = SchedulerDriver(
            loop: loop, storeOptions: options, node: node,
            lease: .milliseconds(values[KnownOptions.lease].wholeMilliseconds), log: SchedulerEvents(log: log))
    }

    private func serve() throws {
        _ = FileLimits.raise()
        let signals = try Signals(loop: loop, onShutdown: { [unowned self] in stop() })
        ops = try OpsServer(
            loop: loop, address: values[KnownOptions.opsListen],
            answers: OpsServer.Answers(
                isReady: { [unowned self] in driver.isReady },
                reasons: { [unowned self] in driver.storeReason.map { ["store: \($0)"] } ?? [] },
                metrics: { [unowned self] in metrics() }))
        driver.start { [unowned self] in driver.checkPromise { [unowned self] in tellReady($0) } }
        describe()
        withExtendedLifetime(signals) { loop.run() }
    }

    private func tellReady(_ check: Store.PromiseCheck) {
        switch check {
        case .broken(let problem):
            ConfigurationDriver.refuse([ConfigurationProblem("--redis-url", problem)], program: "sluice-scheduler")
        case .warning(let warning): log.warn("store_promise", ["reason": .text(warning)])
        case .kept: break
        }
        ReadyLine.write(["ops": opsURL, "pid": "\(getpid())", "node": node])
    }

    private var opsURL: String {
        "http://\(ListenAddress(host: values[KnownOptions.opsListen].host, port: ops.port))"
    }

    private func stop() {
        // The store may be away: a stop never waits for it.
        loop.schedule(after: .seconds(1)) { exit(0) }
        driver.stop { [loop, log] in
            loop.schedule(after: .milliseconds(5)) {
                log.flush()
                exit(0)
            }
        }
    }

    private func describe() {
        if driver.isReady {
            let figures = driver.figures
            driver.describe(
                json: NodeDescription(
                    id: node, role: "scheduler", pid: Int(getpid()), addresses: [("ops", opsURL)],
                    isReady: driver.isReady,
                    figures: [
                        ("leads", driver.isLeader ? 1 : 0), ("term", driver.term),
                        ("grants", Int64(clamping: figures.grants)), ("completed", Int64(clamping: figures.completed)),
                    ]
                ).json)
        }
        loop.schedule(after: .seconds(2)) { [unowned self] in describe() }
    }

    private func metrics() -> MetricsPage {
        log.flush()
        var page = MetricsPage()
        let figures = driver.figures
        page.gauge("sluice_scheduler_leads", help: "1 while this process leads", driver.isLeader ? 1 : 0)
        page.gauge("sluice_scheduler_term", help: "the term it leads or led in", driver.term)
        page.counter("sluice_grants_total", help: "grants sent", Int64(clamping: figures.grants))
        page.counter("sluice_reports_total", help: "reports of workers", Int64(clamping: figures.reports))
        page.counter("sluice_completed_total", help: "purchases that workers completed", Int64(clamping: figures.completed))
        page.counter("sluice_workers_lost_total", help: "workers taken for dead", Int64(clamping: figures.workersLost))
        page.counter("sluice_reaped_total", help: "purchases taken back from lost workers", Int64(clamping: figures.reaped))
        for worker in driver.workerFigures.prefix(100) {
            let labels: MetricsPage.Labels = ["worker": worker.id]
            page.gauge("sluice_worker_window", help: "purchases it may have in flight", labels: labels, worker.window)
            page.gauge("sluice_worker_in_flight", help: "granted and not completed", labels: labels, worker.inFlight)
            page.gauge("sluice_worker_rate", help: "completions per second, measured", labels: labels, worker.rate)
            page.gauge(
                "sluice_worker_base_microseconds", help: "time of one purchase without a queue", labels: labels,
                worker.baseMicroseconds)
        }
        return page
    }
}

/// Writes what the scheduler has to tell into the log.
final class SchedulerEvents: SchedulerLog {
    private let log: Log

    init(log: Log) { self.log = log }

    func leading(term: Int64) { log.info("leading", ["term": .integer(term)]) }
    func following() { log.info("following") }
    func workerLost(_ worker: String) { log.warn("worker_lost", ["worker": .text(worker)]) }
    func reaped(worker: String, item: ItemName, purchases: Int64) {
        log.info(
            "reaped",
            ["worker": .text(worker), "item": .text(item.description), "purchases": .integer(purchases)])
    }
    func reopened(item: ItemName) { log.info("item_reopened", ["item": .text(item.description)]) }
    func storeDown(reason: String) { log.error("store_down", ["reason": .text(reason)]) }
    func storeUp() { log.info("store_up") }
}
