/// What a leader had measured of one worker or group, for the next leader.
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

    /// One line each: `kind name rate base_us ceiling`, rates per 1,000 s, 0 where there is no ceiling.
    public static func encode(_ hints: [ResourceHint]) -> String {
        hints.map {
            "\($0.key) \($0.hint.rate1000) \($0.hint.baseMicroseconds) \($0.hint.ceiling1000 ?? 0)"
        }.joined(separator: "\n")
    }

    /// Nil for anything but complete lines.
    public static func decode(_ text: [UInt8]) -> [ResourceHint]? {
        var hints: [ResourceHint] = []
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard words.count == 5, let kind = CapacityResource.Kind(rawValue: words[0]) else { return nil }
            let numbers = words[2...].compactMap { Int64($0) }
            guard numbers.count == 3, numbers.allSatisfy(Limits.reported.contains) else { return nil }
            hints.append(
                ResourceHint(
                    kind: kind, name: words[1],
                    hint: CapacityHint(
                        rate1000: numbers[0], baseMicroseconds: numbers[1],
                        ceiling1000: numbers[2] == 0 ? nil : numbers[2])))
        }
        return hints
    }
}
