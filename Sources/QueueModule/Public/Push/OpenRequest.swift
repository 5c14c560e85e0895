import Base
import Domain
import HTTPServer

/// A request that stays open: a poll that waits for a change, or a stream of events. It belongs to `OpenRequests`.
final class OpenRequest {
    enum Kind {
        case poll(PollWait)
        case tickets
        case item(ItemReaders)
    }

    let exchange: ExchangeID
    let kind: Kind
    /// Its address in the table; nil once it has ended.
    private(set) var id: Token?
    /// Of its tickets, in the order of the request; an item's stream has none.
    private(set) var listeners: [TicketListener] = []
    /// The head of its answer was sent.
    private(set) var isBegun = false
    private(set) var visitAt = MonotonicInstant(nanoseconds: .max)
    private(set) var lastSent: MonotonicInstant

    init(_ exchange: ExchangeID, _ kind: Kind, now: MonotonicInstant) {
        (self.exchange, self.kind, lastSent) = (exchange, kind, now)
    }

    var isPoll: Bool { if case .poll = kind { true } else { false } }

    func inserted(as id: Token) { self.id = id }

    func add(_ listener: TicketListener) { listeners.append(listener) }

    func begun() {
        precondition(!isBegun, "an answer begins once")
        isBegun = true
    }

    func sent(at now: MonotonicInstant) { lastSent = now }

    func planned(visitAt time: MonotonicInstant) { visitAt = time }

    /// Nothing more will be shown of any of its tickets.
    var isFinished: Bool { listeners.allSatisfy(\.isDone) }

    func ended() { id = nil }
}

/// One ticket of an open request.
final class TicketListener {
    let ticket: Ticket
    let entry: ItemEntry
    unowned let request: OpenRequest
    /// Its address in the table; nil once it is done.
    private(set) var id: Token?
    /// What was shown last; nil before the first time, and where it must be shown again.
    private(set) var shown: ShownTicket?
    /// What its client had seen before it came back, as the part of an id; empty where it is new.
    private(set) var seen: [UInt8]
    private(set) var isDone = false
    /// The client was shown that nothing is known at the moment.
    private(set) var wasShownAway = false

    init(_ ticket: Ticket, of entry: ItemEntry, for request: OpenRequest, seen: [UInt8] = []) {
        (self.ticket, self.entry, self.request, self.seen) = (ticket, entry, request, seen)
    }

    func inserted(as id: Token) { self.id = id }

    func shows(_ ticket: ShownTicket) { (shown, seen, wasShownAway) = (ticket, [], false) }

    func showsAway() { (shown, wasShownAway) = (nil, true) }

    func done() { (id, isDone) = (nil, true) }
}
