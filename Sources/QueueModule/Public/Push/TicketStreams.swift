import Base
import Domain
import HTTPServer

// DESIGN
// A stream has no log: each event shows a ticket as it stands, so a client that comes back is shown what is true now,
// and the id of the last event says only whether that is new to it. Where a buyer stands in the queue is never pushed
// by a change; each stream is visited at the time at which its buyer would poll, and gets an event when a tenth has
// changed. So a queue that moves ten thousand places a second costs its listeners no more than one that stands still.

/// Shows the streams of tickets what became of them.
final class TicketStreams {
    private let parts: EndpointParts
    private let requests: OpenRequests
    private let audience: TicketAudience
    private let tickets: TicketResponder
    private var jitter: SplitMix64
    private(set) var events: UInt64 = 0
    private(set) var heartbeats: UInt64 = 0

    init(
        _ parts: EndpointParts, _ requests: OpenRequests, _ audience: TicketAudience, tickets: TicketResponder,
        seed: UInt64
    ) {
        (self.parts, self.requests, self.audience, self.tickets) = (parts, requests, audience, tickets)
        jitter = SplitMix64(seed: seed)
    }

    /// Begins the answer, with what `first` appends.
    func begin(_ request: OpenRequest, _ first: (inout ByteBuffer) -> Void = TicketStreams.nothing) {
        let retry = retry()
        let isBegun = parts.responder.streamEvents(to: request.exchange) { response in
            response.contentType("text/event-stream")
            response.field("Cache-Control: no-store, no-transform\r\nX-Accel-Buffering: no")
            EventText.retry(retry, in: &response.body)
            first(&response.body)
        }
        guard isBegun else { return requests.end(request) }
        request.begun()
        request.sent(at: parts.now)
        // Streams that began together are not visited together.
        let beat = Limits.streamHeartbeat.wholeMilliseconds
        visit(request, noLaterThan: parts.now + .milliseconds(beat / 2 + jitter.below(beat / 2)))
    }

    /// Why a stream can't be opened: there are too many, or this process is about to stop.
    var whyNot: Problem {
        requests.isStopping ? .draining : .tooManyStreams(retryAfterMilliseconds: retry())
    }

    private func visit(_ request: OpenRequest, noLaterThan time: MonotonicInstant) {
        if time < request.visitAt { requests.visit(request, at: time) }
    }

    private func retry() -> Int64 { ReconnectSpread.retry(streams: requests.streams, jitter: &jitter) }

    func send(_ request: OpenRequest, isLast: Bool = false, _ part: (inout ByteBuffer) -> Void) {
        let progress = parts.responder.sendPart(of: request.exchange, isLast: isLast, part)
        if isLast || progress == .gone { return requests.end(request) }
        request.sent(at: parts.now)
    }

    private func sendEnd(of request: OpenRequest) { send(request, isLast: true, Self.nothing) }

    static func nothing(in text: inout ByteBuffer) {}

    // MARK: What is shown

    /// A ticket was found.
    func show(_ id: Token, _ body: TicketBody, details: TicketDetails) {
        guard let listener = audience[id] else { return }
        let request = listener.request
        let shown = ShownTicket(body)
        if request.isBegun, let before = listener.shown, !before.isOutdated(by: shown) { return }
        let seen = listener.seen
        listener.shows(shown)
        if body.isFinal { audience.leave(listener) }
        plan(request, body)
        let isNew = seen.isEmpty || seen != Self.part(of: shown)
        if !request.isBegun {
            begin(request) { if isNew { append(listener, body, details, to: &$0) } }
            if request.isFinished { sendEnd(of: request) }
        } else if isNew {
            send(request, isLast: request.isFinished) { append(listener, body, details, to: &$0) }
        } else if request.isFinished {
            sendEnd(of: request)
        }
    }

    private static func part(of shown: ShownTicket) -> [UInt8] {
        var text = ByteBuffer(capacity: 16)
        shown.append(to: &text)
        return text.withSpan { bytes in bytes.indices.map { bytes[$0] } }
    }

    private func append(
        _ listener: TicketListener, _ body: TicketBody, _ details: TicketDetails, to text: inout ByteBuffer
    ) {
        events += 1
        EventText.begin("ticket", in: &text)
        for (index, each) in listener.request.listeners.enumerated() {
            if index > 0 { text.append(ShownTicket.separator) }
            if let shown = each.shown { shown.append(to: &text) } else { text.append(ShownTicket.unknown) }
        }
        EventText.data(in: &text)
        let item = listener.entry.nameBytes
        parts.codec.withText(of: listener.ticket, item: item) {
            body.append(to: &text, ticket: $0, item: item, user: nil, details: details)
        }
        EventText.end(in: &text)
    }

    /// A ticket can't be shown. One that never will be is the end of it; else its client is shown once that nothing is
    /// known, and the rest when it is.
    func refuse(_ id: Token, _ problem: Problem) {
        guard let listener = audience[id] else { return }
        let request = listener.request
        guard request.isBegun else {
            requests.end(request)
            return parts.refuse(request.exchange, problem)
        }
        let isEnd = problem == .unknownTicket || problem == .lost
        if isEnd { audience.leave(listener) } else { visit(request, noLaterThan: parts.now + Limits.positionPeriod) }
        guard isEnd || !listener.wasShownAway else { return }
        listener.showsAway()
        let text = parts.codec.withText(of: listener.ticket, item: listener.entry.nameBytes) { text in
            text.indices.map { text[$0] }
        }
        send(request, isLast: request.isFinished) { EventText.problem(problem, ticket: text, in: &$0) }
    }

    /// The same for a ticket whose item was not found.
    func refuse(_ problem: Problem, ticket: [UInt8], of request: OpenRequest) {
        send(request) { EventText.problem(problem, ticket: ticket, in: &$0) }
    }

    /// Ends a stream whose tickets were all shown at once, or could not be found.
    ///
    /// - Parameter mustComeBack: one can't be found for now, so its client is to ask again.
    func endIfFinished(_ request: OpenRequest, orComeBack mustComeBack: Bool) {
        if request.id != nil, request.isFinished || mustComeBack { sendEnd(of: request) }
    }

    // MARK: Visits

    /// Whether something new is to be shown of a ticket at this place, apart from where it stands.
    func isNew(_ place: ItemView.Place, to listener: TicketListener) -> Bool {
        guard let shown = listener.shown, let body = TicketBody(place, ticket: listener.ticket) else { return true }
        return !shown.covers(body.state)
    }

    /// Shows a waiting buyer where he stands now, if a tenth of it has changed.
    func showPlace(_ place: ItemView.Place, to listener: TicketListener) {
        guard let id = listener.id else { return }
        guard let body = tickets.describe(listener.ticket, at: place, of: listener.entry, details: .none) else {
            return
        }
        show(id, body, details: .none)
        plan(listener.request, body)
    }

    /// When a waiting buyer is to be shown again where he stands: when he would poll.
    private func plan(_ request: OpenRequest, _ body: TicketBody) {
        guard case .queued = body.state else { return }
        let period = body.eta == nil ? Limits.stillPeriod : Limits.positionPeriod
        visit(request, noLaterThan: parts.now + max(period, .milliseconds(body.pollAfter)))
    }

    /// Keeps a stream alive in which nothing was to be shown for long, so that no proxy cuts it.
    func beat(_ request: OpenRequest) {
        guard request.isBegun, request.id != nil else { return }
        if request.lastSent + Limits.streamHeartbeat <= parts.now {
            heartbeats += 1
            let retry = retry()
            send(request) { EventText.retry(retry, in: &$0) }
        }
        visit(request, noLaterThan: request.lastSent + Limits.streamHeartbeat)
    }

    /// This process is about to stop: its streams end, and their clients come back elsewhere.
    func end(_ request: OpenRequest) {
        guard request.isBegun else {
            requests.end(request)
            return parts.refuse(request.exchange, .draining)
        }
        sendEnd(of: request)
    }
}
