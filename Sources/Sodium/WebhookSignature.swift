import Base
import CSodium

/// Signatures of the Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`.
public enum WebhookSignature {
    /// The value of the field `webhook-signature`: version 1, one key.
    ///
    /// - Parameter timestamp: seconds since 1970.
    public static func make(id: String, timestamp: Int64, body: [UInt8], key: [UInt8]) -> String {
        var state = crypto_auth_hmacsha256_state()
        var code = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_bytes()))
        _ = unsafe crypto_auth_hmacsha256_init(&state, key, key.count)
        let prefix = Array("\(id).\(timestamp).".utf8)
        _ = unsafe crypto_auth_hmacsha256_update(&state, prefix, UInt64(prefix.count))
        _ = unsafe crypto_auth_hmacsha256_update(&state, body, UInt64(body.count))
        _ = unsafe crypto_auth_hmacsha256_final(&state, &code)
        return "v1," + Base64.encode(code)
    }
}
