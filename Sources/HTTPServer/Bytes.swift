import Base

/// Sets of ASCII characters, as bits of one table.
enum CharacterSet: UInt8, Sendable {
    /// `token` of RFC 9110, 5.6.2: methods and field names.
    case token = 1
    /// Whatever a path or query may hold by RFC 3986: `pchar`, "/" and "?".
    case target = 2
    /// A registered name or IPv4 address: unreserved characters and "%".
    case hostName = 4

    // The digit of each byte below 0x80 is the sum of the sets that it is in.
    @inline(__always)
    private var table: StaticString {
        """
        00000000000000000000000000000000\
        03013733223327727777777777220202\
        27777777777777777777777777700017\
        17777777777777777777777777701070
        """
    }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        unsafe byte < 0x80 && table.utf8Start[Int(byte)] & rawValue != 0
    }

    /// Whether the eight bytes from `index` on, which must be there, are all in the set.
    @inline(__always)
    @unsafe func containsAll(_ bytes: Span<UInt8>, unchecked index: Int) -> Bool {
        let word = unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
        guard EightBytes.marks(EightBytes(word).notASCII) == 0 else { return false }
        var common = rawValue
        var rest = word
        for _ in 0..<8 {
            unsafe common &= table.utf8Start[Int(truncatingIfNeeded: rest & 0x7F)]
            rest >>= 8
        }
        return common != 0
    }
}

extension Span<UInt8> {
    /// True when `text` stands at `start`. The caller has checked that as many bytes are there.
    @inline(__always)
    func equals(_ text: StaticString, at start: Int) -> Bool {
        precondition(start + text.utf8CodeUnitCount <= count)
        for index in 0..<text.utf8CodeUnitCount
        where unsafe self[unchecked: start &+ index] != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// The same with ASCII letters folded; `text` must be in lower case, of letters, digits and "-".
    @inline(__always)
    func equalsFolded(_ text: StaticString, at start: Int) -> Bool {
        precondition(start + text.utf8CodeUnitCount <= count)
        for index in 0..<text.utf8CodeUnitCount
        where unsafe self[unchecked: start &+ index] | 0x20 != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// `range` without the spaces and tabs at both ends.
    @inline(__always)
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
        while start < end, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return start..<end
    }
}
