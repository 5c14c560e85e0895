import Base

/// The rules of one header line, and of the values on which framing depends.
enum FieldLine {
    /// The name, where it is a known one, and the trimmed value of the line `bytes[line]`, or nil when it is not NAME
    /// ":" VALUE. A folded line, a space before the colon and an empty name all fail as names.
    @inline(__always)
    static func split(
        _ bytes: Span<UInt8>, _ line: Range<Int>
    ) -> (known: KnownHeader?, value: Range<Int>)? {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":"), in: line) else { return nil }
        let name = line.lowerBound..<colon
        let known = KnownHeader.recognise(bytes, name)
        guard known != nil || CharacterSet.isToken(bytes, name) else { return nil }
        return (known, bytes.trimmed(colon + 1..<line.upperBound))
    }

    /// A length of digits only, below 2^63; nil for everything else.
    static func length(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Int? {
        guard !value.isEmpty, value.count <= 19 else { return nil }
        var length: UInt64 = 0
        for index in value {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            length = length * 10 + UInt64(digit)
        }
        return Int(exactly: length)
    }

    /// Exactly "chunked", after plain spaces, is the one transfer coding; a tab is legal there and used by smugglers
    /// only.
    ///
    /// A list of known codings that ends in chunked is framed well and only not offered here, refused apart from
    /// malformed ones.
    static func transferEncoding(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Refusal? {
        if value.count == 7, bytes.holdsFolded("chunked", at: value.lowerBound) {
            return bytes[value.lowerBound - 1] == UInt8(ascii: "\t") ? .malformedEncoding : nil
        }
        var isKnown = true
        var chunkedPlaces = 0
        var places = 0
        forEachElement(bytes, value) { element in
            places += 1
            if element.count == 7, bytes.holdsFolded("chunked", at: element.lowerBound) {
                chunkedPlaces += places
            } else {
                isKnown = isKnown && isCompression(bytes, element)
            }
        }
        return isKnown && places > 1 && chunkedPlaces == places ? .unknownEncoding : .malformedEncoding
    }

    private static func isCompression(_ bytes: Span<UInt8>, _ element: Range<Int>) -> Bool {
        let start = element.lowerBound
        return switch element.count {
        case 4: bytes.holdsFolded("gzip", at: start)
        case 6: bytes.holdsFolded("x-gzip", at: start)
        case 7: bytes.holdsFolded("deflate", at: start)
        case 8: bytes.holdsFolded("compress", at: start)
        case 10: bytes.holdsFolded("x-compress", at: start)
        default: false
        }
    }

    /// Reads the options of a Connection field; later fields add to earlier ones, and `close` wins.
    static func connection(_ bytes: Span<UInt8>, _ value: Range<Int>, close: inout Bool, keepAlive: inout Bool) {
        forEachElement(bytes, value) { element in
            if element.count == 5, bytes.holdsFolded("close", at: element.lowerBound) { close = true }
            if element.count == 10, bytes.holdsFolded("keep-alive", at: element.lowerBound) { keepAlive = true }
        }
    }

    @inline(__always)
    private static func forEachElement(_ bytes: Span<UInt8>, _ value: Range<Int>, _ body: (Range<Int>) -> Void) {
        var start = value.lowerBound
        while start <= value.upperBound {
            var end = start
            while end < value.upperBound, bytes[end] != UInt8(ascii: ",") { end += 1 }
            body(bytes.trimmed(start..<end))
            start = end + 1
        }
    }

    /// A host name, an IPv4 address or an IPv6 address in brackets, with an optional port of digits.
    static func isHost(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Bool {
        guard !value.isEmpty else { return false }
        var index = value.lowerBound
        if bytes[index] == UInt8(ascii: "[") {
            index += 1
            while index < value.upperBound, isAddressByte(bytes[index]) { index += 1 }
            guard index > value.lowerBound + 1, index < value.upperBound, bytes[index] == UInt8(ascii: "]") else {
                return false
            }
            index += 1
        } else {
            index = CharacterSet.endOfHostName(bytes, value)
            guard index > value.lowerBound else { return false }
        }
        guard index < value.upperBound else { return true }
        guard bytes[index] == UInt8(ascii: ":"), value.upperBound - index <= 6 else { return false }
        for place in index + 1..<value.upperBound where bytes[place] &- UInt8(ascii: "0") > 9 { return false }
        return true
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        let folded = byte | 0x20
        return byte &- UInt8(ascii: "0") <= 9 || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(folded)
    }
}
