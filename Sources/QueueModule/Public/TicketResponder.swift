import Base
import Domain
import HTTPServer
import Store

/// Responds with where a ticket stands, and when to poll again so that all polls keep within their budget.
final class TicketResponder {
    private let parts: EndpointParts
    private var jitter: SplitMix64
    private var pollBudget: PollBudget
    private var pollsMeasuredAt = MonotonicInstant(nanoseconds: 0)
    /// Buyers who wait and don't poll, since they listen: in all processes.
    private var listening: Int64 = 0
    /// Has a poll wait, where there is nothing to answer yet.
    var onWait: (TicketInquiry, PollWait, TicketBody, ItemEntry) -> LongPolls.Decision = { _, _, _, _ in .notFollowed }
    /// Shows a stream a ticket, through one of its listeners.
    var onEvent: (Token, TicketBody, TicketDetails) -> Void = { _, _, _ in }

    /// - Parameter pollsPerSecond: of all who wait together, in all processes; nil: no bound.
    init(_ parts: EndpointParts, seed: UInt64, pollsPerSecond: Int64?) {
        self.parts = parts
        jitter = SplitMix64(seed: seed)
        pollBudget = PollBudget(perSecond: pollsPerSecond)
    }

    /// Another bound of polls from now on; nil: none.
    func limitPolls(to perSecond: Int64?) {
        guard perSecond != pollBudget.perSecond else { return }
        pollBudget.change(to: perSecond)
        pollsMeasuredAt = MonotonicInstant(nanoseconds: 0)
    }

    /// How many buyers listen instead of polling, in all processes.
    func count(listening: Int64) { self.listening = listening }

    /// What is shown of a ticket at this place; nil for a place without a ticket.
    func describe(
        _ ticket: Ticket, at place: ItemView.Place, of entry: ItemEntry, details: TicketDetails
    ) -> TicketBody? {
        guard var body = TicketBody(place, ticket: ticket) else { return nil }
        if case .unknown = details { body.isPartial = true }
        if case .known(let details) = details { body.expiresAt = details.payUntil }
        if body.state == .reserved, body.expiresAt == nil {
            body.expiresAt = entry.view.deadlines.last(body.sequence)
        }
        addHints(to: &body, of: entry)
        return body
    }

    /// - Parameters:
    ///   - text: the ticket's string; nil where it has yet to be signed.
    ///   - user: the ticket's owner; nil where that is not known.
    func respond(
        to inquiry: TicketInquiry, at place: ItemView.Place, of entry: ItemEntry, text: Span<UInt8>?,
        user: Span<UInt8>?, details: TicketDetails
    ) {
        guard let body = describe(inquiry.ticket, at: place, of: entry, details: details) else {
            return parts.refuse(inquiry.exchange, .lost)
        }
        switch inquiry.kind {
        case .event(let listener): return onEvent(listener, body, details)
        case .wait(let wait):
            let decision = onWait(inquiry, wait, body, entry)
            if decision == .parked { return }
            let kind: TicketInquiry.Kind = decision == .answer ? .waited(seconds: wait.seconds) : .poll
            let inquiry = TicketInquiry(exchange: inquiry.exchange, ticket: inquiry.ticket, kind: kind)
            return write(body, for: inquiry, of: entry, text: text, user: user, details: details)
        case .purchase, .replay, .poll, .waited:
            write(body, for: inquiry, of: entry, text: text, user: user, details: details)
        }
    }

    @inline(__always)
    private func write(
        _ body: TicketBody, for inquiry: TicketInquiry, of entry: ItemEntry, text: Span<UInt8>?, user: Span<UInt8>?,
        details: TicketDetails
    ) {
        if let text { return send(body, for: inquiry, of: entry, text: text, user: user, details: details) }
        parts.codec.withText(of: inquiry.ticket, item: entry.nameBytes) { text in
            send(body, for: inquiry, of: entry, text: text, user: user, details: details)
        }
    }

    private func send(
        _ body: TicketBody, for inquiry: TicketInquiry, of entry: ItemEntry, text: Span<UInt8>, user: Span<UInt8>?,
        details: TicketDetails
    ) {
        parts.responder.respond(to: inquiry.exchange) { response in
            response.field("Content-Type: application/json\r\nCache-Control: no-store")
            switch inquiry.kind {
            case .poll, .wait, .event: break
            case .waited(let seconds): response.field("Preference-Applied: wait=", Int(seconds))
            case .purchase:
                response.status = 202
                response.field("Location: /v1/tickets/", letters: text)
            case .replay:
                response.field("Location: /v1/tickets/", letters: text)
                response.field("Idempotency-Replayed: true")
            }
            if !body.isFinal { response.field("Retry-After: ", Int((body.pollAfter + 999) / 1_000)) }
            body.append(to: &response.body, ticket: text, item: entry.nameBytes, user: user, details: details)
        }
    }

    /// Adds what a waiting buyer wants to know: when and whether there will be a unit, and when to poll again.
    private func addHints(to body: inout TicketBody, of entry: ItemEntry) {
        switch body.state {
        case .queued(let position):
            body.verdict = entry.view.verdict(body.sequence, ahead: position - 1, quantity: body.quantity)
            let pace = entry.view.pace(now: parts.now)
            body.eta = pace.map { WaitEstimate(position: position, at: $0) }
            if parts.now >= pollsMeasuredAt + Limits.pollsMeasured { measurePolls() }
            body.pollAfter = pollBudget.wait(PollPace(pace).wait(position: position), jitter: &jitter)
        case .processing: body.pollAfter = withJitter(250)
        case .reserved: body.pollAfter = withJitter(1_000)
        case .inDoubt: body.pollAfter = withJitter(10_000)
        default: body.pollAfter = body.isPartial ? withJitter(1_000) : 0
        }
    }

    /// Adds up now and then the polls of all waiting buyers, so that the hints keep within the budget.
    private func measurePolls() {
        pollsMeasuredAt = parts.now
        pollBudget.measure(demand: parts.directory.pollDemand(besides: listening, now: parts.now))
    }

    /// 20 % more or less, so that buyers who were answered together don't poll again together.
    private func withJitter(_ milliseconds: Int64) -> Int64 {
        milliseconds * 4 / 5 + jitter.below(milliseconds * 2 / 5 + 1)
    }
}
