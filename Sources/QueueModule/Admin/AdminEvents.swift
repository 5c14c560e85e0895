import Base
import Domain
import EventLoop
import HTTPServer
import Store

// DESIGN
// A reader that has everything may wait. It is woken by what wakes the rest of the engine: by the notification of its
// item, or by that of a new pointer in the feed of all items. A message that comes while a read is under way may be of
// something that the read did not see, so it is followed by another read; a lost one is made up for by a read a second.

/// Shows operators and shops what happened to purchases, oldest first.
final class AdminEvents {
    private let parts: EndpointParts
    private let source: any EventSource
    private var waiters: [ExchangeID: Waiter] = [:]
    private var isStopping = false
    private var isChecking = false

    private final class Waiter {
        let query: EventQuery
        let until: MonotonicInstant
        var isReading = false
        var mustReadAgain = false

        init(_ query: EventQuery, until: MonotonicInstant) { (self.query, self.until) = (query, until) }
    }

    init(_ parts: EndpointParts, source: any EventSource) { (self.parts, self.source) = (parts, source) }

    /// Requests that wait for an event.
    var waiting: Int { waiters.count }

    func show(_ request: borrowing Request, _ exchange: ExchangeID) {
        let query: EventQuery
        do throws(EventQuery.Refusal) {
            query = try request.withQuery { (query) throws(EventQuery.Refusal) in try EventQuery(query) }
        } catch {
            return parts.refuse(exchange, .invalidRequest(error.reason))
        }
        guard query.isConsistent else {
            return parts.refuse(exchange, .invalidRequest("after must be the id of an event of this item"))
        }
        guard parts.store.isReady else { return parts.refuse(exchange, .storeUnavailable) }
        if waiters.count >= Limits.eventWaiters { forgetClosed() }
        guard query.wait > .zero, !isStopping, waiters.count < Limits.eventWaiters else {
            return source.events(after: query.cursor, of: query.item, limit: query.limit) { [unowned self] result in
                respond(to: exchange, result)
            }
        }
        let waiter = Waiter(query, until: parts.now + query.wait)
        waiters[exchange] = waiter
        parts.loop.schedule(at: waiter.until) { [weak self] in self?.end(exchange) }
        read(exchange, waiter)
        checkRegularly()
    }

    /// Something changed of an item; nil: the feed of all items has got further.
    func wake(_ item: ItemName?) {
        for (exchange, waiter) in waiters where waiter.query.item == item { read(exchange, waiter) }
    }

    /// Ends every wait: this process is about to stop.
    func stop() {
        isStopping = true
        for (exchange, _) in waiters { end(exchange) }
    }

    private func read(_ exchange: ExchangeID, _ waiter: Waiter) {
        guard !waiter.isReading else {
            waiter.mustReadAgain = true
            return
        }
        (waiter.isReading, waiter.mustReadAgain) = (true, false)
        let query = waiter.query
        source.events(after: query.cursor, of: query.item, limit: query.limit) { [unowned self] result in
            waiter.isReading = false
            guard waiters[exchange] != nil else { return }  // its time was over meanwhile
            if case .success(let page) = result, page.events.isEmpty {
                if waiter.mustReadAgain { read(exchange, waiter) }
                return
            }
            waiters[exchange] = nil
            respond(to: exchange, result)
        }
    }

    private func end(_ exchange: ExchangeID) {
        guard waiters.removeValue(forKey: exchange) != nil else { return }
        respond(to: exchange, .success(EventPage(events: [], isMoreLeft: false)))
    }

    private func forgetClosed() {
        for (exchange, _) in waiters where !parts.responder.isOpen(exchange) { waiters[exchange] = nil }
    }

    private func checkRegularly() {
        guard !isChecking else { return }
        isChecking = true
        parts.loop.schedule(after: Limits.eventsCheckedAgain) { [weak self] in
            guard let self else { return }
            isChecking = false
            forgetClosed()
            for (exchange, waiter) in waiters { read(exchange, waiter) }
            if !waiters.isEmpty { checkRegularly() }
        }
    }

    private func respond(to exchange: ExchangeID, _ result: Result<EventPage, EventFailure>) {
        switch result {
        case .failure(.gone(let oldest)): parts.refuse(exchange, .eventsGone(oldest: oldest?.text))
        case .failure(.store(let failure)): parts.refuse(exchange, after: failure)
        case .success(let page):
            parts.responder.respond(to: exchange) { response in
                response.contentType("application/cloudevents-batch+json")
                response.field("Cache-Control: no-store")
                response.body.appendJSON { json in
                    json.beginArray()
                    for event in page.events { event.write(to: &json) }
                    json.endArray()
                }
            }
        }
    }
}
