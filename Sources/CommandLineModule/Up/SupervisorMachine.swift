public import Base
import Glibc

// DESIGN
// What `up` does about a death, a signal or a deadline is decided here, without a process or a clock in sight, and so
// tested as a table. The driver (Supervisor) performs the actions and decides nothing.
// Start: Redis, and the modules once it has answered. Stop: queues, workers and schedulers get SIGTERM in this order
// (intake ends first), Redis after the last of them is gone, because they still write to it.

/// Decides when each process is started, stopped or killed, and when `up` itself ends.
public struct SupervisorMachine: Sendable {
    public enum Event: Equatable, Sendable {
        case begin
        /// The private Redis answered PING.
        case storeAnswers
        /// A module printed its ready line.
        case ready(Node)
        case exited(Node, ProcessEnd)
        /// SIGTERM, SIGINT or SIGHUP.
        case stopRequested(signal: Int32)
        /// The time of the last `wake`.
        case timer
    }

    public enum Action: Equatable, Sendable {
        case start(Node)
        /// Call Redis until it answers.
        case probeStore
        case signal(Node, Int32)
        /// Everything serves for the first time.
        case announce
        /// The list of nodes has changed.
        case publish
        /// Send `timer` then; replaces the wake before.
        case wake(at: MonotonicInstant)
        case report(Report)
        /// No process is running any more: exit with this code.
        case finish(ExitCode)
    }

    public enum Report: Equatable, Sendable {
        case restart(Node, ProcessEnd, delay: TimeSpan)
        /// The start is given up.
        case startFailed(Node, ProcessEnd)
        /// It was started again and is ready.
        case servesAgain(Node)
        case stopping
        case killed(Node)
    }

    private enum Phase: Equatable, Sendable {
        case starting, serving
        case stoppingModules(until: MonotonicInstant)
        case stoppingStore(until: MonotonicInstant)
        case killing
        case ended
    }

    private struct Process: Sendable {
        var isAlive = false
        var isReady = false
        var startAt: MonotonicInstant?
        var policy = RestartPolicy()
    }

    /// `make` passes a SIGTERM on that its whole group got already: the same signal this soon is the same request.
    public static let echoWithin = TimeSpan.milliseconds(100)
    public static let storeStopsWithin = TimeSpan.seconds(10)
    /// What a module gets on top of its own deadline before it is killed.
    public static let grace = TimeSpan.seconds(1)
    /// A module that dies this often before all have served once ends the start.
    public static let deathsAtStart = 5

    /// Every node, in the order of their start.
    public let nodes: [Node]
    private var processes: [Node: Process]
    private var phase = Phase.starting
    private let drain: TimeSpan
    private var exitCode = ExitCode.done
    private var hasStoreAnswered = false
    /// The signal that a stop began with, and when.
    private var firstSignal: (number: Int32, time: MonotonicInstant)?

    /// - Parameters:
    ///   - ownsStore: false when `up` does not run the Redis.
    ///   - drain: how long a module may take to finish what it began.
    public init(queues: Int, workers: Int, ownsStore: Bool, drain: TimeSpan = .seconds(5)) {
        self.drain = drain
        nodes =
            (ownsStore ? [Node(.redis)] : []) + (1...queues).map { Node(.queue, $0) } + [Node(.scheduler)]
            + (1...workers).map { Node(.worker, $0) }
        processes = [Node: Process](uniqueKeysWithValues: nodes.map { ($0, Process()) })
    }

    public func isReady(_ node: Node) -> Bool { processes[node]?.isReady == true }

    public mutating func handle(_ event: Event, now: MonotonicInstant) -> [Action] {
        switch event {
        case .begin:
            return nodes.first == Node(.redis) ? start(Node(.redis), now) : startModules(now)
        case .storeAnswers:
            return storeAnswers(now)
        case .ready(let node):
            return ready(node)
        case .exited(let node, let end):
            processes[node]?.isAlive = false
            processes[node]?.isReady = false
            return isStopping ? advanceStop(now) : died(node, end, now)
        case .stopRequested(let signal):
            return stopRequested(signal, now)
        case .timer:
            return isStopping ? overdue(now) : startDue(now)
        }
    }

    private var isStopping: Bool { phase != .starting && phase != .serving }

    private var modules: [Node] { nodes.filter { $0.role != .redis } }

    private func isAlive(_ node: Node) -> Bool { processes[node]?.isAlive == true }

    // MARK: Start

    private mutating func start(_ node: Node, _ now: MonotonicInstant) -> [Action] {
        processes[node]?.isAlive = true
        processes[node]?.startAt = nil
        processes[node]?.policy.started(now: now)
        return [.start(node)] + (node.role == .redis ? [.probeStore] : [])
    }

    private mutating func startModules(_ now: MonotonicInstant) -> [Action] {
        hasStoreAnswered = true
        return modules.flatMap { start($0, now) }
    }

    private mutating func storeAnswers(_ now: MonotonicInstant) -> [Action] {
        guard !isStopping, isAlive(Node(.redis)) else { return [] }
        processes[Node(.redis)]?.isReady = true
        return hasStoreAnswered
            ? (phase == .serving ? [.publish, .report(.servesAgain(Node(.redis)))] : []) : startModules(now)
    }

    private mutating func ready(_ node: Node) -> [Action] {
        guard !isStopping, isAlive(node) else { return [] }
        processes[node]?.isReady = true
        if phase == .serving { return [.publish, .report(.servesAgain(node))] }
        guard nodes.allSatisfy(isReady) else { return [] }
        phase = .serving
        return [.publish, .announce]
    }

    // MARK: Deaths

    private mutating func died(_ node: Node, _ end: ProcessEnd, _ now: MonotonicInstant) -> [Action] {
        var policy = processes[node]?.policy ?? RestartPolicy()
        let delay = policy.died(now: now)
        processes[node]?.policy = policy
        if phase == .starting, let code = givesUp(node, end, deaths: policy.deaths) {
            return [.report(.startFailed(node, end))] + stop(exit: code, now)
        }
        let report = Action.report(.restart(node, end, delay: delay))
        if delay == .zero { return [report] + start(node, now) }
        processes[node]?.startAt = now + delay
        return [report] + wake()
    }

    /// The exit code when a start is to be given up because of this death.
    private func givesUp(_ node: Node, _ end: ProcessEnd, deaths: Int) -> ExitCode? {
        if end == .code(ExitCode.badConfiguration.rawValue) { return .badConfiguration }
        if node.role == .redis, !hasStoreAnswered { return .failed }
        // 127: the program could not be run at all.
        return end == .code(127) || deaths >= Self.deathsAtStart ? .failed : nil
    }

    private mutating func startDue(_ now: MonotonicInstant) -> [Action] {
        var actions: [Action] = []
        for node in nodes {
            if let time = processes[node]?.startAt, time <= now { actions += start(node, now) }
        }
        return actions + wake()
    }

    private func wake() -> [Action] {
        let next = nodes.compactMap { processes[$0]?.startAt }.min()
        return next.map { [.wake(at: $0)] } ?? []
    }

    // MARK: Stop

    private mutating func stopRequested(_ signal: Int32, _ now: MonotonicInstant) -> [Action] {
        if let first = firstSignal, first.number == signal, now - first.time < Self.echoWithin { return [] }
        if firstSignal == nil { firstSignal = (signal, now) }
        return isStopping ? kill(exit: .interrupted, now) : stop(exit: .done, now)
    }

    private mutating func stop(exit code: ExitCode, _ now: MonotonicInstant) -> [Action] {
        exitCode = code
        let deadline = now + drain + Self.grace
        phase = .stoppingModules(until: deadline)
        let order: [Node.Role] = [.queue, .worker, .scheduler]
        let signals = order.flatMap { role in modules.filter { $0.role == role && isAlive($0) } }
        return [.report(.stopping), .wake(at: deadline)] + signals.map { .signal($0, SIGTERM) } + advanceStop(now)
    }

    private mutating func advanceStop(_ now: MonotonicInstant) -> [Action] {
        guard phase != .ended, !modules.contains(where: isAlive) else { return [] }
        guard isAlive(Node(.redis)) else {
            phase = .ended
            return [.finish(exitCode)]
        }
        guard case .stoppingModules = phase else { return [] }
        let deadline = now + Self.storeStopsWithin
        phase = .stoppingStore(until: deadline)
        return [.wake(at: deadline), .signal(Node(.redis), SIGTERM)]
    }

    private func overdue(_ now: MonotonicInstant) -> [Action] {
        switch phase {
        case .stoppingModules(let deadline) where deadline <= now: killAlive(modules)
        case .stoppingStore(let deadline) where deadline <= now: killAlive(nodes)
        default: []
        }
    }

    private func killAlive(_ nodes: [Node]) -> [Action] {
        nodes.filter(isAlive).flatMap { [.report(.killed($0)), .signal($0, SIGKILL)] }
    }

    private mutating func kill(exit code: ExitCode, _ now: MonotonicInstant) -> [Action] {
        guard phase != .ended else { return [] }
        exitCode = code
        phase = .killing
        return killAlive(nodes) + advanceStop(now)
    }
}
