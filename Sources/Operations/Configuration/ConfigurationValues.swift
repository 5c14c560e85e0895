/// The settings in effect, each with where it came from.
public struct ConfigurationValues: Sendable {
    public enum Source: Sendable, Equatable, CustomStringConvertible {
        case flag(String)
        case environment(String)
        case file(path: String, line: Int)
        case fallback

        public var description: String {
            switch self {
            case .flag(let name): "flag \(name)"
            case .environment(let name): "environment \(name)"
            case .file(let path, let line): "file \(quoted(path)) line \(line)"
            case .fallback: "default"
            }
        }
    }

    struct Entry: Sendable {
        let value: any Sendable
        let shown: String
        let source: Source
    }

    private(set) var entries: [String: Entry] = [:]
    /// The words beside the flags, in order.
    public internal(set) var positionals: [String] = []

    mutating func set(_ name: String, _ entry: Entry) { entries[name] = entry }

    /// The value of an option that has a default or is required; asking for any other traps where it was not given.
    public subscript<Value>(option: Option<Value>) -> Value {
        guard let value = optional(option) else {
            preconditionFailure("\(option.declaration.name) has no value here: declare it, require it or default it")
        }
        return value
    }

    /// The value, nil where none was given and there is no default.
    public func optional<Value>(_ option: Option<Value>) -> Value? {
        entries[option.declaration.name]?.value as? Value
    }

    /// Whether someone chose the value, rather than the default.
    public func isGiven<Value>(_ option: Option<Value>) -> Bool {
        guard let entry = entries[option.declaration.name] else { return false }
        return entry.source != .fallback
    }

    public func source<Value>(of option: Option<Value>) -> Source? { entries[option.declaration.name]?.source }

    /// The setting as a flag for a child process, nil where there is none. Not for secrets: others can read flags.
    public func flag<Value>(for option: Option<Value>) -> String? {
        precondition(option.declaration.form != .secret, "secrets travel in files or in the environment")
        guard let value = optional(option) else { return nil }
        let declaration = option.declaration
        let text = declaration.form == .sensitive ? "\(value)" : declaration.render(value)
        return "--\(declaration.name)=\(text)"
    }
}
