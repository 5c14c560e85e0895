import Base

/// What was found from a line's start on.
enum LineEnd: Equatable {
    /// CR LF, the CR at this index.
    case found(Int)
    /// No end yet; nothing before this index needs to be looked at again.
    case incomplete(Int)
    /// A bare CR or LF, a NUL or another control byte.
    case strayByte
    /// No end within the limit.
    case tooLong
}

/// Finds line ends, eight bytes at a time.
enum LineScanner {
    /// Looks for CR LF in `bytes[start..<limit]`. Only bytes below `limit` are looked at, however many there are, so
    /// the answer does not depend on how the bytes were cut on their way here.
    static func scan(_ bytes: Span<UInt8>, from start: Int, limit: Int) -> LineEnd {
        let end = min(bytes.count, limit)
        let raw = unsafe bytes.bytes
        var index = start
        while index < end {
            if index + 8 <= end {
                let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
                let flags = controlFlags(UInt64(littleEndian: word))
                if flags == 0 {
                    index += 8
                    continue
                }
                index += flags.trailingZeroBitCount / 8
            }
            let byte = bytes[index]
            if byte == UInt8(ascii: "\r") {
                if index + 1 < end { return bytes[index + 1] == UInt8(ascii: "\n") ? .found(index) : .strayByte }
                break
            }
            if (byte < 0x20 && byte != UInt8(ascii: "\t")) || byte == 0x7F { return .strayByte }
            index += 1
        }
        return bytes.count >= limit ? .tooLong : .incomplete(index)
    }

    /// The top bit of each byte that is below 0x20 or 0x7F; above the lowest such byte there may be false ones.
    @inline(__always)
    private static func controlFlags(_ word: UInt64) -> UInt64 {
        let eight = EightBytes(word)
        return EightBytes.marks(eight.below(0x20) | eight.equal(to: 0x7F))
    }
}
