/// One setting of a program: its name in three spellings, its kind, its default and its line of help.
///
/// `redis-url` is `--redis-url`, `SLUICE_REDIS_URL` and, in the file, `redis_url`.
public struct Option<Value: Sendable>: Sendable {
    public let declaration: OptionDeclaration
    private let kind: OptionKind<Value>

    public init(
        _ name: String, _ kind: OptionKind<Value>, default fallback: OptionDeclaration.Fallback = .none,
        scope: OptionDeclaration.Scope = .everywhere, help: String
    ) {
        self.kind = kind
        declaration = OptionDeclaration(
            name: name, form: kind.form, placeholder: kind.placeholder, bounds: kind.bounds, fallback: fallback,
            scope: scope, help: help,
            parse: { text throws(BadValue) in try kind.parse(text) },
            render: { value in (value as? Value).map(kind.render) ?? "" })
    }

    public func parse(_ text: String) throws(BadValue) -> Value { try kind.parse(text) }

    /// The default; nil where there is none, or where the machine decides it.
    public var fallback: Value? {
        guard case .text(let text) = declaration.fallback else { return nil }
        return try? kind.parse(text)
    }
}

/// Why a text is no value of its kind; finishes the sentence "… must be".
public struct BadValue: Error, Sendable, Equatable {
    public let expected: String

    public init(_ expected: String) { self.expected = expected }
}

/// An option without its type, for tables of them.
public struct OptionDeclaration: Sendable {
    public enum Form: Sendable {
        case value
        /// A value that is not shown in errors, because a password may stand in it.
        case sensitive
        /// True when the flag stands there alone.
        case toggle
        /// Values with commas between them; the flag may be given several times.
        case list
        /// A value that may also be given as the name of the file that holds it.
        case secret
    }

    public enum Fallback: Sendable, ExpressibleByStringLiteral {
        case none
        case text(String)
        /// As many as the machine has cores.
        case cores

        public init(stringLiteral text: String) { self = .text(text) }
    }

    public enum Scope: Sendable {
        case everywhere
        /// Makes sense for one call only, so neither the environment nor the file may hold it.
        case flagOnly
    }

    public let name: String
    public let form: Form
    public let placeholder: String
    /// Of a number.
    public let bounds: ClosedRange<Int>?
    public let fallback: Fallback
    let scope: Scope
    public let help: String
    let parse: @Sendable (String) throws(BadValue) -> any Sendable
    let render: @Sendable (any Sendable) -> String

    /// What a text for it must be, where `text` is not; finishes the sentence "… must be". A value that may hold a
    /// password is not shown.
    public func expectation(brokenBy text: String, quote: (String) -> String) -> String? {
        do throws(BadValue) {
            _ = try parse(text)
            return nil
        } catch {
            return error.expected + ([.value, .toggle, .list].contains(form) ? ", not \(quote(text))" : "")
        }
    }

    /// The spellings of `name`, or of `name-file`.
    static func flag(_ name: String) -> String { "--" + name }
    public static func environmentName(_ name: String) -> String {
        "SLUICE_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    }
    static func fileKey(_ name: String) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }

    /// `name`, and `name-file` for a secret.
    public var names: [String] { form == .secret ? [name, name + "-file"] : [name] }
}
