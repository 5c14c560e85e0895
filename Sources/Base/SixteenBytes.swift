/// Sixteen bytes looked at together, one in each lane of a vector.
///
/// A mark is the top bit of a byte's lane, the bits below it are noise. Additions alone find them: the comparisons of
/// vectors in the standard library become loops over their lanes on a plain x86-64.
public struct SixteenBytes {
    public let lanes: SIMD16<UInt8>

    @inlinable @inline(__always)
    public init(_ lanes: SIMD16<UInt8>) { self.lanes = lanes }

    /// Marks the bytes that are not ASCII; `from` and `within` are wrong about those.
    @inlinable @inline(__always)
    public var notASCII: SIMD16<UInt8> { lanes }

    /// Marks the bytes that are `byte`; right for bytes of any kind.
    @inlinable @inline(__always)
    public func equal(to byte: UInt8) -> SIMD16<UInt8> {
        let others = lanes ^ SIMD16(repeating: byte)  // zero where the byte stands
        return ~(((others & SIMD16(repeating: 0x7F)) &+ SIMD16(repeating: 0x7F)) | others)
    }

    /// Marks the control bytes, those below 0x20 and 0x7F; right for bytes of any kind.
    @inlinable @inline(__always)
    public var controls: SIMD16<UInt8> {
        let low = lanes & SIMD16(repeating: 0x7F)
        return ~lanes & (~(low &+ SIMD16(repeating: 0x60)) | (low &+ SIMD16(repeating: 1)))
    }

    /// Marks the bytes from `bound` on, `1...128`.
    @inlinable @inline(__always)
    public func from(_ bound: UInt8) -> SIMD16<UInt8> { lanes &+ SIMD16(repeating: 0x80 &- bound) }

    /// Marks the bytes in `range`.
    @inlinable @inline(__always)
    public func within(_ range: ClosedRange<UInt8>) -> SIMD16<UInt8> {
        from(range.lowerBound) & ~from(range.upperBound &+ 1)
    }

    /// Whether there is a mark anywhere.
    @inlinable @inline(__always)
    public static func hasMarks(_ bits: SIMD16<UInt8>) -> Bool {
        let halves = unsafe unsafeBitCast(bits, to: SIMD2<UInt64>.self)
        return EightBytes.marks(halves[0] | halves[1]) != 0
    }

    /// The first byte with a mark; 16 when there is none.
    @inlinable @inline(__always)
    public static func firstMark(_ bits: SIMD16<UInt8>) -> Int {
        let halves = unsafe unsafeBitCast(bits, to: SIMD2<UInt64>.self)
        let (low, high) = (EightBytes.marks(halves[0]), EightBytes.marks(halves[1]))
        if low | high == 0 { return 16 }
        return low != 0 ? low.trailingZeroBitCount >> 3 : 8 &+ (high.trailingZeroBitCount >> 3)
    }

    /// `value` in every lane with a mark, 0 in the others.
    @inlinable @inline(__always)
    public static func put(_ bits: SIMD16<UInt8>, _ value: UInt8) -> SIMD16<UInt8> {
        let marks = unsafe unsafeBitCast(bits & SIMD16(repeating: 0x80), to: SIMD2<UInt64>.self)
        let ones = unsafe unsafeBitCast(marks &>> SIMD2(repeating: 7), to: SIMD16<UInt8>.self)
        return (SIMD16(repeating: 0) &- ones) & SIMD16(repeating: value)
    }
}
