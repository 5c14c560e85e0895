package import Base

/// Base64 with the URL alphabet and without padding (RFC 4648, section 5), in its one canonical form.
package enum Base64URL {
    private static let alphabet: [UInt8] = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, letter) in alphabet.enumerated() { table[Int(letter)] = UInt8(value) }
        return table
    }()

    package static func append(_ bytes: [UInt8], to output: inout ByteBuffer) {
        var index = 0
        while index + 2 < bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            appendLetters(of: group, count: 4, to: &output)
            index += 3
        }
        switch bytes.count - index {
        case 1: appendLetters(of: UInt32(bytes[index]) << 16, count: 2, to: &output)
        case 2: appendLetters(of: UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8, count: 3, to: &output)
        default: break
        }
    }

    private static func appendLetters(of group: UInt32, count: Int, to output: inout ByteBuffer) {
        for position in 0..<count {
            output.append(alphabet[Int(group >> UInt32(18 - 6 * position)) & 63])
        }
    }

    /// Appends the decoded bytes to `output`; false for a letter outside the alphabet, an impossible length or spare
    /// bits that are not zero, so that no two texts decode to the same bytes.
    package static func decode(_ text: Span<UInt8>, into output: inout [UInt8]) -> Bool {
        guard text.count % 4 != 1 else { return false }
        var group: UInt32 = 0
        var bits = 0
        for index in text.indices {
            let value = values[Int(text[index])]
            guard value != 0xFF else { return false }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return group & ((1 << UInt32(bits)) - 1) == 0
    }
}
