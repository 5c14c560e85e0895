import CSodium

/// The SHA-256 of bytes that come in pieces.
public struct SHA256: Sendable {
    private var state = crypto_hash_sha256_state()

    public init() { _ = unsafe crypto_hash_sha256_init(&state) }

    public mutating func update(_ bytes: [UInt8]) {
        _ = unsafe crypto_hash_sha256_update(&state, bytes, UInt64(bytes.count))
    }

    /// In hex, of all bytes so far.
    public var digest: String {
        var (copy, bytes) = (state, [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES)))
        _ = unsafe crypto_hash_sha256_final(&copy, &bytes)
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
