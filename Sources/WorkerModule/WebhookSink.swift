public import Base
public import Domain
public import EventLoop
public import OutboundHTTP
import Store

// DESIGN
// A purchase is in one of five states: its ticket is being written, it is ready to be called for, its call is under
// way, it is delayed until the next one, or it is due for that and awaits a permit. Its grant pays for its first call,
// and only while the grant is young; for every other call the scheduler gives a permit, so that all workers of the
// group together keep to its pace. Only an answer of the contract ends a purchase; a refusal counts because the
// receiver keeps it under the same id. After any other answer the unit stays held, and the call is made again. After a
// while the purchase is in doubt: the store takes it back, and gives it out again once the service answers
// (`DoubtReviver`). What may be called for is decided at the end of each turn, in one place: connections, declared cap,
// breaker.

/// Places each purchase by one signed HTTP call, by the specification of Standard Webhooks.
public final class WebhookSink: OrderSink {
    public struct Settings: Sendable {
        public var url: String
        public var key: [UInt8]  // of the signature
        public var group: SinkGroup
        public var timeout = TimeSpan.seconds(2)  // of one call
        public var inDoubtAfter = TimeSpan.seconds(900)  // without an answer
        public var retry = RetryPlan.Settings()

        public init(url: String, key: [UInt8], group: SinkGroup) {
            self.url = url
            self.key = key
            self.group = group
        }

        /// The time of one call. More time for an answer is also as much more time between the calls.
        public mutating func allow(_ timeout: TimeSpan) {
            (self.timeout, retry.later, retry.latest) = (timeout, timeout, timeout * 16)
        }
    }

    public var onFinished: (([FinishedOrder]) -> Void)?
    public var onCalls: (([SinkCall]) -> Void)?
    public var group: SinkGroup? { settings.group }
    public var breaker: BreakerState { gate.state }
    public private(set) var figures = WebhookFigures()

    private let loop: any Loop
    private let settings: Settings
    private let gate: BreakerDriver
    private let tickets: TicketMaker
    private let log: any WorkerLog
    private let http: any OutboundCalls
    private var plan: RetryPlan
    private var ready: [WebhookCall] = []  // oldest first, from `next`
    private var next = 0
    private var due: [WebhookCall] = []  // await a permit, oldest first
    private var delayed = Slab<WebhookCall>()
    private var calling = 0
    private var mayCallAt: MonotonicInstant  // the declared cap
    private var capTimer: Token?
    private let doubtWatch: OverdueWatch
    private var finished: [FinishedOrder] = []
    private var calls: [SinkCall] = []

    /// - Parameters:
    ///   - http: makes the calls; its room bounds how many are made at once.
    ///   - seed: of the jitter.
    public init(
        loop: any Loop, http: any OutboundCalls, settings: Settings, breaker: BreakerDriver, tickets: TicketMaker,
        seed: UInt64, log: any WorkerLog
    ) {
        self.loop = loop
        self.http = http
        self.settings = settings
        gate = breaker
        doubtWatch = OverdueWatch(loop: loop, inDoubtAfter: settings.inDoubtAfter)
        self.tickets = tickets
        self.log = log
        plan = RetryPlan(settings.retry, seed: seed)
        mayCallAt = loop.now
        tickets.onMade = { [unowned self] in
            for (order, ticket, _) in $0 { add(WebhookCall(order, ticket: ticket)) }
        }
        doubtWatch.onDue = { [unowned self] in
            endOverdue()
            return waiting > 0
        }
        loop.beforeSleep { [unowned self] in endTurn() }
    }

    public var count: Int { tickets.count + waiting + calling }

    /// Purchases with a ticket and no call under way.
    public var waiting: Int { ready.count - next + awaitingRetry }
    public var underWay: Int { calling }
    public var awaitingRetry: Int { delayed.count + due.count }

    public func place(_ purchases: [PlacedOrder]) { tickets.add(purchases) }

    /// Also those that were called for already: the worker that takes them next calls with the same id.
    public func withdrawWaiting() -> [PlacedOrder] {
        var orders = tickets.withdraw() + (ready[next...] + due).map(\.order)
        delayed.forEach { orders.append($1.order) }
        ready.removeAll()
        due.removeAll()
        next = 0
        delayed = Slab()
        return orders
    }

    // MARK: Calls

    private func endTurn() {
        while next < ready.count {
            let pending = ready[next]
            guard pending.isPaid(now: loop.now) else {
                due.append(pending)
                next += 1
                continue
            }
            guard http.hasRoom, isWithinCap(), let permit = gate.request() else { break }
            next += 1
            call(pending, permit)
        }
        if next > 1_024, next * 2 > ready.count {
            ready.removeFirst(next)
            next = 0
        }
        handOver()
    }

    private func add(_ pending: WebhookCall) {
        if pending.isPaid(now: loop.now) { ready.append(pending) } else { due.append(pending) }
    }

    /// None behind an open breaker: a permit that can't be used is lost.
    public var retriesWanted: Int {
        guard http.hasRoom else { return 0 }
        switch gate.state {
        case .closed: return due.count
        case .halfOpen: return min(due.count, max(0, Int(Limits.revivedProbes) - (ready.count - next)))
        case .open: return 0
        }
    }

    public func permit(retries: Int) {
        let permitted = due.prefix(retries)
        for pending in permitted { pending.permit(now: loop.now) }
        ready += permitted
        due.removeFirst(permitted.count)
    }

    /// Whether the declared cap has room for a call now. Calls are spread evenly, and none is saved up.
    private func isWithinCap() -> Bool {
        guard settings.group.capPerSecond != nil, mayCallAt > loop.now else { return true }
        if capTimer == nil { capTimer = loop.schedule(at: mayCallAt) { [unowned self] in capTimer = nil } }
        return false
    }

    private func call(_ pending: WebhookCall, _ permit: CircuitBreaker.Permit) {
        if let cap = settings.group.capPerSecond {
            mayCallAt = max(mayCallAt, loop.now) + .nanoseconds(1_000_000_000 / max(1, cap))
        }
        if pending.began(&plan) { figures.repeated += 1 }
        calling += 1
        let began = loop.now
        let request = WebhookRequest.make(
            ticket: pending.ticket, body: pending.body, settings: settings, now: loop.wallNow)
        http.post(request) { [unowned self] result in
            calling -= 1
            let duration = loop.now - began
            pending.ended(after: duration)
            ended(pending, WebhookAnswer(result), duration, permit)
        }
    }

    private func ended(
        _ pending: WebhookCall, _ answer: WebhookAnswer, _ duration: TimeSpan, _ permit: CircuitBreaker.Permit
    ) {
        let result = figures.count(answer, duration)
        gate.ended(permit, isFailure: result != .answered, duration: duration)
        calls.append(SinkCall(duration: duration, result: result))
        switch answer {
        case .confirmed(let order): finish(pending, .confirmed, order)
        case .refused(let reason): finish(pending, .refused, reason)
        case .busy(let retryAfter): delay(pending, pending.busy(&plan, retryAfter: retryAfter))
        case .unknown(let reason):
            log.unanswered(group: settings.group.name, reason: reason)
            let wait = pending.unanswered(&plan, now: loop.now)
            if isOverdue(pending) || pending.returnsToDoubt { return finish(pending, .inDoubt, "") }
            delay(pending, wait)
        }
    }

    private func delay(_ pending: WebhookCall, _ wait: TimeSpan) {
        doubtWatch.begin()
        let token = delayed.insert(pending)
        loop.schedule(after: wait) { [unowned self] in
            guard let pending = delayed.remove(token) else { return }
            due.append(pending)
        }
    }

    private func finish(_ pending: WebhookCall, _ outcome: Settlement.Outcome, _ note: String) {
        finished.append(
            FinishedOrder(order: pending.order, outcome: outcome, note: note, execution: pending.execution))
    }

    /// All that ended in one turn is settled in one call.
    private func handOver() {
        if !calls.isEmpty {
            let batch = calls
            calls.removeAll(keepingCapacity: true)
            onCalls?(batch)
        }
        guard !finished.isEmpty else { return }
        let batch = finished
        finished.removeAll(keepingCapacity: true)
        onFinished?(batch)
    }

    // MARK: Doubt

    private func isOverdue(_ pending: WebhookCall) -> Bool {
        pending.isOverdue(after: settings.inDoubtAfter, now: loop.now)
    }

    /// Runs now and then: the breaker may keep purchases from being called for until they are overdue.
    private func endOverdue() {
        let overdue = (ready[next...] + due).filter(isOverdue)
        if !overdue.isEmpty {
            ready = ready[next...].filter { !isOverdue($0) }
            next = 0
            due.removeAll(where: isOverdue)
        }
        var tokens: [Token] = []
        delayed.forEach { token, pending in if isOverdue(pending) { tokens.append(token) } }
        for pending in overdue + tokens.compactMap({ delayed.remove($0) }) { finish(pending, .inDoubt, "") }
    }
}
