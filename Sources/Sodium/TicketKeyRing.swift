import CSodium
public import Domain

// DESIGN
// A code is BLAKE2b of the key's 32 bytes followed by the ticket's, cut to 128 bits by the hash's own parameter. Unlike
// SHA-2, BLAKE2b lets nobody who knows a hash go on from it, so a key in front makes a sound code; its keyed mode does
// the same with the key filled up to a block of its own. Key and ticket fit into one block here, where the keyed mode
// takes two, and the state after the key is kept, so a code costs one compression and a copy.

/// The ticket keys of this cluster: the current one first, and during a rotation the one before it.
///
/// Codes are BLAKE2b of 128 bits (libsodium) over key and ticket. A key's id is one byte derived from the key, so that
/// every process names it alike, whatever the order in its file. Loop-confined: each loop has its own ring.
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

    private let current: PrefixedHash
    private let previous: PrefixedHash?
    public let currentKeyID: UInt8
    private let previousKeyID: UInt8?

    public init(_ rawKeys: [[UInt8]]) throws(Problem) {
        guard sodium_init() >= 0 else { throw .unavailable }
        guard (1...2).contains(rawKeys.count), rawKeys.allSatisfy({ $0.count == 32 }) else { throw .invalidKey }
        let first = PrefixedHash(prefix: rawKeys[0])
        currentKeyID = Self.identifier(first)
        current = consume first
        guard rawKeys.count == 2 else {
            previous = nil
            previousKeyID = nil
            return
        }
        let second = PrefixedHash(prefix: rawKeys[1])
        previousKeyID = Self.identifier(second)
        previous = consume second
        guard previousKeyID != currentKeyID else { throw .sameID }
    }

    public func has(_ keyID: UInt8) -> Bool { keyID == currentKeyID || keyID == previousKeyID }

    public func code(of bytes: Span<UInt8>, keyID: UInt8) -> AuthenticationCode? {
        if keyID == currentKeyID { return current.code(of: bytes) }
        return keyID == previousKeyID ? previous?.code(of: bytes) : nil
    }

    private static func identifier(_ key: borrowing PrefixedHash) -> UInt8 {
        let label = Array("sluice ticket key id".utf8)
        return UInt8(truncatingIfNeeded: key.code(of: label.span).low)
    }
}

/// BLAKE2b of 128 bits over a fixed prefix and what is given, from the state behind the prefix.
///
/// Safe because both states are its own, and libsodium stays within `crypto_generichash_statebytes()` of them.
@safe private struct PrefixedHash: ~Copyable {
    private let begun: UnsafeMutableRawPointer
    private let scratch: UnsafeMutableRawPointer

    init(prefix: [UInt8]) {
        unsafe begun = Self.makeState()
        unsafe scratch = Self.makeState()
        let began = unsafe crypto_generichash_init(OpaquePointer(begun), nil, 0, 16)
        let updated = unsafe crypto_generichash_update(OpaquePointer(begun), prefix, UInt64(prefix.count))
        precondition(began == 0 && updated == 0, "BLAKE2b refused valid arguments")
    }

    deinit {
        unsafe Self.forget(begun)
        unsafe Self.forget(scratch)
    }

    private static func forget(_ state: UnsafeMutableRawPointer) {
        unsafe sodium_memzero(state, crypto_generichash_statebytes())
        unsafe state.deallocate()
    }

    /// libsodium wants the state on a boundary of 64 bytes.
    private static func makeState() -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer.allocate(byteCount: crypto_generichash_statebytes(), alignment: 64)
    }

    func code(of bytes: Span<UInt8>) -> AuthenticationCode {
        unsafe scratch.copyMemory(from: begun, byteCount: crypto_generichash_statebytes())
        var code: (UInt64, UInt64) = (0, 0)
        let result = unsafe withUnsafeMutableBytes(of: &code) { output in
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe crypto_generichash_update(OpaquePointer(scratch), input.baseAddress, UInt64(input.count))
                    | crypto_generichash_final(
                        OpaquePointer(scratch), output.baseAddress!.assumingMemoryBound(to: UInt8.self), output.count)
            }
        }
        precondition(result == 0, "BLAKE2b refused valid arguments")
        return AuthenticationCode(high: code.0.bigEndian, low: code.1.bigEndian)
    }
}
