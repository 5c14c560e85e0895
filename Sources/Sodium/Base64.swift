import CSodium

/// Base64 with `+`, `/` and padding (RFC 4648, section 4), in its one canonical form.
public enum Base64 {
    private static let variant = Int32(sodium_base64_VARIANT_ORIGINAL)

    public static func encode(_ bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: sodium_base64_encoded_len(bytes.count, variant))
        _ = unsafe sodium_bin2base64(&text, text.count, bytes, bytes.count, variant)
        return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The bytes of `text`; nil for a letter outside the alphabet, missing padding, or spare bits that are not zero.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let letters = text.utf8.map { CChar(bitPattern: $0) }
        var bytes = [UInt8](repeating: 0, count: letters.count / 4 * 3)
        var count = 0
        let result = unsafe sodium_base642bin(
            &bytes, bytes.count, letters, letters.count, nil, &count, nil, variant)
        return result == 0 ? Array(bytes.prefix(count)) : nil
    }
}
