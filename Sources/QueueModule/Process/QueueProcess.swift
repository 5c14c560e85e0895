import Base
import Domain
import EventLoop
import HTTPServer
public import Operations
import Store

/// Puts one queue process together: a loop with its public server on each thread, the admin server on the first.
public final class QueueProcess {
    private let settings: QueueSettings
    private let loop: EventLoop
    private let loops: QueueLoops
    private var adminServer: AdminServer!
    private var joining: QueueJoining?
    /// The public address was taken when this process began to listen.
    private let sharesPort: Bool

    public static func run(_ values: ConfigurationValues) {
        do {
            try QueueProcess(QueueSettings(values)).serve()
        } catch {
            refuse("sluice-queue", "\(error)")
        }
    }

    private init(_ settings: QueueSettings) throws {
        self.settings = settings
        MetricsPage.processStarted()
        RunningProcess.raiseFileLimit()
        sharesPort = ListeningPort.isTaken(settings.listen)
        loop = try EventLoop()
        loops = try QueueLoops(settings, home: loop)
    }

    private static func refuse(_ subject: String, _ problem: String) -> Never {
        ConfigurationDriver.refuse([ConfigurationProblem(subject, problem)], program: "sluice-queue")
    }

    private func serve() throws {
        let signals = try Signals(loop: loop, onShutdown: { [unowned self] in stop() })
        try loops.open(whenReady: { [unowned self] in checkPromise() })
        loops.first.onUnsuitable = { Self.refuse("--redis-url", $0) }
        adminServer = AdminServer(
            publicServer: loops.first, token: settings.adminToken, metricsToken: settings.metricsToken,
            pollBudget: settings.pollBudget, archiveFolder: settings.archiveFolder, retention: settings.retention,
            metrics: { [unowned self] in collectMetrics($0) })
        adminServer.onSwitches = { [unowned self] in follow($0) }
        adminServer.watch.onJudged = { [unowned self] in report(troubles: $0) }
        try adminServer.start(address: settings.adminListen.host, port: settings.adminListen.port)
        loops.startThreads()
        describeRegularly()
        adminServer.watch.start()
        withExtendedLifetime(signals) { loop.run() }
    }

    private var publicURL: String { "http://\(ListenAddress(host: settings.listen.host, port: loops.port))" }
    private var adminURL: String { "http://\(ListenAddress(host: settings.adminListen.host, port: adminServer.port))" }

    // MARK: The beginning

    private func checkPromise() {
        loops.first.checkPromise(isStrict: settings.isSafe) { [unowned self] check in
            if let problem = check.problem { Self.refuse("--redis-url", problem) }
            if let warning = check.warning { settings.log.warn("store_promise", ["reason": .text(warning)]) }
            join()
        }
    }

    private func join() {
        var own = NodeDescription(id: settings.node, role: "queue", isReady: false)
        (own.http, own.machine, own.keys) = (publicURL, RunningProcess.machine, settings.keys)
        let now = { [loop] in loop.wallNow.milliseconds }
        let newcomer = Newcomer(own, store: loops.first.storeName, sharesPort: sharesPort, now: now())
        let joining = QueueJoining(
            newcomer,
            ports: QueueJoining.Ports(
                others: { [unowned self] in readOthers($0) }, describe: { [unowned self] in describe(then: $0) },
                isAlive: RunningProcess.isAlive, now: now, later: { [loop] in loop.schedule(after: $0, $1) },
                refuse: { Self.refuse($0, $1) }))
        self.joining = joining
        joining.start { [unowned self] in
            ReadyLine.write([
                "http": publicURL, "admin": adminURL, "pid": "\(RunningProcess.id)", "node": settings.node,
            ])
        }
    }

    private func readOthers(_ completion: @escaping ([Newcomer.Neighbour]?) -> Void) {
        loops.first.nodes { [loop] nodes in
            let now = loop.wallNow.milliseconds
            completion(
                nodes?.compactMap { entry in
                    NodeDescription(json: entry.json).map {
                        Newcomer.Neighbour($0, describedAt: now - entry.age.wholeMilliseconds)
                    }
                })
        }
    }

    // MARK: Figures

    private func collectMetrics(_ completion: @escaping (MetricsPage) -> Void) {
        loops.collect({ LoopFigures(counted: $0.currentFigures, items: $0.itemFigures) }) {
            [settings, adminServer] all in
            settings.log.flush()
            var page = MetricsPage()
            QueueMetrics.write(all, to: &page)
            if let adminServer {
                QueueMetrics.write(adminServer, items: ItemFigures.merged(all.map(\.items)), to: &page)
            }
            page.addProcess("sluice-queue", lags: all.map(\.counted.lag))
            completion(page)
        }
    }

    /// Hands the loops what is wrong with the whole engine; each loop reports by itself what it sees of the store.
    private func report(troubles: [Trouble]) {
        let texts = troubles.filter {
            $0.severity == .problem && ![.storeAway, .storeRefuses, .notReady].contains($0.code)
        }.map(\.text)
        loops.post { $0.report(troubles: texts) }
    }

    private func describeRegularly() {
        describe()
        loops.first.readSwitches { [unowned self] switches in
            follow(switches)
            adminServer.followOperators(switches.operatorsEdition)
        }
        loop.schedule(after: .seconds(2)) { [unowned self] in describeRegularly() }
    }

    /// Applies what operators have set, here or through another process.
    private func follow(_ switches: Switches) {
        let bound = switches.pollsPerSecond(orElse: settings.pollBudget)
        loops.post { $0.limitPolls(to: bound) }
    }

    /// Puts this process on the list of nodes, then calls `completion`. Until the first check that it fits it stays off
    /// the list.
    private func describe(then completion: @escaping () -> Void = {}) {
        guard joining?.hasJoined == true else { return }
        loops.collect({ $0.currentFigures }) { [unowned self] all in
            let server = loops.first
            var node = NodeDescription(id: settings.node, role: "queue", isReady: server.isReady)
            (node.http, node.admin) = (publicURL, adminURL)
            let accepted = all.reduce(0) { $0 + $1.accepted }
            let connections = all.reduce(0) { $0 + $1.server.connectionsOpen }
            node.add("accepted", Int64(accepted))
            node.add("connections", Int64(connections))
            let listening = all.reduce(0) { $0 + Int64($1.push.listeners) }
            node.add("listeners", listening)
            count(listening: listening)
            (node.machine, node.store, node.keys) = (RunningProcess.machine, server.storeName, settings.keys)
            server.describe(node: settings.node, json: node.json)
            completion()
        }
    }

    /// Shows the loops how many buyers listen, here and at the other processes as they were read last.
    private func count(listening own: Int64) {
        let others = adminServer.watch.nodes.filter { $0.isAlive && $0.node.id != settings.node }
        let sum = others.reduce(own) { $0 + (NodeDescription(json: $1.node.json)?.figure("listeners") ?? 0) }
        loops.post { $0.count(listening: sum) }
    }

    // MARK: The end

    /// Readiness falls at once; a second later, when balancers have seen it, what is under way is finished.
    private func stop() {
        loops.post { $0.withdraw() }
        let times = StopTimes(within: settings.drain)
        loop.schedule(after: times.notice) { [unowned self] in
            let both = Gathering<Void>(expected: 2) { [unowned self] _ in end() }
            adminServer.drain(within: times.drain) { both.add(()) }
            loops.drain(within: times.drain) { both.add(()) }
        }
    }

    /// How a process that stops divides the time that it has.
    struct StopTimes {
        /// Balancers see meanwhile that it is not ready any more.
        let notice: TimeSpan
        /// What is under way is finished.
        let drain: TimeSpan

        init(within limit: TimeSpan) {
            let whole = limit.wholeMilliseconds
            notice = .milliseconds(min(1_000, whole / 5))
            drain = .milliseconds(max(0, whole - 1_500))
        }
    }

    private func end() {
        loops.first.forget(node: settings.node)
        loop.schedule(after: .milliseconds(5)) { [settings] in
            settings.log.flush()
            RunningProcess.end()
        }
    }
}
