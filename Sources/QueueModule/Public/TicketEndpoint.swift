import Base
import Domain
import HTTPServer
import Store

/// Lets buyers poll a ticket, and cancel it.
final class TicketEndpoint {
    private let parts: EndpointParts
    private let finder: TicketFinder
    private let reader: TicketReader
    private(set) var polls: UInt64 = 0

    init(_ parts: EndpointParts, finder: TicketFinder) {
        (self.parts, self.finder) = (parts, finder)
        reader = TicketReader(parts)
    }

    var forgedTickets: UInt64 { reader.forged }

    func poll(_ request: borrowing Request, ticket range: Range<Int>, exchange: ExchangeID) {
        polls += 1
        let wait: PollWait?
        do throws(PollWait.Refusal) {
            wait = try PollWait(request)
        } catch {
            return parts.refuse(exchange, .invalidRequest(error.reason))
        }
        reader.withTicket(of: request, range, exchange) { found, text in
            let kind: TicketInquiry.Kind = wait.map { .wait($0) } ?? .poll
            let inquiry = TicketInquiry(exchange: exchange, ticket: found.ticket, kind: kind)
            if let entry = found.entry, entry.view.snapshot.incarnation == found.ticket.incarnation {
                // The poll has the ticket's string: there is one for each ticket, so it need not be signed again.
                return finder.respond(to: inquiry, of: entry, user: nil, text: text)
            }
            reader.withItem(of: found, text, exchange) { [unowned self] entry in
                finder.respond(to: inquiry, of: entry, user: nil, text: nil)
            }
        }
    }

    func cancel(_ request: borrowing Request, ticket range: Range<Int>, exchange: ExchangeID) {
        reader.withTicket(of: request, range, exchange) { found, text in
            reader.withItem(of: found, text, exchange) { [unowned self] in cancel(found.ticket, of: $0, exchange) }
        }
    }

    private func cancel(_ ticket: Ticket, of entry: ItemEntry, _ exchange: ExchangeID) {
        let (store, responder) = (parts.store, parts.responder)
        guard store.isReady else { return responder.refuse(exchange, .storeUnavailable) }
        store.cancel(sequence: ticket.sequence, of: entry.reference) { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuseTicket(of: entry.name, exchange, after: failure)
            case .success(.cancelled):
                // The notification may come after this answer; a poll in between must not show what was before.
                entry.view.decided(ticket.sequence, as: .cancelled, incarnation: ticket.incarnation)
                responder.respond(to: exchange) { response in
                    response.status = 204
                    response.field("Cache-Control: no-store")
                }
            case .success(.inProgress): responder.refuse(exchange, .inProgress)
            case .success(.alreadyFinal): responder.refuse(exchange, .alreadyFinal)
            case .success(.unknown): responder.refuse(exchange, .lost)
            }
        }
    }
}
