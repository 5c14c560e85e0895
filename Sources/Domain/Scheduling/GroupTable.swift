import Base

/// What one worker adds to the group behind its sink.
struct GroupShare: Sendable, Equatable {
    struct Change: Sendable, Equatable {
        var inFlight: Int64
        var awaitingRetry: Int64
        /// Calls that were permitted and whose end will never be reported.
        var withdrawn: Int64
    }

    var inFlight: Int64 = 0
    var awaitingRetry: Int64 = 0  // those of them that only wait for a permit
}

/// What stands behind the sinks of some workers.
struct Group: Sendable {
    let name: String
    private var controller: LatencyController
    private(set) var members = 0  // workers
    private(set) var inFlight: Int64 = 0  // of all members
    private(set) var awaitingRetry: Int64 = 0
    private var requesters = DeficitRing()  // members that may want permits, by slot
    private var lastWasRetry = false  // the last token went to a retry
    private(set) var wakesAt: MonotonicInstant?  // there is no token before
    private var recent = RecentTimes()
    private var law = LittlesLaw()
    private var journal: CapacityJournal

    fileprivate init(name: String, controller: LatencyController, now: MonotonicInstant) {
        self.name = name
        self.controller = controller
        journal = CapacityJournal(began: now)
    }

    // MARK: Tokens

    /// Calls in flight at most.
    var window: Int64 { controller.window }

    /// Calls that pace and window permit now. Where the pace permits none, `wakesAt` is when it does again.
    mutating func tokens(now: MonotonicInstant) -> Int64 { tokens(inFlight: inFlight, now: now) }

    /// The same for retries: a purchase that awaits its retry is no call, and must not keep calls from going out.
    mutating func retryTokens(now: MonotonicInstant) -> Int64 { tokens(inFlight: inFlight - awaitingRetry, now: now) }

    private mutating func tokens(inFlight: Int64, now: MonotonicInstant) -> Int64 {
        let room = controller.window - inFlight
        wakesAt = nil
        guard room > 0 else { return 0 }
        let tokens = controller.tokens(room: room, now: now)
        if tokens == 0 { wakesAt = now + controller.wait(room: room) }
        return min(room, tokens)
    }

    /// Calls of purchases go out; `inFlight` counts them already.
    mutating func sent(_ count: Int64, now: MonotonicInstant) {
        lastWasRetry = false
        controller.sent(count, inFlight: inFlight, now: now)
    }

    mutating func sentRetry(now: MonotonicInstant) {
        controller.sent(1, inFlight: inFlight, now: now)
    }

    // MARK: Requests for permits

    /// A member wants permits.
    mutating func request(_ slot: Int) { requesters.insert(slot) }
    var wantsRetries: Bool { !requesters.isEmpty }
    /// Whether the next token goes to a retry rather than to a purchase.
    var isRetryDue: Bool { wantsRetries && !lastWasRetry }

    /// The member whose turn it is; removes those that want nothing more.
    mutating func nextRequester(_ wantsMore: (Int) -> Bool) -> Int? {
        while let (slot, _) = requesters.front(unit: 1) {
            if wantsMore(slot) { return slot }
            requesters.removeFront()
        }
        return nil
    }

    mutating func takeTurn() {
        requesters.take(1)
        lastWasRetry = true
    }

    /// What a call takes, about.
    var callTime: TimeSpan { controller.callTime }

    // MARK: Reports

    mutating func declare(_ sink: SinkReport) { controller.declare(cap: sink.capPerSecond, floor: sink.floorPerSecond) }

    /// - Parameters:
    ///   - dispatch: time that passed besides, between granting a call and the report of its end.
    ///   - residence: how long all of the completed were with their worker, microseconds.
    ///   - requestsRetries: whether the worker requests a permit before it retries a call.
    mutating func learn(
        from sink: SinkReport, dispatch: TimeSpan, completed: Int64, residence: Int64, requestsRetries: Bool,
        now: MonotonicInstant
    ) {
        law.complete(completed, microseconds: residence, now: now)
        guard !sink.calls.isEmpty else { return }
        var failed: Int64 = 0
        // Some calls stand for all; a report of more than a few thousand is none of ours.
        for index in 0..<Int(min(sink.callCount, 4_096)) {
            let call = sink.calls[index % sink.calls.count]
            if call.result == .answered { journal.took(call.microseconds) } else { failed += 1 }
            recent.add(call.microseconds)
            controller.finished(
                latency: .microseconds(min(call.microseconds, 3_600_000_000)), dispatch: dispatch,
                isAnswered: call.result == .answered, now: now)
        }
        journal.completed(sink.callCount - failed)
        if journal.isDue(now: now) { journal.see(controller.snapshot, now: now) }
        // A worker that requests no permits retries what failed all the same.
        if failed > 0, !requestsRetries { controller.charge(failed, now: now) }
    }

    /// Notes what the controller decided, and whether work waited for the group since this was last called.
    mutating func keepJournal(workWaits: Bool, now: MonotonicInstant) {
        journal.tick(controller.snapshot, workWaits: workWaits, now: now)
    }

    mutating func change(_ change: GroupShare.Change, now: MonotonicInstant) {
        if change.inFlight != 0 {
            inFlight += change.inFlight
            law.change(inFlight: inFlight, now: now)
        }
        if change.withdrawn > 0 { controller.withdrawn(change.withdrawn, now: now) }
        awaitingRetry += change.awaitingRetry
        assert(0 <= awaitingRetry && awaitingRetry <= inFlight)
    }

    fileprivate mutating func join(_ share: GroupShare, now: MonotonicInstant) {
        controller.join(now: now)
        members += 1
        inFlight += share.inFlight
        awaitingRetry += share.awaitingRetry
    }

    fileprivate mutating func leave(_ share: GroupShare, unanswered: Int64, now: MonotonicInstant) {
        members -= 1
        inFlight -= share.inFlight
        awaitingRetry -= share.awaitingRetry
        precondition(members > 0 || inFlight == 0 && awaitingRetry == 0, "a group without workers holds nothing")
        controller.withdrawn(unanswered, now: now)
        if members == 0 { controller.die() }
    }

    // MARK: Life

    /// Nothing is to be sent to it: what comes back meanwhile does not show what it bears.
    mutating func interruptRound(now: MonotonicInstant) { controller.interruptRound(now: now) }
    mutating func adopt(_ hint: CapacityHint, now: MonotonicInstant) { controller.begin(with: hint, now: now) }
    func hint(now: MonotonicInstant) -> CapacityHint? { controller.hint(now: now) }

    mutating func beginAnew(because why: CapacityReason, now: MonotonicInstant) {
        controller.beginAnew(because: why, now: now)
    }

    mutating func reset(now: MonotonicInstant) {
        controller.reset(now: now)
        if members == 0 { controller.die() }
    }

    func resource(breaker: BreakerState) -> CapacityResource {
        let times = recent.quantiles
        return CapacityResource(
            kind: .group, name: name, state: controller.snapshot, inFlight: inFlight, p50Microseconds: times?.p50,
            p99Microseconds: times?.p99, capPerSecond: controller.cap, breaker: breaker,
            littlesLawErrorPercent: law.errorPercent, journal: journal, timeBelow: journal.timeBelow)
    }
}

/// The groups behind the sinks of workers, some of which no worker may lead to any more.
struct GroupTable: Sendable {
    private(set) var all: [Group] = []

    subscript(index: Int) -> Group {
        _read { yield all[index] }
        _modify { yield &all[index] }
    }

    var indices: Range<Int> { all.indices }

    /// The group of this name; a new one where there is room, or in place of one that no worker leads to any more; else
    /// nil.
    mutating func index(of sink: SinkReport, hint: @autoclosure () -> CapacityHint?, now: MonotonicInstant) -> Int? {
        if let known = all.firstIndex(where: { $0.name == sink.group }) { return known }
        let controller = LatencyController(
            cap: sink.capPerSecond, floor: sink.floorPerSecond, hint: hint(), now: now)
        let group = Group(name: sink.group, controller: controller, now: now)
        if all.count < Limits.groups {
            all.append(group)
            return all.count - 1
        }
        guard let left = all.firstIndex(where: { $0.members == 0 }) else { return nil }
        all[left] = group
        return left
    }

    /// A worker leads to another group than before: its share moves with it.
    mutating func move(
        _ share: GroupShare, unanswered: Int64, from old: Int?, to new: Int?, now: MonotonicInstant
    ) {
        if let old { all[old].leave(share, unanswered: unanswered, now: now) }
        if let new { all[new].join(share, now: now) }
    }
}
