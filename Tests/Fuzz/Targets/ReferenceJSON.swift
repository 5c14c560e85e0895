/// A JSON document as a tree.
public indirect enum JSONTree: Equatable {
    case null
    case bool(Bool)
    case number(String)  // as written
    case string(String)
    case array([JSONTree])
    case object([Member])

    public struct Member: Equatable {
        public var key: String
        public var value: JSONTree
    }
}

/// RFC 8259's grammar, written down production by production over scalars, to hold the fast reader against.
///
/// It shares no code and no idea with it: an independent reader, slow and plain.
public struct ReferenceJSON {
    private static let deepest = 16
    private let scalars: [Unicode.Scalar]
    private var at = 0
    private var depth = 0

    /// The document in `bytes`; nil where it is none, or nested deeper than 16.
    public static func read(_ bytes: [UInt8]) -> JSONTree? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var reader = ReferenceJSON(scalars: Array(text.unicodeScalars))
        reader.whitespace()
        guard let tree = reader.value() else { return nil }
        reader.whitespace()
        return reader.at == reader.scalars.count ? tree : nil
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private var first: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard first == scalar else { return false }
        at += 1
        return true
    }

    private mutating func whitespace() {
        while let first, [0x20, 0x09, 0x0A, 0x0D].contains(first.value) { at += 1 }
    }

    private mutating func value() -> JSONTree? {
        switch first {
        case "{": return members(until: "}") { $0.member() }.map { .object($0) }
        case "[": return members(until: "]") { $0.value() }.map { .array($0) }
        case "\"": return string().map { .string($0) }
        case "t": return word("true", .bool(true))
        case "f": return word("false", .bool(false))
        case "n": return word("null", .null)
        default: return number().map { .number($0) }
        }
    }

    private mutating func word(_ word: String, _ tree: JSONTree) -> JSONTree? {
        for scalar in word.unicodeScalars { guard take(scalar) else { return nil } }
        return tree
    }

    private mutating func members<Member>(
        until end: Unicode.Scalar, _ member: (inout ReferenceJSON) -> Member?
    ) -> [Member]? {
        depth += 1
        guard depth <= Self.deepest else { return nil }
        defer { depth -= 1 }
        at += 1
        whitespace()
        var members: [Member] = []
        if take(end) { return members }
        repeat {
            whitespace()
            guard let next = member(&self) else { return nil }
            members.append(next)
            whitespace()
        } while take(",")
        return take(end) ? members : nil
    }

    private mutating func member() -> JSONTree.Member? {
        guard let key = string() else { return nil }
        whitespace()
        guard take(":") else { return nil }
        whitespace()
        return value().map { JSONTree.Member(key: key, value: $0) }
    }

    private mutating func string() -> String? {
        guard take("\"") else { return nil }
        var text = String.UnicodeScalarView()
        while let scalar = first {
            at += 1
            if scalar == "\"" { return String(text) }
            if scalar.value < 0x20 { return nil }
            guard scalar == "\\" else {
                text.append(scalar)
                continue
            }
            guard let escaped = escape() else { return nil }
            text.append(escaped)
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard let letter = first else { return nil }
        at += 1
        switch letter {
        case "\"", "\\", "/": return letter
        case "b": return "\u{08}"
        case "f": return "\u{0C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u": break
        default: return nil
        }
        guard let unit = quad() else { return nil }
        // Unicode.Scalar refuses surrogates by itself.
        guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) }
        guard take("\\"), take("u"), let low = quad(), (0xDC00..<0xE000).contains(low) else { return nil }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00))
    }

    private mutating func quad() -> UInt32? {
        guard at + 4 <= scalars.count else { return nil }
        var value: UInt32 = 0
        for scalar in scalars[at..<at + 4] {
            guard scalar.isASCII, let digit = Character(scalar).hexDigitValue else { return nil }
            value = value * 16 + UInt32(digit)
        }
        at += 4
        return value
    }

    private mutating func number() -> String? {
        let start = at
        _ = take("-")
        if !take("0") { guard digits() else { return nil } }
        if take(".") { guard digits() else { return nil } }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard digits() else { return nil }
        }
        return String(String.UnicodeScalarView(scalars[start..<at]))
    }

    private mutating func digits() -> Bool {
        let start = at
        while let first, ("0"..."9").contains(first) { at += 1 }
        return at > start
    }
}
