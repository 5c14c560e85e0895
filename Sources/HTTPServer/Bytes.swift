/// Sets of ASCII characters as two words of bits, so that a test is a shift and not a table in memory.
enum CharacterSet: Sendable {
    /// `token` of RFC 9110, 5.6.2: methods and field names.
    case token
    /// Whatever a path or query may hold by RFC 3986: `pchar`, "/" and "?".
    case target
    /// A registered name or IPv4 address: unreserved characters and "%".
    case hostName

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let (low, high): (UInt64, UInt64) =
            switch self {
            case .token: (0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
            case .target: (0xAFFF_FFF2_0000_0000, 0x47FF_FFFE_87FF_FFFF)
            case .hostName: (0x03FF_6020_0000_0000, 0x47FF_FFFE_87FF_FFFE)
            }
        let word = byte < 64 ? low : byte < 128 ? high : 0
        return (word >> UInt64(byte & 63)) & 1 == 1
    }
}

extension Span<UInt8> {
    /// True when `text` stands at `start`. The caller has checked that as many bytes are there.
    @inline(__always)
    func equals(_ text: StaticString, at start: Int) -> Bool {
        for index in 0..<text.utf8CodeUnitCount where unsafe self[start + index] != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// The same with ASCII letters folded; `text` must be in lower case, of letters, digits and "-".
    @inline(__always)
    func equalsFolded(_ text: StaticString, at start: Int) -> Bool {
        for index in 0..<text.utf8CodeUnitCount where unsafe self[start + index] | 0x20 != text.utf8Start[index] {
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
