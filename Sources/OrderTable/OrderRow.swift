public import Base
public import Domain

/// A purchase as it stands in the table of orders.
public struct OrderRow: Sendable, Equatable {
    public var ticket: String
    public var item: ItemName
    public var incarnation: UInt64
    public var user: String
    public var keyDigest: UInt64  // 56 bits
    public var sequence: Int64
    public var quantity: Int64
    public var attempt: Int64
    public var admittedAt: WallInstant

    public init(
        ticket: String, item: ItemName, incarnation: UInt64, user: String, keyDigest: UInt64, sequence: Int64,
        quantity: Int64, attempt: Int64, admittedAt: WallInstant
    ) {
        self.ticket = ticket
        self.item = item
        self.incarnation = incarnation
        self.user = user
        self.keyDigest = keyDigest
        self.sequence = sequence
        self.quantity = quantity
        self.attempt = attempt
        self.admittedAt = admittedAt
    }

    /// As the store and the table have it: 16 hex digits.
    var incarnationText: String {
        let digits = String(incarnation, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// What the table holds of a purchase, for good.
public enum OrderAnswer: Sendable, Equatable {
    /// There is an order, of this reference.
    case confirmed(reference: String)
    /// There is none and there will be none.
    case refused(reason: String)
}

/// Why the table did not answer, classed by what the caller may do.
public enum OrderTableFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not sent: nothing was done.
    case unreachable
    /// Sent, and not answered: orders may have been placed. The same orders may be sent again.
    case outcomeUnknown
    /// The server undid it. `code` is a SQLSTATE.
    case refused(code: String, message: String)
    /// The server answered something that is no answer to it.
    case unexpectedReply

    public var description: String {
        switch self {
        case .unreachable: "not sent"
        case .outcomeUnknown: "no answer"
        case .refused(let code, let message): "\(code) \(message)"
        case .unexpectedReply: "an answer of another shape"
        }
    }

    private var sqlClass: Substring? {
        if case .refused(let code, _) = self { code.prefix(2) } else { nil }
    }

    /// Whether one row may be the cause, so that the others would pass without it: its values, or a rule that the
    /// merchant has added to the table.
    public var mayBeOfOneRow: Bool { ["22", "23", "44", "P0"].contains(sqlClass) }

    /// Whether the server was merely too busy: no memory, disk or connections left, locks, its own time limit.
    public var isBusy: Bool { ["40", "53", "55", "57"].contains(sqlClass) }

    /// Whether it can't get better without an operator: a login, a database, a table or a right is missing.
    public var isOfSetUp: Bool { ["28", "3D", "3F", "42"].contains(sqlClass) }
}
