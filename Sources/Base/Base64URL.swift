// DESIGN
// Sixteen letters are looked at together, one in each lane of a vector, and are worth twelve bytes. What is left at the
// end is filled up with zeros, or with the letter that stands for them, and what came of those is taken back.

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
    /// bits that are not zero, so that no two texts decode to the same bytes.
    public static func decode(_ text: Span<UInt8>, into output: inout ByteBuffer) -> Bool {
        guard text.count % 4 != 1 else { return false }
        output.reserve(text.count + letters)
        var index = 0
        while index < text.count {
            let left = text.count &- index
            let block =
                left >= letters
                ? unsafe text.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self)
                : unsafe unsafeBitCast(padded(text, from: index, with: UInt8(ascii: "A")), to: SIMD16<UInt8>.self)
            guard let values = values(of: block) else { return false }
            let (high, low) = (pack(UInt64(bigEndian: values[0])), pack(UInt64(bigEndian: values[1])))
            output.append(bigEndian: high << 16)
            output.truncate(to: output.count &- 2)
            output.append(bigEndian: low << 16)
            output.truncate(to: output.count &- 2)
            if left < letters {
                guard takeBack(bytes - left * 3 / 4, from: &output) else { return false }
            }
            index &+= letters
        }
        return true
    }

    /// Takes back what came of letters that were filled in, and of the bits that don't make a byte; false unless those
    /// are zero.
    private static func takeBack(_ count: Int, from output: inout ByteBuffer) -> Bool {
        let kept = output.count - count
        let isZero = output.withSpan { decoded in (kept..<decoded.count).allSatisfy { decoded[$0] == 0 } }
        output.truncate(to: kept)
        return isZero
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

    /// Eight values of six bits together again.
    @inline(__always)
    private static func pack(_ values: UInt64) -> UInt64 {
        let quarters = (values & 0x3F00_3F00_3F00_3F00) >> 2 | values & 0x003F_003F_003F_003F
        let halves = (quarters & 0x0FFF_0000_0FFF_0000) >> 4 | quarters & 0x0000_0FFF_0000_0FFF
        return (halves & 0x00FF_FFFF_0000_0000) >> 8 | halves & 0xFF_FFFF
    }

    /// The letters of values below 64: A to Z, a to z, 0 to 9, `-`, `_`.
    @inline(__always)
    private static func letters(of values: SIMD16<UInt8>) -> SIMD16<UInt8> {
        let sixteen = SixteenBytes(values)
        return values &+ SIMD16(repeating: 65) &+ SixteenBytes.put(sixteen.from(26), 6)
            &- SixteenBytes.put(sixteen.from(52), 75) &- SixteenBytes.put(sixteen.from(62), 13)
            &+ SixteenBytes.put(sixteen.from(63), 49)
    }

    /// What letters are worth; nil when one of them is none.
    @inline(__always)
    private static func values(of letters: SIMD16<UInt8>) -> SIMD2<UInt64>? {
        let sixteen = SixteenBytes(letters)
        let (digit, upper, line, lower) = (
            sixteen.from(0x30), sixteen.from(0x41), sixteen.from(0x5F), sixteen.from(0x61)
        )
        // Between the ranges: after "-", after "9", after "Z", after "_"; and below and above all of them.
        let between =
            sixteen.from(0x2E) & ~digit | sixteen.from(0x3A) & ~upper | sixteen.from(0x5B) & ~line
            | sixteen.from(0x60) & ~lower
        guard !SixteenBytes.hasMarks(between | ~sixteen.from(0x2D) | sixteen.from(0x7B) | sixteen.notASCII) else {
            return nil
        }
        let values =
            letters &+ SIMD16(repeating: 17) &- SixteenBytes.put(digit, 13) &- SixteenBytes.put(upper, 69)
            &+ SixteenBytes.put(line, 33) &- SixteenBytes.put(lower, 39)
        return unsafe unsafeBitCast(values, to: SIMD2<UInt64>.self)
    }
}
