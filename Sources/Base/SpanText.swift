// Comparisons of bytes with constant ASCII texts, without making a String.
extension Span<UInt8> {
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
        while index &+ 8 <= count {
            let eight = EightBytes(unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            if EightBytes.marks(eight.equal(to: byte)) != 0 { break }
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

    private func matches(_ text: StaticString, at start: Int) -> Bool {
        for index in 0..<text.utf8CodeUnitCount
        where unsafe self[unchecked: start &+ index] != text.utf8Start[index] {
            return false
        }
        return true
    }
}
