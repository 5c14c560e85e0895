/// One flag of a command: its spelling, the values it takes, and whether the environment may give it.
public struct Option: Sendable {
    public enum Kind: Sendable, Equatable {
        case flag
        case text
        case integer(ClosedRange<Int64>)
        /// Decimal digits, with a point or without.
        case number(ClosedRange<Double>)
        /// An integer, or `none` for "no limit".
        case limit(ClosedRange<Int64>)
        case choice([String])
        case address
    }

    public let name: String
    public let kind: Kind
    public let placeholder: String
    public let help: String
    /// `--redis-url` is then also `SLUICE_REDIS_URL`; the flag wins.
    public let isInEnvironment: Bool
    public let isHidden: Bool
    /// The command does nothing without it.
    public let isNeeded: Bool

    public init(
        _ name: String, _ kind: Kind, _ placeholder: String = "", help: String, isInEnvironment: Bool = false,
        isHidden: Bool = false, isNeeded: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.placeholder = placeholder
        self.help = help
        self.isInEnvironment = isInEnvironment
        self.isHidden = isHidden
        self.isNeeded = isNeeded
    }

    public var environmentName: String {
        "SLUICE_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    }

    /// What is wrong with `value`, nil when nothing is.
    public func problem(with value: String) -> String? {
        switch kind {
        case .flag:
            return ["1", "0", "true", "false"].contains(value) ? nil : "must be true or false"
        case .text:
            return value.isEmpty ? "must not be empty" : nil
        case .integer(let range):
            return Int64(value).map(range.contains) == true ? nil : "must be an integer in \(Self.show(range))"
        case .number(let range):
            // Double's own parser takes "nan", "inf" and "0x1p4" as well.
            let isPlain = value.allSatisfy { ("0"..."9").contains($0) || $0 == "." }
            if isPlain, Double(value).map(range.contains) == true { return nil }
            return "must be a number in \(decimal(range.lowerBound))...\(decimal(range.upperBound))"
        case .limit(let range):
            if value == "none" || Int64(value).map(range.contains) == true { return nil }
            return "must be none or an integer in \(Self.show(range))"
        case .choice(let choices):
            return choices.contains(value) ? nil : "must be one of \(choices.joined(separator: ", "))"
        case .address:
            return ListenAddress(value) == nil ? "must be a numeric address and a port, as 127.0.0.1:8080" : nil
        }
    }

    private static func show(_ range: ClosedRange<Int64>) -> String { "\(range.lowerBound)...\(range.upperBound)" }
}
