/// RFC 8259's grammar, written down production by production over scalars, to hold the fast reader against.
///
/// It shares no code and no idea with it: an independent witness, slow and plain.
struct SecondReader {
    private var rest: Substring.UnicodeScalarView

    static func accepts(_ bytes: [UInt8]) -> Bool {
        guard let text = String(validating: bytes, as: UTF8.self) else { return false }
        var reader = SecondReader(rest: Substring(text).unicodeScalars)
        reader.whitespace()
        guard reader.value() else { return false }
        reader.whitespace()
        return reader.rest.isEmpty
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func whitespace() {
        while let first = rest.first, [0x20, 0x09, 0x0A, 0x0D].contains(first.value) { rest.removeFirst() }
    }

    private mutating func value() -> Bool {
        switch rest.first {
        case "{": return members(until: "}") { $0.string() && $0.colon() && $0.value() }
        case "[": return members(until: "]") { $0.value() }
        case "\"": return string()
        case "t": return "true".unicodeScalars.allSatisfy { take($0) }
        case "f": return "false".unicodeScalars.allSatisfy { take($0) }
        case "n": return "null".unicodeScalars.allSatisfy { take($0) }
        default: return number()
        }
    }

    private mutating func members(until end: Unicode.Scalar, _ member: (inout SecondReader) -> Bool) -> Bool {
        rest.removeFirst()
        whitespace()
        if take(end) { return true }
        repeat {
            whitespace()
            guard member(&self) else { return false }
            whitespace()
        } while take(",")
        return take(end)
    }

    private mutating func colon() -> Bool {
        whitespace()
        guard take(":") else { return false }
        whitespace()
        return true
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let scalar = rest.popFirst() {
            if scalar == "\"" { return true }
            if scalar.value < 0x20 { return false }
            if scalar == "\\", !escape() { return false }
        }
        return false
    }

    private mutating func escape() -> Bool {
        guard let letter = rest.popFirst() else { return false }
        guard letter == "u" else { return "\"\\/bfnrt".unicodeScalars.contains(letter) }
        guard let unit = quad() else { return false }
        if unit >= 0xD800, unit < 0xDC00 {
            guard take("\\"), take("u"), let low = quad() else { return false }
            return low >= 0xDC00 && low < 0xE000
        }
        return unit < 0xDC00 || unit >= 0xE000
    }

    private mutating func quad() -> UInt32? {
        let digits = String(String.UnicodeScalarView(rest.prefix(4)))
        guard digits.utf8.count == 4, digits.allSatisfy(\.isHexDigit) else { return nil }
        rest.removeFirst(4)
        return UInt32(digits, radix: 16)
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if !take("0") { guard digits() else { return false } }
        if take(".") { guard digits() else { return false } }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard digits() else { return false }
        }
        return true
    }

    private mutating func digits() -> Bool {
        let before = rest.count
        while let first = rest.first, first.value >= 0x30, first.value <= 0x39 { rest.removeFirst() }
        return rest.count < before
    }
}
