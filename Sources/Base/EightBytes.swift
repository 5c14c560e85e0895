/// Eight bytes looked at together, the first one lowest.
///
/// A mark is the top bit of a byte's place. The lowest mark is exact; those above it may not be.
/// Source: "Determine if a word has a byte less than n", Sean Eron Anderson, Bit Twiddling Hacks.
public struct EightBytes {
    @usableFromInline static var ones: UInt64 { @inlinable @inline(__always) get { 0x0101_0101_0101_0101 } }
    @usableFromInline static var tops: UInt64 { @inlinable @inline(__always) get { 0x8080_8080_8080_8080 } }

    @usableFromInline let word: UInt64

    @inlinable @inline(__always)
    public init(_ word: UInt64) { self.word = word }

    /// Marks, among other bits, the bytes that are `byte`.
    @inlinable @inline(__always)
    public func equal(to byte: UInt8) -> UInt64 {
        let others = word ^ (Self.ones &* UInt64(byte))  // zero where the byte stands
        return (others &- Self.ones) & ~others
    }

    /// Marks, among other bits, the bytes below `bound`, at most 128.
    @inlinable @inline(__always)
    public func below(_ bound: UInt8) -> UInt64 { (word &- Self.ones &* UInt64(bound)) & ~word }

    /// Marks, among other bits, the bytes that are not ASCII.
    @inlinable @inline(__always)
    public var notASCII: UInt64 { word }

    /// A word with `byte` in every place.
    @inlinable @inline(__always)
    public static func every(_ byte: UInt8) -> UInt64 { ones &* UInt64(byte) }

    /// The marks alone; 0 when there is none.
    @inlinable @inline(__always)
    public static func marks(_ bits: UInt64) -> UInt64 { bits & tops }
}
