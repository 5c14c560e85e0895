/// A request of a load test in 64 bits: what is sent, for whom, and what was known when it left.
public struct RequestTag: Sendable, Equatable {
    public enum Kind: UInt64, Sendable {
        case purchase, poll, leave
        /// A poll of a known ticket for no buyer in particular.
        case check
        case view
    }

    public let kind: Kind
    /// Whether the user had a place when the request left.
    public var knewPlace = false
    /// Whether the user had a final answer when the request left.
    public var knewFinal = false
    /// A buyer's row, a row of known tickets, or an item; 27 bits.
    public let number: Int
    /// Whose ticket a check reads.
    public var user: UInt32 = 0

    public init(_ kind: Kind, _ number: Int) {
        self.kind = kind
        self.number = number
    }

    public init(bits: UInt64) {
        guard let kind = Kind(rawValue: bits & 7) else { preconditionFailure("tags are made here only") }
        self.kind = kind
        knewPlace = bits & 8 != 0
        knewFinal = bits & 16 != 0
        user = UInt32(truncatingIfNeeded: bits >> 5)
        number = Int(bits >> 37)
    }

    /// From the low end: 3 bits of kind, 2 of what was known, 32 of user, 27 of number.
    public var bits: UInt64 {
        kind.rawValue | (knewPlace ? 8 : 0) | (knewFinal ? 16 : 0) | UInt64(user) << 5 | UInt64(number) << 37
    }
}
