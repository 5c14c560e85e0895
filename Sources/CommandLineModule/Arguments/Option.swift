import Base
import Domain
public import Operations

/// One flag of a command: an option of the catalogue that all programs share, or one of its own, and what only a
/// command line adds to it.
public struct Option: Sendable {
    private let declaration: OptionDeclaration
    public let name: String
    public let placeholder: String
    private let help: String
    private let fallback: OptionDeclaration.Fallback
    /// `--redis-url` is then also `SLUICE_REDIS_URL`; the flag wins.
    public let isInEnvironment: Bool
    public let isHidden: Bool
    /// The command does nothing without it.
    public let isNeeded: Bool

    /// - Parameters:
    ///   - help: where the command explains more than the catalogue.
    ///   - fallback: where the command has another default.
    public init<Value>(
        _ option: Operations.Option<Value>, help: String? = nil, default fallback: OptionDeclaration.Fallback? = nil,
        isInEnvironment: Bool = true, isHidden: Bool = false, isNeeded: Bool = false
    ) {
        declaration = option.declaration
        name = option.declaration.name
        placeholder = option.declaration.placeholder
        self.help = help ?? option.declaration.help
        self.fallback = fallback ?? option.declaration.fallback
        self.isInEnvironment = isInEnvironment
        self.isHidden = isHidden
        self.isNeeded = isNeeded
    }

    /// An option of this command line alone.
    public init<Value>(
        _ name: String, _ kind: OptionKind<Value>, help: String, isInEnvironment: Bool = false, isHidden: Bool = false,
        isNeeded: Bool = false
    ) {
        self.init(
            Operations.Option(name, kind, help: help), isInEnvironment: isInEnvironment, isHidden: isHidden,
            isNeeded: isNeeded)
    }

    /// The file that holds a secret of the catalogue.
    public init<Value>(
        fileOf secret: Operations.Option<Secret<Value>>, help: String? = nil
    ) {
        self.init(
            "\(secret.declaration.name)-file", .nonEmpty("FILE"), help: help ?? secret.declaration.help,
            isInEnvironment: true)
    }

    public var environmentName: String { OptionDeclaration.environmentName(name) }

    /// A flag that needs no value; a setting of a process, which the environment may give, always has one.
    var standsAlone: Bool { declaration.form == .toggle && !isInEnvironment }

    /// The help with the range and the default.
    var explanation: String {
        var notes: [String] = []
        if let bounds = declaration.bounds { notes.append("\(bounds.lowerBound) to \(bounds.upperBound)") }
        switch fallback {
        case .none: break
        case .text(let text): notes.append("default \(text)")
        case .cores: notes.append("default: the cores of the machine")
        }
        return notes.isEmpty ? help : "\(help) (\(notes.joined(separator: "; ")))"
    }

    /// What is wrong with `value`, nil when nothing is.
    public func problem(with value: String) -> String? {
        declaration.expectation(brokenBy: value, quote: { "'\($0)'" }).map { "must be \($0)" }
    }
}

extension OptionKind where Value == Bool {
    /// A flag of a question, which is mostly given alone.
    static var flag: OptionKind {
        OptionKind(
            "", form: .toggle,
            parse: { text throws(BadValue) in
                guard ["1", "0", "true", "false"].contains(text) else { throw BadValue("true or false") }
                return text == "1" || text == "true"
            }, render: { String($0) })
    }
}

extension OptionKind where Value == Int {
    /// A number of things, within a bound of the engine.
    static func units(_ range: ClosedRange<Int64>) -> OptionKind {
        .integer(Int(range.lowerBound)...Int(range.upperBound))
    }
}

extension OptionKind where Value == String {
    /// Any text; the command checks it.
    static func nonEmpty(_ placeholder: String) -> OptionKind {
        OptionKind(
            placeholder,
            parse: { text throws(BadValue) in
                guard !text.isEmpty else { throw BadValue("more than an empty text") }
                return text
            }, render: { $0 })
    }

    static func oneOf(_ words: [String]) -> OptionKind {
        OptionKind(
            words.joined(separator: "|"),
            parse: { text throws(BadValue) in
                guard words.contains(text) else { throw BadValue("one of \(words.joined(separator: ", "))") }
                return text
            }, render: { $0 })
    }
}

extension OptionKind where Value == TimeSpan {
    /// A time with its unit, such as `90s` or `15m`; 0 needs none.
    static func duration(_ range: ClosedRange<Int64>) -> OptionKind {
        OptionKind(
            "TIME",
            parse: { text throws(BadValue) in
                guard let time = milliseconds(text), range.contains(time) else {
                    throw BadValue("a time such as 500ms, 90s, 15m or 2h, at most \(range.upperBound / 86_400_000)d")
                }
                return .milliseconds(time)
            }, render: { "\($0.wholeMilliseconds)ms" })
    }

    private static func milliseconds(_ text: String) -> Int64? {
        let units: [(name: String, milliseconds: Int64)] = [
            ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard let count = Int64(digits) else { return nil }
        if text == "0" { return 0 }
        guard let unit = units.first(where: { $0.name == text.dropFirst(digits.count) }) else { return nil }
        let (time, isTooMuch) = count.multipliedReportingOverflow(by: unit.milliseconds)
        return isTooMuch ? nil : time
    }
}

extension OptionKind where Value == String {
    /// A shop's name for a payment or a refund.
    static var reference: OptionKind {
        OptionKind(
            "REF",
            parse: { text throws(BadValue) in
                guard Limits.referenceLength.contains(text.utf8.count),
                    text.utf8.areVisibleASCII
                else {
                    let most = Limits.referenceLength.upperBound
                    throw BadValue("1 to \(most) printable ASCII characters without spaces")
                }
                return text
            }, render: { $0 })
    }
}

extension OptionKind where Value == String {
    /// A reference of an order, or a reason.
    static func note(_ placeholder: String) -> OptionKind {
        OptionKind(
            placeholder,
            parse: { text throws(BadValue) in
                guard Limits.noteLength.contains(text.utf8.count), text.unicodeScalars.allSatisfy({ $0.value >= 0x20 })
                else { throw BadValue("1 to \(Limits.noteLength.upperBound) bytes without control characters") }
                return text
            }, render: { $0 })
    }
}

extension OptionKind where Value == Double {
    /// Decimal digits, with a point or without.
    static func number(_ range: ClosedRange<Double>, _ placeholder: String = "N") -> OptionKind {
        OptionKind(
            placeholder,
            parse: { text throws(BadValue) in
                // Double's own parser takes "nan", "inf" and "0x1p4" as well.
                let isPlain = text.allSatisfy { ("0"..."9").contains($0) || $0 == "." }
                guard isPlain, let value = Double(text), range.contains(value) else {
                    throw BadValue("a number from \(decimal(range.lowerBound)) to \(decimal(range.upperBound))")
                }
                return value
            }, render: { decimal($0) })
    }
}
