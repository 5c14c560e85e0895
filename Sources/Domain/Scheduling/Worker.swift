import Base

/// What the scheduler knows and decides of one worker.
struct Worker: Sendable {
    /// Purchases in flight up to which a worker is opened that completed nothing yet: it may have few slots.
    private static let mostUnseen: Int64 = 8

    let id: String  // empty: no worker has this slot
    private var beat: Int64 = -1
    private(set) var beatAt: MonotonicInstant
    private(set) var knowsIncarnations = false
    private(set) var placesOrders: Bool?  // nil: not known
    private(set) var isUnlike = false  // it places no orders beside workers that do: it gets no grants
    /// It has not reported for far longer than its calls take: they no longer count for its group.
    private(set) var isQuiet = false
    private(set) var takes = false  // it has reported since this process started, and is not leaving
    private var isFull = false  // it had no room left when grants were last handed out
    private var waitsInside: Bool?  // whether what it completed last had waited in it; nil: nothing was completed
    private(set) var isHeldBack = false  // it had room, and its pace or its group had no token
    private(set) var controller = ExecutionController()
    private(set) var group: Int?
    private(set) var breaker = BreakerState.closed
    private var inFlight: Int64 = 0
    private(set) var ledger = GrantLedger()
    private(set) var retries = RetryAccount()
    private(set) var share = GroupShare()  // as its group has counted it
    private(set) var unansweredCalls: Int64 = 0  // to its group: permitted, and their end not reported
    private var recent = RecentTimes()
    private var law = LittlesLaw()
    private var journal: CapacityJournal

    init(id: String, hint: CapacityHint?, now: MonotonicInstant) {
        self.id = id
        beatAt = now
        journal = CapacityJournal(began: now)
        if let hint { controller = ExecutionController(hint: hint, now: now) }
    }

    var isVacant: Bool { id.isEmpty }
    var isLeaving: Bool { beat >= 0 && !takes }
    var outstanding: Int64 { inFlight + ledger.unused + retries.unused }
    /// Whether it got a grant or a permit since the last `takeGrants`.
    var hasFreshGrants: Bool { ledger.hasFresh || retries.isFresh }
    /// Zero before a group, whose pace says when a purchase goes out.
    var prefetch: Int64 { group == nil ? controller.prefetch : 0 }
    /// Purchases in its slots or about to be; without those that are only prefetched.
    var active: Int64 {
        outstanding - max(0, min(ledger.unused, outstanding - controller.window, prefetch))
    }
    /// Purchases that it may be granted now.
    var room: Int64 {
        guard takes, !isUnlike, !isQuiet, breaker != .open else { return 0 }
        let free = controller.window + prefetch - outstanding
        // Behind a half-open breaker two purchases probe whether the service works again.
        return max(0, breaker == .halfOpen ? min(free, 2 - outstanding) : free)
    }

    // MARK: Reports

    /// Whether a report is newer than the last one; else it was doubled, or overtaken.
    func isNew(_ report: WorkerReport) -> Bool { report.beat > beat }

    mutating func received(_ report: WorkerReport, now: MonotonicInstant) {
        precondition(isNew(report), "an old report")
        beat = report.beat
        beatAt = now
        isQuiet = false
        takes = report.presence == .working
        inFlight = report.inFlight
        controller.join()
    }

    /// The worker is not to blame for silence until `now`; or, where this process was `asleep`, for so much of it.
    mutating func excuse(until now: MonotonicInstant, asleep: TimeSpan? = nil) {
        beatAt = asleep.map { min(now, beatAt + $0) } ?? now
    }

    /// - Returns: false where nothing changed.
    mutating func learn(placesOrders: Bool?) -> Bool {
        defer { self.placesOrders = placesOrders }
        return self.placesOrders != placesOrders
    }

    /// - Returns: whether that changed.
    mutating func judge(ordersAreRequired: Bool) -> Bool {
        let wasUnlike = isUnlike
        isUnlike = ordersAreRequired && placesOrders == false
        return isUnlike != wasUnlike
    }

    /// Measures time and rate by a report.
    ///
    /// - Parameter share: of the calls that its group may have in flight, the worker's part where all have as many.
    /// - Returns: how long all of the completed were in flight, microseconds; nil where nothing was completed.
    mutating func learn(from report: WorkerReport, share: Int64, now: MonotonicInstant) -> Int64? {
        let orders = report.orders
        controller.complete(
            count: report.completed, executionSum: report.executionSum, times: orders?.times ?? [],
            failed: group == nil ? orders?.failed ?? 0 : 0, isFull: isFull, isHeldBack: isHeldBack, now: now)
        if report.completed > 0 { waitsInside = Self.waitedInside(report) }
        if group != nil, !(waitsInside ?? (report.inFlight > Self.mostUnseen)) {
            controller.bore(max(report.inFlight, share))
        }
        guard report.completed > 0 || orders?.sink?.callCount ?? 0 > 0 else { return nil }
        if let orders, !orders.times.isEmpty {
            for time in orders.times { learn(time: time) }
        } else if report.completed > 0 {
            learn(time: report.executionSum / report.completed)
        }
        journal.completed(report.completed)
        if journal.isDue(now: now) { journal.see(state, now: now) }
        let dispatch = report.completed.multipliedReportingOverflow(by: controller.dispatchMicroseconds)
        let residence =
            (orders?.residenceSum ?? report.executionSum)
            + (dispatch.overflow ? 0 : min(dispatch.partialValue, 1 << 60))
        law.complete(report.completed, microseconds: residence, now: now)
        return residence
    }

    /// Whether the completed waited in the worker until their call went out, as far as the report shows.
    private static func waitedInside(_ report: WorkerReport) -> Bool {
        guard let residence = report.orders?.residenceSum else { return false }
        let (least, overflow) = report.completed.multipliedReportingOverflow(by: 1_000)
        return overflow || residence - report.executionSum > report.executionSum / 4 + least
    }

    private mutating func learn(time: Int64) {
        recent.add(time)
        journal.took(time)
    }

    /// Notes what the controller decided, and whether work waited for workers since this was last called.
    mutating func keepJournal(workWaits: Bool, now: MonotonicInstant) {
        journal.tick(state, workWaits: workWaits && group == nil && takes, now: now)
    }

    /// The retries that it wants; nil of a worker that requests no permits.
    mutating func received(_ retries: RetryReport?, in report: WorkerReport, isOfTerm: Bool, now: MonotonicInstant) {
        guard let retries else { return self.retries = RetryAccount() }
        self.retries.reported(retries, in: report, isOfTerm: isOfTerm, now: now)
    }

    // MARK: Grants

    /// Grants `count` more of an item.
    mutating func grant(_ count: Int64, of item: Int, now: MonotonicInstant) {
        let room = room
        precondition(count <= room, "more was granted than there is room for")
        // A prefetched purchase waits for a slot, so it does not show the dispatch latency.
        ledger.grant(count, of: item, measures: outstanding < controller.window, now: now)
        controller.sent(count, now: now)
    }

    mutating func grantRetry(now: MonotonicInstant) { retries.grantOne(now: now) }

    /// Purchases that its pace lets go now.
    mutating func tokens(now: MonotonicInstant) -> Int64 { group == nil ? controller.tokens(now: now) : .max }

    /// - Returns: by how much the unused grants of the item change.
    mutating func account(_ line: WorkerReport.Line, of item: Int, now: MonotonicInstant) -> GrantLedger.Change {
        let (change, dispatch) = ledger.reported(item, allowance: line.allowance, used: line.used, now: now)
        if let dispatch { controller.answered(after: dispatch) }
        return change
    }

    mutating func forgetLostGrants(now: MonotonicInstant, allowance: (Int) -> Int64?) -> [GrantLedger.Change] {
        ledger.forgetLostGrants(now: now, allowance: allowance)
    }

    mutating func release() -> [GrantLedger.Change] { ledger.release() }

    /// The item is another one now; nil where nothing of it was granted, or where the worker keeps one account for the
    /// name, as those of releases without incarnations do.
    mutating func forget(_ item: Int) -> GrantLedger.Change? { knowsIncarnations ? ledger.forget(item) : nil }

    /// Another release under the same worker name keeps its account in another way.
    mutating func learn(knowsIncarnations: Bool) -> [GrantLedger.Change] {
        guard self.knowsIncarnations != knowsIncarnations else { return [] }
        self.knowsIncarnations = knowsIncarnations
        return ledger.forgetAll()
    }

    /// What is to be sent to it: all that it was granted in the term, of items where that has changed.
    struct Granted {
        var worker: String
        var limit: Int64?
        var namesIncarnations: Bool
        var items: [(item: Int, granted: Int64)]
        var retries: Int64?
    }

    mutating func takeGrants() -> Granted {
        Granted(
            worker: id, limit: prefetch > 0 ? controller.window : nil, namesIncarnations: knowsIncarnations,
            items: ledger.takeFresh(), retries: retries.takeFresh())
    }

    // MARK: Its group

    /// Its sink leads to another group from now on.
    mutating func enter(group: Int?) {
        self.group = group
        unansweredCalls = 0
    }

    mutating func learn(_ breaker: BreakerState) { self.breaker = breaker }
    /// Calls to its group were permitted.
    mutating func callsPermitted(_ count: Int64) { unansweredCalls += count }
    /// The end of calls to its group was reported.
    mutating func callsEnded(_ count: Int64) { unansweredCalls = max(0, unansweredCalls - count) }

    /// What changed for its group since this was last called.
    mutating func takeChange(now: MonotonicInstant) -> GroupShare.Change {
        let new = GroupShare(inFlight: isQuiet ? 0 : outstanding, awaitingRetry: isQuiet ? 0 : retries.awaiting)
        // A call that is neither granted nor in flight, and whose end was not reported, was never made (the item was
        // paused, sold out or not reopened yet, a permit lapsed, the worker is gone), or its report was lost.
        let withdrawn = max(0, unansweredCalls - new.inFlight)
        unansweredCalls -= withdrawn
        law.change(inFlight: active, now: now)
        defer { share = new }
        return GroupShare.Change(
            inFlight: new.inFlight - share.inFlight, awaitingRetry: new.awaitingRetry - share.awaitingRetry,
            withdrawn: withdrawn)
    }

    // MARK: Life

    /// Grants were handed out.
    ///
    /// - Parameter isHeldBack: it had room, and its pace or its group had no token.
    mutating func settle(isHeldBack: Bool) {
        self.isHeldBack = isHeldBack
        isFull = takes && (room == 0 || isHeldBack)
        if !isFull { controller.interruptRound() }
    }

    mutating func beginTerm() {
        ledger.beginTerm()
        retries.beginTerm()
    }

    /// Another process leads: what is completed meanwhile does not count for its window.
    mutating func endTerm() {
        isFull = false
        controller.interruptRound()
    }

    /// - Parameter span: silence after which its calls to its group have ended.
    /// - Returns: whether that was not known.
    mutating func isNowQuiet(after span: TimeSpan, now: MonotonicInstant) -> Bool {
        guard group != nil, !isQuiet, now - beatAt > span else { return false }
        isQuiet = true
        return true
    }

    /// It did not report for a lease; false where that was known already.
    mutating func die() -> Bool {
        guard controller.mode != .dead else { return false }
        controller.die()
        return true
    }

    /// It is gone, and holds nothing.
    mutating func clear() {
        retries = RetryAccount()
        inFlight = 0
        takes = false
    }

    mutating func adopt(_ hint: CapacityHint, now: MonotonicInstant) {
        controller = ExecutionController(hint: hint, now: now)
    }
    mutating func beginAnew(because why: CapacityReason) { controller.beginAnew(because: why) }
    mutating func reset() { controller.reset() }

    private var state: CapacitySnapshot {
        var state = controller.snapshot
        if isUnlike { (state.reason, state.window) = (.otherSink, 0) }
        return state
    }

    var resource: CapacityResource {
        let times = recent.quantiles
        return CapacityResource(
            kind: .worker, name: id, state: state, inFlight: active, p50Microseconds: times?.p50,
            p99Microseconds: times?.p99, capPerSecond: nil, breaker: breaker, littlesLawErrorPercent: law.errorPercent,
            journal: journal, timeBelow: group == nil ? journal.timeBelow : nil)
    }
}
