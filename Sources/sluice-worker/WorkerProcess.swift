import Base
import Domain
import EventLoop
import Glibc
import HTTPServer
import Operations
import Store
import WorkerModule

/// Puts one worker process together.
final class WorkerProcess {
    private let values: ConfigurationValues
    private let node: String
    private let log: Log
    private let loop: EventLoop
    private let delaySink: DelaySink?
    private let driver: WorkerDriver
    private var ops: OpsServer!

    nonisolated static func run(_ values: ConfigurationValues) {
        do {
            try WorkerProcess(values).serve()
        } catch {
            let problem = ConfigurationProblem("sluice-worker", "\(error)")
            ConfigurationDriver.refuse([problem], program: "sluice-worker")
        }
    }

    private init(_ values: ConfigurationValues) throws {
        self.values = values
        node = NodeName.unique(values.optional(KnownOptions.nodeName) ?? "worker")
        log = Log(level: values[KnownOptions.logLevel], node: node)
        loop = try EventLoop()
        var options = try StoreOptions(url: values[KnownOptions.redisURL])
        options.clientName = node
        switch values[KnownOptions.sink] {
        case .none: delaySink = nil
        case .delay:
            delaySink = DelaySink(
                loop: loop,
                settings: DelaySink.Settings(
                    delay: .milliseconds(values[KnownOptions.delay].wholeMilliseconds),
                    slots: Int(values[KnownOptions.delaySlots])))
        }
        driver = WorkerDriver(
            loop: loop, storeOptions: options, id: node, sink: delaySink, log: WorkerEvents(log: log))
    }

    private func serve() throws {
        _ = FileLimits.raise()
        let signals = try Signals(loop: loop, onShutdown: { [unowned self] in stop() })
        ops = try OpsServer(
            loop: loop, address: values[KnownOptions.opsListen],
            answers: OpsServer.Answers(
                isReady: { [unowned self] in driver.isReady },
                reasons: { [unowned self] in driver.storeReason.map { ["store: \($0)"] } ?? [] },
                metrics: { [unowned self] in metrics() },
                other: { [unowned self] in changeDelay($0, $1, $2) }))
        driver.start { [unowned self] in driver.checkPromise { [unowned self] in tellReady($0) } }
        describe()
        withExtendedLifetime(signals) { loop.run() }
    }

    private func tellReady(_ check: Store.PromiseCheck) {
        switch check {
        case .broken(let problem):
            ConfigurationDriver.refuse([ConfigurationProblem("--redis-url", problem)], program: "sluice-worker")
        case .warning(let warning): log.warn("store_promise", ["reason": .text(warning)])
        case .kept: break
        }
        ReadyLine.write(["ops": opsURL, "pid": "\(getpid())", "node": node])
    }

    private var opsURL: String {
        "http://\(ListenAddress(host: values[KnownOptions.opsListen].host, port: ops.port))"
    }

    private func stop() {
        let limit = TimeSpan.milliseconds(max(0, values[KnownOptions.drain].wholeMilliseconds - 1_000))
        // The store may be away: a stop never waits for it.
        loop.schedule(after: limit + .milliseconds(900)) { exit(0) }
        driver.stop(within: limit) { [loop, log] in
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
                    id: node, role: "worker", pid: Int(getpid()), addresses: [("ops", opsURL)],
                    isReady: driver.isReady,
                    figures: [
                        ("in_flight", Int64(driver.inFlight)), ("settled", Int64(clamping: figures.settled)),
                        ("fenced", Int64(clamping: figures.fenced)),
                    ]
                ).json)
        }
        loop.schedule(after: .seconds(2)) { [unowned self] in describe() }
    }

    private func metrics() -> MetricsPage {
        log.flush()
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
        page.counter("sluice_recalled_total", help: "purchases found again after a lost reply", Int64(clamping: figures.recalled))
        page.counter("sluice_store_failures_total", help: "calls that the store failed", Int64(clamping: figures.storeFailures))
        page.gauge("sluice_in_flight", help: "taken and not settled", Int64(driver.inFlight))
        page.summary(
            "sluice_sink_execution_seconds", help: "time of an order in its slot", figures.execution, unit: .microseconds)
        return page
    }

    // MARK: The delay sink's switch

    /// `PUT /ops/v1/delay {"ms":20,"slots":4}`; what is left out stays.
    private func changeDelay(_ request: borrowing Request, _ exchange: ExchangeID, _ server: HTTPServer) -> Bool {
        let isDelay = request.withPath { String(utf8: $0) } == "/ops/v1/delay"
        guard isDelay, let delaySink, request.method == .put || request.method == .get else { return false }
        var settings = delaySink.settings
        if request.method == .put {
            do throws(JSONError) {
                try request.withBody { (body) throws(JSONError) in try Self.read(body, into: &settings) }
            } catch {
                let detail = error.description
                server.respond(to: exchange) { response in
                    response.status = 400
                    response.contentType("application/problem+json")
                    response.body.appendJSON { json in
                        json.beginObject()
                        json.field("type", constant: "about:blank")
                        json.field("title", constant: "The request is not valid")
                        json.field("status", Int64(400))
                        json.field("detail", detail)
                        json.field("code", constant: "invalid-request")
                        json.endObject()
                    }
                }
                return true
            }
            delaySink.change(to: settings)
        }
        server.respond(to: exchange) { response in
            response.contentType("application/json")
            response.body.appendJSON { json in
                json.beginObject()
                json.field("ms", settings.delay.wholeMilliseconds)
                json.field("slots", Int64(settings.slots))
                json.endObject()
            }
        }
        return true
    }

    private static func read(_ body: Span<UInt8>, into settings: inout DelaySink.Settings) throws(JSONError) {
        var changed = settings
        try JSONReader.read(body) { (json) throws(JSONError) in
            var seen = JSONSeenFields()
            try json.beginObject()
            while let key = try json.nextKey() {
                if try json.matches(key, "ms", once: 0, in: &seen) {
                    changed.delay = .milliseconds(try json.integer(in: 0...600_000))
                } else if try json.matches(key, "slots", once: 1, in: &seen) {
                    changed.slots = Int(try json.integer(in: 1...100_000))
                } else {
                    try json.skip()
                }
            }
        }
        settings = changed
    }
}

/// Writes what the worker has to tell into the log.
final class WorkerEvents: WorkerLog {
    private let log: Log

    init(log: Log) { self.log = log }

    func fenced(item: ItemName, purchases: Int) {
        log.warn("fenced", ["item": .text(item.description), "purchases": .integer(purchases)])
    }
    func failed(_ call: String, item: ItemName, _ failure: StoreFailure) {
        log.error(
            "store_call_failed",
            ["call": .text(call), "item": .text(item.description), "reason": .text("\(failure)")])
    }
    func storeDown(reason: String) { log.error("store_down", ["reason": .text(reason)]) }
    func storeUp() { log.info("store_up") }
}
