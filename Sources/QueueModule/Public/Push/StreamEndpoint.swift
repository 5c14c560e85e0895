import Base
import Domain
import HTTPServer
import Store

/// Opens streams of events: of one ticket, of several, and of an item.
final class StreamEndpoint {
    private let parts: EndpointParts
    private let push: Push
    private let finder: TicketFinder
    private let reader: TicketReader
    private let start: StreamStart

    init(_ parts: EndpointParts, push: Push, finder: TicketFinder) {
        (self.parts, self.push, self.finder) = (parts, push, finder)
        reader = TicketReader(parts)
        start = StreamStart(parts)
    }

    /// The store can be read.
    func storeUp() { start.storeUp() }

    /// Opens the stream of one ticket. It begins when the ticket was found, so one that can't be is refused as a poll.
    func openTicket(_ request: borrowing Request, ticket range: Range<Int>, exchange: ExchangeID) {
        let seen = Self.seen(request)
        reader.withTicket(of: request, range, exchange) { found, text in
            if let part = seen.first, seen.count == 1, ShownTicket.isFinal(part[...]) { return end(exchange) }
            let text = text.indices.map { text[$0] }
            start.open { [unowned self] in
                reader.withItem(of: found, text.span, exchange) { [unowned self] entry in
                    guard let request = push.requests.open(exchange, .tickets) else {
                        return parts.refuse(exchange, push.tickets.whyNot)
                    }
                    let seen = seen.count == 1 ? seen[0] : []
                    listen([TicketListener(found.ticket, of: entry, for: request, seen: seen)], of: request)
                }
            }
        }
    }

    /// Opens the stream of up to 16 tickets. It begins at once; of a ticket that can't be found it says so in an event.
    func openTickets(_ request: borrowing Request, exchange: ExchangeID) {
        let tickets: [[UInt8]]
        do throws(TicketList.Refusal) {
            tickets = try request.withQuery { (query) throws(TicketList.Refusal) in try TicketList(query).tickets }
        } catch {
            return parts.refuse(exchange, .invalidRequest(error.reason))
        }
        let decoded = tickets.compactMap { reader.decoded($0) }
        guard decoded.count == tickets.count else { return parts.refuse(exchange, .unknownTicket) }
        let seen = Self.seen(request)
        let isResumed = seen.count == tickets.count
        if isResumed, seen.allSatisfy({ ShownTicket.isFinal($0[...]) }) { return end(exchange) }
        start.open { [unowned self] in
            guard let request = push.requests.open(exchange, .tickets) else {
                return parts.refuse(exchange, push.tickets.whyNot)
            }
            push.tickets.begin(request)
            listen(decoded, tickets, for: request, seen: isResumed ? seen : tickets.map { _ in [] })
        }
    }

    /// Finds the items of all tickets, then listens for those that have one.
    private func listen(
        _ decoded: [DecodedTicket], _ tickets: [[UInt8]], for request: OpenRequest, seen: [[UInt8]]
    ) {
        var (left, mustComeBack) = (tickets.count, false)
        var entries = [ItemEntry?](repeating: nil, count: tickets.count)
        for index in tickets.indices {
            let ticket = tickets[index]
            reader.findItem(of: decoded[index], ticket.span) { [unowned self] item in
                switch item {
                case .found(let entry): entries[index] = entry
                case .refused(let problem):
                    push.tickets.refuse(problem, ticket: ticket, of: request)
                    if problem != .unknownTicket, problem != .lost { mustComeBack = true }
                }
                left -= 1
                guard left == 0 else { return }
                let listeners = entries.enumerated().compactMap { index, entry in
                    entry.map { TicketListener(decoded[index].ticket, of: $0, for: request, seen: seen[index]) }
                }
                listen(listeners, of: request)
                push.tickets.endIfFinished(request, orComeBack: mustComeBack)
            }
        }
    }

    /// All of them belong to the request before the first is shown: one that is final ends no stream of others.
    private func listen(_ listeners: [TicketListener], of request: OpenRequest) {
        for listener in listeners { request.add(listener) }
        for listener in listeners where request.id != nil {
            push.audience.join(listener)
            guard let id = listener.id else { continue }
            finder.respond(
                to: TicketInquiry(exchange: request.exchange, ticket: listener.ticket, kind: .event(id)),
                of: listener.entry, user: nil, text: nil)
        }
    }

    /// What a client that comes back has seen, ticket by ticket; empty where it is new, or where that can't be read.
    private static func seen(_ request: borrowing Request) -> [[UInt8]] {
        let id = request.withHeader(.lastEventID) { id in id.indices.map { id[$0] } } ?? []
        guard !id.isEmpty, id.count <= Limits.ticketsAStream * 16 else { return [] }
        return id.split(separator: ShownTicket.separator, omittingEmptySubsequences: false).map { Array($0) }
    }

    /// All was shown: a client that gets this comes back no more (WHATWG HTML, 9.2.3).
    private func end(_ exchange: ExchangeID) {
        parts.responder.respond(to: exchange) { response in
            response.status = 204
            response.field("Cache-Control: no-store")
        }
    }

    /// Opens the stream of an item.
    func openItem(_ request: borrowing Request, item range: Range<Int>, exchange: ExchangeID) {
        guard let name = request.withPath({ itemName($0, range) }) else { return parts.refuse(exchange, .unknownItem) }
        let seen = request.withHeader(.lastEventID) { id in id.indices.map { id[$0] } } ?? []
        start.open { [unowned self] in openItem(name, exchange, seen: seen) }
    }

    private func openItem(_ name: ItemName, _ exchange: ExchangeID, seen: [UInt8]) {
        let open = { [unowned self] (entry: ItemEntry) in push.items.open(exchange, of: entry, seen: seen) }
        guard let entry = parts.directory.entry(named: name) else {
            return parts.directory.lookUp(name) { [unowned self] result in
                switch result {
                case .failure(let failure): parts.refuse(exchange, after: failure)
                case .success(let entry): open(entry)
                }
            }
        }
        if parts.now - entry.view.readAt < Limits.itemAge && entry.view.isCurrent { return open(entry) }
        guard parts.store.isReady else { return parts.refuse(exchange, .storeUnavailable) }
        parts.directory.refresh(entry) { [unowned self] failure in
            if let failure { return parts.refuse(exchange, after: failure) }
            open(entry)
        }
    }
}
