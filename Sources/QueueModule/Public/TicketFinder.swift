import Base
import Domain
import HTTPServer
import Store

/// The request that a response with a ticket answers.
struct TicketInquiry {
    enum Kind {
        case purchase, replay, poll
        /// A poll that may wait for a change.
        case wait(PollWait)
        /// A poll whose wait is over.
        case waited(seconds: Int64)
        /// A stream, which is shown the ticket through this listener.
        case event(Token)
    }

    let exchange: ExchangeID
    let ticket: Ticket
    let kind: Kind
}

/// Responds with a ticket's place: performs the reads that `TicketLocator` requires, until there is an answer.
final class TicketFinder {
    private let parts: EndpointParts
    private let tickets: TicketResponder
    private(set) var fromMemory: UInt64 = 0
    /// Shows a stream, through one of its listeners, why its ticket can't be shown.
    var onRefusedEvent: (Token, Problem) -> Void = { _, _ in }

    init(_ parts: EndpointParts, tickets: TicketResponder) { (self.parts, self.tickets) = (parts, tickets) }

    /// - Parameters:
    ///   - user: the ticket's owner; nil where that is not known.
    ///   - text: the ticket's string, where the request has it.
    func respond(to inquiry: TicketInquiry, of entry: ItemEntry, user: [UInt8]?, text: Span<UInt8>?) {
        let locator = TicketLocator(inquiry.ticket)
        let step = locator.locate(in: entry.view, store: parts.storeState, now: parts.now)
        // Nearly every poll ends here, and is spared the checks below.
        if case .respond(let place, fromCurrentMemory: true) = step {
            fromMemory += 1
            return respond(to: inquiry, at: place, of: entry, user: user, text: text, details: .none)
        }
        perform(step, locator, inquiry, of: entry, user: user, text: text)
    }

    private func perform(
        _ step: TicketLocator.Step, _ locator: TicketLocator, _ inquiry: TicketInquiry, of entry: ItemEntry,
        user: [UInt8]?, text: Span<UInt8>?
    ) {
        switch step {
        case .respond(let place, let fromCurrentMemory):
            if fromCurrentMemory { fromMemory += 1 }
            respond(to: inquiry, at: place, of: entry, user: user, text: text, details: .none)
        case .readDetails(let place): readDetails(locator, inquiry, at: place, of: entry, user: user)
        case .respondWithoutDetails(let place):
            respond(to: inquiry, at: place, of: entry, user: user, text: text, details: .unknown)
        case .readItem: readItem(locator, inquiry, of: entry, user: user)
        case .readBlock(let index): readBlock(index, locator, inquiry, of: entry, user: user)
        case .refuse(.unknownTicket): refuse(inquiry, .unknownTicket)
        case .refuse(.lost): refuse(inquiry, .lost)
        case .refuse(.storeAway): refuse(inquiry, .storeUnavailable)
        }
    }

    private func refuse(_ inquiry: TicketInquiry, _ problem: Problem) {
        if case .event(let listener) = inquiry.kind { return onRefusedEvent(listener, problem) }
        parts.refuse(inquiry.exchange, problem)
    }

    private func respond(
        to inquiry: TicketInquiry, at place: ItemView.Place, of entry: ItemEntry, user: [UInt8]?, text: Span<UInt8>?,
        details: TicketDetails
    ) {
        if let user {
            tickets.respond(to: inquiry, at: place, of: entry, text: text, user: user.span, details: details)
        } else {
            tickets.respond(to: inquiry, at: place, of: entry, text: text, user: nil, details: details)
        }
    }

    private func readItem(
        _ locator: TicketLocator, _ inquiry: TicketInquiry, of entry: ItemEntry, user: [UInt8]?
    ) {
        parts.directory.refresh(entry) { [unowned self] failure in
            if let failure {
                return parts.problem(ofTicketOf: entry.name, after: failure) { [unowned self] in refuse(inquiry, $0) }
            }
            var locator = locator
            locator.itemRead()
            let step = locator.locate(in: entry.view, store: parts.storeState, now: parts.now)
            perform(step, locator, inquiry, of: entry, user: user, text: nil)
        }
    }

    private func readBlock(
        _ index: Int, _ locator: TicketLocator, _ inquiry: TicketInquiry, of entry: ItemEntry, user: [UInt8]?
    ) {
        parts.directory.block(index, of: entry) { [unowned self] result in
            switch result {
            case .failure(let failure): refuse(inquiry, parts.failures.problem(failure))
            case .success(let endedAt):
                let step = locator.blockRead(
                    in: entry.view, endedAt: endedAt, store: parts.storeState, now: parts.now)
                perform(step, locator, inquiry, of: entry, user: user, text: nil)
            }
        }
    }

    /// Reads what the store alone has of a purchase. A buyer who has the final answer polls no more, so of those that
    /// have ended that is one call a purchase; where the store can't answer, the ticket is not final yet.
    private func readDetails(
        _ locator: TicketLocator, _ inquiry: TicketInquiry, at place: ItemView.Place, of entry: ItemEntry,
        user: [UInt8]?
    ) {
        let sequence = inquiry.ticket.sequence
        parts.store.details(of: sequence, in: entry.reference) { [unowned self] result in
            // The name may have passed to another item meanwhile.
            guard entry.view.snapshot.incarnation == inquiry.ticket.incarnation else {
                return refuse(inquiry, .unknownTicket)
            }
            let details = try? result.get()  // unheard: the response is not final then
            if place == .decided(.reserved), let details {
                // The notification of its end may have come while this was read.
                if case .decided(let byte)? = entry.view.remembered(sequence), byte.isFinal {
                    let step = locator.locate(in: entry.view, store: parts.storeState, now: parts.now)
                    return perform(step, locator, inquiry, of: entry, user: user, text: nil)
                }
                guard let deadline = details.payUntil else {
                    var locator = locator
                    return perform(locator.holdHasEnded(), locator, inquiry, of: entry, user: user, text: nil)
                }
                entry.view.read(deadline: deadline, of: sequence, now: parts.now)
            }
            respond(
                to: inquiry, at: place, of: entry, user: user, text: nil,
                details: details.map(TicketDetails.known) ?? .unknown)
        }
    }
}
