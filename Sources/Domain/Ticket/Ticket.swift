/// The content of a ticket, apart from the name of its item, which is passed beside it. Equal purchases give equal
/// tickets: a ticket has no time in it. The incarnation identifies the item, so a ticket is plain numbers, and copies
/// of it cost nothing.
public struct Ticket: Sendable, Equatable {
    public var keyID: UInt8
    public var incarnation: UInt64
    public var sequence: Int64  // 1...4,294,967,295
    public var quantity: Int64  // units
    public var userTag: UInt64  // keyed hash of the user

    public init(
        keyID: UInt8, incarnation: UInt64, sequence: Int64, quantity: Int64, userTag: UInt64
    ) {
        self.keyID = keyID
        self.incarnation = incarnation
        self.sequence = sequence
        self.quantity = quantity
        self.userTag = userTag
    }
}

/// A 128-bit message authentication code.
public struct AuthenticationCode: Sendable {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Equality in constant time: no branch depends on where the codes differ.
    public func matches(_ other: AuthenticationCode) -> Bool { (high ^ other.high) | (low ^ other.low) == 0 }
}

/// Signs and checks bytes with one of the ticket keys.
public protocol TicketAuthenticator: AnyObject {
    /// The key that new tickets are signed with.
    var currentKeyID: UInt8 { get }
    /// The code of `bytes` under a key; nil where there is no such key.
    func code(of bytes: Span<UInt8>, keyID: UInt8) -> AuthenticationCode?
}
