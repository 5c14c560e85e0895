import Base
import Domain
import HTTPServer
import Store

/// Lets buyers poll a ticket, and cancel it.
final class TicketEndpoint {
    private let parts: EndpointParts
    private let finder: TicketFinder
    private(set) var polls: UInt64 = 0
    private(set) var forgedTickets: UInt64 = 0

    init(_ parts: EndpointParts, finder: TicketFinder) { (self.parts, self.finder) = (parts, finder) }

    func poll(_ request: borrowing Request, ticket range: Range<Int>, exchange: ExchangeID) {
        polls += 1
        withTicket(of: request, range, exchange) { found, text in
            let inquiry = TicketInquiry(exchange: exchange, ticket: found.ticket, kind: .poll)
            if let entry = found.entry, entry.view.snapshot.incarnation == found.ticket.incarnation {
                // The poll has the ticket's string: there is one for each ticket, so it need not be signed again.
                return finder.respond(to: inquiry, of: entry, user: nil, text: text)
            }
            withItem(of: found, text, exchange) { [unowned self] entry in
                finder.respond(to: inquiry, of: entry, user: nil, text: nil)
            }
        }
    }

    func cancel(_ request: borrowing Request, ticket range: Range<Int>, exchange: ExchangeID) {
        withTicket(of: request, range, exchange) { found, text in
            withItem(of: found, text, exchange) { [unowned self] in cancel(found.ticket, of: $0, exchange) }
        }
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
                // The notification may come after this answer; a poll in between must not answer "queued" again.
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
    }

    /// Hands `use` the ticket that a path names, and its string as we write it; refuses what we did not sign.
    @inline(__always)
    private func withTicket(
        of request: borrowing Request, _ range: Range<Int>, _ exchange: ExchangeID,
        _ use: (DecodedTicket, Span<UInt8>) -> Void
    ) {
        request.withPath { path in
            let text = path.extracting(range)
            if let found = decode(text) { return use(found, text) }
            if let plain = unescaped(path, range), let found = decode(plain.span) { return use(found, plain.span) }
            forgedTickets += 1
            parts.refuse(exchange, .unknownTicket)
        }
    }

    @inline(__always)
    private func decode(_ text: Span<UInt8>) -> DecodedTicket? {
        parts.codec.read(text) { DecodedTicket(ticket: $0, entry: parts.directory.entry(named: $1)) }
    }

    /// Finds the item of a ticket, whose string is `text`. One of another incarnation is unknown, one whose item is
    /// gone is lost.
    private func withItem(
        of found: DecodedTicket, _ text: Span<UInt8>, _ exchange: ExchangeID, _ body: @escaping (ItemEntry) -> Void
    ) {
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
        guard let name = parts.codec.decode(text)?.item else { return parts.refuse(exchange, .unknownTicket) }
        parts.directory.lookUp(name) { [unowned self] result in
            switch result {
            case .failure(let failure): finder.refuse(exchange, failure)
            case .success(let entry): go(on: entry)
            }
        }
    }
}
