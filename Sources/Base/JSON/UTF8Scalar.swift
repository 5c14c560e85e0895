/// One Unicode scalar value in UTF-8: its value and how many bytes it takes (1...4).
struct UTF8Scalar {
    let value: UInt32
    let length: Int

    /// Decodes the scalar at the beginning of four bytes, strictly: no overlong form, no surrogate, nothing above
    /// U+10FFFF.
    ///
    /// Bytes past the end of a text are passed as 0, which no sequence continues with.
    /// Source: Unicode 15, table 3-7, "Well-Formed UTF-8 Byte Sequences".
    init?(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        switch first {
        case 0..<0x80:
            value = UInt32(first)
            length = 1
        case 0xC2...0xDF:
            guard Self.continues(second) else { return nil }
            value = UInt32(first & 0x1F) << 6 | UInt32(second & 0x3F)
            length = 2
        case 0xE0...0xEF:
            guard Self.continues(second), Self.continues(third) else { return nil }
            value = UInt32(first & 0x0F) << 12 | UInt32(second & 0x3F) << 6 | UInt32(third & 0x3F)
            length = 3
            guard value >= 0x800, !Self.isSurrogate(value) else { return nil }
        case 0xF0...0xF4:
            guard Self.continues(second), Self.continues(third), Self.continues(fourth) else { return nil }
            value =
                UInt32(first & 0x07) << 18 | UInt32(second & 0x3F) << 12 | UInt32(third & 0x3F) << 6
                | UInt32(fourth & 0x3F)
            length = 4
            guard value >= 0x1_0000, value <= 0x10_FFFF else { return nil }
        default: return nil
        }
    }

    static func isSurrogate(_ value: UInt32) -> Bool { value >= 0xD800 && value <= 0xDFFF }

    private static func continues(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    /// Appends `value`, a scalar value, in UTF-8.
    static func append(_ value: UInt32, to buffer: inout ByteBuffer) {
        func trail(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(truncatingIfNeeded: value >> shift) & 0x3F }
        switch value {
        case 0..<0x80:
            buffer.append(UInt8(value))
        case 0x80..<0x800:
            buffer.append(0xC0 | UInt8(value >> 6))
            buffer.append(trail(0))
        case 0x800..<0x1_0000:
            buffer.append(0xE0 | UInt8(value >> 12))
            buffer.append(trail(6))
            buffer.append(trail(0))
        default:
            buffer.append(0xF0 | UInt8(value >> 18))
            buffer.append(trail(12))
            buffer.append(trail(6))
            buffer.append(trail(0))
        }
    }
}
