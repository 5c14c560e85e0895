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
