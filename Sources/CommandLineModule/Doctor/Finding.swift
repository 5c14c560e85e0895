/// What one check found, and what to change.
package struct Finding: Equatable, Sendable {
    package enum Verdict: String, Sendable {
        case ok, warn, fail
    }

    package let check: String
    package let verdict: Verdict
    package let detail: String
    package let remedy: String?

    package init(_ check: String, _ verdict: Verdict, _ detail: String, remedy: String? = nil) {
        self.check = check
        self.verdict = verdict
        self.detail = detail
        self.remedy = remedy
    }

    package var line: String {
        let advice = remedy.map { "\n\("".padded(to: 20))→ \($0)" } ?? ""
        return "\(verdict.rawValue.padded(to: 4))  \(check.padded(to: 12))  \(printable(detail))\(advice)"
    }

    package var json: JSONValue {
        .object([
            "check": .string(check), "verdict": .string(verdict.rawValue), "detail": .string(detail),
            "remedy": remedy.map { .string($0) } ?? .null,
        ])
    }
}
