import Base

/// What a leader measured of one worker or group, for the next leader.
public struct ResourceHint: Sendable, Equatable {
    public var kind: CapacityResource.Kind
    public var name: String
    public var hint: CapacityHint

    public init(kind: CapacityResource.Kind, name: String, hint: CapacityHint) {
        self.kind = kind
        self.name = name
        self.hint = hint
    }

    var key: String { Self.key(kind, name) }
    static func key(_ kind: CapacityResource.Kind, _ name: String) -> String { "\(kind.rawValue) \(name)" }

    /// Whether a line can carry the name.
    static func canName(_ name: String) -> Bool { name.utf8.areVisibleASCII }

    /// One line each: `kind name rate base_us ceiling`, rates per 1,000 s, 0 where there is no ceiling.
    ///
    /// Then a second line whose name ends in a tab: `kind name\t standing calm_ms 0`. No name has a tab, so a scheduler
    /// of an older release takes it for the hint of a resource that never comes.
    public static func encode(_ hints: [ResourceHint]) -> String {
        hints.map { line in
            let hint = line.hint
            return "\(line.key) \(hint.rate1000) \(hint.unloadedMicroseconds) \(hint.ceiling1000 ?? 0)\n"
                + "\(line.key)\t \(hint.standing.rawValue) \(hint.calmMilliseconds) 0"
        }.joined(separator: "\n")
    }

    /// Nil for anything but complete lines. A first line without a second, as older releases write it, was measured.
    public static func decode(_ text: [UInt8]) -> [ResourceHint]? {
        var hints: [ResourceHint] = []
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard words.count == 5, let kind = CapacityResource.Kind(rawValue: words[0]) else { return nil }
            let numbers = words[2...].compactMap { Int64($0) }
            guard numbers.count == 3, numbers.allSatisfy(Limits.reported.contains) else { return nil }
            if words[1].hasSuffix("\t") {
                guard let last = hints.last, last.key + "\t" == "\(words[0]) \(words[1])",
                    let standing = CapacityHint.Standing(rawValue: numbers[0])
                else { return nil }
                hints[hints.count - 1].hint.standing = standing
                hints[hints.count - 1].hint.calmMilliseconds = min(numbers[1], CapacityHint.longestCalm)
                continue
            }
            hints.append(
                ResourceHint(
                    kind: kind, name: words[1],
                    hint: CapacityHint(
                        rate1000: numbers[0], unloadedMicroseconds: numbers[1],
                        ceiling1000: numbers[2] == 0 ? nil : numbers[2])))
        }
        return hints
    }
}
