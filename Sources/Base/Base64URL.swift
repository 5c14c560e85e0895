/// Base64 with the URL alphabet and without padding (RFC 4648, section 5), in its one canonical form.
public enum Base64URL {
    /// Appends the letters of `bytes`, 4 for every 3.
    public static func append(_ bytes: Span<UInt8>, to output: inout ByteBuffer) {
        output.reserve(bytes.count * 4 / 3 + 4)
        let raw = unsafe bytes.bytes
        var index = 0
        // Six bytes become eight letters in one store; the word read reaches two bytes further.
        while index &+ 8 <= bytes.count {
            let word = unsafe UInt64(bigEndian: raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            var letters: UInt64 = 0
            var shift: UInt64 = 58
            for _ in 0..<8 {
                letters = letters << 8 | UInt64(letter(UInt32(truncatingIfNeeded: word >> shift)))
                shift &-= 6
            }
            output.append(bigEndian: letters)
            index &+= 6
        }
        while index + 2 < bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            output.append(letter(group >> 18))
            output.append(letter(group >> 12))
            output.append(letter(group >> 6))
            output.append(letter(group))
            index += 3
        }
        switch bytes.count - index {
        case 1:
            let group = UInt32(bytes[index]) << 16
            output.append(letter(group >> 18))
            output.append(letter(group >> 12))
        case 2:
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8
            output.append(letter(group >> 18))
            output.append(letter(group >> 12))
            output.append(letter(group >> 6))
        default: break
        }
    }

    /// The letter of the lowest six bits.
    @inline(__always)
    private static func letter(_ value: UInt32) -> UInt8 {
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        return unsafe alphabet.utf8Start[Int(value & 63)]
    }

    /// The value of a letter, `0...63`; above 63 for a byte outside of the alphabet.
    @inline(__always)
    private static func value(_ letter: UInt8) -> UInt8 {
        // The value of each byte below 0x80 is that of the character in its place, counted from "0".
        let values: StaticString = """
            ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\
            ~~~~~~~~~~~~~n~~defghijklm~~~~~~\
            ~0123456789:;<=>?@ABCDEFGHI~~~~o\
            ~JKLMNOPQRSTUVWXYZ[\\]^_`abc~~~~~
            """
        return unsafe letter < 0x80 ? values.utf8Start[Int(letter)] &- UInt8(ascii: "0") : 0xFF
    }

    /// Appends the decoded bytes to `output`; false for a letter outside the alphabet, an impossible length or spare
    /// bits that are not zero, so that no two texts decode to the same bytes.
    public static func decode(_ text: Span<UInt8>, into output: inout ByteBuffer) -> Bool {
        guard text.count % 4 != 1 else { return false }
        output.reserve(text.count)
        var all: UInt8 = 0  // whatever stood in any letter
        var index = 0
        while index &+ 4 <= text.count {
            var group: UInt32 = 0
            for place in 0..<4 {
                let value = unsafe value(text[unchecked: index &+ place])
                all |= value
                group = group << 6 | UInt32(value & 63)
            }
            output.append(bigEndian: UInt16(truncatingIfNeeded: group >> 8))
            output.append(UInt8(truncatingIfNeeded: group))
            index &+= 4
        }
        guard all < 64 else { return false }
        return decodeRest(text, from: index, into: &output)
    }

    /// The last two or three letters, if any.
    private static func decodeRest(_ text: Span<UInt8>, from start: Int, into output: inout ByteBuffer) -> Bool {
        var group: UInt32 = 0
        var bits: UInt32 = 0
        for index in start..<text.count {
            let value = value(text[index])
            guard value < 64 else { return false }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: group >> bits))
            }
        }
        return group & ((1 << bits) - 1) == 0
    }
}
