public import Base

// DESIGN
// One value holds what a webhook has under way. Events are read in their order; each goes into the lane of its ticket,
// and a lane has one call under way at most, so that a ticket's events arrive in order and no ticket waits for another.
// The cursor that is saved stands before the oldest event that is neither delivered nor noted in the store: a leader
// that takes over sends at most once more what was under way. An event is noted when the cursor has to pass it: its
// lane failed, or its call takes long.

/// Decides which event of a webhook is sent when, and what is saved of it.
public struct WebhookDelivery: Sendable {
    public struct Call: Sendable, Equatable {
        public let event: ShopEvent
        /// The number of this attempt, from 1.
        public let attempt: Int
    }

    /// What came of a call.
    public enum Outcome: Sendable, Equatable {
        case delivered
        /// 410: the receiver wants no more.
        case gone
        /// - Parameter isThrottled: the receiver wants fewer calls.
        case failed(reason: String, isThrottled: Bool = false, retryAfter: TimeSpan? = nil)
    }

    private struct UnderWay {
        var lane: String
        var isEarly: Bool
        var isProbe: Bool
        var isRetry: Bool
    }

    /// What is read goes on behind it.
    public private(set) var readCursor: String
    public private(set) var figures = WebhookFigures()
    private let filter: WebhookFilter
    private var plan: DeliveryPlan
    private var gate = DeliveryGate()
    private var lanes = LaneTable()
    private var window = CursorWindow()
    private var underWay: [String: UnderWay] = [:]  // by the event's id; never iterated
    private var retriesUnderWay = 0
    private var changes = Fifo<PendingChange>()
    private var progress: WebhookProgress
    private var isProgressDirty = false
    private var isSaving = false
    private var reason = ""

    private enum PendingChange: Sendable {
        case note(lane: String, order: Int64)
        case remove(id: String)
        case giveUp(NotedEvent)
    }

    /// - Parameters:
    ///   - noted: what the store has as pending, in any order.
    ///   - seed: of the jitter.
    public init(
        filter: WebhookFilter, progress: WebhookProgress, noted: [NotedEvent], seed: UInt64, now: MonotonicInstant,
        wallNow: WallInstant
    ) {
        (self.filter, self.progress, readCursor) = (filter, progress, progress.cursor)
        plan = DeliveryPlan(seed: seed)
        reason = progress.reason
        if let since = progress.failingSince {
            // The leader's clock may be another machine's: no time is longer than the plan's.
            let age = min(max(wallNow - since, .zero), DeliveryPlan.steps[DeliveryPlan.steps.count - 1])
            gate = DeliveryGate(
                failingSince: MonotonicInstant(nanoseconds: now.nanoseconds - age.nanoseconds), now: now)
        }
        for event in noted.sorted(by: { $0.order < $1.order }) {
            self.progress.order = max(self.progress.order, event.order)
            let isSpent = event.attempts >= DeliveryPlan.attempts  // a dead letter that is sent again
            var event = event
            if isSpent { event.attempts = 0 }
            let longest = DeliveryPlan.steps[DeliveryPlan.steps.count - 1]
            let wait = min(max(event.dueAt - wallNow, .zero), longest)
            lanes.load(event, dueAt: now + wait, isFailing: !gate.isClosed)
        }
    }

    // MARK: Reading

    /// Whether the next page of the feed has room.
    public var wantsEvents: Bool {
        guard !progress.isGone, window.count <= Limits.webhookWindow / 2 else { return false }
        return gate.isClosed || !lanes.hasFresh
    }

    public mutating func read(_ page: ShopEventPage) {
        switch page {
        case .gone(let oldest):
            progress.gaps += 1
            isProgressDirty = true
            pass(oldest)
        case .events(let events, let next):
            for event in events { add(event) }
            if events.isEmpty, progress.isReplaying { (progress.isReplaying, isProgressDirty) = (false, true) }
            if next != readCursor { pass(next) }
        }
    }

    private mutating func pass(_ cursor: String) {
        readCursor = cursor
        if window.pass(to: cursor) { moveCursor(to: cursor) }
    }

    private mutating func add(_ event: ShopEvent) {
        guard filter.wants(event) else { return pass(event.id) }
        progress.order += 1
        if lanes.knows(event.id) {
            // It is pending. Where the feed is read from before it, it goes out behind those that come again.
            if progress.isReplaying, lanes.moveToEnd(event.id, order: progress.order) {
                changes.append(.note(lane: event.lane, order: progress.order))
            }
            return pass(event.id)
        }
        readCursor = event.id
        lanes.add(LaneTable.Event(order: progress.order, event: event, isNoted: false))
        window.append(lane: event.lane, order: progress.order, cursor: event.id)
    }

    // MARK: Calls

    /// The next call to make now; nil while there is none.
    public mutating func nextCall(now: MonotonicInstant) -> Call? {
        guard !progress.isGone, gate.mayCall(underWay: underWay.count, now: now) else { return nil }
        let isProbe = !gate.isClosed
        let mayRetry = isProbe || retriesUnderWay < max(1, gate.window / 2)
        guard let (name, lane) = lanes.next(isProbe: isProbe, mayRetry: mayRetry, now: now),
            let event = lane.events.first?.event
        else { return nil }
        gate.called()
        let isRetry = lane.attempts > 0
        if isRetry { retriesUnderWay += 1 }
        underWay[event.id] = UnderWay(
            lane: name, isEarly: isRetry && lane.dueAt > now, isProbe: isProbe, isRetry: isRetry)
        return Call(event: event, attempt: lane.attempts + 1)
    }

    /// When to look for the next call though nothing happens; may be too early.
    public var nextCallAt: MonotonicInstant? {
        guard !progress.isGone else { return nil }
        return gate.isClosed ? lanes.nextDueAt : gate.probeAt
    }

    public mutating func ended(_ id: String, _ outcome: Outcome, now: MonotonicInstant, wallNow: WallInstant) {
        guard let call = underWay.removeValue(forKey: id) else { return }
        if call.isRetry { retriesUnderWay -= 1 }
        switch outcome {
        case .delivered:
            figures.delivered += 1
            if progress.failingSince != nil { isProgressDirty = true }
            lanes.endRun(isBack: gate.succeeded())
            (progress.failingSince, progress.reason, reason) = (nil, "", "")
            guard let event = lanes.finish(call.lane) else { return }
            if event.isNoted { changes.append(.remove(id: id)) }
        case .gone:
            figures.failed += 1
            (progress.isGone, isProgressDirty) = (true, true)
            reason = "status 410"
            lanes.returned(call.lane, reason: reason, now: now)
        case .failed(let why, let isThrottled, let retryAfter):
            figures.failed += 1
            reason = why
            failed(call, why, retryAfter, now: now, wallNow: wallNow)
            gate.failed(
                lanes: lanes.failingCount, wasProbe: call.isProbe, isThrottled: isThrottled, retryAfter: retryAfter,
                plan: &plan, now: now)
            noteFailing(now: now, wallNow: wallNow)
        }
    }

    private mutating func failed(
        _ call: UnderWay, _ why: String, _ retryAfter: TimeSpan?, now: MonotonicInstant, wallNow: WallInstant
    ) {
        guard !call.isEarly, let lane = lanes[call.lane] else {
            return lanes.returned(call.lane, reason: why, now: now)
        }
        let attempts = lane.attempts + 1
        if let wait = plan.wait(afterFailed: attempts, retryAfter: retryAfter) {
            lanes.failed(call.lane, attempts: attempts, dueAt: now + wait, reason: why)
            if let first = lane.events.first, first.isNoted {
                changes.append(.note(lane: call.lane, order: first.order))
            }
            return
        }
        guard let event = lanes.finish(call.lane) else { return }
        figures.dead += 1
        changes.append(
            .giveUp(
                NotedEvent(
                    order: event.order, attempts: attempts, dueAt: wallNow, reason: why, event: event.event)))
    }

    /// Only of a receiver that is down: the state of the others is not worth a write.
    private mutating func noteFailing(now: MonotonicInstant, wallNow: WallInstant) {
        guard let since = gate.failingSince, !gate.isClosed, progress.failingSince == nil || progress.reason != reason
        else { return }
        let age = now - since
        if progress.failingSince == nil {
            progress.failingSince = WallInstant(milliseconds: wallNow.milliseconds - age.wholeMilliseconds)
        }
        progress.reason = reason
        isProgressDirty = true
    }

    // MARK: Saving

    private mutating func moveCursor(to cursor: String) {
        guard progress.cursor != cursor else { return }
        progress.cursor = cursor
        isProgressDirty = true
    }

    /// What is to be saved now; nil where nothing is, and while the last save has not ended.
    public mutating func takeChanges(now: MonotonicInstant, wallNow: WallInstant) -> WebhookChanges? {
        guard !isSaving else { return nil }
        var batch: [WebhookChanges.Change] = []
        while batch.count < Limits.webhookChanges, let change = changes.popFirst() {
            switch change {
            case .remove(let id): batch.append(.remove(id: id))
            case .giveUp(let event): batch.append(.giveUp(event))
            case .note(let lane, let order):
                if let note = noted(lane, order, now: now, wallNow: wallNow) { batch.append(.note(note)) }
            }
        }
        // The cursor passes nothing that this batch or one before it does not note.
        while batch.count < Limits.webhookChanges, let mark = window.oldest {
            if let order = mark.order, let lane = lanes[mark.lane], lane.events.contains(where: { $0.order == order }) {
                let isNoted = lane.events.contains { $0.order == order && $0.isNoted }
                guard isNoted || mayPass(lane, now: now) else { break }
                if !isNoted {
                    lanes.note(mark.lane, order: order)
                    if let note = noted(mark.lane, order, now: now, wallNow: wallNow) { batch.append(.note(note)) }
                }
            }
            moveCursor(to: mark.cursor)
            window.removeOldest()
        }
        guard !batch.isEmpty || isProgressDirty else { return nil }
        (isSaving, isProgressDirty) = (true, false)
        return WebhookChanges(changes: batch, progress: progress)
    }

    /// The last changes are in the store; those that may not be are saved again by the caller, as they were.
    public mutating func saved() { isSaving = false }

    /// Whether the cursor need not wait for the events of this lane.
    private func mayPass(_ lane: LaneTable.Lane, now: MonotonicInstant) -> Bool {
        guard lanes.notedCount < Limits.webhookPending else { return false }
        if lane.attempts > 0 { return true }
        if case .underWay(let since) = lane.state { return now - since >= Limits.webhookSlow }
        return false
    }

    private func noted(
        _ name: String, _ order: Int64, now: MonotonicInstant, wallNow: WallInstant
    ) -> NotedEvent? {
        guard let lane = lanes[name], let place = lane.events.firstIndex(where: { $0.order == order }) else {
            return nil
        }
        let isOldest = place == 0 && lane.attempts > 0
        return NotedEvent(
            order: order, attempts: isOldest ? lane.attempts : 0,
            dueAt: isOldest ? wallNow + (lane.dueAt - now) : wallNow, reason: isOldest ? lane.reason : "",
            event: lane.events[place].event)
    }

    // MARK: Shown

    /// Since when calls have failed, and none has succeeded; nil while the last one did.
    public var failingSince: MonotonicInstant? { gate.failingSince }
    /// The receiver is taken for down: only probes go out.
    public var isDown: Bool { !gate.isClosed }
    public var lastReason: String { reason }
    public var isGone: Bool { progress.isGone }
    public var gaps: Int64 { progress.gaps }
    public var callsUnderWay: Int { underWay.count }
    /// Events read and not delivered.
    public var undelivered: Int { lanes.count }
    public var notedCount: Int { lanes.notedCount }
    /// What is saved or to be saved next of it.
    public var cursor: String { progress.cursor }
}

/// What became of the calls of one webhook in this process.
public struct WebhookFigures: Sendable, Equatable {
    public var delivered: UInt64 = 0
    public var failed: UInt64 = 0
    public var dead: UInt64 = 0

    public init() {}
}
