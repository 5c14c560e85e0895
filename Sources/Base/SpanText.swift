// What bytes hold: numbers, and constant ASCII texts compared without making a String.
extension Span<UInt8> {
    /// Eight bytes from `start` on as a number, most significant first.
    @inlinable @inline(__always)
    public func bigEndian(at start: Int) -> UInt64 {
        precondition(start >= 0 && start <= count &- 8)
        return unsafe UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
    }

    public func equals(_ text: StaticString) -> Bool { count == text.utf8CodeUnitCount && matches(text, at: 0) }

    public func starts(with text: StaticString) -> Bool { count >= text.utf8CodeUnitCount && matches(text, at: 0) }

    /// Whether the bytes from `start` on are `text`, no more and no less.
    public func ends(with text: StaticString, from start: Int) -> Bool {
        count - start == text.utf8CodeUnitCount && matches(text, at: start)
    }

    /// As `starts`, with ASCII letters folded; `text` is in lower case, of letters, digits, `-` and `/`.
    public func startsFolded(with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount
        where unsafe self[unchecked: index] | 0x20 != text.utf8Start[index] | 0x20 {
            return false
        }
        return true
    }

    public func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        precondition(start >= 0)
        var index = start
        while index &+ 16 <= count {
            let block = SixteenBytes(unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self))
            let first = SixteenBytes.firstMark(block.equal(to: byte))
            index &+= first
            if first < 16 { return index }
        }
        if index &+ 8 <= count {
            let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let marks = EightBytes.marks(EightBytes(UInt64(littleEndian: word)).equal(to: byte))
            if marks != 0 { return index &+ marks.trailingZeroBitCount >> 3 }
            index &+= 8
        }
        while index < count {
            if unsafe self[unchecked: index] == byte { return index }
            index &+= 1
        }
        return nil
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

    /// The caller has checked that as many bytes are there.
    @inline(__always)
    private func matches(_ text: StaticString, at start: Int) -> Bool {
        let expected = unsafe UnsafeRawPointer(text.utf8Start)
        var index = 0
        while index &+ 8 <= text.utf8CodeUnitCount {
            let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: start &+ index, as: UInt64.self)
            if unsafe word != expected.loadUnaligned(fromByteOffset: index, as: UInt64.self) { return false }
            index &+= 8
        }
        while index < text.utf8CodeUnitCount {
            if unsafe self[unchecked: start &+ index] != text.utf8Start[index] { return false }
            index &+= 1
        }
        return true
    }
}
