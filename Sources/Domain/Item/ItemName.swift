import Base

/// A valid item name: 1...64 bytes of `[A-Za-z0-9_-]`. No other text can become part of a key of the store.
public struct ItemName: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// Nil when `text` is not a valid name.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard Self.isValid(bytes.span) else { return nil }
        description = text
    }

    public init?(_ bytes: Span<UInt8>) {
        guard Self.isValid(bytes) else { return nil }
        description = String(utf8: bytes)
    }

    public static func isValid(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= 1, bytes.count <= Limits.itemNameLength else { return false }
        for index in bytes.indices where !isAllowed(bytes[index]) { return false }
        return true
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
