import Base
import Domain
import HTTPServer
import Store

/// Lets buyers ask where a ticket stands, and leave.
final class TicketEndpoint {
    private let parts: EndpointParts
    private let finder: TicketFinder
    private(set) var polls: UInt64 = 0
    private(set) var forgedTickets: UInt64 = 0

    init(_ parts: EndpointParts, finder: TicketFinder) { (self.parts, self.finder) = (parts, finder) }

    func poll(_ request: borrowing Request, ticket range: Range<Int>, exchange: ExchangeID) {
        polls += 1
        guard let found = decode(request, range) else { return parts.refuse(exchange, .unknownTicket) }
        let inquiry = TicketInquiry(exchange: exchange, ticket: found.ticket, kind: .poll)
        if let entry = found.entry, entry.view.snapshot.incarnation == found.ticket.incarnation {
            // A poll has brought the ticket's string: there is one for each ticket, so it need not be signed again.
            return request.withPath { path in
                if found.isEscaped {
                    finder.respond(to: inquiry, of: entry, user: nil, text: nil)
                } else {
                    finder.respond(to: inquiry, of: entry, user: nil, text: path.extracting(range))
                }
            }
        }
        withItem(of: found, exchange) { [unowned self] in finder.respond(to: inquiry, of: $0, user: nil, text: nil) }
    }

    func cancel(_ request: borrowing Request, ticket range: Range<Int>, exchange: ExchangeID) {
        guard let found = decode(request, range) else { return parts.refuse(exchange, .unknownTicket) }
        withItem(of: found, exchange) { [unowned self] entry in cancel(found.ticket, of: entry, exchange) }
    }

    private func cancel(_ ticket: Ticket, of entry: ItemEntry, _ exchange: ExchangeID) {
        let (store, responder) = (parts.store, parts.responder)
        guard store.isReady else { return responder.refuse(exchange, .storeUnavailable) }
        store.cancel(sequence: ticket.sequence, of: entry.reference) { [unowned self] result in
            switch result {
            case .failure(.unknownItem): responder.refuse(exchange, .lost)
            case .failure(.otherIncarnation): responder.refuse(exchange, .unknownTicket)
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(.cancelled):
                // The message may come after this answer; a poll in between must not say "queued" again.
                entry.view.cancelled(ticket.sequence, incarnation: ticket.incarnation)
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

    // MARK: Decoding

    /// A ticket that we signed.
    private struct DecodedTicket {
        let ticket: Ticket
        /// Its item, where this loop knows one of that name.
        let entry: ItemEntry?
        /// The name, where it knows none; nil also for what is no name.
        let name: ItemName?
        /// It was not written as we write it.
        var isEscaped = false
    }

    private func decode(_ request: borrowing Request, _ range: Range<Int>) -> DecodedTicket? {
        let found = request.withPath { path -> DecodedTicket? in
            if let found = decode(path.extracting(range)) { return found }
            guard let plain = unescaped(path, range), var found = decode(plain.span) else { return nil }
            found.isEscaped = true
            return found
        }
        if found == nil { forgedTickets += 1 }
        return found
    }

    private func decode(_ text: Span<UInt8>) -> DecodedTicket? {
        parts.codec.read(text) { ticket, name in
            let entry = parts.directory.entry(named: name)
            return DecodedTicket(ticket: ticket, entry: entry, name: entry == nil ? ItemName(name) : nil)
        }
    }

    /// Finds the item of a ticket. One of another incarnation is unknown, one whose item is gone is lost.
    private func withItem(of found: DecodedTicket, _ exchange: ExchangeID, _ body: @escaping (ItemEntry) -> Void) {
        let incarnation = found.ticket.incarnation
        func go(on entry: ItemEntry) {
            guard entry.view.snapshot.incarnation == incarnation else {
                return parts.refuse(exchange, .unknownTicket)
            }
            body(entry)
        }
        if let entry = found.entry {
            if entry.view.snapshot.incarnation == incarnation { return body(entry) }
            parts.directory.refresh(entry) { [unowned self] failure in
                if let failure { finder.refuse(exchange, failure) } else { go(on: entry) }
            }
            return
        }
        guard let name = found.name else { return parts.refuse(exchange, .unknownTicket) }
        parts.directory.lookUp(name) { [unowned self] result in
            switch result {
            case .failure(let failure): finder.refuse(exchange, failure)
            case .success(let entry): go(on: entry)
            }
        }
    }
}
