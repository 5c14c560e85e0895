import Base
import Domain
import EventLoop
import Glibc
import HTTPServer
import Operations
import QueueModule
import Sodium
import Store

/// Puts one queue process together: a loop with its public server on each thread, the admin server on the first.
final class QueueProcess {
    private let values: ConfigurationValues
    let node: String
    let keys: [String]
    private let log: Log
    private let impairments = SharedImpairments()
    let loop: EventLoop
    private var servers: [LoopBound<PublicServer>] = []
    private(set) var firstServer: PublicServer!
    private var adminServer: AdminServer!
    private var threads: [LoopThread] = []
    private var loopsToBeReady = 0
    private var port: UInt16 = 0
    /// Somebody listened at the public address when this process began to.
    private(set) var sharesPort = false
    var newcomer: Newcomer?
    var hasJoined = false

    nonisolated static func run(_ values: ConfigurationValues) {
        do {
            try QueueProcess(values).serve()
        } catch {
            let problem = ConfigurationProblem("sluice-queue", "\(error)")
            ConfigurationDriver.refuse([problem], program: "sluice-queue")
        }
    }

    private init(_ values: ConfigurationValues) throws(SystemError) {
        self.values = values
        MetricsPage.processStarted()
        keys = Self.fingerprints(values)
        node = values.optional(KnownOptions.nodeName) ?? "queue-\(getpid())"
        log = Log(level: values[KnownOptions.logLevel], node: node)
        loop = try EventLoop()
    }

    private func serve() throws {
        _ = FileLimits.raise()
        let signals = try Signals(loop: loop, onShutdown: { [unowned self] in leave() })
        let count = Int(values[KnownOptions.loops])
        loopsToBeReady = count
        sharesPort = ListeningPort.isTaken(values[KnownOptions.listen])
        firstServer = try openServer(on: loop, port: values[KnownOptions.listen].port)
        firstServer.onUnsuitable = { server in
            ConfigurationDriver.refuse([ConfigurationProblem("--redis-url", server)], program: "sluice-queue")
        }
        port = firstServer.port
        servers = [LoopBound(firstServer, on: loop)]
        adminServer = AdminServer(
            publicServer: firstServer, token: Array(values[KnownOptions.adminToken].exposed.utf8),
            metricsToken: values.optional(KnownOptions.metricsToken).map { Array($0.exposed.utf8) },
            pollBudget: Self.pollBudget(values), metrics: { [unowned self] in collectMetrics(accept: $0, $1) })
        adminServer.onSwitches = { [unowned self] in follow($0) }
        adminServer.watch.onLook = { [unowned self] in report(troubles: $0) }
        let admin = values[KnownOptions.adminListen]
        try adminServer.start(address: admin.host, port: admin.port)
        for _ in 1..<max(1, count) { startThread() }
        describeRegularly()
        adminServer.watch.start()
        withExtendedLifetime(signals) { loop.run() }
    }

    // MARK: Doors

    private func openServer(on loop: EventLoop, port: UInt16) throws -> PublicServer {
        let server = try Self.makeServer(
            values, node: node, events: QueueEvents(log: log, impairments: impairments), loop: loop)
        let limits = Self.limits(values)
        let process = LoopBound(self, on: self.loop)
        try server.start(address: values[KnownOptions.listen].host, port: port, limits: limits) {
            process.post { $0.oneMoreReady() }
        }
        return server
    }

    private static func makeServer(
        _ values: ConfigurationValues, node: String, events: QueueEvents, loop: EventLoop
    ) throws -> PublicServer {
        let ring = try TicketKeyRing(values[KnownOptions.ticketKey].exposed.all)
        var options = try StoreOptions(url: values[KnownOptions.redisURL])
        options.clientName = node
        return PublicServer(
            loop: loop, storeOptions: options, authenticator: ring,
            build: BuildInfo(version: BuildVersion.current, commit: BuildVersion.commit), log: events,
            seed: UInt64.random(in: .min ... .max), batchLimit: Int(values[KnownOptions.batch]),
            pollsPerSecond: pollBudget(values))
    }

    private static func pollBudget(_ values: ConfigurationValues) -> Int64? {
        let bound = values[KnownOptions.pollBudget]
        return bound > 0 ? Int64(bound) : nil
    }

    private static func limits(_ values: ConfigurationValues) -> ServerLimits {
        var limits = ServerLimits.publicListener
        limits.connections = max(1, Int(values[KnownOptions.maxConnections] / values[KnownOptions.loops]))
        return limits
    }

    /// One more loop: a thread with a public server of its own on the same port.
    private func startThread() {
        let start = ThreadStart(
            values: values, node: node, log: log, impairments: impairments, port: port,
            process: LoopBound(self, on: loop))
        let thread = LoopThread { @Sendable in QueueProcess.serveThread(start) }
        threads.append(thread)
    }

    /// What a thread is started with.
    private struct ThreadStart: Sendable {
        let values: ConfigurationValues
        let node: String
        let log: Log
        let impairments: SharedImpairments
        let port: UInt16
        let process: LoopBound<QueueProcess>
    }

    private static func serveThread(_ start: ThreadStart) {
        do {
            let loop = try EventLoop()
            let events = QueueEvents(log: start.log, impairments: start.impairments)
            let server = try makeServer(start.values, node: start.node, events: events, loop: loop)
            try open(server, start)
            announce(server, on: loop, to: start.process)
            loop.run()
        } catch {
            start.log.error("loop_failed", ["reason": .text("\(error)")])
            start.log.flush()
            _exit(1)
        }
    }

    private static func open(_ server: PublicServer, _ start: ThreadStart) throws(SystemError) {
        let process = start.process
        let host = start.values[KnownOptions.listen].host
        try server.start(address: host, port: start.port, limits: limits(start.values)) {
            process.post { $0.oneMoreReady() }
        }
    }

    private static func announce(_ server: PublicServer, on loop: EventLoop, to process: LoopBound<QueueProcess>) {
        let bound = LoopBound(server, on: loop)
        process.post { $0.servers.append(bound) }
    }

    private func oneMoreReady() {
        loopsToBeReady -= 1
        guard loopsToBeReady == 0 else { return }
        firstServer.checkPromise(isStrict: values[KnownOptions.durability] == .safe) { [unowned self] check in
            if let problem = check.problem {
                ConfigurationDriver.refuse([ConfigurationProblem("--redis-url", problem)], program: "sluice-queue")
            }
            if let warning = check.warning { log.warn("store_promise", ["reason": .text(warning)]) }
            join()
        }
    }

    var publicURL: String {
        "http://\(ListenAddress(host: values[KnownOptions.listen].host, port: port))"
    }
    var adminURL: String {
        "http://\(ListenAddress(host: values[KnownOptions.adminListen].host, port: adminServer.port))"
    }

    // MARK: Figures

    /// What every loop says of itself, in no order.
    private func collect<Figures: Sendable>(
        _ read: @escaping @Sendable (PublicServer) -> Figures, _ completion: @escaping ([Figures]) -> Void
    ) {
        let gathered = Gathered<Figures>(expected: servers.count, completion: completion)
        let bound = LoopBound(gathered, on: loop)
        for server in servers {
            server.post { server in
                let figures = read(server)
                bound.post { $0.add(figures) }
            }
        }
    }

    private final class Gathered<Figures> {
        private let expected: Int
        private var figures: [Figures] = []
        private let completion: ([Figures]) -> Void

        init(expected: Int, completion: @escaping ([Figures]) -> Void) {
            self.expected = expected
            self.completion = completion
        }

        func add(_ one: Figures) {
            figures.append(one)
            if figures.count == expected { completion(figures) }
        }
    }

    private func collectMetrics(accept: String?, _ completion: @escaping (MetricsText) -> Void) {
        let format = MetricsPage.Format(accept: accept)
        collect({ LoopFigures(counted: $0.currentFigures, items: $0.itemFigures) }) { [log, adminServer] all in
            log.flush()
            var page = MetricsPage()
            QueueMetrics.write(all, to: &page)
            if let adminServer {
                QueueMetrics.write(adminServer, items: ItemFigures.merged(all.map(\.items)), to: &page)
            }
            page.addProcess("sluice-queue", lags: all.map(\.counted.lag))
            var buffer = ByteBuffer(capacity: 32_768)
            page.append(to: &buffer, format: format)
            completion(MetricsText(buffer.bytes, contentType: format.contentType))
        }
    }

    /// The loops say what is wrong with all of us; what the store says of itself each of them says by itself.
    private func report(troubles: [Trouble]) {
        let texts = troubles.filter {
            $0.severity == .problem && ![.storeAway, .storeRefuses, .notReady].contains($0.code)
        }.map(\.text)
        for server in servers { server.post { $0.report(troubles: texts) } }
    }

    private func describeRegularly() {
        describe()
        firstServer.readSwitches { [unowned self] in follow($0) }
        loop.schedule(after: .seconds(2)) { [unowned self] in describeRegularly() }
    }

    /// Operators may have set something anew, here or through another process.
    private func follow(_ switches: Switches) {
        let bound = switches.pollsPerSecond(orElse: Self.pollBudget(values))
        for server in servers { server.post { $0.limitPolls(to: bound) } }
    }

    /// Puts this process on the list of nodes, then calls `done`.
    func describe(then done: @escaping () -> Void = {}) {
        guard hasJoined else { return }  // who has yet to see whether it fits is nobody's neighbour
        collect({ $0.currentFigures }) { [unowned self] all in
            let accepted = all.reduce(0) { $0 + $1.accepted }
            let connections = all.reduce(0) { $0 + $1.server.connectionsOpen }
            firstServer.describe(
                node: node,
                json: NodeDescription(
                    id: node, role: "queue", pid: Int(getpid()),
                    addresses: [("http", publicURL), ("admin", adminURL)], isReady: firstServer.isReady,
                    figures: [("accepted", Int64(accepted)), ("connections", Int64(connections))],
                    more: { [unowned self] in tellIdentity(&$0) }
                ).json)
            done()
        }
    }

    // MARK: The end

    /// Readiness falls at once; a second later, when balancers have seen it, what is under way is finished.
    private func leave() {
        for server in servers { server.post { $0.leave() } }
        let limit = TimeSpan.milliseconds(max(0, values[KnownOptions.drain].wholeMilliseconds - 1_500))
        let linger = TimeSpan.milliseconds(min(1_000, values[KnownOptions.drain].wholeMilliseconds / 5))
        loop.schedule(after: linger) { [unowned self] in
            let done = LoopBound(Countdown(servers.count + 1) { [unowned self] in end() }, on: loop)
            adminServer.drain(within: limit) { done.post { $0.tick() } }
            for server in servers { server.post { $0.drain(within: limit) { done.post { $0.tick() } } } }
        }
    }

    private final class Countdown {
        private var left: Int
        private let completion: () -> Void
        init(_ count: Int, completion: @escaping () -> Void) {
            left = count
            self.completion = completion
        }
        func tick() {
            left -= 1
            if left == 0 { completion() }
        }
    }

    private func end() {
        firstServer.forget(node: node)
        loop.schedule(after: .milliseconds(5)) { [log] in
            log.flush()
            exit(0)
        }
    }
}
