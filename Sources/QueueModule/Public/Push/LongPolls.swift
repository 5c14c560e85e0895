import Base
import Domain
import HTTPServer
import Store

/// Polls that wait until their ticket's state changes, or their time is over.
final class LongPolls {
    private let parts: EndpointParts
    private let requests: OpenRequests
    private let audience: TicketAudience
    private unowned let finder: TicketFinder

    enum Decision: Equatable {
        case parked
        /// It is answered now, and it was followed: there is nothing to wait for.
        case answer
        /// It is answered now, though it wished to wait.
        case notFollowed
    }

    init(_ parts: EndpointParts, _ requests: OpenRequests, _ audience: TicketAudience, finder: TicketFinder) {
        (self.parts, self.requests, self.audience, self.finder) = (parts, requests, audience, finder)
    }

    /// Decides on a poll whose ticket was found: has it wait, unless there is something to answer.
    func park(_ inquiry: TicketInquiry, _ wait: PollWait, _ body: TicketBody, of entry: ItemEntry) -> Decision {
        if body.isFinal { return .answer }
        if let known = wait.known, known != body.state.letter { return .answer }
        guard parts.store.isReady, !body.isPartial,
            let request = requests.open(inquiry.exchange, .poll(wait))
        else { return .notFollowed }
        let listener = TicketListener(inquiry.ticket, of: entry, for: request)
        listener.shows(ShownTicket(body))
        request.add(listener)
        audience.join(listener)
        requests.visit(request, at: parts.now + .seconds(wait.seconds))
        return .parked
    }

    /// The state of a ticket may have changed.
    func look(_ listener: TicketListener, at place: ItemView.Place?) {
        if let place {
            guard let body = TicketBody(place, ticket: listener.ticket) else { return answer(listener.request) }
            if listener.shown?.covers(body.state) == true { return }
        }
        answer(listener.request)
    }

    /// Answers a poll as things stand.
    func answer(_ request: OpenRequest) {
        guard case .poll(let wait) = request.kind, let listener = request.listeners.first else {
            preconditionFailure("a poll waits for one ticket")
        }
        let (ticket, entry) = (listener.ticket, listener.entry)
        requests.end(request)
        let inquiry = TicketInquiry(
            exchange: request.exchange, ticket: ticket, kind: .waited(seconds: wait.seconds))
        guard entry.audience?.isGone != true, parts.directory.entry(named: entry.name) === entry else {
            return parts.refuseTicket(of: entry.name, request.exchange, after: .unknownItem)
        }
        finder.respond(to: inquiry, of: entry, user: nil, text: nil)
    }
}
