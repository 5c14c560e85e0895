// DESIGN
// Plain memory and a count. An array would check on every one of the dozen short pieces of an answer whether it is
// shared and whether it has room, and each of those is a call; here a piece costs one comparison and a copy, and the
// whole of it is small enough for the optimiser to put where it is used (ADR 0012).

/// Bytes being put together: answers, commands, frames. Keeps its memory between uses; has one owner at a time.
@safe public struct ByteBuffer: ~Copyable {
    /// Nil only while the capacity is 0.
    @usableFromInline var memory: UnsafeMutableRawPointer?
    @usableFromInline var capacity: Int
    @usableFromInline var length = 0

    /// An empty buffer without memory.
    public init() {
        unsafe memory = nil
        capacity = 0
    }

    public init(capacity: Int) {
        precondition(capacity >= 0)
        unsafe memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    deinit { unsafe memory?.deallocate() }

    /// Where the next byte goes, once there is room.
    @inlinable var end: UnsafeMutableRawPointer {
        @inline(__always) get { unsafe memory.unsafelyUnwrapped + length }
    }

    @inlinable public var count: Int { @inline(__always) get { length } }
    @inlinable public var isEmpty: Bool { length == 0 }

    /// A copy of the content; for paths that are not hot.
    public var bytes: [UInt8] { unsafe [UInt8](written(from: 0)) }

    /// The content, in place.
    @inlinable @inline(__always)
    public func withSpan<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(written(from: 0).assumingMemoryBound(to: UInt8.self).span)
    }

    /// What was appended from `start` on; valid until the next change.
    @inlinable @inline(__always)
    @unsafe public func written(from start: Int) -> UnsafeRawBufferPointer {
        precondition(start >= 0 && start <= count)
        guard let base = unsafe memory else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        return unsafe UnsafeRawBufferPointer(start: base + start, count: count - start)
    }

    /// Forgets the content and keeps the memory.
    @inlinable @inline(__always)
    public mutating func clear() { length = 0 }

    @inlinable @inline(__always)
    public mutating func reserve(_ additional: Int) {
        if capacity &- length < additional { grow(additional) }
    }

    @inline(never) @usableFromInline
    mutating func grow(_ additional: Int) {
        let wanted = max(2 * capacity, length + additional, 64)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
        if let old = unsafe memory {
            unsafe larger.copyMemory(from: old, byteCount: length)
            unsafe old.deallocate()
        }
        unsafe memory = larger
        capacity = wanted
    }

    // MARK: Appending

    @inlinable @inline(__always)
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe end.storeBytes(of: byte, as: UInt8.self)
        length &+= 1
    }

    @inlinable @inline(__always)
    @unsafe public mutating func append(_ source: UnsafeRawBufferPointer) {
        guard let start = source.baseAddress, source.count > 0 else { return }
        reserve(source.count)
        unsafe end.copyMemory(from: start, byteCount: source.count)
        length &+= source.count
    }

    @inlinable @inline(__always)
    public mutating func append(_ text: StaticString) {
        unsafe append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    public mutating func append(utf8 text: String) { append(text.utf8.span) }

    @inlinable
    public mutating func append(_ other: [UInt8]) { unsafe other.withUnsafeBytes { unsafe append($0) } }

    public mutating func append(_ slice: ArraySlice<UInt8>) { unsafe slice.withUnsafeBytes { unsafe append($0) } }

    @inlinable @inline(__always)
    public mutating func append(_ span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(UnsafeRawBufferPointer($0)) }
    }

    @inlinable @inline(__always)
    public mutating func append(_ other: borrowing ByteBuffer) { unsafe append(other.written(from: 0)) }

    /// Appends what `fill` writes to the place that it gets, where there is room for `count` bytes; it returns how many
    /// it has written.
    @inlinable @inline(__always)
    @unsafe public mutating func append(atMost count: Int, _ fill: (UnsafeMutableRawPointer) -> Int) {
        reserve(count)
        let written = unsafe fill(end)
        precondition(written >= 0 && written <= count)
        length &+= written
    }

    /// Appends `value` in decimal.
    @inlinable @inline(__always)
    public mutating func append(decimal value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(decimal: value.magnitude)
    }

    @inlinable @inline(__always)
    public mutating func append(decimal value: Int) { append(decimal: Int64(value)) }

    public mutating func append(decimal value: UInt64) {
        reserve(20)
        guard value > 9 else { return append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value)) }
        let pairs: StaticString = """
            0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
            5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
            """
        let digits = Self.digits(value)
        let start = unsafe self.end
        var end = unsafe start + digits
        var rest = value
        while rest > 9 {
            let quotient = rest / 100
            unsafe end -= 2
            let pair = unsafe UnsafeRawPointer(pairs.utf8Start).loadUnaligned(
                fromByteOffset: Int(truncatingIfNeeded: rest &- quotient &* 100) &* 2, as: UInt16.self)
            unsafe end.storeBytes(of: pair, as: UInt16.self)
            rest = quotient
        }
        if unsafe end != start {
            unsafe start.storeBytes(of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest), as: UInt8.self)
        }
        length &+= digits
    }

    /// How many digits `value` has in decimal, `1...20`.
    @inline(__always)
    public static func digits(_ value: UInt64) -> Int {
        // 1233/4096 is a little more than the decimal logarithm of 2: the guess is right or one too low.
        let guess = ((64 &- (value | 1).leadingZeroBitCount) &* 1233) >> 12
        return guess &+ (value | 1 < powersOfTen[guess] ? 0 : 1)
    }

    private static let powersOfTen: InlineArray<20, UInt64> = [
        1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
        100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
        10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
    ]

    /// Appends an integer, most significant byte first.
    @inlinable @inline(__always)
    public mutating func append<Value: FixedWidthInteger>(bigEndian value: Value) {
        let size = Value.bitWidth / 8
        reserve(size)
        unsafe end.storeBytes(of: value.bigEndian, as: Value.self)
        length &+= size
    }

    // MARK: Changing

    /// Forgets what lies past the first `newCount` bytes.
    @inlinable @inline(__always)
    public mutating func truncate(to newCount: Int) {
        precondition(newCount >= 0 && newCount <= count)
        length = newCount
    }

    /// Forgets the first `removed` bytes; O(bytes kept).
    public mutating func removeFirst(_ removed: Int) {
        precondition(removed >= 0 && removed <= count)
        guard removed > 0, let base = unsafe memory else { return }
        unsafe base.copyMemory(from: base + removed, byteCount: count - removed)
        length -= removed
    }

    /// Overwrites one byte that was appended before.
    public mutating func set(_ byte: UInt8, at index: Int) {
        precondition(index >= 0 && index < count)
        unsafe memory.unsafelyUnwrapped.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
    }
}
