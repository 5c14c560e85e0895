/// How a command ends, as documented for scripts.
public enum ExitCode: Int32, Sendable {
    case done = 0
    case failed = 1
    case usage = 2
    case problemFound = 3
    case badConfiguration = 64
    case interrupted = 130
}

/// Why a command did not do its work: the exit code, and for each problem what happened and what to do next.
public struct Failure: Error, Equatable, Sendable {
    public let code: ExitCode
    public let problems: [String]
    public let hint: String?

    public init(_ code: ExitCode, _ problems: [String], hint: String? = nil) {
        self.code = code
        self.problems = problems
        self.hint = hint
    }

    public init(_ code: ExitCode, _ problem: String, hint: String? = nil) {
        self.init(code, [problem], hint: hint)
    }

    /// The lines for stderr.
    public var lines: [String] {
        problems.map { "sluice: \(printable($0))" } + (hint.map { ["  → \(printable($0))"] } ?? [])
    }
}
