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

    /// - Parameters:
    ///   - text: the ticket's string; nil where it has yet to be signed.
    ///   - user: the ticket's owner; nil where that is not known.
    func respond(
        to inquiry: TicketInquiry, at place: ItemView.Place, of entry: ItemEntry, text: Span<UInt8>?,
        user: Span<UInt8>?, details: TicketDetails
    ) {
        guard var body = TicketBody(place, ticket: inquiry.ticket) else {
            return parts.refuse(inquiry.exchange, .lost)
        }
        if case .unknown = details { body.isPartial = true }
        if case .known(let details) = details { body.expiresAt = details.payUntil }
        if body.state == .reserved, body.expiresAt == nil {
            body.expiresAt = entry.view.deadlines.last(body.sequence)
        }
        addHints(to: &body, of: entry)
        if let text { return write(body, for: inquiry, of: entry, text: text, user: user, details: details) }
        parts.codec.withText(of: inquiry.ticket, item: entry.nameBytes) { text in
            write(body, for: inquiry, of: entry, text: text, user: user, details: details)
        }
    }

    private func write(
        _ body: TicketBody, for inquiry: TicketInquiry, of entry: ItemEntry, text: Span<UInt8>, user: Span<UInt8>?,
        details: TicketDetails
    ) {
        parts.responder.respond(to: inquiry.exchange) { response in
            response.field("Content-Type: application/json\r\nCache-Control: no-store")
            switch inquiry.kind {
            case .poll: break
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
        pollBudget.measure(demand: parts.directory.pollDemand(now: parts.now))
    }

    /// 20 % more or less, so that buyers who were answered together don't poll again together.
    private func withJitter(_ milliseconds: Int64) -> Int64 {
        milliseconds * 4 / 5 + jitter.below(milliseconds * 2 / 5 + 1)
    }
}
