import Domain
import Operations

/// A command line that was checked: a command, its positionals, and the values of flags and environment.
public struct Invocation: Sendable {
    public let command: Command
    public let positionals: [String]
    private let values: [String: String]

    public init(command: Command, positionals: [String] = [], values: [String: String] = [:]) {
        self.command = command
        self.positionals = positionals
        self.values = values
    }

    public func text(_ name: String) -> String? { values[name] }
    public func integer(_ name: String) -> Int64? { values[name].flatMap { Int64($0) } }
    public func number(_ name: String) -> Double? { values[name].flatMap { Double($0) } }

    /// What was given for `option`, nil where nothing was.
    func given<Value>(_ option: Operations.Option<Value>) -> Value? {
        values[option.declaration.name].flatMap { try? option.parse($0) }
    }

    /// What was given for `option`, else its default. Traps where it has none: use `given` then.
    subscript<Value>(option: Operations.Option<Value>) -> Value {
        guard let value = given(option) ?? option.fallback else {
            preconditionFailure("\(option.declaration.name) has no default")
        }
        return value
    }

    public func has(_ name: String) -> Bool { values[name] == "true" || values[name] == "1" }
}

/// Reads a command line against the catalogue; flag before environment, the last of a repeated flag wins.
public struct ArgumentParser: Sendable {
    public enum Outcome: Sendable {
        case run(Invocation)
        /// Help for the commands that begin with these words; none means all.
        case help([String])
    }

    private let commands: [Command]
    private let environment: [String: String]

    public init(commands: [Command] = Catalogue.commands, environment: [String: String]) {
        self.commands = commands
        self.environment = environment
    }

    /// - Parameter arguments: without the program's name.
    /// - Throws: every problem at once; `Failure.code` is 2, or 64 where a process is being configured.
    public func parse(_ arguments: [String]) throws(Failure) -> Outcome {
        guard let first = arguments.first, !["--help", "-h"].contains(first) else { return .help([]) }
        if first == "--version" { return try parse(["version"] + arguments.dropFirst()) }
        guard let command = match(arguments) else {
            let verbs = commands.filter { $0.words.first == first }
            if arguments.count > 1, ["--help", "-h"].contains(arguments[1]), !verbs.isEmpty { return .help([first]) }
            throw unknown(arguments, verbs: verbs)
        }
        let others = Array(arguments.dropFirst(command.words.count))
        if command.action == .help { return try help(others) }
        if others.contains("--help") || others.contains("-h") { return .help(command.words) }
        return .run(try read(others, for: command))
    }

    /// The one with the most words: a noun may stand for a question and have verbs as well.
    private func match(_ arguments: [String]) -> Command? {
        commands.filter { $0.words == Array(arguments.prefix($0.words.count)) }
            .max { $0.words.count < $1.words.count }
    }

    private func help(_ words: [String]) throws(Failure) -> Outcome {
        guard commands.contains(where: { $0.words.starts(with: words) }) else { throw unknown(words, verbs: []) }
        return .help(words)
    }

    private func unknown(_ arguments: [String], verbs: [Command]) -> Failure {
        if let noun = arguments.first, !verbs.isEmpty {
            let names = verbs.compactMap { $0.words.dropFirst().first }.joined(separator: ", ")
            let problem =
                arguments.count > 1 ? "'\(noun)' has no verb '\(arguments[1])'" : "'\(noun)' needs a verb"
            return Failure(.usage, problem, hint: "one of: \(names)")
        }
        let nouns = commands.reduce(into: [String]()) { if !$0.contains($1.words[0]) { $0.append($1.words[0]) } }
        return Failure(
            .usage, "there is no command '\(arguments[0])'", hint: "one of: \(nouns.joined(separator: ", "))")
    }

    private func read(_ arguments: [String], for command: Command) throws(Failure) -> Invocation {
        var problems: [String] = []
        var positionals: [String] = []
        var environmentProblems: [String] = []
        var values = environmentValues(for: command, problems: &environmentProblems)
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            index += 1
            guard argument.hasPrefix("--"), argument.count > 2 else {
                positionals.append(argument)
                continue
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = command.option(named: String(parts[0])) else {
                problems.append("'\(command.title)' has no flag --\(parts[0])")
                continue
            }
            var value = parts.count == 2 ? String(parts[1]) : nil
            if value == nil, option.standsAlone { value = "true" }
            if value == nil, index < arguments.count {
                value = arguments[index]
                index += 1
            }
            guard let value else {
                problems.append("--\(option.name) needs a value")
                continue
            }
            if let problem = option.problem(with: value) {
                problems.append("--\(option.name) \(problem)")
            }
            values[option.name] = value
        }
        let required = command.positionals.filter { !$0.hasPrefix("[") }
        if positionals.count < required.count {
            problems.append("'\(command.title)' needs \(required.joined(separator: " "))")
        }
        for extra in positionals.dropFirst(command.positionals.count) {
            problems.append("'\(extra)' is one word too many")
        }
        if required.first == "NAME", let name = positionals.first, ItemName(name) == nil {
            problems.append("'\(name)' is no item name: 1 to 64 of A-Z a-z 0-9 _ -")
        }
        for option in command.options where option.isNeeded && values[option.name] == nil {
            problems.append("'\(command.title)' needs --\(option.name) \(option.placeholder)")
        }
        guard problems.isEmpty, environmentProblems.isEmpty else {
            let code = problems.isEmpty ? .badConfiguration : command.usageCode
            throw Failure(code, problems + environmentProblems, hint: "sluice help \(command.title)")
        }
        return Invocation(command: command, positionals: positionals, values: values)
    }

    private func environmentValues(for command: Command, problems: inout [String]) -> [String: String] {
        var values: [String: String] = [:]
        for option in command.options where option.isInEnvironment {
            guard let value = environment[option.environmentName], !value.isEmpty else { continue }
            if let problem = option.problem(with: value) {
                problems.append("\(option.environmentName) \(problem)")
            }
            values[option.name] = value
        }
        return values
    }
}
