extension Sequence<UInt8> {
    /// Whether all bytes are printable ASCII without spaces, 0x21...0x7e; true where there are none.
    public var areVisibleASCII: Bool { allSatisfy { (0x21...0x7e).contains($0) } }
}
