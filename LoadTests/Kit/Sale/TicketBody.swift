/// Where a purchase stands, in the words of the contract.
public enum TicketState: String, Sendable {
    case queued, processing, reserved, sold, rejected, expired, cancelled
    case soldOut = "sold_out"
    case inDoubt = "in_doubt"

    var isFinal: Bool {
        switch self {
        case .queued, .processing, .reserved, .inDoubt: false
        case .sold, .soldOut, .rejected, .expired, .cancelled: true
        }
    }
}

/// What the server says of one ticket.
public struct TicketBody: Sendable, Equatable {
    public var ticket: String
    public var item: String
    public var user: String?
    public var state: TicketState
    public var sequence: Int64
    public var pollAfter: Nanoseconds?

    public init(ticket: String, item: String, user: String?, state: TicketState, sequence: Int64) {
        self.ticket = ticket
        self.item = item
        self.user = user
        self.state = state
        self.sequence = sequence
    }

    /// Refuses a body without the fields that every ticket has, and one whose `final` does not fit its `state`.
    public init(json: [UInt8]) throws(MalformedJSON) {
        let object = try JSONObject(json)
        guard let ticket = try object.text("ticket"), !ticket.isEmpty else { throw MalformedJSON("no ticket") }
        guard let item = try object.text("item") else { throw MalformedJSON("no item") }
        guard let word = try object.text("state") else { throw MalformedJSON("no state") }
        guard let state = TicketState(rawValue: word) else { throw MalformedJSON("unknown state \(word)") }
        guard let sequence = try object.integer("sequence"), sequence >= 1 else { throw MalformedJSON("no sequence") }
        guard try object.truth("final") == state.isFinal else { throw MalformedJSON("final does not fit \(word)") }
        self.init(
            ticket: ticket, item: item, user: try object.text("user"), state: state, sequence: sequence)
        if let milliseconds = try object.integer("poll_after_ms") {
            guard state.isFinal || (1...3_600_000).contains(milliseconds) else {
                throw MalformedJSON("poll_after_ms \(milliseconds)")
            }
            pollAfter = .milliseconds(milliseconds)
        } else if !state.isFinal {
            throw MalformedJSON("no poll_after_ms")
        }
        _ = try object.text("reason")
    }
}
