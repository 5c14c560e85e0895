public import Base

/// What can happen to a purchase after it was admitted, or to an item.
public enum EventType: UInt8, Sendable, CaseIterable {
    case reserved, sold, expired, cancelled, rejected, inDoubt, refundDue, refunded
    case itemSoldOut, itemReopened, itemClosed

    public var name: StaticString {
        switch self {
        case .reserved: "sluice.ticket.reserved"
        case .sold: "sluice.ticket.sold"
        case .expired: "sluice.ticket.expired"
        case .cancelled: "sluice.ticket.cancelled"
        case .rejected: "sluice.ticket.rejected"
        case .inDoubt: "sluice.ticket.in_doubt"
        case .refundDue: "sluice.ticket.refund_due"
        case .refunded: "sluice.ticket.refunded"
        case .itemSoldOut: "sluice.item.sold_out"
        case .itemReopened: "sluice.item.reopened"
        case .itemClosed: "sluice.item.closed"
        }
    }

    /// Of an item as a whole, which no purchase is named for.
    public var isOfItem: Bool {
        switch self {
        case .itemSoldOut, .itemReopened, .itemClosed: true
        default: false
        }
    }
}

/// One thing that happened, with what is known of the purchase that it happened to.
public struct Event: Sendable, Equatable {
    public let cursor: EventCursor
    public let type: EventType
    public let sequence: Int64  // 0: of the item as a whole
    public let attempt: Int64  // 0: none
    public private(set) var quantity: Int64  // units; 0: not known
    public var user = ""  // empty: not known
    public var order = ""  // the order service's reference; empty: none
    public var reference = ""  // the shop's, of the payment or refund; empty: none
    public var reason = ""  // why the order service refused; empty: none
    public var isUnitReturned: Bool?  // of a refund: its units came back

    public init(cursor: EventCursor, type: EventType, sequence: Int64, attempt: Int64, quantity: Int64) {
        self.cursor = cursor
        self.type = type
        self.sequence = sequence
        self.attempt = attempt
        self.quantity = quantity
    }

    /// Adds what is not known of the purchase yet: who made it, and its units.
    public mutating func complete(user: String, quantity: Int64) {
        self.user = user
        if self.quantity == 0 { self.quantity = quantity }
    }

    /// By the store's clock.
    public var time: WallInstant { WallInstant(milliseconds: Int64(clamping: cursor.position.id.time)) }
}
