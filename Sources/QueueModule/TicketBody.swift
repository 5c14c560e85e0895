import Base
import Domain
import HTTPServer

/// What a buyer is told of a ticket.
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
    var eta: Estimate = .unknown
    var verdict: ItemView.Verdict = .possible
    var pollAfter: Int64 = 0  // milliseconds

    /// When a place comes up, in milliseconds from now.
    struct Estimate: Equatable {
        var p50: Int64?
        var p90: Int64?
        static let unknown = Estimate(p50: nil, p90: nil)

        /// `ahead + 1` purchases at `perSecond`; the band is that of a Poisson stream, 1.28 deviations and 3 % wide.
        init(position: Int64, perSecond: Double) {
            let middle = Double(position) / perSecond * 1_000
            let deviation = Double(position).squareRoot() / perSecond * 1_000
            p50 = Int64(middle.rounded(.up))
            p90 = Int64((middle * 1.03 + 1.28 * deviation).rounded(.up))
        }

        private init(p50: Int64?, p90: Int64?) {
            self.p50 = p50
            self.p90 = p90
        }
    }

    /// Nil where the place says that there is no such ticket, or that the store must be asked first.
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

    func append(to body: inout ByteBuffer, ticket: Span<UInt8>, item: ItemName, user: ArraySlice<UInt8>?) {
        body.appendJSON { json in
            json.beginObject()
            json.field("ticket", ticket)
            json.field("item", item.description)
            if let user { json.field("user", user.span) } else { json.nullField("user") }
            json.field("quantity", quantity)
            json.field("state", constant: state.name)
            json.field("sequence", sequence)
            if case .queued(let position) = state {
                json.field("position", position)
                json.field("ahead", position - 1)
                json.key("eta")
                json.beginObject()
                json.field("p50_ms", eta.p50)
                json.field("p90_ms", eta.p90)
                json.field("known", eta.p50 != nil)
                json.endObject()
                json.field("verdict", verdict.rawValue)
            }
            json.field("poll_after_ms", pollAfter)
            json.nullField("order")
            json.nullField("expires_at")
            if let reason { json.field("reason", constant: reason) } else { json.nullField("reason") }
            json.field("final", state.isFinal)
            json.endObject()
        }
    }
}
