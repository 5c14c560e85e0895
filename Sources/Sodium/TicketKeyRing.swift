import CSodium
public import Domain

// DESIGN
// A code is SipHash-2-4 with 128 bits over the ticket: a pseudorandom function made for short messages, a ninth of what
// BLAKE2b takes for one (ADR 0021). Its key of 16 bytes is derived from the 32 of the file by keyed BLAKE2b, and so is
// the byte that names the key: one output, of which no byte reveals anything of the others.

/// The ticket keys of this cluster: the current one first, and during a rotation the one before it.
///
/// Codes are SipHash-2-4 with 128 bits (libsodium). A key's id is one byte derived from the key, so that every process
/// names it alike, whatever the order in its file. Loop-confined: each loop has its own ring.
public final class TicketKeyRing: TicketAuthenticator {
    public enum Problem: Error, Equatable, CustomStringConvertible {
        /// libsodium could not be set up.
        case unavailable
        /// A key is not 32 bytes long, or there is none, or there are more than two.
        case invalidKey
        /// Two different keys have the same one-byte id: make another key.
        case sameID

        public var description: String {
            switch self {
            case .unavailable: "libsodium can't be set up"
            case .invalidKey: "a ticket key is 32 bytes, and there are one or two"
            case .sameID: "the two ticket keys have the same one-byte id, as 1 in 256 pairs do; make another new key"
            }
        }
    }

    private let current: CodeKey
    private let previous: CodeKey?
    public let currentKeyID: UInt8
    private let previousKeyID: UInt8?

    public init(_ rawKeys: [[UInt8]]) throws(Problem) {
        guard sodium_init() >= 0 else { throw .unavailable }
        guard (1...2).contains(rawKeys.count), rawKeys.allSatisfy({ $0.count == 32 }) else { throw .invalidKey }
        let first = CodeKey(rawKeys[0])
        currentKeyID = first.id
        current = consume first
        guard rawKeys.count == 2 else {
            previous = nil
            previousKeyID = nil
            return
        }
        let second = CodeKey(rawKeys[1])
        previousKeyID = second.id
        previous = consume second
        guard previousKeyID != currentKeyID else { throw .sameID }
    }

    public func has(_ keyID: UInt8) -> Bool { keyID == currentKeyID || keyID == previousKeyID }

    public func code(of bytes: Span<UInt8>, keyID: UInt8) -> AuthenticationCode? {
        if keyID == currentKeyID { return current.code(of: bytes) }
        return keyID == previousKeyID ? previous?.code(of: bytes) : nil
    }
}

/// What is derived from one key of the file.
///
/// Safe because the memory is its own, and of the length that libsodium reads.
@safe private struct CodeKey: ~Copyable {
    let id: UInt8
    private let key: UnsafeMutablePointer<UInt8>

    /// - Parameter raw: 32 bytes. libsodium has been set up.
    init(_ raw: [UInt8]) {
        let count = crypto_shorthash_siphashx24_keybytes()
        let label = Array("sluice ticket".utf8)
        unsafe key = UnsafeMutablePointer.allocate(capacity: count + 1)
        let result = unsafe crypto_generichash(key, count + 1, label, UInt64(label.count), raw, raw.count)
        precondition(result == 0, "BLAKE2b refused valid arguments")
        id = unsafe key[count]
    }

    deinit {
        unsafe sodium_memzero(key, crypto_shorthash_siphashx24_keybytes() + 1)
        unsafe key.deallocate()
    }

    func code(of bytes: Span<UInt8>) -> AuthenticationCode {
        var code: (UInt64, UInt64) = (0, 0)
        unsafe withUnsafeMutableBytes(of: &code) { output in
            unsafe bytes.withUnsafeBufferPointer { input in
                _ = unsafe crypto_shorthash_siphashx24(
                    output.baseAddress!.assumingMemoryBound(to: UInt8.self), input.baseAddress, UInt64(input.count), key
                )
            }
        }
        return AuthenticationCode(high: code.0.bigEndian, low: code.1.bigEndian)
    }
}
