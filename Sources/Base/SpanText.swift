// What bytes hold: numbers, and constant ASCII texts compared without making a String.
extension Span<UInt8> {
    /// Eight bytes from `start` on as a number, most significant first.
    @inlinable @inline(__always)
    public func bigEndian(at start: Int) -> UInt64 {
        precondition(start >= 0 && start <= count &- 8)
        return unsafe UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
    }

    @inlinable @inline(__always)
    public func equals(_ text: StaticString) -> Bool { count == text.utf8CodeUnitCount && holds(text, at: 0) }

    @inlinable @inline(__always)
    public func starts(with text: StaticString) -> Bool { count >= text.utf8CodeUnitCount && holds(text, at: 0) }

    /// Whether the bytes from `start` on are `text`, no more and no less.
    @inlinable @inline(__always)
    public func ends(with text: StaticString, from start: Int) -> Bool {
        count - start == text.utf8CodeUnitCount && holds(text, at: start)
    }

    /// As `starts`, with ASCII letters folded; `text` is in lower case, of letters, digits, `-` and `/`.
    @inlinable @inline(__always)
    public func startsFolded(with text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount && holdsFolded(text, at: 0)
    }

    /// Whether `text` stands at `start`. The caller has checked that as many bytes are there.
    @inlinable @inline(__always)
    public func holds(_ text: StaticString, at start: Int) -> Bool { holds(text, at: start, raising: 0) }

    /// The same with ASCII letters folded; `text` is in lower case, of letters, digits, `-` and `/`. Where no control
    /// bytes are about, nothing else folds to such a text.
    @inlinable @inline(__always)
    public func holdsFolded(_ text: StaticString, at start: Int) -> Bool { holds(text, at: start, raising: 0x20) }

    /// Compares by words, of which the last one may compare some bytes again: for a constant it is a few instructions.
    @inlinable @inline(__always)
    func holds(_ text: StaticString, at start: Int, raising raised: UInt8) -> Bool {
        let length = text.utf8CodeUnitCount
        precondition(start >= 0 && start <= count &- length)
        let (here, there) = unsafe (bytes, UnsafeRawPointer(text.utf8Start))
        if length >= 8 {
            let mask = 0x0101_0101_0101_0101 &* UInt64(raised)
            var index = 0
            while true {
                let word = unsafe here.unsafeLoadUnaligned(fromByteOffset: start &+ index, as: UInt64.self)
                if unsafe word | mask != there.loadUnaligned(fromByteOffset: index, as: UInt64.self) { return false }
                guard index < length &- 8 else { return true }
                index = min(index &+ 8, length &- 8)
            }
        }
        if length >= 4 {
            let mask = 0x0101_0101 &* UInt32(raised)
            let (first, last) = unsafe (
                here.unsafeLoadUnaligned(fromByteOffset: start, as: UInt32.self),
                here.unsafeLoadUnaligned(fromByteOffset: start &+ length &- 4, as: UInt32.self)
            )
            return unsafe first | mask == there.loadUnaligned(as: UInt32.self)
                && last | mask == there.loadUnaligned(fromByteOffset: length &- 4, as: UInt32.self)
        }
        for index in 0..<length
        where unsafe self[unchecked: start &+ index] | raised != text.utf8Start[index] {
            return false
        }
        return true
    }

    @inlinable @inline(__always)
    public func firstIndex(of byte: UInt8, from start: Int) -> Int? { firstIndex(of: byte, in: start..<count) }

    /// Where `byte` stands first in `range`.
    @inlinable @inline(__always)
    public func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        let index = SixteenBytes.first(in: self, range) { $0.equal(to: byte) }
        return index < range.upperBound ? index : nil
    }

    /// The hash FNV-1a: fast for short texts, and no defence against texts that are chosen to collide.
    @inlinable @inline(__always)
    public var fnv1a: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in indices { hash = (hash ^ UInt64(self[index])) &* 0x100_0000_01B3 }
        return hash
    }

    /// Whether all bytes are printable ASCII, and none a space.
    public var isGraphic: Bool {
        SixteenBytes.first(in: self, 0..<count) { ~$0.within(0x21...0x7E) } == count
    }

    /// Whether `part` stands somewhere in the bytes; true for an empty one.
    public func contains(_ part: Span<UInt8>) -> Bool {
        var start = 0
        while start + part.count <= count {
            var length = 0
            while length < part.count, self[start + length] == part[length] { length += 1 }
            if length == part.count { return true }
            start += 1
        }
        return false
    }
}
