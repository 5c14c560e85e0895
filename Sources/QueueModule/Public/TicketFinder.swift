import Base
import Domain
import HTTPServer
import Store

/// The request that a response with a ticket answers.
struct TicketInquiry {
    enum Kind { case purchase, replay, poll }

    let exchange: ExchangeID
    let ticket: Ticket
    let kind: Kind
}

/// Responds with a ticket's place: performs the reads that `TicketLocator` requires, until there is an answer.
final class TicketFinder {
    private let parts: EndpointParts
    private let tickets: TicketResponder
    private(set) var fromMemory: UInt64 = 0

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
            return respond(to: inquiry, at: place, of: entry, user: user, text: text, note: .none)
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
            respond(to: inquiry, at: place, of: entry, user: user, text: text, note: .none)
        case .readNote(let place): readNote(inquiry, at: place, of: entry, user: user)
        case .respondWithoutNote(let place):
            respond(to: inquiry, at: place, of: entry, user: user, text: text, note: .unknown)
        case .readItem: readItem(locator, inquiry, of: entry, user: user)
        case .readBlock(let index): readBlock(index, locator, inquiry, of: entry, user: user)
        case .refuse(.unknownTicket): parts.refuse(inquiry.exchange, .unknownTicket)
        case .refuse(.lost): parts.refuse(inquiry.exchange, .lost)
        case .refuse(.storeAway): parts.refuse(inquiry.exchange, .storeUnavailable)
        }
    }

    private func respond(
        to inquiry: TicketInquiry, at place: ItemView.Place, of entry: ItemEntry, user: [UInt8]?, text: Span<UInt8>?,
        note: TicketNote
    ) {
        if let user {
            tickets.respond(to: inquiry, at: place, of: entry, text: text, user: user.span, note: note)
        } else {
            tickets.respond(to: inquiry, at: place, of: entry, text: text, user: nil, note: note)
        }
    }

    private func readItem(
        _ locator: TicketLocator, _ inquiry: TicketInquiry, of entry: ItemEntry, user: [UInt8]?
    ) {
        parts.directory.refresh(entry) { [unowned self] failure in
            if let failure { return refuse(inquiry.exchange, failure) }
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
            case .failure(let failure): parts.refuse(inquiry.exchange, after: failure)
            case .success(let endedAt):
                let step = locator.blockRead(
                    in: entry.view, endedAt: endedAt, store: parts.storeState, now: parts.now)
                perform(step, locator, inquiry, of: entry, user: user, text: nil)
            }
        }
    }

    /// Reads the order's reference, or the reason of a refusal, which the store alone has. A buyer who has the final
    /// answer polls no more, so that is one call a purchase; where the store can't answer, the ticket is not final yet.
    private func readNote(
        _ inquiry: TicketInquiry, at place: ItemView.Place, of entry: ItemEntry, user: [UInt8]?
    ) {
        parts.store.note(
            of: inquiry.ticket.sequence, wasConfirmed: place == .decided(.sold), in: entry.reference
        ) { [unowned self] result in
            let note = (try? result.get()).map(TicketNote.init) ?? .unknown  // unheard: the response is not final then
            respond(to: inquiry, at: place, of: entry, user: user, text: nil, note: note)
        }
    }

    /// A ticket whose item is gone is lost.
    func refuse(_ exchange: ExchangeID, _ failure: StoreFailure) {
        if failure == .unknownItem { parts.refuse(exchange, .lost) } else { parts.refuse(exchange, after: failure) }
    }
}
