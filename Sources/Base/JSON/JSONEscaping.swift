extension ByteBuffer {
    /// Appends the inside of a JSON string; at most `limit` bytes, of which the last are "…" when `bytes` did not fit.
    mutating func appendJSONEscaped(
        _ bytes: Span<UInt8>, escaping: JSONWriter.Escaping, limit: Int = .max
    ) {
        let start = count
        // Where a cut would leave room for the ellipsis, and the last place before it that is between characters.
        let room = limit == .max ? .max : start + max(0, limit - Self.ellipsisLength)
        var lastCut = start
        var index = 0
        while index < bytes.count {
            let run = Self.plainRun(bytes, from: index)
            if run > 0 {
                if count <= room { lastCut = min(count + run, room) }  // each is a character of its own
                append(bytes.extracting(index..<index + run))
                index += run
            } else {
                index += appendSpecial(bytes, at: index, escaping: escaping)
                if count <= room { lastCut = count }
            }
            if count - start > limit {
                truncate(to: lastCut)
                if limit >= Self.ellipsisLength { append("…") }
                return
            }
        }
    }

    /// How many bytes from `start` on need no escape and no check of what follows them: printable ASCII without quotes
    /// and backslashes.
    @inline(__always)
    private static func plainRun(_ bytes: Span<UInt8>, from start: Int) -> Int {
        SixteenBytes.first(in: bytes, start..<bytes.count) { $0.specialInJSON(outside: 0x20...0x7E) } - start
    }

    private static let ellipsisLength = 3

    /// Appends the scalar at `index`, escaped where it must be, and returns how many bytes of `bytes` it took.
    private mutating func appendSpecial(_ bytes: Span<UInt8>, at index: Int, escaping: JSONWriter.Escaping) -> Int {
        func byte(_ offset: Int) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0 }
        guard let scalar = UTF8Scalar(byte(0), byte(1), byte(2), byte(3)) else {
            append("\u{FFFD}")
            return 1
        }
        switch scalar.value {
        case 0x22: append("\\\"")
        case 0x5C: append("\\\\")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        case 0x00...0x1F: appendUnicodeEscape(scalar.value)
        default:
            if escaping == .hostile, Self.isHostile(scalar.value) {
                appendUnicodeEscape(scalar.value)
            } else {
                for offset in 0..<scalar.length { append(byte(offset)) }
            }
        }
        return scalar.length
    }

    /// DEL and C1 controls, bidirectional controls, zero-width and line-breaking characters, invisible tags.
    ///
    /// Source: Unicode's Bidi_Control and Default_Ignorable_Code_Point properties, the ones that deceive a reader of
    /// logs.
    private static func isHostile(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x7F...0x9F, 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB, 0xE0000...0xE007F:
            true
        default: false
        }
    }

    private mutating func appendUnicodeEscape(_ scalar: UInt32) {
        guard scalar >= 0x1_0000 else { return appendHexQuad(scalar) }
        appendHexQuad(0xD800 + (scalar - 0x1_0000) >> 10)
        appendHexQuad(0xDC00 + (scalar - 0x1_0000) & 0x3FF)
    }

    private mutating func appendHexQuad(_ unit: UInt32) {
        append("\\u")
        for shift in [12, 8, 4, 0] as [UInt32] {
            let digit = UInt8(truncatingIfNeeded: unit >> shift) & 0xF
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
