import Base
public import Domain
import Sodium
public import Store

/// What an item is at the moment, as far as its tickets depend on it.
public struct ItemIdentity: Sendable, Equatable {
    public var incarnation: UInt64
    public var salt: [UInt8]  // 16 bytes, key of the users' tags

    public init(incarnation: UInt64, salt: [UInt8]) {
        self.incarnation = incarnation
        self.salt = salt
    }
}

/// Makes the tickets of purchases that this worker has taken: the strings that the queue processes gave the buyers.
///
/// While ticket keys are being changed, a purchase that came before has its ticket signed with the former key by the
/// queue processes and with the current one here: both are valid, and name the same purchase.
public final class TicketIssuer {
    private let codec: TicketCodec
    private var text = ByteBuffer(capacity: TicketCodec.longest)

    public init(authenticator: any TicketAuthenticator) {
        codec = TicketCodec(authenticator: authenticator)
    }

    public func ticket(of record: FlightRecord, item: ItemName, _ identity: ItemIdentity) -> String {
        let ticket = Ticket(
            keyID: codec.currentKeyID, item: item, incarnation: identity.incarnation, sequence: record.sequence,
            quantity: record.quantity, userTag: KeyedHash.hash(record.user.utf8.span, key: identity.salt))
        text.clear()
        codec.append(ticket, to: &text)
        return text.withSpan { String(utf8: $0) }
    }
}
