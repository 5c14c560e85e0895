import CSodium
public import Domain

/// The ticket keys of this cluster: the current one first, and during a rotation the one before it.
///
/// Codes are keyed BLAKE2b of 128 bits (libsodium). A key's id is one byte derived from the key, so that every process
/// names it alike, whatever the order in its file. Loop-confined: each loop has its own ring.
public final class TicketKeyRing: TicketAuthenticator {
    public enum Problem: Error, Equatable, CustomStringConvertible {
        /// libsodium could not be set up.
        case unavailable
        /// A key is not 32 bytes long, or there is none.
        case invalidKey
        /// Two different keys have the same one-byte id: make another key.
        case sameID

        public var description: String {
            switch self {
            case .unavailable: "libsodium can't be set up"
            case .invalidKey: "a ticket key is 32 bytes"
            case .sameID: "the two ticket keys have the same one-byte id, as 1 in 256 pairs do; make another new key"
            }
        }
    }

    private let keys: [(id: UInt8, bytes: [UInt8])]

    public init(_ rawKeys: [[UInt8]]) throws(Problem) {
        guard sodium_init() >= 0 else { throw .unavailable }
        guard !rawKeys.isEmpty, rawKeys.allSatisfy({ $0.count == 32 }) else { throw .invalidKey }
        keys = rawKeys.map { (id: Self.identifier(of: $0), bytes: $0) }
        guard Set(keys.map(\.id)).count == keys.count else { throw .sameID }
    }

    public var currentKeyID: UInt8 { keys[0].id }

    public func has(_ keyID: UInt8) -> Bool { keys.contains { $0.id == keyID } }

    public func code(of bytes: Span<UInt8>, keyID: UInt8) -> AuthenticationCode? {
        for key in keys where key.id == keyID { return Self.hash(bytes, key: key.bytes) }
        return nil
    }

    private static func identifier(of key: [UInt8]) -> UInt8 {
        let label = Array("sluice ticket key id".utf8)
        return UInt8(truncatingIfNeeded: hash(label.span, key: key).low)
    }

    private static func hash(_ bytes: Span<UInt8>, key: [UInt8]) -> AuthenticationCode {
        var code: (UInt64, UInt64) = (0, 0)
        let result = unsafe withUnsafeMutableBytes(of: &code) { output in
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe crypto_generichash(
                    output.baseAddress!.assumingMemoryBound(to: UInt8.self), 16, input.baseAddress,
                    UInt64(input.count), key, key.count)
            }
        }
        precondition(result == 0, "BLAKE2b refused valid arguments")
        return AuthenticationCode(high: code.0.bigEndian, low: code.1.bigEndian)
    }
}
