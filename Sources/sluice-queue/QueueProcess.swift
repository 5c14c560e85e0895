import Base
import Domain
import EventLoop
import Glibc
import HTTPServer
import Operations
import QueueModule
import Sodium
import Store

/// Puts one queue process together: a loop with its front door on each thread, the admin desk on the first.
final class QueueProcess {
    private let values: ConfigurationValues
    let node: String
    let keys: [String]
    private let log: Log
    private let impairments = SharedImpairments()
    let loop: EventLoop
    private var doors: [LoopBound<FrontDoor>] = []
    private(set) var firstDoor: FrontDoor!
    private var desk: AdminDesk!
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
        firstDoor = try openDoor(on: loop, port: values[KnownOptions.listen].port)
        firstDoor.onUnsuitable = { server in
            ConfigurationDriver.refuse([ConfigurationProblem("--redis-url", server)], program: "sluice-queue")
        }
        port = firstDoor.port
        doors = [LoopBound(firstDoor, on: loop)]
        desk = AdminDesk(
            door: firstDoor, token: Array(values[KnownOptions.adminToken].exposed.utf8),
            metricsToken: values.optional(KnownOptions.metricsToken).map { Array($0.exposed.utf8) },
            pollBudget: Self.pollBudget(values), metrics: { [unowned self] in collectMetrics(accept: $0, $1) })
        desk.onSwitches = { [unowned self] in follow($0) }
        desk.watch.onLook = { [unowned self] in tell(troubles: $0) }
        let admin = values[KnownOptions.adminListen]
        try desk.start(address: admin.host, port: admin.port)
        for _ in 1..<max(1, count) { startThread() }
        describeRegularly()
        desk.watch.start()
        withExtendedLifetime(signals) { loop.run() }
    }

    // MARK: Doors

    private func openDoor(on loop: EventLoop, port: UInt16) throws -> FrontDoor {
        let door = try Self.makeDoor(
            values, node: node, events: QueueEvents(log: log, impairments: impairments), loop: loop)
        let limits = Self.limits(values)
        let process = LoopBound(self, on: self.loop)
        try door.start(address: values[KnownOptions.listen].host, port: port, limits: limits) {
            process.post { $0.oneMoreReady() }
        }
        return door
    }

    private static func makeDoor(
        _ values: ConfigurationValues, node: String, events: QueueEvents, loop: EventLoop
    ) throws -> FrontDoor {
        let ring = try TicketKeyRing(values[KnownOptions.ticketKey].exposed.all)
        var options = try StoreOptions(url: values[KnownOptions.redisURL])
        options.clientName = node
        return FrontDoor(
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

    /// One more loop: a thread with a front door of its own on the same port.
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
            let door = try makeDoor(start.values, node: start.node, events: events, loop: loop)
            try open(door, start)
            announce(door, on: loop, to: start.process)
            loop.run()
        } catch {
            start.log.error("loop_failed", ["reason": .text("\(error)")])
            start.log.flush()
            _exit(1)
        }
    }

    private static func open(_ door: FrontDoor, _ start: ThreadStart) throws(SystemError) {
        let process = start.process
        let host = start.values[KnownOptions.listen].host
        try door.start(address: host, port: start.port, limits: limits(start.values)) {
            process.post { $0.oneMoreReady() }
        }
    }

    private static func announce(_ door: FrontDoor, on loop: EventLoop, to process: LoopBound<QueueProcess>) {
        let bound = LoopBound(door, on: loop)
        process.post { $0.doors.append(bound) }
    }

    private func oneMoreReady() {
        loopsToBeReady -= 1
        guard loopsToBeReady == 0 else { return }
        firstDoor.checkPromise(isStrict: values[KnownOptions.durability] == .safe) { [unowned self] check in
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
        "http://\(ListenAddress(host: values[KnownOptions.adminListen].host, port: desk.port))"
    }

    // MARK: Figures

    /// What every loop says of itself, in no order.
    private func collect<Figures: Sendable>(
        _ read: @escaping @Sendable (FrontDoor) -> Figures, _ completion: @escaping ([Figures]) -> Void
    ) {
        let gathered = Gathered<Figures>(expected: doors.count, completion: completion)
        let bound = LoopBound(gathered, on: loop)
        for door in doors {
            door.post { door in
                let figures = read(door)
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
        collect({ LoopFigures(counted: $0.currentFigures, items: $0.itemFigures) }) { [log, desk] all in
            log.flush()
            var page = MetricsPage()
            QueueMetrics.write(all, to: &page)
            if let desk { QueueMetrics.write(desk, items: ItemFigures.merged(all.map(\.items)), to: &page) }
            page.addProcess("sluice-queue", lags: all.map(\.counted.lag))
            var buffer = ByteBuffer(capacity: 32_768)
            page.append(to: &buffer, format: format)
            completion(MetricsText(buffer.bytes, contentType: format.contentType))
        }
    }

    /// The loops say what is wrong with all of us; what the store says of itself each of them says by itself.
    private func tell(troubles: [Trouble]) {
        let texts = troubles.filter {
            $0.severity == .problem && ![.storeAway, .storeRefuses, .notReady].contains($0.code)
        }.map(\.text)
        for door in doors { door.post { $0.tell(troubles: texts) } }
    }

    private func describeRegularly() {
        describe()
        firstDoor.readSwitches { [unowned self] in follow($0) }
        loop.schedule(after: .seconds(2)) { [unowned self] in describeRegularly() }
    }

    /// Operators may have set something anew, here or through another process.
    private func follow(_ switches: Switches) {
        let bound = switches.pollsPerSecond(orElse: Self.pollBudget(values))
        for door in doors { door.post { $0.limitPolls(to: bound) } }
    }

    /// Puts this process on the list of nodes, then calls `done`.
    func describe(then done: @escaping () -> Void = {}) {
        guard hasJoined else { return }  // who has yet to see whether it fits is nobody's neighbour
        collect({ $0.currentFigures }) { [unowned self] all in
            let accepted = all.reduce(0) { $0 + $1.accepted }
            let connections = all.reduce(0) { $0 + $1.server.connectionsOpen }
            firstDoor.describe(
                node: node,
                json: NodeDescription(
                    id: node, role: "queue", pid: Int(getpid()),
                    addresses: [("http", publicURL), ("admin", adminURL)], isReady: firstDoor.isReady,
                    figures: [("accepted", Int64(accepted)), ("connections", Int64(connections))],
                    more: { [unowned self] in tellIdentity(&$0) }
                ).json)
            done()
        }
    }

    // MARK: The end

    /// Readiness falls at once; a second later, when balancers have seen it, what is under way is finished.
    private func leave() {
        for door in doors { door.post { $0.leave() } }
        let limit = TimeSpan.milliseconds(max(0, values[KnownOptions.drain].wholeMilliseconds - 1_500))
        let linger = TimeSpan.milliseconds(min(1_000, values[KnownOptions.drain].wholeMilliseconds / 5))
        loop.schedule(after: linger) { [unowned self] in
            let done = LoopBound(Countdown(doors.count + 1) { [unowned self] in end() }, on: loop)
            desk.drain(within: limit) { done.post { $0.tick() } }
            for door in doors { door.post { $0.drain(within: limit) { done.post { $0.tick() } } } }
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
        firstDoor.forget(node: node)
        loop.schedule(after: .milliseconds(5)) { [log] in
            log.flush()
            exit(0)
        }
    }
}
