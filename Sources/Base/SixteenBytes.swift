public import CIntrinsics

/// Sixteen bytes compared together, one in each lane of a vector.
///
/// A mark is a lane with all bits set. All marks are exact, for bytes of any kind.
public struct SixteenBytes {
    public let lanes: SIMD16<UInt8>

    @inlinable @inline(__always)
    public init(_ lanes: SIMD16<UInt8>) { self.lanes = lanes }

    /// The bytes from `start` on, which must be within `bytes`; lanes behind the last byte hold 0.
    @inlinable @inline(__always)
    public init(_ bytes: Span<UInt8>, from start: Int) {
        precondition(start >= 0 && start < bytes.count)
        if start &+ 16 <= bytes.count {
            lanes = unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: start, as: SIMD16<UInt8>.self)
        } else {
            lanes = Self.rest(bytes, from: start)
        }
    }

    /// Fewer than sixteen bytes, read as two words that overlap, so that nothing outside is touched.
    @inline(never) @usableFromInline
    static func rest(_ bytes: Span<UInt8>, from start: Int) -> SIMD16<UInt8> {
        let (raw, count) = unsafe (bytes.bytes, UInt64(bytes.count &- start))
        let end = bytes.count
        var words = SIMD2<UInt64>(0, 0)
        switch count {
        case 8...:
            words[0] = unsafe UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
            let last = unsafe UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: end &- 8, as: UInt64.self))
            words[1] = count == 8 ? 0 : last &>> (8 &* (16 &- count))
        case 4...:
            let first = unsafe UInt32(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: start, as: UInt32.self))
            let last = unsafe UInt32(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: end &- 4, as: UInt32.self))
            words[0] = UInt64(first) | UInt64(last) &<< (8 &* (count &- 4))
        default:
            for index in (start..<end).reversed() { words[0] = words[0] &<< 8 | UInt64(bytes[index]) }
        }
        words[0] = words[0].littleEndian
        words[1] = words[1].littleEndian
        return unsafe unsafeBitCast(words, to: SIMD16<UInt8>.self)
    }

    /// Marks the bytes that are `byte`.
    @inlinable @inline(__always)
    public func equal(to byte: UInt8) -> SIMD16<UInt8> { cintrinsics_equal(lanes, byte) }

    /// Marks the bytes from `bound` on.
    @inlinable @inline(__always)
    public func from(_ bound: UInt8) -> SIMD16<UInt8> { cintrinsics_at_least(lanes, bound) }

    /// Marks the bytes in `range`.
    @inlinable @inline(__always)
    public func within(_ range: ClosedRange<UInt8>) -> SIMD16<UInt8> {
        cintrinsics_at_most(lanes &- SIMD16(repeating: range.lowerBound), range.upperBound &- range.lowerBound)
    }

    /// Marks the control bytes, those below 0x20 and 0x7F.
    @inlinable @inline(__always)
    public var controls: SIMD16<UInt8> { cintrinsics_at_most(lanes, 0x1F) | equal(to: 0x7F) }

    /// Marks quotes and backslashes, which stand for something else in JSON strings, and all bytes outside of `range`.
    @inlinable @inline(__always)
    public func specialInJSON(outside range: ClosedRange<UInt8>) -> SIMD16<UInt8> {
        equal(to: UInt8(ascii: "\"")) | equal(to: UInt8(ascii: "\\")) | ~within(range)
    }

    // MARK: Marks

    /// One bit for each mark, that of the first byte lowest.
    @inlinable @inline(__always)
    public static func bits(_ marks: SIMD16<UInt8>) -> UInt32 { UInt32(cintrinsics_top_bits(marks)) }

    /// The bits of the first `count` bytes; of all where there are more.
    @inlinable @inline(__always)
    public static func bits(_ marks: SIMD16<UInt8>, ofFirst count: Int) -> UInt32 {
        count < 16 ? bits(marks) & (1 &<< UInt32(truncatingIfNeeded: count) &- 1) : bits(marks)
    }

    /// The first byte with a mark; 16 when there is none.
    @inlinable @inline(__always)
    public static func firstMark(_ marks: SIMD16<UInt8>) -> Int { (bits(marks) | 1 << 16).trailingZeroBitCount }

    /// The first byte in `range` of which `marks` has a mark; the range's end where there is none.
    @inlinable @inline(__always)
    public static func first(
        in bytes: Span<UInt8>, _ range: Range<Int>, _ marks: (SixteenBytes) -> SIMD16<UInt8>
    ) -> Int {
        precondition(range.upperBound <= bytes.count)
        var index = range.lowerBound
        while index &+ 16 <= range.upperBound {
            let block = unsafe bytes.bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: index, as: SIMD16<UInt8>.self)
            let found = bits(marks(SixteenBytes(block)))
            if found != 0 { return index &+ found.trailingZeroBitCount }
            index &+= 16
        }
        guard index < range.upperBound else { return index }
        if range.upperBound >= 16 {
            // The last sixteen bytes, of which the first ones were compared already.
            let block = unsafe bytes.bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: range.upperBound &- 16, as: SIMD16<UInt8>.self)
            let left = UInt32(truncatingIfNeeded: range.upperBound &- index)
            let found = bits(marks(SixteenBytes(block))) &>> (16 &- left)
            return found == 0 ? range.upperBound : index &+ found.trailingZeroBitCount
        }
        return min(range.upperBound, index &+ firstMark(marks(SixteenBytes(bytes, from: index))))
    }

    /// `value` in every lane with a mark, 0 in the others.
    @inlinable @inline(__always)
    public static func put(_ marks: SIMD16<UInt8>, _ value: UInt8) -> SIMD16<UInt8> {
        marks & SIMD16(repeating: value)
    }
}
