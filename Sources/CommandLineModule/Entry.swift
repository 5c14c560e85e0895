import Glibc
import Operations

/// Runs one command line to its end and exits the process with its code.
///
/// - Parameter arguments: with the program's name first.
public func exitAfterRunning(_ arguments: [String]) -> Never {
    let environment = ConfigurationDriver.surroundings().environment
    let console = Console.standard()
    do throws(Failure) {
        exit(try run(Array(arguments.dropFirst()), environment: environment, console: console).rawValue)
    } catch {
        console.complain(error)
        exit(error.code.rawValue)
    }
}

private func run(
    _ arguments: [String], environment: [String: String], console: Console
) throws(Failure) -> ExitCode {
    switch try ArgumentParser(environment: environment).parse(arguments) {
    case .help(let words):
        console.print(helpText(for: words))
        return arguments.isEmpty ? .usage : .done
    case .run(let invocation) where invocation.command.action == .up:
        return try Up(invocation, environment: environment).run()
    case .run(let invocation) where invocation.command.action == .doctor:
        return try Doctor(invocation, environment: environment, transport: CurlTransport(), console: console).run()
    case .run(let invocation) where invocation.command.action == .plan:
        return try Plan.run(invocation, console: console)
    case .run(let invocation) where invocation.command.action == .initOrders:
        return try OrdersInit(invocation, console: console).run()
    case .run(let invocation) where invocation.command.action == .top:
        return try Top(invocation, environment: environment, transport: CurlTransport(), console: console).run()
    case .run(let invocation) where invocation.command.action == .watch:
        return try Watch(invocation, environment: environment, transport: CurlTransport(), console: console).run()
    case .run(let invocation):
        return try CommandRunner(
            invocation, environment: environment, transport: CurlTransport(), console: console
        ).run()
    }
}
