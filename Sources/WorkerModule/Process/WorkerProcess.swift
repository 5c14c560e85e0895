import Base
import Domain
import HTTPServer
public import Operations
import Sodium
import Store

/// Puts one worker process together.
public final class WorkerProcess {
    private let process: ServiceProcess
    private let sink: WorkerSink
    private let driver: WorkerDriver
    private let drain: TimeSpan
    /// Fingerprints of its ticket keys; empty where it makes no tickets.
    private let keys: [String]

    public static func run(_ values: ConfigurationValues) {
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
        keys = values.optional(KnownOptions.ticketKey)?.exposed.all.map { Sodium.Secret.fingerprint($0) } ?? []
        var options = try StoreOptions(url: values[KnownOptions.redisURL])
        options.clientName = process.node
        let events = WorkerEvents(log: process.log)
        sink = try WorkerSink(values, loop: process.loop, node: process.node, log: events)
        driver = WorkerDriver(
            loop: process.loop, storeOptions: options, id: process.node,
            sinkKind: values[KnownOptions.sink], sink: sink.order,
            doubtsEvery: min(.seconds(30), values[KnownOptions.inDoubtAfter]), log: events)
        sink.connect(to: driver)
        let own = values[KnownOptions.sink]
        driver.onHopeless = {
            ConfigurationDriver.refuse([Self.conflict(own: own, others: $0)], program: "sluice-worker")
        }
    }

    /// A worker that places orders in another way than the others, or nowhere, would sell beside them.
    static func conflict(own: SinkKind, others: String) -> ConfigurationProblem {
        let hold = Int(Limits.ordersHold.wholeMilliseconds / 1_000)
        return ConfigurationProblem(
            "--sink",
            "is \(own.rawValue), and the workers of this store have \(others): all workers of a store place "
                + "their orders in the same way. Give --sink \(others), or stop all workers first; a store "
                + "whose workers place orders is free for another sink \(hold) s after the last of them is gone")
    }

    /// How long the driver may take to stop, so that the process ends within `drain`.
    static func stopLimit(_ drain: TimeSpan) -> TimeSpan {
        .milliseconds(max(0, drain.wholeMilliseconds - 1_000))
    }

    private func serve() throws -> Never {
        let limit = Self.stopLimit(drain)
        try process.serve(
            OpsServer.Answers(
                isReady: { [unowned self] in isReady },
                reasons: { [unowned self] in
                    (driver.storeReason.map { ["store: \($0)"] } ?? [])
                        + (driver.listingReason.map { ["sink: \($0)"] } ?? []) + (sink.reason.map { [$0] } ?? [])
                },
                impaired: { [unowned self] in
                    driver.impairments.map { "store: \($0)" } + (sink.impairment.map { [$0] } ?? [])
                },
                metrics: { [unowned self] in metrics() },
                other: { [unowned self] in handle($0, $1, $2) }),
            start: {
                driver.onUnsuitable = { [process] in process.refuse("--redis-url", $0) }
                sink.start { [unowned self] in
                    driver.start { [unowned self] in
                        driver.checkPromise { [process] in
                            process.announce(problem: $0.problem, warning: $0.warning)
                        }
                    }
                }
            },
            describe: { [unowned self] in describe() },
            stop: { [driver] in driver.stop(within: limit, completion: $0) },
            within: limit + .milliseconds(900))
    }

    /// What an operator sets here is logged, as on the admin listener. This listener takes no token, so `who` is
    /// unknown.
    private func handle(_ request: borrowing Request, _ exchange: ExchangeID, _ server: HTTPServer) -> Bool {
        let (path, before) = (request.withPath { String(utf8: $0) }, sink.switches)
        let answer = request.withBody { body in
            sink.answer(request.method, path, body) { [driver] in driver.reviveAll(of: $0) }
        }
        guard let answer else { return false }
        if request.method != .get {
            process.log.info(
                "admin",
                [
                    "action": .text(path), "who": "unknown",
                    "peer": .text(server.peer(of: exchange)?.description ?? "unknown"),
                    "before": .text(before ?? "none"), "after": .text(sink.switches ?? "none"),
                ])
        }
        answer.send(to: exchange, over: server)
        return true
    }

    private func describe() {
        guard driver.isFollowing && driver.enlistment.wasAdmitted else { return }
        let figures = driver.figures
        var node = NodeDescription(id: process.node, role: "worker", isReady: isReady)
        node.reasons = sink.reason.map { [$0] } ?? []
        node.ops = process.opsURL
        node.add("in_flight", Int64(driver.inFlight))
        node.add("settled", Int64(clamping: figures.settled))
        node.add("fenced", Int64(clamping: figures.fenced))
        node.keys = keys
        node.sink = NodeDescription.Sink(kind: driver.sinkKind.rawValue, group: sink.order?.group?.name)
        driver.describe(json: node.json)
    }

    private var isReady: Bool { driver.isReady && sink.reason == nil }

    private func metrics() -> MetricsPage {
        process.log.flush()
        var page = MetricsPage()
        page.add(driver.figures, inFlight: driver.inFlight)
        page.addStoreImpairments(driver.impairments.map(\.cause))
        page.addProcess("sluice-worker", lags: [process.lag])
        switch sink {
        case .none, .delay: break
        case .webhook(let webhook, let breaker, _):
            page.add(webhook)
            page.add(breaker, state: webhook.breaker)
        case .postgres(let postgres, let breaker, _):
            page.add(postgres)
            page.add(breaker, state: postgres.breaker)
        }
        return page
    }
}
