// DESIGN
// Twelve bytes become sixteen letters at a time, one in each lane of a vector. The way back goes by a table, four
// letters at a time: a plain x86-64 has no vector operation that packs bits, and tickets are short. A letter outside of
// the alphabet leaves its mark in what is collected and is seen once, at the end.

/// Base64 with the URL alphabet and without padding (RFC 4648, section 5), in its one canonical form.
public enum Base64URL {
    /// Letters that are looked at together, and the bytes that they are worth.
    private static let (letters, bytes) = (16, 12)

    /// Appends the letters of `source`, 4 for every 3 bytes.
    public static func append(_ source: Span<UInt8>, to output: inout ByteBuffer) {
        output.reserve(source.count * 4 / 3 + letters)
        let raw = unsafe source.bytes
        var index = 0
        while index < source.count {
            let left = source.count &- index
            var (high, low): (UInt64, UInt64)
            if left >= 14 {  // each word read reaches two bytes further than it is used
                unsafe high = UInt64(bigEndian: raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
                unsafe low = UInt64(bigEndian: raw.unsafeLoadUnaligned(fromByteOffset: index &+ 6, as: UInt64.self))
            } else {
                let block = padded(source, from: index, with: 0)
                (high, low) = (UInt64(bigEndian: block[0]), UInt64(bigEndian: block[1]))
                low = high << 48 | low >> 16
            }
            let values = SIMD2(spread(high >> 16).bigEndian, spread(low >> 16).bigEndian)
            output.append(letters(of: unsafe unsafeBitCast(values, to: SIMD16<UInt8>.self)))
            if left < bytes { output.truncate(to: output.count &- (letters - (left * 4 + 2) / 3)) }
            index &+= bytes
        }
    }

    /// Appends the decoded bytes to `output`; false for a letter outside the alphabet, an impossible length or spare
    /// bits that are not zero, so that no two texts decode to the same bytes. Nothing is appended then.
    public static func decode(_ text: Span<UInt8>, into output: inout ByteBuffer) -> Bool {
        let rest = text.count & 3
        guard rest != 1 else { return false }
        let raw = unsafe text.bytes
        let start = output.count
        var seen = Seen()
        unsafe output.append(atMost: text.count &+ 4) { place in
            var (index, written) = (0, 0)
            while index &+ 4 <= raw.byteCount {
                let word = unsafe raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt32.self)
                let bits = seen.bits(UInt32(littleEndian: word))
                unsafe place.storeBytes(of: (bits << 8).bigEndian, toByteOffset: written, as: UInt32.self)
                index &+= 4
                written &+= 3
            }
            guard rest > 0 else { return written }
            var word = EightBytes.every(UInt8(ascii: "A"))
            for at in (index..<raw.byteCount).reversed() {
                word = word << 8 | UInt64(unsafe raw.unsafeLoad(fromByteOffset: at, as: UInt8.self))
            }
            let bits = seen.bits(UInt32(truncatingIfNeeded: word))
            unsafe place.storeBytes(of: (bits << 8).bigEndian, toByteOffset: written, as: UInt32.self)
            seen.isWrong = bits << (8 * (UInt32(rest) - 1)) & 0xFF_FFFF != 0
            return written &+ rest &- 1
        }
        if !seen.isRight { output.truncate(to: start) }
        return seen.isRight
    }

    /// What the letters looked at have in common.
    private struct Seen {
        private var entries: UInt32 = 64
        private var letters: UInt32 = 0
        var isWrong = false

        /// Four letters, the first one lowest, as 24 bits.
        @inline(__always)
        mutating func bits(_ word: UInt32) -> UInt32 {
            let table = unsafe Base64URL.values.utf8Start
            let (a, b, c, d) = unsafe (
                UInt32(table[Int(word & 0x7F)]), UInt32(table[Int(word >> 8 & 0x7F)]),
                UInt32(table[Int(word >> 16 & 0x7F)]), UInt32(table[Int(word >> 24 & 0x7F)])
            )
            entries &= a & b & c & d
            letters |= word
            return (a << 18 &+ b << 12 &+ c << 6 &+ d) &- 64 &* 0x4_1041
        }

        var isRight: Bool { entries & 64 != 0 && letters & 0x8080_8080 == 0 && !isWrong }
    }

    /// 64 and what each ASCII character is worth; a "." where it is no letter.
    @inline(__always)
    private static var values: StaticString {
        """
        ................................\
        .............~..tuvwxyz{|}......\
        .@ABCDEFGHIJKLMNOPQRSTUVWXY....\u{7F}\
        .Z[\\]^_`abcdefghijklmnopqrs.....
        """
    }

    /// The last bytes, fewer than sixteen, filled up.
    private static func padded(_ source: Span<UInt8>, from start: Int, with filler: UInt8) -> SIMD2<UInt64> {
        var block = SIMD2(repeating: EightBytes.every(filler))
        unsafe withUnsafeMutableBytes(of: &block) { block in
            unsafe source.extracting(start..<source.count).withUnsafeBytes { unsafe block.copyMemory(from: $0) }
        }
        return block
    }

    /// 48 bits as eight values of six, one in each byte.
    @inline(__always)
    private static func spread(_ bits: UInt64) -> UInt64 {
        let halves = (bits & 0xFFFF_FF00_0000) << 8 | bits & 0xFF_FFFF
        let quarters = (halves & 0x00FF_F000_00FF_F000) << 4 | halves & 0x0000_0FFF_0000_0FFF
        return (quarters & 0x0FC0_0FC0_0FC0_0FC0) << 2 | quarters & 0x003F_003F_003F_003F
    }

    /// The letters of values below 64: A to Z, a to z, 0 to 9, `-`, `_`.
    @inline(__always)
    private static func letters(of values: SIMD16<UInt8>) -> SIMD16<UInt8> {
        let sixteen = SixteenBytes(values)
        return values &+ SIMD16(repeating: 65) &+ SixteenBytes.put(sixteen.from(26), 6)
            &- SixteenBytes.put(sixteen.from(52), 75) &- SixteenBytes.put(sixteen.from(62), 13)
            &+ SixteenBytes.put(sixteen.from(63), 49)
    }
}
