/// What is wrong with a command line, in words for the person who wrote it.
public struct Misuse: Error, Equatable {
    public let problem: String
}

/// Reads the values of flags, and says what was expected when one is wrong.
enum Flag {
    static func endpoint(_ flag: String, _ value: String) throws(Misuse) -> Endpoint {
        do throws(Endpoint.Refusal) {
            return try Endpoint(value)
        } catch {
            switch error {
            case .notAPlainURL: throw .init(problem: "\(flag) takes http://HOST:PORT, not \(value)")
            case .notLoopback(let host):
                throw .init(problem: "\(flag): \(host) is not this machine; only 127.0.0.0/8, [::1] and localhost are")
            }
        }
    }

    static func number<T: LosslessStringConvertible & Comparable>(
        _ flag: String, _ value: String, _ range: ClosedRange<T>
    ) throws(Misuse) -> T {
        guard let number = T(value), range.contains(number) else {
            throw .init(problem: "\(flag) takes \(range.lowerBound)...\(range.upperBound), not \(value)")
        }
        return number
    }

    /// Splits a command line into `--flag value`, `--flag=value` and switches, and hands each on.
    ///
    /// - Parameters:
    ///   - flags: those that take a value.
    ///   - takeSwitch: takes one that has none; false when it is no switch.
    static func read(
        _ arguments: [String], flags: [String], takeSwitch: (String) -> Bool,
        take: (String, String) throws(Misuse) -> Void
    ) throws(Misuse) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let flag = String(parts[0])
            if parts.count == 1, takeSwitch(flag) { continue }
            guard flags.contains(flag) else { throw Misuse(problem: "unknown flag \(word)") }
            guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                throw Misuse(problem: "\(flag) needs a value")
            }
            try take(flag, value)
        }
    }
}
