/// Walks over JSON values without building them.
struct JSONScanner {
    private static let depthLimit = 16
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether nothing but white space is left.
    var isAtEnd: Bool { bytes[index...].allSatisfy(Self.isSpace) }

    /// Skips white space, then takes `byte` if it comes next.
    mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    mutating func expect(_ byte: UInt8) throws(MalformedJSON) {
        guard take(byte) else { throw MalformedJSON("byte \(index): expected \(Unicode.Scalar(byte))") }
    }

    /// Walks over a string; the range lies between its quotes, escapes still in it.
    mutating func string() throws(MalformedJSON) -> Range<Int> {
        try expect(0x22)
        let start = index
        while index < bytes.count {
            switch bytes[index] {
            case 0x22:
                index += 1
                return start..<index - 1
            case 0x5C: index += 2
            case 0..<0x20: throw MalformedJSON("byte \(index): a control byte in a string")
            default: index += 1
            }
        }
        throw MalformedJSON("a string without an end")
    }

    /// Walks over any value. The range of a string lies between its quotes.
    mutating func value(depth: Int) throws(MalformedJSON) -> (JSONObject.Kind, Range<Int>) {
        guard depth <= Self.depthLimit else { throw MalformedJSON("too deep") }
        skipSpace()
        let start = index
        switch index < bytes.count ? bytes[index] : 0 {
        case 0x22: return (.text, try string())
        case 0x7B: try members(depth: depth, close: 0x7D)
        case 0x5B: try members(depth: depth, close: 0x5D)
        case 0x74: return (.yes, try word("true"))
        case 0x66: return (.no, try word("false"))
        case 0x6E: return (.null, try word("null"))
        default: return (.number, try number())
        }
        return (.nested, start..<index)
    }

    private mutating func members(depth: Int, close: UInt8) throws(MalformedJSON) {
        index += 1
        guard !take(close) else { return }
        repeat {
            if close == 0x7D {
                _ = try string()
                try expect(0x3A)
            }
            _ = try value(depth: depth + 1)
        } while take(0x2C)
        try expect(close)
    }

    private mutating func word(_ word: String) throws(MalformedJSON) -> Range<Int> {
        let end = index + word.utf8.count
        guard end <= bytes.count, bytes[index..<end].elementsEqual(word.utf8) else {
            throw MalformedJSON("byte \(index): no value")
        }
        defer { index = end }
        return index..<end
    }

    private mutating func number() throws(MalformedJSON) -> Range<Int> {
        let start = index
        if index < bytes.count, bytes[index] == 0x2D { index += 1 }
        let first = index
        try digits()
        guard bytes[first] != 0x30 || index == first + 1 else { throw MalformedJSON("byte \(first): a leading zero") }
        if index < bytes.count, bytes[index] == 0x2E {
            index += 1
            try digits()
        }
        if index < bytes.count, bytes[index] | 0x20 == 0x65 {
            index += 1
            if index < bytes.count, bytes[index] == 0x2B || bytes[index] == 0x2D { index += 1 }
            try digits()
        }
        return start..<index
    }

    private mutating func digits() throws(MalformedJSON) {
        let start = index
        while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
        guard index > start else { throw MalformedJSON("byte \(index): no value") }
    }

    private mutating func skipSpace() {
        while index < bytes.count, Self.isSpace(bytes[index]) { index += 1 }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}
