extension JSONReader {
    /// A string, as the place where it lies. Its escapes and its UTF-8 have been checked.
    public mutating func string() throws(JSONError) -> JSONText {
        skipWhitespace()
        guard current == UInt8(ascii: "\"") else { throw mismatch(.string) }
        return try scanString()
    }

    /// Appends what `text` stands for, escapes decoded, to `buffer`. Never more bytes than `text.range` has.
    public func append(_ text: JSONText, to buffer: inout ByteBuffer) {
        guard text.hasEscapes else { return unsafe buffer.append(raw(text.range)) }
        var index = text.range.lowerBound
        while index < text.range.upperBound {
            if byte(at: index) == UInt8(ascii: "\\"), let escape = escape(at: index) {
                UTF8Scalar.append(escape.value, to: &buffer)
                index += escape.length
            } else {
                buffer.append(byte(at: index))
                index += 1
            }
        }
    }

    /// What `text` stands for as a String; allocates, for control paths.
    public func copy(_ text: JSONText) -> String {
        var buffer = ByteBuffer(capacity: text.range.count)
        append(text, to: &buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    mutating func equals(_ text: JSONText, _ name: StaticString) -> Bool {
        if text.hasEscapes { return equalsDecoded(text, name) }
        return text.range.count == name.utf8CodeUnitCount && holds(name, at: text.range.lowerBound)
    }

    @inline(never)
    private mutating func equalsDecoded(_ text: JSONText, _ name: StaticString) -> Bool {
        var decoded = ByteBuffer(capacity: text.range.count)
        append(text, to: &decoded)
        let length = name.utf8CodeUnitCount
        return decoded.count == length && (0..<length).allSatisfy { unsafe name.utf8Start[$0] == decoded.bytes[$0] }
    }

    mutating func scanString() throws(JSONError) -> JSONText {
        guard current == UInt8(ascii: "\"") else { throw failure(.malformed) }
        let start = position + 1
        var index = start
        var hasEscapes = false
        while true {
            index = endOfPlain(from: index)
            let byte = byte(at: index)
            if byte >= 0x80 || byte == UInt8(ascii: "\\") {
                hasEscapes = hasEscapes || byte < 0x80
                position = index
                try stepOverSpecial()
                index = position
            } else if byte == UInt8(ascii: "\"") {
                position = index + 1
                return JSONText(range: start..<index, hasEscapes: hasEscapes)
            } else {
                position = index
                throw failure(.malformed)
            }
        }
    }

    /// Where the bytes that stand for themselves end, from `start` on: all ASCII but quotes, backslashes and controls.
    @inline(__always)
    private func endOfPlain(from start: Int) -> Int {
        guard start < count else { return start }
        return SixteenBytes.first(in: unsafe bytes.span, start..<count) { $0.specialInJSON(outside: 0x20...0x7F) }
    }

    /// Steps over one escape, or over one scalar of two bytes or more.
    @inline(never)
    private mutating func stepOverSpecial() throws(JSONError) {
        if current == UInt8(ascii: "\\") {
            guard let escape = escape(at: position) else { throw failure(.malformed) }
            position += escape.length
        } else {
            let scalar = UTF8Scalar(
                current, byte(at: position + 1), byte(at: position + 2), byte(at: position + 3))
            guard let scalar else { throw failure(.malformed) }
            position += scalar.length
        }
    }

    /// The escape that begins at `index`: the scalar it stands for and its length in bytes. A lone surrogate is none.
    private func escape(at index: Int) -> (value: UInt32, length: Int)? {
        switch byte(at: index + 1) {
        case UInt8(ascii: "\""): return (0x22, 2)
        case UInt8(ascii: "\\"): return (0x5C, 2)
        case UInt8(ascii: "/"): return (0x2F, 2)
        case UInt8(ascii: "b"): return (0x08, 2)
        case UInt8(ascii: "f"): return (0x0C, 2)
        case UInt8(ascii: "n"): return (0x0A, 2)
        case UInt8(ascii: "r"): return (0x0D, 2)
        case UInt8(ascii: "t"): return (0x09, 2)
        case UInt8(ascii: "u"): break
        default: return nil
        }
        guard let high = hexQuad(at: index + 2) else { return nil }
        guard UTF8Scalar.isSurrogate(high) else { return (high, 6) }
        guard high < 0xDC00, byte(at: index + 6) == UInt8(ascii: "\\"), byte(at: index + 7) == UInt8(ascii: "u"),
            let low = hexQuad(at: index + 8), UTF8Scalar.isSurrogate(low), low >= 0xDC00
        else { return nil }
        return (0x1_0000 + (high - 0xD800) << 10 + (low - 0xDC00), 12)
    }

    private func hexQuad(at index: Int) -> UInt32? {
        var value: UInt32 = 0
        for offset in 0..<4 {
            let byte = byte(at: index + offset)
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}
