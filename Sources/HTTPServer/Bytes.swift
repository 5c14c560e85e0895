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

    /// Whether `bytes[range]` may all stand in a target; the answers are those of the table.
    static func isTarget(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        precondition(range.upperBound <= bytes.count)
        guard range.count >= 16 else {
            for index in range where unsafe !CharacterSet.target.contains(bytes[unchecked: index]) { return false }
            return true
        }
        var index = range.lowerBound
        while true {
            let block = unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self)
            if hasForeign(block) { return false }
            guard index &+ 16 < range.upperBound else { return true }
            index = min(index &+ 16, range.upperBound &- 16)  // the last block may look at some again
        }
    }

    /// Whether a byte is outside of "!" to "~", or one of `"#<>[\]^` and the others that RFC 3986 leaves out.
    @inline(__always)
    private static func hasForeign(_ block: SIMD16<UInt8>) -> Bool {
        let sixteen = SixteenBytes(block)
        let outside = ~sixteen.from(0x21) | sixteen.from(0x7F) | sixteen.notASCII
        let low = sixteen.within(0x22...0x23) | sixteen.within(0x3C...0x3C) | sixteen.within(0x3E...0x3E)  // " # < >
        let high = sixteen.within(0x5B...0x5E) | sixteen.within(0x60...0x60) | sixteen.within(0x7B...0x7D)
        return SixteenBytes.hasMarks(outside | low | high)
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
