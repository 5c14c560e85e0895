/// ASCII text, at most 128 characters and none of them 0, with seven bits a character: the first one in the highest
/// bits, filled up with zeros.
public enum SevenBitText {
    /// Appends the length in bytes, 1 byte, and the packed text.
    public static func append(_ text: Span<UInt8>, to buffer: inout ByteBuffer) {
        let length = (7 * text.count + 7) / 8
        buffer.append(UInt8(length))
        unsafe buffer.append(atMost: length &+ 16) { place in
            var (at, written) = (0, 0)
            while at < text.count {  // what is written behind the last character is written over, or forgotten
                let block = unsafe unsafeBitCast(SixteenBytes(text, from: at).lanes, to: SIMD2<UInt64>.self)
                let (first, second) = (pack(UInt64(bigEndian: block[0])), pack(UInt64(bigEndian: block[1])))
                unsafe place.storeBytes(of: (first << 8).bigEndian, toByteOffset: written, as: UInt64.self)
                unsafe place.storeBytes(of: (second << 8).bigEndian, toByteOffset: written &+ 7, as: UInt64.self)
                at &+= 16
                written &+= 14
            }
            return length
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
