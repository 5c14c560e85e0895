/// Why a body is not the JSON object that was promised.
public struct MalformedJSON: Error, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// The top members of one JSON object, whatever their order and however their names are escaped.
///
/// Made for one pass a request: values are found at once and read when asked for. Values inside values are skipped,
/// though their shape is checked.
public struct JSONObject: Sendable {
    enum Kind: Equatable { case text, number, yes, no, null, nested }

    private var members: [(name: String, kind: Kind, range: Range<Int>)] = []
    private let bytes: [UInt8]

    public init(_ bytes: [UInt8]) throws(MalformedJSON) {
        self.bytes = bytes
        var scanner = JSONScanner(bytes)
        try scanner.expect(0x7B)
        if !scanner.take(0x7D) {
            repeat {
                let name = try JSONText.decode(bytes, try scanner.string())
                try scanner.expect(0x3A)
                let (kind, range) = try scanner.value(depth: 1)
                guard !members.contains(where: { $0.name == name }) else { throw MalformedJSON("\(name) twice") }
                members.append((name, kind, range))
            } while scanner.take(0x2C)
            try scanner.expect(0x7D)
        }
        guard scanner.isAtEnd else { throw MalformedJSON("bytes after the object") }
    }

    /// Nil when the member is absent or null.
    public func text(_ name: String) throws(MalformedJSON) -> String? {
        guard let member = member(name) else { return nil }
        guard member.kind == .text else { throw MalformedJSON("\(name) is not text") }
        return try JSONText.decode(bytes, member.range)
    }

    /// Nil when the member is absent or null. Fractions and numbers beyond 18 digits are refused.
    public func integer(_ name: String) throws(MalformedJSON) -> Int64? {
        guard let member = member(name) else { return nil }
        let digits = bytes[member.range]
        let isNegative = digits.first == 0x2D
        let magnitude = digits.dropFirst(isNegative ? 1 : 0)
        guard member.kind == .number, magnitude.count <= 18, magnitude.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw MalformedJSON("\(name) is not a whole number") }
        let value = magnitude.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
        return isNegative ? -value : value
    }

    /// Nil when the member is absent or null.
    public func truth(_ name: String) throws(MalformedJSON) -> Bool? {
        guard let member = member(name) else { return nil }
        guard member.kind == .yes || member.kind == .no else { throw MalformedJSON("\(name) is not true or false") }
        return member.kind == .yes
    }

    private func member(_ name: String) -> (kind: Kind, range: Range<Int>)? {
        guard let found = members.first(where: { $0.name == name }), found.kind != .null else { return nil }
        return (found.kind, found.range)
    }
}
