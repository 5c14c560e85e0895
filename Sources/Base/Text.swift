extension String {
    /// The text of UTF-8 bytes; what is not valid becomes U+FFFD.
    public init(utf8 bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension StaticString {
    /// Whether both have the same bytes; makes no string of either.
    public func matches(_ other: StaticString) -> Bool {
        withUTF8Buffer { mine in other.withUTF8Buffer { unsafe mine.elementsEqual($0) } }
    }
}

extension UInt8 {
    /// The value of one hexadecimal digit in ASCII, in either case; nil for anything else.
    @inlinable
    public init?(hexDigit: UInt8) {
        switch hexDigit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self = hexDigit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self = hexDigit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self = hexDigit - UInt8(ascii: "A") + 10
        default: return nil
        }
    }
}

/// The bytes of a part of a URL, each escape such as `%2F` replaced by the byte that it stands for; nil where a `%` is
/// not followed by two hexadecimal digits.
public func percentDecoded(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var iterator = text.makeIterator()
    while let byte = iterator.next() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let high = iterator.next().flatMap({ UInt8(hexDigit: $0) }),
            let low = iterator.next().flatMap({ UInt8(hexDigit: $0) })
        else { return nil }
        bytes.append(high << 4 | low)
    }
    return bytes
}
