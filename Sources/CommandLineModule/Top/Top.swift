import Base
import EventLoop
import Glibc

/// `sluice top`: one screen, read again and again and drawn in place until `q` or a signal.
struct Top {
    private let invocation: Invocation
    private let environment: [String: String]
    private let transport: any Transport
    private let console: Console
    private let terminal: Terminal

    init(
        _ invocation: Invocation, environment: [String: String], transport: any Transport, console: Console,
        terminal: Terminal = Terminal()
    ) {
        self.invocation = invocation
        self.environment = environment
        self.transport = transport
        self.console = console
        self.terminal = terminal
    }

    func run() throws(Failure) -> ExitCode {
        let finder = ServerFinder(invocation, environment: environment)
        let server = Server(address: try finder.adminURL(), token: try finder.token(), transport: transport)
        if invocation.has("once") {
            let state = try Self.read(server)
            // All of it, however many rows that takes; only a terminal's lines are cut.
            let columns = console.isTerminal ? terminal.size.columns : Int.max
            console.print(TopScreen.lines(state, size: .init(columns: columns, rows: 1_000_000)).map(\.text))
            return .done
        }
        guard terminal.isTerminal, environment["TERM"] != "dumb" else {
            throw Failure(.usage, "top draws on a terminal, and this is none", hint: "sluice top --once prints a frame")
        }
        // A wrong token or address is reported before the screen is taken.
        let first = try Self.read(server)
        let signals = try Screen.signals()
        defer { close(signals) }
        return follow(server, first: first, signals: signals)
    }

    /// - Parameter signals: a descriptor that delivers them, or -1.
    func follow(_ server: Server, first: TopState, signals: Int32) -> ExitCode {
        var state = first
        let screen = Screen(
            terminal: terminal, interval: .milliseconds(Int64(invocation[Catalogue.interval])),
            isColored: Screen.isColored(environment))
        return screen.follow(
            signals: signals, lines: { TopScreen.lines(state, size: $0) },
            refresh: { state = Self.refreshed(at: server, after: state) })
    }

    // MARK: Reading

    static func read(_ server: Server) throws(Failure) -> TopState {
        let nodes = try server.call(server.request("GET", "/admin/v1/nodes"))
        var state = TopState(
            address: server.address, time: clock(), items: try CommandRunner.allItems(server),
            nodes: CommandRunner.nodes(nodes))
        // Items and nodes are there while Redis is away, as they were last: that must not pass for a quiet sale.
        let health = HealthAnswer(try server.answer(to: server.request("GET", "/admin/v1/health")))
        state.trouble = health.troubles.first { $0.isProblem }?.text
        return state
    }

    /// The next reading, or the last one with the failure: a server that restarts must not end the screen.
    static func refreshed(at server: Server, after last: TopState) -> TopState {
        do throws(Failure) {
            return try read(server)
        } catch {
            var state = last
            state.failure = "\(clock()) \(error.problems.joined(separator: "; "))"
            return state
        }
    }

    static func clock() -> String {
        var buffer = ByteBuffer()
        buffer.append(rfc3339: EventLoop.readWallClock())
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}
