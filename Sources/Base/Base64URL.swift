// DESIGN
// Twelve bytes become sixteen letters at a time, one in each lane of a vector, and back. Bits are moved together in
// steps, in lanes that double each time: 6 to 12, 12 to 24, 24 to 48. A plain x86-64 can't shuffle bytes, so the last
// step is made in two words. The first of two neighbours is the lower half of their common lane: little-endian.

/// Base64 with the URL alphabet and without padding (RFC 4648, section 5), in its one canonical form.
public enum Base64URL {
    /// Letters that are decoded together, and the bytes that they are worth.
    private static let letters = 16
    private static let bytes = 12

    /// Appends the letters of `source`, 4 for every 3 bytes.
    public static func append(_ source: Span<UInt8>, to output: inout ByteBuffer) {
        let most = (source.count &+ bytes &- 1) / bytes &* letters
        unsafe output.append(atMost: most) { place in
            var (index, written) = (0, 0)
            while index < source.count {
                let block = unsafe unsafeBitCast(SixteenBytes(source, from: index).lanes, to: SIMD2<UInt64>.self)
                let (high, low) = (UInt64(bigEndian: block[0]), UInt64(bigEndian: block[1]))
                let values = unsafe spread(high >> 16, high << 32 & 0xFFFF_0000_0000 | low >> 32)
                unsafe place.storeBytes(
                    of: letters(of: SixteenBytes(values)), toByteOffset: written, as: SIMD16<UInt8>.self)
                index &+= bytes
                written &+= letters
            }
            return (source.count &* 4 &+ 2) / 3
        }
    }

    /// Appends the decoded bytes to `output`; false for a letter outside the alphabet, an impossible length or spare
    /// bits that are not zero, so that no two texts decode to the same bytes. Nothing is appended then.
    public static func decode(_ text: Span<UInt8>, into output: inout ByteBuffer) -> Bool {
        let rest = text.count & 3
        guard rest != 1 else { return false }
        var isRight = true
        unsafe output.append(atMost: text.count &+ letters) { place in
            var (index, written) = (0, 0)
            var alphabet = SIMD16<UInt8>(repeating: 0xFF)
            while index &+ letters <= text.count {
                alphabet &= unsafe decode(SixteenBytes(text, from: index), to: place + written)
                index &+= letters
                written &+= bytes
            }
            isRight = SixteenBytes.bits(~alphabet) == 0
            let decoded = text.count &* 3 / 4
            if index < text.count {
                let last = unsafe decode(SixteenBytes(text, from: index), to: place + written)
                isRight = isRight && SixteenBytes.bits(~last, ofFirst: text.count &- index) == 0
                // Spare bits of the last letter stand in the byte behind.
                if rest > 0 { isRight = unsafe isRight && place.load(fromByteOffset: decoded, as: UInt8.self) == 0 }
            }
            return isRight ? decoded : 0
        }
        return isRight
    }

    /// Writes what sixteen letters are worth, 12 bytes and 2 more that are 0, and marks those of the alphabet.
    @inline(__always)
    private static func decode(_ text: SixteenBytes, to place: UnsafeMutableRawPointer) -> SIMD16<UInt8> {
        let (values, alphabet) = values(of: text)
        let halves = unsafe gather(values)
        unsafe place.storeBytes(of: halves[0].bigEndian, as: UInt64.self)
        unsafe place.storeBytes(of: halves[1].bigEndian, toByteOffset: 6, as: UInt64.self)
        return alphabet
    }

    /// Twice 48 bits as sixteen values of six.
    @inline(__always)
    @unsafe private static func spread(_ first: UInt64, _ second: UInt64) -> SIMD16<UInt8> {
        let halves = SIMD2(first, second)
        let quarters = halves &>> 24 | (halves & 0xFF_FFFF) &<< 32
        let pairs = unsafe unsafeBitCast(quarters, to: SIMD4<UInt32>.self)
        let singles = unsafe unsafeBitCast(pairs &>> 12 | (pairs & 0xFFF) &<< 16, to: SIMD8<UInt16>.self)
        return unsafe unsafeBitCast(singles &>> 6 | (singles & 0x3F) &<< 8, to: SIMD16<UInt8>.self)
    }

    /// The reverse of `spread`, with 48 bits at the top of each word.
    @inline(__always)
    @unsafe private static func gather(_ values: SIMD16<UInt8>) -> SIMD2<UInt64> {
        let singles = unsafe unsafeBitCast(values, to: SIMD8<UInt16>.self)
        let pairs = unsafe unsafeBitCast((singles & 0xFF) &<< 6 | singles &>> 8, to: SIMD4<UInt32>.self)
        let quarters = unsafe unsafeBitCast((pairs & 0xFFFF) &<< 12 | pairs &>> 16, to: SIMD2<UInt64>.self)
        return quarters &<< 40 | (quarters &>> 32) &<< 16
    }

    /// The letters of values below 64: A to Z, a to z, 0 to 9, `-`, `_`.
    @inline(__always)
    private static func letters(of values: SixteenBytes) -> SIMD16<UInt8> {
        values.lanes &+ SIMD16(repeating: 65) &+ SixteenBytes.put(values.from(26), 6)
            &- SixteenBytes.put(values.from(52), 75) &- SixteenBytes.put(values.from(62), 13)
            &+ SixteenBytes.put(values.from(63), 49)
    }

    /// What the letters are worth, and marks where one is of the alphabet; others are worth 0.
    @inline(__always)
    private static func values(of text: SixteenBytes) -> (values: SIMD16<UInt8>, alphabet: SIMD16<UInt8>) {
        let (upper, lower, digit) = (text.within(0x41...0x5A), text.within(0x61...0x7A), text.within(0x30...0x39))
        let (dash, underscore) = (text.equal(to: UInt8(ascii: "-")), text.equal(to: UInt8(ascii: "_")))
        let shift =
            SixteenBytes.put(upper, 0 &- 65) | SixteenBytes.put(lower, 26 &- 97) | SixteenBytes.put(digit, 52 &- 48)
            | SixteenBytes.put(dash, 62 &- 45) | SixteenBytes.put(underscore, 63 &- 95)
        let alphabet = upper | lower | digit | dash | underscore
        return ((text.lanes &+ shift) & alphabet, alphabet)
    }
}
