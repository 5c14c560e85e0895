import Base
import Domain
import EventLoop
import HTTPServer
import Store

// DESIGN
// A change arrives as a notification of the store and goes out in the same turn of the loop: the directory brings its
// view of the item up to date, the audience finds who listens for the sequences concerned, and a poll is answered or an
// event sent. At most so many are shown in one turn; the rest follow in the next ones, after what came in meanwhile. So
// the end of a sale that fifteen thousand listen for takes a tenth of a second, and a purchase in it some milliseconds.

/// All requests of one loop that stay open: polls that wait, and streams of tickets and items.
final class Push {
    private let parts: EndpointParts
    let requests: OpenRequests
    let audience: TicketAudience
    let polls: LongPolls
    let tickets: TicketStreams
    let items: ItemStreams
    private unowned let finder: TicketFinder
    private var isAwake = false

    /// - Parameter most: requests that may stay open at once.
    init(
        _ parts: EndpointParts, finder: TicketFinder, responder: TicketResponder, pages: ItemPages, most: Int,
        seed: UInt64
    ) {
        (self.parts, self.finder) = (parts, finder)
        requests = OpenRequests(parts, most: most)
        audience = TicketAudience(parts)
        polls = LongPolls(parts, requests, audience, finder: finder)
        tickets = TicketStreams(parts, requests, audience, tickets: responder, seed: seed)
        items = ItemStreams(parts, requests, streams: tickets, pages: pages)
        requests.onDue = { [unowned self] in wake() }
        requests.onVisit = { [unowned self] in visit($0) }
        requests.onEnd = { [unowned self] in ended($0) }
        responder.onWait = { [unowned self] in polls.park($0, $1, $2, of: $3) }
        responder.onEvent = { [unowned self] in tickets.show($0, $1, details: $2) }
        finder.onRefusedEvent = { [unowned self] in tickets.refuse($0, $1) }
        audience.onDue = { [unowned self] in wake() }
        audience.onLook = { [unowned self] in look($0) }
        items.onDue = { [unowned self] in wake() }
        parts.directory.onViewChange = { [unowned self] entry, change in
            audience.hear(change, of: entry)
            if case .gone = change { items.gone(entry) }
        }
    }

    /// No more are taken, and all that are open end.
    func stop() { requests.stop() }

    var figures: QueueFigures.PushFigures {
        var figures = QueueFigures.PushFigures()
        (figures.streams, figures.polls, figures.listeners) = (requests.streams, requests.polls, audience.count)
        (figures.ticketEvents, figures.itemEvents) = (tickets.events, items.events)
        (figures.heartbeats, figures.refused) = (tickets.heartbeats, requests.refused)
        return figures
    }

    /// The store can be read again.
    func storeUp() { audience.renew() }

    // MARK: Turns

    private func wake() {
        guard !isAwake else { return }
        isAwake = true
        parts.loop.beforeSleepOnce { [unowned self] in work() }
    }

    private func work() {
        var left = Limits.listenersATurn
        parts.responder.together {
            left -= audience.lookAtDue(atMost: left)
            left -= items.showDue(atMost: left)
            left -= requests.visitDue(atMost: left)
        }
        guard audience.hasDue || items.hasDue || requests.hasDue else { return isAwake = false }
        parts.loop.schedule(at: parts.now) { [unowned self] in work() }
    }

    // MARK: One request

    private func ended(_ request: OpenRequest) {
        for listener in request.listeners { audience.leave(listener) }
        if case .item(let readers) = request.kind { items.left(readers) }
    }

    private func visit(_ request: OpenRequest) {
        if case .poll = request.kind { return polls.answer(request) }
        if requests.isStopping { return tickets.end(request) }
        for listener in request.listeners where !listener.isDone { look(listener, isVisit: true) }
        tickets.beat(request)
    }

    private func look(_ listener: TicketListener, isVisit: Bool = false) {
        guard let id = listener.id else { return }
        let (entry, request) = (listener.entry, listener.request)
        guard entry.audience?.isGone != true else {
            if request.isPoll { return polls.answer(request) }
            return parts.problem(ofTicketOf: entry.name, after: .unknownItem) { [tickets] in tickets.refuse(id, $0) }
        }
        switch TicketLocator(listener.ticket).locate(in: entry.view, store: parts.storeState, now: parts.now) {
        // A view that can't be believed is read again for all its listeners, who are then looked at.
        case .readItem: return parts.directory.renew(entry)
        case .respond(let place, _), .readDetails(let place), .respondWithoutDetails(let place):
            if request.isPoll { return polls.look(listener, at: place) }
            if !tickets.isNew(place, to: listener) {
                if isVisit, case .queued = place { tickets.showPlace(place, to: listener) }
                return
            }
        case .refuse(.storeAway) where request.isPoll || listener.wasShownAway: return
        case .readBlock, .refuse: if request.isPoll { return polls.look(listener, at: nil) }
        }
        finder.respond(
            to: TicketInquiry(exchange: request.exchange, ticket: listener.ticket, kind: .event(id)), of: entry,
            user: nil, text: nil)
    }
}
