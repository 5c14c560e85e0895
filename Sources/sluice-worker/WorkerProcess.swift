import Base
import Glibc
import HTTPServer
import Operations
import OrderTable
import Sodium
import Store
import WorkerModule

/// Puts one worker process together.
final class WorkerProcess {
    private let process: ServiceProcess
    private let delaySink: DelaySink?
    private let postgresSink: PostgresSink?
    private let driver: WorkerDriver
    private let drain: TimeSpan

    nonisolated static func run(_ values: ConfigurationValues) {
        do {
            try WorkerProcess(values).serve()
        } catch {
            let problem = ConfigurationProblem("sluice-worker", "\(error)")
            ConfigurationDriver.refuse([problem], program: "sluice-worker")
        }
    }

    private init(_ values: ConfigurationValues) throws {
        process = try ServiceProcess("sluice-worker", role: "worker", values)
        drain = values[KnownOptions.drain]
        var options = try StoreOptions(url: values[KnownOptions.redisURL])
        options.clientName = process.node
        let events = WorkerEvents(log: process.log)
        var delaySink: DelaySink?
        var postgresSink: PostgresSink?
        var tickets: TicketIssuer?
        switch values[KnownOptions.sink] {
        case .none: break
        case .delay:
            delaySink = DelaySink(
                loop: process.loop,
                settings: DelaySink.Settings(
                    delay: values[KnownOptions.delay], slots: Int(values[KnownOptions.delaySlots])))
        case .postgres:
            let keys = values[KnownOptions.ticketKey].exposed
            let ring = try TicketKeyRing([keys.current] + (keys.previous.map { [$0] } ?? []))
            var options = try OrderTableOptions(url: values[KnownOptions.postgresURL].exposed, name: process.node)
            options.connections = values[KnownOptions.postgresConnections]
            let issuer = TicketIssuer(loop: process.loop, authenticator: ring)
            tickets = issuer
            postgresSink = PostgresSink(loop: process.loop, options: options, tickets: issuer, log: events)
        }
        self.delaySink = delaySink
        self.postgresSink = postgresSink
        let driver = WorkerDriver(
            loop: process.loop, storeOptions: options, id: process.node, sink: delaySink ?? postgresSink, log: events)
        tickets?.read = { [unowned driver] in driver.readIdentity(of: $0, completion: $1) }
        self.driver = driver
    }

    private func serve() throws -> Never {
        let limit = TimeSpan.milliseconds(max(0, drain.wholeMilliseconds - 1_000))
        try process.serve(
            OpsServer.Answers(
                isReady: { [unowned self] in driver.isReady && postgresSink?.downReason == nil },
                reasons: { [unowned self] in
                    (driver.storeReason.map { ["store: \($0)"] } ?? [])
                        + (postgresSink?.downReason.map { ["postgres: \($0)"] } ?? [])
                },
                metrics: { [unowned self] in metrics() },
                other: { [delaySink] in delaySink.map { DelaySwitch(sink: $0) }?.handle($0, $1, $2) ?? false }),
            start: { startSink { [unowned self] in startDriver() } },
            describe: { [unowned self] in describe() },
            stop: { [driver] in driver.stop(within: limit, completion: $0) },
            within: limit + .milliseconds(900))
    }

    private func startDriver() {
        driver.start { [unowned self] in
            driver.checkPromise { [process] in process.tellReady(problem: $0.problem, warning: $0.warning) }
        }
    }

    /// A table that is missing or closed to us ends the start; a server that is away does not: it may come back.
    private func startSink(then next: @escaping () -> Void) {
        guard let postgresSink else { return next() }
        postgresSink.start(patience: .seconds(2)) { check in
            if case .unusable(let problem) = check {
                let problem = ConfigurationProblem("--postgres-url", "the table \"orders\" \(problem)")
                ConfigurationDriver.refuse([problem], program: "sluice-worker")
            }
            next()
        }
    }

    private func describe() {
        if driver.isReady {
            let figures = driver.figures
            driver.describe(
                json: NodeDescription(
                    id: process.node, role: "worker", pid: Int(getpid()), addresses: [("ops", process.opsURL)],
                    isReady: driver.isReady,
                    figures: [
                        ("in_flight", Int64(driver.inFlight)), ("settled", Int64(clamping: figures.settled)),
                        ("fenced", Int64(clamping: figures.fenced)),
                    ]
                ).json)
        }
    }

    private func metrics() -> MetricsPage {
        process.log.flush()
        var page = MetricsPage()
        let figures = driver.figures
        page.counter("sluice_deductions_total", help: "calls that took purchases", Int64(clamping: figures.deductions))
        page.counter("sluice_winners_total", help: "purchases taken", Int64(clamping: figures.winners))
        let help: StaticString = "ends of attempts, as the store answered"
        for (outcome, value) in [
            ("settled", figures.settled), ("repeated", figures.repeated), ("fenced", figures.fenced),
            ("unknown", figures.unknown),
        ] {
            page.counter("sluice_settles_total", help: help, labels: ["outcome": outcome], Int64(clamping: value))
        }
        page.counter(
            "sluice_recalled_total", help: "purchases found again after a lost reply", Int64(clamping: figures.recalled)
        )
        page.counter(
            "sluice_store_failures_total", help: "calls that the store failed", Int64(clamping: figures.storeFailures))
        page.gauge("sluice_in_flight", help: "taken and not settled", Int64(driver.inFlight))
        page.summary(
            "sluice_sink_execution_seconds", help: "time of an order in its slot", figures.execution,
            unit: .microseconds)
        if let postgresSink { page.add(postgresSink) }
        return page
    }
}
