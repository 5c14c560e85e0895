/// What a ticket says of itself. Equal purchases give equal tickets: there is no time in it.
package struct Ticket: Sendable, Equatable {
    package var keyID: UInt8
    package var item: ItemName
    package var incarnation: UInt64
    package var sequence: Int64  // 1...4,294,967,295
    package var quantity: Int64  // units
    package var userTag: UInt64  // keyed hash of the user

    package init(
        keyID: UInt8, item: ItemName, incarnation: UInt64, sequence: Int64, quantity: Int64, userTag: UInt64
    ) {
        self.keyID = keyID
        self.item = item
        self.incarnation = incarnation
        self.sequence = sequence
        self.quantity = quantity
        self.userTag = userTag
    }
}

/// A 128-bit message authentication code.
package struct AuthenticationCode: Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Equality in constant time: no branch depends on where the codes differ.
    package func matches(_ other: AuthenticationCode) -> Bool { (high ^ other.high) | (low ^ other.low) == 0 }
}

/// Signs and checks bytes with one of the ticket keys.
package protocol TicketAuthenticator: AnyObject {
    /// The key that new tickets are signed with.
    var currentKeyID: UInt8 { get }
    /// The code of the first `count` bytes under a key, or nil when there is no such key.
    func code(of bytes: [UInt8], count: Int, keyID: UInt8) -> AuthenticationCode?
}
