/// Reads and writes what stands between the quotes of a JSON string.
public enum JSONText {
    /// The text of `range`, its escapes undone. Refuses broken UTF-8, unknown escapes and halves of surrogate pairs.
    static func decode(_ bytes: [UInt8], _ range: Range<Int>) throws(MalformedJSON) -> String {
        let raw = bytes[range]
        if !raw.contains(0x5C) { return try validated(raw) }
        var plain: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            guard bytes[index] == 0x5C else {
                plain.append(bytes[index])
                index += 1
                continue
            }
            guard index + 1 < range.upperBound else { throw MalformedJSON("an escape without an end") }
            let letter = bytes[index + 1]
            index += 2
            if letter == 0x75 {
                let scalar = try scalar(bytes, &index, range.upperBound)
                plain.append(contentsOf: Array(String(Character(scalar)).utf8))
            } else if let position = Self.letters.firstIndex(of: letter) {
                plain.append(Self.meanings[position])
            } else {
                throw MalformedJSON("an unknown escape")
            }
        }
        return try validated(plain[...])
    }

    private static let letters = Array(#""\/bfnrt"#.utf8)
    private static let meanings: [UInt8] = [0x22, 0x5C, 0x2F, 0x08, 0x0C, 0x0A, 0x0D, 0x09]

    private static func validated(_ bytes: ArraySlice<UInt8>) throws(MalformedJSON) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw MalformedJSON("text is not UTF-8") }
        return text
    }

    private static func scalar(
        _ bytes: [UInt8], _ index: inout Int, _ end: Int
    ) throws(MalformedJSON) -> Unicode.Scalar {
        let first = try unit(bytes, &index, end)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard index + 2 <= end, bytes[index] == 0x5C, bytes[index + 1] == 0x75 else {
            throw MalformedJSON("half of a surrogate pair")
        }
        index += 2
        let second = try unit(bytes, &index, end)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw MalformedJSON("half of a surrogate pair") }
        return scalar
    }

    private static func unit(_ bytes: [UInt8], _ index: inout Int, _ end: Int) throws(MalformedJSON) -> UInt32 {
        guard index + 4 <= end else { throw MalformedJSON("an escape without an end") }
        var value: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw MalformedJSON("an escape that is not hexadecimal")
            }
            value = value << 4 | UInt32(digit)
        }
        index += 4
        return value
    }
}
