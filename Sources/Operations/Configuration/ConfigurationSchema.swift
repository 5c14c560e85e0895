public import Base

/// The settings of one program: its options, which of them are required, and its own rules over the values.
public struct ConfigurationSchema: Sendable {
    public let program: String
    public let version: String
    public let summary: String
    public let options: [OptionDeclaration]
    let required: [String]
    let check: @Sendable (ConfigurationValues) -> [ConfigurationProblem]

    /// - Parameters:
    ///   - required: must be given, since they have no default; they are options of the program too.
    ///   - check: rules between options; called once every value is sound.
    public init(
        program: String, version: String = BuildVersion.current, summary: String,
        required: [OptionDeclaration] = [], options: [OptionDeclaration],
        check: @escaping @Sendable (ConfigurationValues) -> [ConfigurationProblem] = { _ in [] }
    ) {
        self.program = program
        self.version = version
        self.summary = summary
        self.options = required + options
        self.required = required.map(\.name)
        self.check = check
        precondition(Set(allOptions.map(\.name)).count == allOptions.count, "an option is declared twice")
    }

    static let checkConfig = Option(
        "check-config", .toggle, default: "false", scope: .flagOnly, help: "print the settings in effect and stop")
    static let help = Option("help", .toggle, default: "false", scope: .flagOnly, help: "print this page and stop")
    static let versionFlag = Option(
        "version", .toggle, default: "false", scope: .flagOnly, help: "print the version and stop")

    /// The program's options with those that every program has.
    var allOptions: [OptionDeclaration] {
        options + [
            KnownOptions.config.declaration, Self.checkConfig.declaration, Self.help.declaration,
            Self.versionFlag.declaration,
        ]
    }
}
