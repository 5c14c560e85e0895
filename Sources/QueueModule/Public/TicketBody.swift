import Base
import Domain
import HTTPServer
import Store

/// What the store keeps of a purchase beside its result.
enum TicketDetails: Equatable {
    case none
    indirect case known(PurchaseDetails)
    /// There may be some that could not be read.
    case unknown
}

/// What a response shows of a ticket.
struct TicketBody {
    enum State: Equatable {
        case queued(position: Int64)
        case processing, sold, soldOut, rejected, reserved, expired, cancelled, inDoubt

        var name: StaticString {
            switch self {
            case .queued: "queued"
            case .processing: "processing"
            case .sold: "sold"
            case .soldOut: "sold_out"
            case .rejected: "rejected"
            case .reserved: "reserved"
            case .expired: "expired"
            case .cancelled: "cancelled"
            case .inDoubt: "in_doubt"
            }
        }

        var isFinal: Bool {
            switch self {
            case .queued, .processing, .reserved, .inDoubt: false
            case .sold, .soldOut, .rejected, .expired, .cancelled: true
            }
        }
    }

    var state: State
    var reason: StaticString?
    var quantity: Int64
    var sequence: Int64
    var eta: WaitEstimate?  // nil where it can't be estimated
    var verdict: ItemView.Verdict = .possible
    var pollAfter: Int64 = 0  // milliseconds
    var expiresAt: WallInstant?  // of a reserved one; nil where it is not known
    /// The store may hold details that could not be read: the answer is not the last one.
    var isPartial = false

    var isFinal: Bool { state.isFinal && !isPartial }

    /// Nil for a place without a ticket, and for one that needs a read of the store first.
    init?(_ place: ItemView.Place, ticket: Ticket) {
        quantity = ticket.quantity
        sequence = ticket.sequence
        switch place {
        case .queued(let position): state = .queued(position: position)
        case .soldOut: state = .soldOut
        case .decided(let byte):
            switch byte {
            case .sold: state = .sold
            case .processing: state = .processing
            case .reserved: state = .reserved
            case .rejected: state = .rejected
            case .expired: state = .expired
            case .cancelled: state = .cancelled
            case .inDoubt: state = .inDoubt
            case .insufficientStock:
                state = .soldOut
                reason = "insufficient-stock"
            case .lost, .undecided: return nil
            }
        case .needsBlock, .needsSnapshot, .beyondTail: return nil
        }
        if state == .rejected { reason = "refused-by-order-sink" }
    }

    /// Appends the body, piece by piece: it is sent more often than any other, and the pieces between the values are
    /// constants. Tickets and names of items need no escaping.
    ///
    /// - Parameter user: the ticket's owner; nil where that is not known.
    func append(
        to body: inout ByteBuffer, ticket: Span<UInt8>, item: [UInt8], user: Span<UInt8>?,
        details: TicketDetails = .none
    ) {
        body.append("{\"ticket\":\"")
        body.append(ticket)
        body.append("\",\"item\":\"")
        body.append(item)
        body.append("\",\"user\":")
        if let user { body.appendJSON { $0.string(user) } } else { body.append("null") }
        body.append(",\"quantity\":")
        body.append(decimal: quantity)
        body.append(",\"state\":\"")
        body.append(state.name)
        body.append("\",\"sequence\":")
        body.append(decimal: sequence)
        if case .queued(let position) = state { append(position: position, to: &body) }
        body.append(",\"poll_after_ms\":")
        body.append(decimal: pollAfter)
        if case .known(let details) = details {
            append(details, to: &body)
        } else if reason == nil, expiresAt == nil {
            body.append(",\"order\":null,\"expires_at\":null,\"reason\":null")
        } else {
            append(PurchaseDetails(), to: &body)
        }
        if isFinal { body.append(",\"final\":true}") } else { body.append(",\"final\":false}") }
    }

    private func append(_ details: PurchaseDetails, to body: inout ByteBuffer) {
        body.append(",\"order\":")
        append(state == .sold ? details.order : [], to: &body)
        body.append(",\"expires_at\":")
        append(state == .reserved ? expiresAt : nil, to: &body)
        body.append(",\"reason\":")
        if details.reason.isEmpty, let reason {
            body.append(UInt8(ascii: "\""))
            body.append(reason)
            body.append(UInt8(ascii: "\""))
        } else {
            append(details.reason, to: &body)
        }
        guard let refund = details.refund else { return }
        body.append(",\"refund\":")
        body.appendJSON { refund.write(to: &$0) }
    }

    private func append(_ text: [UInt8], to body: inout ByteBuffer) {
        if text.isEmpty { body.append("null") } else { body.appendJSON { $0.string(text.span) } }
    }

    private func append(_ time: WallInstant?, to body: inout ByteBuffer) {
        guard let time else { return body.append("null") }
        body.appendJSON { $0.time(time) }
    }

    private func name(of verdict: ItemView.Verdict) -> StaticString {
        switch verdict {
        case .certain: "certain"
        case .possible: "possible"
        case .noChance: "no_chance"
        }
    }

    private func append(position: Int64, to body: inout ByteBuffer) {
        body.append(",\"position\":")
        body.append(decimal: position)
        body.append(",\"ahead\":")
        body.append(decimal: position - 1)
        if let eta {
            body.append(",\"eta\":{\"p50_ms\":")
            body.append(decimal: eta.p50)
            body.append(",\"p90_ms\":")
            body.append(decimal: eta.p90)
            body.append(",\"known\":true}")
        } else {
            body.append(",\"eta\":{\"p50_ms\":null,\"p90_ms\":null,\"known\":false}")
        }
        body.append(",\"verdict\":\"")
        body.append(name(of: verdict))
        body.append(UInt8(ascii: "\""))
    }
}

extension Refund {
    /// As tickets show it.
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("reference", reference)
        json.field("at", Optional(at))
        json.field("unit_returned", isUnitReturned)
        json.endObject()
    }
}
