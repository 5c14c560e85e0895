/// What one check found, and what to change.
public struct Finding: Equatable, Sendable {
    public enum Verdict: String, Sendable {
        case ok, warn, fail
    }

    public let check: String
    public let verdict: Verdict
    public let detail: String
    public let remedy: String?

    public init(_ check: String, _ verdict: Verdict, _ detail: String, remedy: String? = nil) {
        self.check = check
        self.verdict = verdict
        self.detail = detail
        self.remedy = remedy
    }

    public var line: String {
        let advice = remedy.map { "\n\("".padded(to: 20))→ \($0)" } ?? ""
        return "\(verdict.rawValue.padded(to: 4))  \(check.padded(to: 12))  \(printable(detail))\(advice)"
    }

    public var json: JSONValue {
        .object([
            "check": .string(check), "verdict": .string(verdict.rawValue), "detail": .string(detail),
            "remedy": remedy.map { .string($0) } ?? .null,
        ])
    }
}
