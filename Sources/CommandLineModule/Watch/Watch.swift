import Base
import Glibc

/// `sluice watch`: the curves of one item, drawn in place, or a line for each second where no terminal takes them.
struct Watch {
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

    private var name: String { invocation.positionals[0] }
    private var seconds: Int { invocation[Catalogue.minutes] * 60 }
    private var wantsJSON: Bool { invocation.has("json") }

    func run() throws(Failure) -> ExitCode {
        let finder = ServerFinder(invocation, environment: environment)
        let server = Server(address: try finder.adminURL(), token: try finder.token(), transport: transport)
        var state = CurveState(
            address: server.address, time: Top.clock(), name: name, history: CurveHistory(kept: seconds))
        // A wrong token, address or name is reported before anything is drawn.
        let new = try read(server, &state)
        if invocation.has("once") {
            printOnce(state)
            return .done
        }
        if wantsJSON || !terminal.isTerminal || environment["TERM"] == "dumb" {
            show(new.suffix(1))
            return try followLines(server, &state)
        }
        let signals = try Screen.signals()
        defer { close(signals) }
        return follow(server, first: state, signals: signals)
    }

    private func printOnce(_ state: CurveState) {
        guard !wantsJSON else { return show(state.history.steps.suffix(1)) }
        let columns = console.isTerminal ? terminal.size.columns : 80
        console.print(CurveScreen.lines(state, seconds: seconds, size: .init(columns: columns, rows: 24)).map(\.text))
    }

    // MARK: Following

    /// - Parameter signals: a descriptor that delivers them, or -1.
    func follow(_ server: Server, first: CurveState, signals: Int32) -> ExitCode {
        var state = first
        let screen = Screen(
            terminal: terminal, interval: .seconds(1), isColored: Screen.isColored(environment))
        return screen.follow(
            signals: signals, lines: { CurveScreen.lines(state, seconds: seconds, size: $0) },
            refresh: { refresh(&state, at: server) })
    }

    /// A server that restarts must not end the screen.
    private func refresh(_ state: inout CurveState, at server: Server) {
        do throws(Failure) {
            _ = try read(server, &state)
            state.failure = nil
        } catch {
            state.failure = "\(Top.clock()) \(error.problems.joined(separator: "; "))"
        }
    }

    private func followLines(_ server: Server, _ state: inout CurveState) throws(Failure) -> ExitCode {
        var lastFailure: Failure?
        while true {
            usleep(1_000_000)
            do throws(Failure) {
                show(try read(server, &state)[...])
                lastFailure = nil
            } catch {
                guard error.code == .failed else { throw error }
                if error != lastFailure { console.complain(error) }
                lastFailure = error
            }
        }
    }

    private func show(_ steps: ArraySlice<CurveStep>) {
        for step in steps { console.print(wantsJSON ? step.json.text : step.line) }
    }

    // MARK: Reading

    /// Reads on; returns the seconds that are new.
    func read(_ server: Server, _ state: inout CurveState) throws(Failure) -> [CurveStep] {
        let path = "/admin/v1/items/\(pathSegment(name))"
        if !wantsJSON { state.item = try server.call(server.request("GET", path)).json }
        let request = server.request("GET", "\(path)/\(state.history.query)")
        guard let answer = try server.call(request).json, let new = state.history.take(answer) else {
            throw Failure(
                .failed, "\(request.url) did not answer with a series", hint: "is the server of an older release?")
        }
        state.time = Top.clock()
        return new
    }
}
