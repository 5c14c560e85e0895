public import Base
import CSodium

/// Checks requests as the Standard Webhooks specification says: `v1` is HMAC-SHA256 over `id.timestamp.body`.
///
/// Written for itself, so that it judges a sender with which it shares no code.
public struct WebhookCheck: Sendable {
    public enum Verdict: Sendable, Equatable {
        case genuine
        /// A field is missing or malformed.
        case unsigned
        /// More than five minutes before or after the present.
        case stale
        case forged
    }

    private static let tolerance: Int64 = 300  // seconds
    private static let longestSignature = 1_024  // bytes of the field, which may hold several
    private let secret: [UInt8]

    /// - Parameter secret: the key, 16...128 bytes.
    public init(secret: [UInt8]) {
        precondition(sodium_init() >= 0, "libsodium could not be set up")
        self.secret = secret
    }

    /// Reads `whsec_` and base64, or 64 hex digits; nil for anything else.
    public static func secret(_ text: String) -> [UInt8]? {
        let line = text.split(whereSeparator: \.isWhitespace)
        guard line.count == 1 else { return nil }
        if line[0].hasPrefix("whsec_") {
            return decodeBase64(Array(line[0].utf8.dropFirst(6))).flatMap { (16...128).contains($0.count) ? $0 : nil }
        }
        let digits = line[0].utf8.compactMap { UInt8(hexDigit: $0) }
        guard digits.count == 64, line[0].utf8.count == 64 else { return nil }
        return stride(from: 0, to: 64, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    public func verdict(
        id: Span<UInt8>, timestamp: Span<UInt8>, signature: Span<UInt8>, body: Span<UInt8>, now: WallInstant
    ) -> Verdict {
        guard id.count > 0, signature.count <= Self.longestSignature, let sent = Int64(String(utf8: timestamp)) else {
            return .unsigned
        }
        let (age, overflow) = (now.milliseconds / 1_000).subtractingReportingOverflow(sent)
        guard !overflow, age.magnitude <= Self.tolerance else { return .stale }
        let expected = Self.code(id: id, timestamp: timestamp, body: body, secret: secret)
        for word in String(utf8: signature).split(separator: " ") where word.hasPrefix("v1,") {
            guard let given = Self.decodeBase64(Array(word.utf8.dropFirst(3))), given.count == expected.count else {
                continue
            }
            if unsafe sodium_memcmp(given, expected, expected.count) == 0 { return .genuine }
        }
        return .forged
    }

    /// The 32 bytes that a genuine request is signed with.
    static func code(
        id: Span<UInt8>, timestamp: Span<UInt8>, body: Span<UInt8>, secret: [UInt8]
    ) -> [UInt8] {
        var state = crypto_auth_hmacsha256_state()
        unsafe crypto_auth_hmacsha256_init(&state, secret, secret.count)
        func add(_ bytes: Span<UInt8>) {
            unsafe bytes.withUnsafeBufferPointer {
                _ = unsafe crypto_auth_hmacsha256_update(&state, $0.baseAddress, UInt64($0.count))
            }
        }
        let dot = [UInt8(ascii: ".")]
        add(id)
        add(dot.span)
        add(timestamp)
        add(dot.span)
        add(body)
        var code = [UInt8](repeating: 0, count: crypto_auth_hmacsha256_bytes())
        unsafe crypto_auth_hmacsha256_final(&state, &code)
        return code
    }

    private static func decodeBase64(_ text: [UInt8]) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: text.count)
        var count = 0
        let result = unsafe text.withUnsafeBufferPointer { text in
            unsafe text.withMemoryRebound(to: CChar.self) { text in
                unsafe sodium_base642bin(
                    &bytes, bytes.count, text.baseAddress ?? UnsafePointer(bitPattern: 1)!, text.count, nil, &count,
                    nil, sodium_base64_VARIANT_ORIGINAL)
            }
        }
        return result == 0 ? Array(bytes[..<count]) : nil
    }
}
