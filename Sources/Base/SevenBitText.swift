/// ASCII text, at most 128 characters and none of them 0, with seven bits a character: the first one in the highest
/// bits, filled up with zeros.
public enum SevenBitText {
    /// Appends the length in bytes, 1 byte, and the packed text.
    public static func append(_ text: Span<UInt8>, to buffer: inout ByteBuffer) {
        buffer.append(UInt8((7 * text.count + 7) / 8))
        unsafe text.withUnsafeBytes { bytes in
            var at = 0
            while at + 8 <= bytes.count {
                let packed = pack(unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
                buffer.append(bigEndian: UInt32(truncatingIfNeeded: packed >> 24))
                buffer.append(bigEndian: UInt16(truncatingIfNeeded: packed >> 8))
                buffer.append(UInt8(truncatingIfNeeded: packed))
                at += 8
            }
            guard at < bytes.count else { return }
            var word: UInt64 = 0
            for index in at..<at + 8 { word = word << 8 | (index < bytes.count ? UInt64(unsafe bytes[index]) : 0) }
            let packed = pack(word)
            for byte in 0..<(7 * (bytes.count - at) + 7) / 8 {
                buffer.append(UInt8(truncatingIfNeeded: packed >> (48 - 8 * UInt64(byte))))
            }
        }
    }

    /// Eight characters as 56 bits.
    private static func pack(_ word: UInt64) -> UInt64 {
        let pairs = (word & 0x7f00_7f00_7f00_7f00) >> 1 | word & 0x007f_007f_007f_007f
        let fours = (pairs & 0x3fff_0000_3fff_0000) >> 2 | pairs & 0x0000_3fff_0000_3fff
        return (fours & 0x0fff_ffff_0000_0000) >> 4 | fours & 0x0fff_ffff
    }

    public static func packed(_ text: String) -> [UInt8] {
        var buffer = ByteBuffer(capacity: 128)
        append(text.utf8.span, to: &buffer)
        return buffer.withSpan { packed in packed.indices.dropFirst().map { packed[$0] } }
    }

    public static func unpack(_ packed: ArraySlice<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(packed.count * 8 / 7)
        var (bits, count) = (UInt16(0), UInt16(0))  // not used up
        for byte in packed {
            bits = bits << 8 | UInt16(byte)
            count += 8
            while count >= 7 {
                count -= 7
                text.append(UInt8(bits >> count & 0x7f))
            }
        }
        // Of seven characters 7 bits are left over.
        if text.last == 0 { text.removeLast() }
        return text
    }
}
