import Base
import Domain
import HTTPServer
import Store

/// Responds to purchases: with a ticket, or with the reason why there is none.
final class PurchaseResponder {
    private let parts: EndpointParts
    private let finder: TicketFinder
    private let tickets: TicketResponder
    private(set) var accepted: UInt64 = 0
    private(set) var replayed: UInt64 = 0
    private(set) var refused = [UInt64](repeating: 0, count: QueueFigures.PurchaseRefusal.allCases.count)

    init(_ parts: EndpointParts, finder: TicketFinder, tickets: TicketResponder) {
        (self.parts, self.finder, self.tickets) = (parts, finder, tickets)
    }

    /// - Parameters:
    ///   - ticket: the buyer's, or the one that holds the place; none where the outcome has none.
    ///   - knowsLife: the item was read in the life of the store that admitted.
    func respond(
        to exchange: ExchangeID, _ outcome: Admission.Outcome, _ ticket: Ticket, user: Span<UInt8>,
        of entry: ItemEntry, knowsLife: Bool
    ) {
        switch outcome {
        case .admitted:
            accepted += 1
            guard knowsLife else { return respondAfterRead(to: exchange, ticket, user: user, of: entry) }
            tickets.respond(
                to: TicketInquiry(exchange: exchange, ticket: ticket, kind: .purchase),
                at: entry.view.queued(ticket.sequence), of: entry, text: nil, user: user, details: .none)
        case .replayed:
            replayed += 1
            let user = user.indices.map { user[$0] }
            finder.respond(
                to: TicketInquiry(exchange: exchange, ticket: ticket, kind: .replay), of: entry, user: user, text: nil)
        // A user who wants more units than are allowed may hold no place that Location could name.
        case .limitReached where ticket.sequence == 0: refuse(exchange, .purchaseLimit, .limit)
        case .limitReached:
            refused[QueueFigures.PurchaseRefusal.limit.rawValue] += 1
            parts.responder.respond(to: exchange) { [codec = parts.codec] response in
                Problem.purchaseLimit.render(into: &response)
                response.field("Location: /v1/tickets/") { codec.append(ticket, item: entry.nameBytes, to: &$0) }
            }
        case .mismatch: refuse(exchange, .idempotencyMismatch, .mismatch)
        case .closed: refuse(exchange, .closed, of: entry)
        case .notOpen: refuse(exchange, .notOpen, of: entry)
        case .soldOut: refuse(exchange, .soldOut, of: entry)
        case .paused: refuse(exchange, .paused, .paused)
        case .queueFull: refuse(exchange, .queueFull, .queueFull)
        case .frozen: refuse(exchange, .degraded, .degraded)
        }
    }

    private func respondAfterRead(
        to exchange: ExchangeID, _ ticket: Ticket, user: Span<UInt8>, of entry: ItemEntry
    ) {
        let user = user.indices.map { user[$0] }
        // Where the read fails, the place is shown as it is known.
        parts.directory.refresh(entry) { [unowned self] _ in
            tickets.respond(
                to: TicketInquiry(exchange: exchange, ticket: ticket, kind: .purchase),
                at: entry.view.queued(ticket.sequence), of: entry, text: nil, user: user.span, details: .none)
        }
    }

    func refuse(_ exchange: ExchangeID, _ problem: Problem, _ why: QueueFigures.PurchaseRefusal) {
        refused[why.rawValue] += 1
        parts.refuse(exchange, problem)
    }

    func refuse(_ exchange: ExchangeID, _ refusal: ItemView.Refusal, of entry: ItemEntry) {
        switch refusal {
        case .closed: refuse(exchange, .closed, .closed)
        case .soldOut: refuse(exchange, .soldOut, .soldOut)
        case .notOpen:
            let now = entry.view.storeTime(now: parts.now)
            let left = entry.view.settings.opensAt.milliseconds - now.milliseconds
            refuse(exchange, .notOpen(retryAfterMilliseconds: max(1, left)), .notOpen)
        }
    }
}
