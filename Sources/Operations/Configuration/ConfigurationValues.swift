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

    mutating func set(_ name: String, _ entry: Entry) { entries[name] = entry }

    /// The value of an option that has a default or is required; traps for any other that was not given.
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

    func source<Value>(of option: Option<Value>) -> Source? { entries[option.declaration.name]?.source }
}
