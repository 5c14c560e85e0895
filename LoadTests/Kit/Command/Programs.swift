/// How a program of the load tests ends.
public enum ExitCode: Int32, Sendable {
    case kept = 0
    /// Not run to its end.
    case notRun = 1
    case usage = 2
    /// A promise was broken, or a threshold missed.
    case failed = 3
}

/// The programs: each takes its words and answers with its exit code.
public enum Programs {
    /// `sluice-load`. The scenario `rush` is no file: it follows every buyer, and has flags of its own.
    public static func load(_ arguments: [String]) -> ExitCode {
        if arguments.first == "--scenario=rush" { return rush(Array(arguments.dropFirst())) }
        if arguments.starts(with: ["--scenario", "rush"]) { return rush(Array(arguments.dropFirst(2))) }
        return run("sluice-load", usage: LoadOptions.usage, isHelp: \LoadOptions.isHelp) { () throws(Misuse) in
            try LoadOptions(arguments, .ofThisProcess)
        } perform: { (options) throws(Trouble) in
            try LoadCommand(options).perform()
        }
    }

    /// `sluice-rush`, and the scenario of that name.
    public static func rush(_ arguments: [String]) -> ExitCode {
        run("sluice-rush", usage: RushOptions.usage, isHelp: \RushOptions.isHelp) { () throws(Misuse) in
            try RushOptions(arguments, .ofThisProcess)
        } perform: { (options) throws(Trouble) in
            try RushRun(options).perform()
        }
    }

    private static func run<Options>(
        _ name: String, usage: String, isHelp: KeyPath<Options, Bool>, read: () throws(Misuse) -> Options,
        perform: (Options) throws(Trouble) -> ExitCode
    ) -> ExitCode {
        let options: Options
        do throws(Misuse) {
            options = try read()
        } catch {
            Output.error.line("\(name): \(error.problem)\n\n\(usage)")
            return .usage
        }
        if options[keyPath: isHelp] { return Output.standard.line(usage) ? .kept : .notRun }
        do throws(Trouble) {
            return try perform(options)
        } catch {
            Output.error.line("\(name): \(error.description)")
            return .notRun
        }
    }
}
