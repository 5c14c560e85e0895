import Base
import CLinux
import EventLoop
import Glibc
import Operations
import RedisClient

/// Performs what `SupervisorMachine` decides: processes, signals, timers and the files of the data folder.
final class Supervisor {
    private let loop: EventLoop
    private var machine: SupervisorMachine
    private let configuration: UpConfiguration
    private let surroundings: UpConfiguration.Surroundings
    private let environment: [String: String]
    private let folder: DataFolder
    private let log = SupervisorLog(isTerminal: isatty(STDERR_FILENO) == 1)
    private var children: [Node: Child] = [:]
    private var addresses: [Node: ReadyLine] = [:]
    private var events: [SupervisorMachine.Event] = []
    private var isHandling = false
    private var wakeTimer: Token?
    private var loadingSaidAt: MonotonicInstant?
    private var result: ExitCode?

    init(
        _ configuration: UpConfiguration, _ surroundings: UpConfiguration.Surroundings, folder: DataFolder,
        environment: [String: String]
    ) throws(SystemError) {
        loop = try EventLoop()
        machine = SupervisorMachine(
            queues: configuration.queues, workers: configuration.workers, ownsStore: configuration.redisURL == nil,
            drain: configuration.drain)
        self.configuration = configuration
        self.surroundings = surroundings
        self.environment = configuration.environment(environment, in: surroundings)
        self.folder = folder
    }

    /// Runs until everything has ended. On the main thread: children die with the thread that started them.
    func run() throws(SystemError) -> ExitCode {
        // SIGPIPE only to have it ignored here without the children inheriting that; SIGHUP not under nohup.
        let signals = [SIGTERM, SIGINT, SIGPIPE, SIGCHLD] + (clinux_is_ignored(SIGHUP) == 1 ? [] : [SIGHUP])
        let descriptor = unsafe clinux_signalfd(signals, Int32(signals.count))
        guard descriptor >= 0 else { throw SystemError(call: "signalfd") }
        let token = try loop.register(
            descriptor, for: .readable, handler: OnReady { [unowned self] in readSignals(descriptor) })
        handle(.begin)
        while result == nil { loop.turn(waitAtMost: nil) }
        loop.deregister(descriptor, token: token)
        close(descriptor)
        unsafe unlink(folder.nodesFile)
        return result ?? .done
    }

    private func readSignals(_ descriptor: Int32) {
        while true {
            let number = clinux_signalfd_read(descriptor)
            switch number {
            case 0: return
            case SIGPIPE: break
            case SIGCHLD: Orphans.collect(own: children.values)
            default: handle(.stopRequested(signal: number))
            }
        }
    }

    /// Hands an event to the machine and performs its actions; an event that arises meanwhile waits its turn.
    private func handle(_ event: SupervisorMachine.Event) {
        events.append(event)
        guard !isHandling else { return }
        isHandling = true
        defer { isHandling = false }
        while !events.isEmpty {
            for action in machine.handle(events.removeFirst(), now: EventLoop.readMonotonicClock()) { perform(action) }
        }
    }

    private func perform(_ action: SupervisorMachine.Action) {
        switch action {
        case .start(let node): start(node)
        case .probeStore: loop.schedule(after: .milliseconds(10)) { [unowned self] in probeStore() }
        case .signal(let node, let number): children[node]?.signal(number)
        case .announce: announce()
        case .publish: publish()
        case .wake(let time):
            if let wakeTimer { loop.cancel(wakeTimer) }
            wakeTimer = loop.schedule(at: time) { [unowned self] in handle(.timer) }
        case .report(let report): log(report)
        case .finish(let code): result = code
        }
    }

    private func start(_ node: Node) {
        do throws(SystemError) {
            let child = try Child(
                configuration.arguments(node, in: surroundings), environment: environment, on: loop,
                onLine: node.role == .redis ? nil : { [unowned self] in read($0, of: node) },
                onEnd: { [unowned self] end in
                    // The child itself is still on the stack: let it go in a turn of its own.
                    loop.schedule(after: .zero) { [unowned self] in ended(node, end) }
                })
            children[node] = child
        } catch {
            log.error("cannot be started: \(error)", node: node)
            events.append(.exited(node, .code(126)))
        }
    }

    private func ended(_ node: Node, _ end: ProcessEnd) {
        children[node] = nil
        addresses[node] = nil
        handle(.exited(node, end))
    }

    private func read(_ line: String, of node: Node) {
        guard let ready = ReadyLine(parsing: line) else {
            writeAll(1, line + "\n")
            return
        }
        addresses[node] = ready
        handle(.ready(node))
    }

    private func probeStore() {
        guard children[Node(.redis)] != nil, result == nil, let store = try? RedisEndpoint(url: surroundings.redisURL)
        else { return }
        let answer = try? BlockingRedis(store, patience: .milliseconds(250)).call(["PING"])
        if answer == .status("PONG") {
            if loadingSaidAt != nil { log.info("loaded", node: Node(.redis)) }
            loadingSaidAt = nil
            return handle(.storeAnswers)
        }
        if case .error(let reply)? = answer, loadingSaidAt.map({ loop.now - $0 > .seconds(5) }) ?? true {
            loadingSaidAt = loop.now
            log.info("not yet: \(reply)", node: Node(.redis))
        }
        loop.schedule(after: .milliseconds(20)) { [unowned self] in probeStore() }
    }

    private func announce() {
        let address = addresses[Node(.queue)]?.http ?? "http://\(surroundings.listen)"
        ReadyLine.write(url: address)
        guard configuration.isDemo else { return }
        let admin = addresses[Node(.queue)]?.admin ?? "http://\(surroundings.adminListen)"
        let token = readLine(of: surroundings.adminTokenFile ?? folder.adminTokenFile)
        let demo = Demo(publicURL: address, adminURL: admin, token: token)
        // Not on this thread: while the demo waits for its answer, a death must be noticed.
        _ = LoopThread { demo.run() }
    }

    private func publish() {
        let entries = machine.nodes.compactMap { node in
            children[node].map { NodesFile.Entry(node: node, pid: $0.pid, addresses: addresses[node] ?? ReadyLine()) }
        }
        do throws(Failure) {
            try replaceFile(folder.nodesFile, with: NodesFile.text(entries), mode: 0o600)
        } catch {
            log.error(error.problems.joined(separator: "; "))
        }
    }

    private func log(_ report: SupervisorMachine.Report) {
        switch report {
        case .restart(let node, let end, let delay):
            let when = delay == .zero ? "now" : "in \(delay.wholeMilliseconds) ms"
            log.warning("ended (\(end)), is started again \(when)", node: node)
        case .startFailed(let node, let end):
            log.error("ended before it served (\(end)); \(reason(node, end))", node: node)
        case .servesAgain(let node): log.info("serves again", node: node)
        case .stopping: log.info("stopping")
        case .killed(let node): log.warning("did not end in time, or was not given any: killed", node: node)
        }
    }

    private func reason(_ node: Node, _ end: ProcessEnd) -> String {
        if end == .code(127) {
            return "the program \(configuration.program(node.role)) cannot be run: make setup, make build"
        }
        guard node.role == .redis else { return "its own lines above say why" }
        let text = readFile("\(folder.redisFolder)/redis.log", atMost: 16 << 20).map {
            String(decoding: $0, as: UTF8.self)
        }
        let last = text?.split(separator: "\n").suffix(3).joined(separator: " | ") ?? "no log"
        return "\(folder.redisFolder)/redis.log ends: \(last)"
    }
}
