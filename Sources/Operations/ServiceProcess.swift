public import Base
public import EventLoop
import Glibc

/// The frame of a process with one loop and an ops listener: signals, health, the ready line, the list of nodes, the
/// end.
public final class ServiceProcess {
    public let loop: EventLoop
    public let log: Log
    public let node: String
    private let program: String
    private let address: ListenAddress
    private var ops: OpsServer!
    private var signals: Signals!
    private var describe: () -> Void = {}

    public init(_ program: String, role: String, _ values: ConfigurationValues) throws(SystemError) {
        self.program = program
        MetricsPage.processStarted()
        node = RunningProcess.uniqueName(values.optional(KnownOptions.nodeName) ?? role)
        log = Log(level: values[KnownOptions.logLevel], node: node)
        loop = try EventLoop()
        address = values[KnownOptions.opsListen]
    }

    /// How late a timer ran at most in the last seconds.
    public var lag: TimeSpan { loop.lag.longest(now: loop.now) }

    /// Where health and metrics are served.
    public var opsURL: String { "http://\(ListenAddress(host: address.host, port: ops.port))" }

    /// Serves until the process is stopped; does not return.
    ///
    /// - Parameters:
    ///   - start: begins the work; it calls `announce` once it serves.
    ///   - describe: runs at once and every 2 s, to keep the list of nodes current.
    ///   - stop: ends the work in order and calls back; the process ends after `limit` in any case, since the store may
    ///     be away and a stop never waits for it.
    public func serve(
        _ answers: OpsServer.Answers, start: () -> Void, describe: @escaping () -> Void,
        stop: @escaping (@escaping () -> Void) -> Void, within limit: TimeSpan
    ) throws(SystemError) -> Never {
        RunningProcess.raiseFileLimit()
        signals = try Signals(loop: loop) { [unowned self] in
            loop.schedule(after: limit) { exit(0) }
            stop { [unowned self] in
                loop.schedule(after: .milliseconds(5)) { [log] in
                    log.flush()
                    exit(0)
                }
            }
        }
        var answers = answers
        answers.program = program
        ops = try OpsServer(loop: loop, address: address, answers: answers)
        self.describe = describe
        start()
        repeatDescription(describe)
        loop.run()
        exit(0)
    }

    /// Prints the ready line, or ends the process with 64 where the store can't keep the promise.
    public func announce(problem: String?, warning: String?) {
        if let problem {
            ConfigurationDriver.refuse([ConfigurationProblem("--redis-url", problem)], program: program)
        }
        if let warning { log.warn("store_promise", ["reason": .text(warning)]) }
        describe()
        ReadyLine.write(["ops": opsURL, "pid": "\(getpid())", "node": node])
    }

    /// Ends the process with 64 for a problem that shows only while it starts.
    public func refuse(_ option: String, _ problem: String) -> Never {
        ConfigurationDriver.refuse([ConfigurationProblem(option, problem)], program: program)
    }

    private func repeatDescription(_ describe: @escaping () -> Void) {
        describe()
        loop.schedule(after: .seconds(2)) { [unowned self] in repeatDescription(describe) }
    }
}
