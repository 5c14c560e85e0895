import Base
import EventLoop
import OrderTable

/// `sluice orders init`: makes the table of orders where it is missing, and checks whether it can be used.
struct OrdersInit {
    private static let patience = TimeSpan.seconds(10)
    private let invocation: Invocation
    private let console: Console

    init(_ invocation: Invocation, console: Console) {
        self.invocation = invocation
        self.console = console
    }

    func run() throws(Failure) -> ExitCode {
        if invocation.has("dry-run") {
            console.print(trimmed(OrderTable.creation))
            return .done
        }
        let options = try self.options()
        let loop: EventLoop
        do {
            loop = try EventLoop()
        } catch {
            throw Failure(.failed, error.description)
        }
        let table = OrderTable(loop: loop, options: options)
        try connect(table, loop)
        try refuseAnother(table, loop, for: options.deadline)
        var made: Result<Void, OrderTableFailure>?
        table.create { made = $0 }
        wait(loop, for: options.deadline) { made != nil }
        if case .failure(let failure)? = made {
            throw Failure(.failed, "the table could not be made: \(failure)", hint: "look with --dry-run what is sent")
        }
        var check: OrderTable.Check?
        table.check { check = $0 }
        wait(loop, for: options.deadline) { check != nil }
        guard check == .usable else { throw Failure(.failed, Self.problem(check)) }
        console.print("the table \"orders\" is there")
        return .done
    }

    /// A table of another application with this name must not get our indexes.
    private func refuseAnother(_ table: OrderTable, _ loop: EventLoop, for span: TimeSpan) throws(Failure) {
        var found: Result<[String], OrderTableFailure>?
        table.differences { found = $0 }
        wait(loop, for: span) { found != nil }
        switch found {
        case .success(let differences) where !differences.isEmpty:
            let shown = differences.prefix(5) + (differences.count > 5 ? ["and \(differences.count - 5) more"] : [])
            throw Failure(
                .failed,
                "the schema has another table \"orders\": \(shown.joined(separator: ", ")). Nothing was changed",
                hint: "give the login a schema of its own for orders: ALTER ROLE … SET search_path = …")
        case .success: return
        case .failure(let failure): throw Failure(.failed, "the schema could not be looked at: \(failure)")
        case nil: throw Failure(.failed, "the schema could not be looked at: no answer")
        }
    }

    private static func problem(_ check: OrderTable.Check?) -> String {
        switch check {
        case .unusable(let problem): "the table \"orders\" \(problem)"
        case .unknown(let failure): "the table \"orders\" could not be looked at: \(failure)"
        case .usable, nil: "the table \"orders\" could not be looked at"
        }
    }

    private func options() throws(Failure) -> OrderTableOptions {
        var url = invocation.text("postgres-url")
        if url == nil, let file = invocation.text("postgres-url-file") {
            guard let line = readLine(of: file) else { throw fileFailure(file) }
            url = line
        }
        guard let url else {
            throw Failure(
                .usage, "'orders init' needs the database",
                hint: "give --postgres-url, SLUICE_POSTGRES_URL or --postgres-url-file")
        }
        do {
            var options = try OrderTableOptions(url: url, name: "sluice orders init")
            options.connections = 1
            options.deadline = .seconds(60)
            return options
        } catch {
            throw Failure(.badConfiguration, "the PostgreSQL URL is \(error.description)")
        }
    }

    private func connect(_ table: OrderTable, _ loop: EventLoop) throws(Failure) {
        var isHopeless = false
        table.onDown = { failure, _ in isHopeless = failure.isOfSetUp }
        table.start()
        wait(loop, for: Self.patience) { isHopeless || table.readyConnections > 0 }
        guard table.readyConnections > 0 else {
            throw Failure(.failed, "PostgreSQL: \(table.downReason ?? "no answer in time")")
        }
    }

    private func wait(_ loop: EventLoop, for span: TimeSpan, until isDone: () -> Bool) {
        let end = EventLoop.readMonotonicClock() + span
        while !isDone() {
            let left = end - EventLoop.readMonotonicClock()
            guard left > .zero else { return }
            loop.turn(waitAtMost: left)
        }
    }
}
