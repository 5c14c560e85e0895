/// What a program starts with: arguments, environment, files.
public struct Surroundings {
    public enum FileAnswer: Sendable {
        case content([UInt8])
        case tooLarge
        /// The system's own message, such as "No such file or directory".
        case failure(String)
    }

    /// The command line without the program's name.
    public var arguments: [String]
    public var environment: [String: String]
    public var cores: Int
    /// Reads a whole file of at most `limit` bytes.
    public var readFile: (_ path: String, _ limit: Int) -> FileAnswer

    public init(
        arguments: [String], environment: [String: String], cores: Int,
        readFile: @escaping (_ path: String, _ limit: Int) -> FileAnswer
    ) {
        self.arguments = arguments
        self.environment = environment
        self.cores = cores
        self.readFile = readFile
    }
}

/// What the program does by its configuration.
public enum Startup: Sendable {
    case run(ConfigurationValues)
    /// Print to stdout and end with 0.
    case show(String)
    /// Print to stderr and end with 64.
    case refuse([ConfigurationProblem])
}

extension ConfigurationSchema {
    /// Decides from the command line, the environment and the file, in this order, what the program does.
    ///
    /// Finds every problem, not the first: an operator corrects a file once. Pure but for `readFile`.
    public func load(_ surroundings: Surroundings) -> Startup {
        let arguments = ArgumentList(surroundings.arguments, schema: self)
        if arguments.values["help"] == "true" { return .show(helpPage(cores: surroundings.cores)) }
        if arguments.values["version"] == "true" { return .show("\(program) \(version)\n") }
        var loader = ConfigurationLoader(schema: self, surroundings: surroundings, arguments: arguments)
        return loader.load()
    }
}

struct ConfigurationLoader {
    static let secretFileLimit = 4096  // bytes

    let schema: ConfigurationSchema
    let surroundings: Surroundings
    let arguments: ArgumentList
    private var file = ConfigurationFile()
    private var filePath = ""
    private var problems: [ConfigurationProblem]
    private var values = ConfigurationValues()

    init(schema: ConfigurationSchema, surroundings: Surroundings, arguments: ArgumentList) {
        self.schema = schema
        self.surroundings = surroundings
        self.arguments = arguments
        problems = arguments.problems
    }

    mutating func load() -> Startup {
        readFile()
        checkEnvironmentNames()
        checkFileNames()
        for option in schema.allOptions { resolve(option) }
        if problems.isEmpty { problems = schema.check(values) }
        guard problems.isEmpty else { return .refuse(problems) }
        return values[ConfigurationSchema.checkConfig] ? .show(schema.effectivePage(values)) : .run(values)
    }

    // MARK: Names

    private var everyOption: [OptionDeclaration] { KnownOptions.all + schema.options }

    private func settableNames(_ spelling: (String) -> String) -> [String] {
        everyOption.filter { $0.scope == .everywhere }.flatMap(\.names).map(spelling)
    }

    private mutating func checkEnvironmentNames() {
        let known = settableNames(OptionDeclaration.environmentName)
        for (name, value) in surroundings.environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("SLUICE_") && !known.contains(name) && !ServiceVariables.contain(name, value) {
            reportUnknown(quoted(name), "unknown environment variable", nearest(to: name, among: known))
        }
    }

    private mutating func checkFileNames() {
        let known = settableNames(OptionDeclaration.fileKey).filter { $0 != "config" }
        for (name, entry) in file.entries.sorted(by: { $0.value.line < $1.value.line }) where !known.contains(name) {
            reportUnknown(
                "\(filePath) line \(entry.line): \(quoted(name))", "unknown name", nearest(to: name, among: known))
        }
    }

    private mutating func reportUnknown(_ subject: String, _ message: String, _ hint: String?) {
        problems.append(ConfigurationProblem(subject, message + (hint.map { "; did you mean \($0)?" } ?? "")))
    }

    // MARK: Sources

    private mutating func readFile() {
        guard let path = arguments.values["config"] ?? surroundings.environment["SLUICE_CONFIG"], !path.isEmpty else {
            return
        }
        filePath = quoted(path)
        switch surroundings.readFile(path, ConfigurationFile.sizeLimit) {
        case .content(let bytes):
            file = ConfigurationFile(bytes, path: filePath)
            problems += file.problems
        case .tooLarge:
            problems.append(ConfigurationProblem(filePath, "is larger than \(ConfigurationFile.sizeLimit) bytes"))
        case .failure(let reason):
            problems.append(ConfigurationProblem(filePath, "cannot be read: \(reason)"))
        }
    }

    /// The text given for `name` (an option, or a secret's file), by the strongest source that has one.
    private func given(_ name: String, level: Int, scope: OptionDeclaration.Scope) -> (
        text: String, source: ConfigurationValues.Source
    )? {
        switch (level, scope) {
        case (0, _):
            return arguments.values[name].map { ($0, .flag(OptionDeclaration.flag(name))) }
        case (1, .everywhere):
            let variable = OptionDeclaration.environmentName(name)
            return surroundings.environment[variable].map { ($0, .environment(variable)) }
        case (2, .everywhere):
            return file.entries[OptionDeclaration.fileKey(name)].map { entry in
                (entry.value, .file(path: filePath, line: entry.line))
            }
        default: return nil
        }
    }

    private mutating func resolve(_ option: OptionDeclaration) {
        for level in 0...2 {
            let direct = given(option.name, level: level, scope: option.scope)
            let inFile =
                option.form == .secret ? given(option.name + "-file", level: level, scope: option.scope) : nil
            switch (direct, inFile) {
            case (nil, nil): continue
            case (let direct?, nil): return store(option, direct.text, from: direct.source, subject: direct.source)
            case (nil, let inFile?): return storeSecret(option, path: inFile.text, from: inFile.source)
            case (let direct?, let inFile?):
                problems.append(
                    ConfigurationProblem(
                        name(of: direct.source, option.name),
                        "is given together with "
                            + name(of: inFile.source, option.name + "-file") + "; give one of them"))
                return
            }
        }
        switch option.fallback {
        case .text(let text): store(option, text, from: .fallback, subject: .fallback)
        case .cores: store(option, String(max(1, surroundings.cores)), from: .fallback, subject: .fallback)
        case .none: if schema.required.contains(option.name) { reportMissing(option) }
        }
    }

    private mutating func reportMissing(_ option: OptionDeclaration) {
        let choices = option.names.map { "--\($0) or \(OptionDeclaration.environmentName($0))" }
        problems.append(
            ConfigurationProblem(
                OptionDeclaration.flag(option.name), "is missing; give " + choices.joined(separator: ", or ")))
    }

    private mutating func storeSecret(
        _ option: OptionDeclaration, path: String, from source: ConfigurationValues.Source
    ) {
        let subject = "\(name(of: source, option.name + "-file")) (\(quoted(path)))"
        switch surroundings.readFile(path, Self.secretFileLimit) {
        case .content(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else {
                problems.append(ConfigurationProblem(subject, "is not text"))
                return
            }
            store(option, text, from: source, subject: subject)
        case .tooLarge:
            problems.append(ConfigurationProblem(subject, "is larger than \(Self.secretFileLimit) bytes"))
        case .failure(let reason):
            problems.append(ConfigurationProblem(subject, "cannot be read: \(reason)"))
        }
    }

    private mutating func store(
        _ option: OptionDeclaration, _ text: String, from source: ConfigurationValues.Source,
        subject: ConfigurationValues.Source
    ) {
        store(option, text, from: source, subject: name(of: subject, option.name))
    }

    private mutating func store(
        _ option: OptionDeclaration, _ text: String, from source: ConfigurationValues.Source, subject: String
    ) {
        if let expected = option.expectation(brokenBy: text, quote: { "\"\(quoted($0))\"" }) {
            problems.append(ConfigurationProblem(subject, "must be \(expected)"))
        } else if let value = try? option.parse(text) {
            values.set(option.name, .init(value: value, shown: option.render(value), source: source))
        }
    }

    /// The spelling of `name` that the operator used.
    private func name(of source: ConfigurationValues.Source, _ name: String) -> String {
        switch source {
        case .flag(let flag): flag
        case .environment(let variable): variable
        case .file(let path, let line): "\(path) line \(line): \(OptionDeclaration.fileKey(name))"
        case .fallback: "default of --\(name)"
        }
    }
}
