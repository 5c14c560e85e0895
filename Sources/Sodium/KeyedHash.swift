import CSodium

/// SipHash-2-4 under an item's salt: short, keyed, the same in every process. For tags, not for secrets.
public enum KeyedHash {
    /// - Parameter key: 16 bytes.
    public static func hash(_ bytes: Span<UInt8>, key: [UInt8]) -> UInt64 {
        precondition(key.count == crypto_shorthash_keybytes())
        var output: UInt64 = 0
        unsafe withUnsafeMutableBytes(of: &output) { output in
            unsafe bytes.withUnsafeBufferPointer { input in
                _ = unsafe crypto_shorthash(
                    output.baseAddress!.assumingMemoryBound(to: UInt8.self), input.baseAddress, UInt64(input.count), key
                )
            }
        }
        return output.bigEndian
    }
}

/// Comparison and making of secrets.
public enum Secret {
    /// Whether two secrets are equal, in a time that depends on their length only.
    public static func matches(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        // Hashing first makes the comparison independent of the lengths too.
        let key = [UInt8](repeating: 0x5A, count: 32)
        var digests = [[UInt8]](repeating: [UInt8](repeating: 0, count: 32), count: 2)
        _ = unsafe crypto_generichash(&digests[0], 32, left, UInt64(left.count), key, key.count)
        _ = unsafe crypto_generichash(&digests[1], 32, right, UInt64(right.count), key, key.count)
        return unsafe sodium_memcmp(digests[0], digests[1], 32) == 0
    }

    /// A name for a secret that reveals nothing of it: 32 bits of a hash, in hex.
    public static func fingerprint(_ secret: [UInt8]) -> String {
        let key = Array("sluice: names a secret, tells nothing".utf8.prefix(32))
        var digest = [UInt8](repeating: 0, count: 32)
        _ = unsafe crypto_generichash(&digest, 32, secret, UInt64(secret.count), key, key.count)
        return digest.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Random bytes from the kernel.
    public static func random(count: Int) -> [UInt8] {
        precondition(sodium_init() >= 0, "libsodium could not be set up")
        var bytes = [UInt8](repeating: 0, count: count)
        unsafe randombytes_buf(&bytes, count)
        return bytes
    }
}
