import Base

/// What the scheduler knows and decides of one worker.
struct Worker: Sendable {
    let id: String  // empty: no worker has this slot
    private var beat: Int64 = -1
    private(set) var beatAt: MonotonicInstant
    private(set) var knowsIncarnations = false
    private(set) var placesOrders: Bool?  // nil: it has not said
    private(set) var isUnlike = false  // places none beside workers that do: it gets no grants
    private(set) var takes = false  // has reported in this process's time, and is not leaving
    private var isFull = false  // had no room left when grants were last handed out
    private(set) var isHeldBack = false  // had room, and its pace or its group had no token
    private(set) var controller = ExecutionController()
    private(set) var group: Int?
    private(set) var breaker = BreakerState.closed
    private var inFlight: Int64 = 0
    private(set) var ledger = GrantLedger()
    private(set) var retries = RetryAccount()
    private(set) var share = GroupShare()  // what its group has counted of it
    private var unheard: Int64 = 0  // calls to its group that were let out and not heard of since
    private var recent = RecentTimes()
    private var law = LittlesLaw()

    init(id: String, hint: CapacityHint?, now: MonotonicInstant) {
        self.id = id
        beatAt = now
        if let hint { controller = ExecutionController(hint: hint, now: now) }
    }

    var isVacant: Bool { id.isEmpty }
    var isLeaving: Bool { beat >= 0 && !takes }
    var outstanding: Int64 { inFlight + ledger.unused + retries.unused }
    /// Something was granted to it since the last `takeGrants`.
    var hasFreshGrants: Bool { ledger.hasFresh || retries.isFresh }
    /// Before a group no credit lies unused: what goes out is paced there.
    var prefetch: Int64 { group == nil ? controller.prefetch : 0 }
    /// What is in its slots or on the way there; not what was only prefetched.
    var active: Int64 {
        outstanding - max(0, min(ledger.unused, outstanding - controller.window, prefetch))
    }
    var room: Int64 {
        guard takes, !isUnlike, breaker != .open else { return 0 }
        let free = controller.window + prefetch - outstanding
        // A probe or two show whether what failed serves again.
        return max(0, breaker == .halfOpen ? min(free, 2 - outstanding) : free)
    }

    // MARK: What is heard of it

    /// Whether a report says more than the last one; else it was doubled, or overtaken by one that knows more.
    func isNew(_ report: WorkerReport) -> Bool { report.beat > beat }

    mutating func heard(_ report: WorkerReport, now: MonotonicInstant) {
        beat = report.beat
        beatAt = now
        takes = report.presence == .working
        inFlight = report.inFlight
        controller.join()
    }

    /// Silence until `now` was ours, not the worker's.
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

    /// What a report says of its time and rate.
    ///
    /// - Returns: how long all of the completed were in flight, microseconds; nil where nothing was completed.
    mutating func learn(from report: WorkerReport, now: MonotonicInstant) -> Int64? {
        let orders = report.orders
        controller.complete(
            count: report.completed, executionSum: report.executionSum, times: orders?.times ?? [],
            failed: orders?.failed ?? 0, isFull: isFull, isHeldBack: isHeldBack, now: now)
        guard report.completed > 0 || orders?.sink?.callCount ?? 0 > 0 else { return nil }
        if let orders, !orders.times.isEmpty {
            for time in orders.times { recent.add(time) }
        } else if report.completed > 0 {
            recent.add(report.executionSum / report.completed)
        }
        let dispatch = report.completed.multipliedReportingOverflow(by: controller.dispatchMicroseconds)
        let residence =
            (orders?.residenceSum ?? report.executionSum)
            + (dispatch.overflow ? 0 : min(dispatch.partialValue, 1 << 60))
        law.complete(report.completed, microseconds: residence, now: now)
        return residence
    }

    /// What it holds and wants, as it says itself; nil of one that does not ask for permits.
    mutating func heard(_ retries: RetryReport?, in report: WorkerReport, isOfTerm: Bool, now: MonotonicInstant) {
        guard let retries else { return self.retries = RetryAccount() }
        self.retries.reported(retries, in: report, isOfTerm: isOfTerm, now: now)
    }

    // MARK: Grants

    /// Grants `count` more of an item.
    mutating func grant(_ count: Int64, of item: Int, now: MonotonicInstant) {
        let room = room
        precondition(count <= room, "more was granted than there is room for")
        // A prefetched purchase that lies for a while says nothing of the dispatch.
        ledger.grant(count, of: item, measures: outstanding < controller.window, now: now)
        controller.sent(count, now: now)
    }

    mutating func grantRetry(now: MonotonicInstant) { retries.grantOne(now: now) }

    /// Purchases that its pace lets go now.
    mutating func tokens(now: MonotonicInstant) -> Int64 { controller.tokens(now: now) }

    /// - Returns: what it changes of the item that is granted and unused.
    mutating func account(_ line: WorkerReport.Line, of item: Int, now: MonotonicInstant) -> GrantLedger.Change {
        let (change, dispatch) = ledger.reported(item, allowance: line.allowance, used: line.used, now: now)
        if let dispatch { controller.answered(after: dispatch) }
        return change
    }

    mutating func forgetUnheard(now: MonotonicInstant, allowance: (Int) -> Int64?) -> [GrantLedger.Change] {
        ledger.forgetUnheard(now: now, allowance: allowance)
    }

    mutating func release() -> [GrantLedger.Change] { ledger.release() }

    /// The item is another one now; nil where nothing of it was granted, or where the worker goes on with one account
    /// of the name, as those from before incarnations do.
    mutating func forget(_ item: Int) -> GrantLedger.Change? { knowsIncarnations ? ledger.forget(item) : nil }

    /// Another program under the same name keeps its account in another way.
    mutating func learn(knowsIncarnations: Bool) -> [GrantLedger.Change] {
        guard self.knowsIncarnations != knowsIncarnations else { return [] }
        self.knowsIncarnations = knowsIncarnations
        return ledger.forgetAll()
    }

    /// What it is to be told: all that it was granted in the term, of items where that has changed.
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

    /// It leads to another group from now on; what it adds to one is the same.
    mutating func enter(group: Int?) {
        self.group = group
        unheard = 0
    }

    mutating func learn(_ breaker: BreakerState) { self.breaker = breaker }
    /// Calls to its group went out, or were heard of.
    mutating func letOut(_ count: Int64) { unheard += count }
    mutating func heard(ofCalls count: Int64) { unheard = max(0, unheard - count) }
    /// Calls that its group will hear nothing of when it leaves.
    var callsUnheard: Int64 { unheard }

    /// What changed for its group since this was last asked.
    mutating func takeChange(now: MonotonicInstant) -> GroupShare.Change {
        let new = GroupShare(inFlight: outstanding, awaitingRetry: retries.awaiting)
        // What is neither on its way nor in flight, and was not told of as a call, was given back (the item was paused,
        // sold out or not reopened yet, a permit lapsed, the worker is gone), or its report was lost.
        let withdrawn = max(0, unheard - new.inFlight)
        unheard -= withdrawn
        law.change(inFlight: active, now: now)
        defer { share = new }
        return GroupShare.Change(
            inFlight: new.inFlight - share.inFlight, awaitingRetry: new.awaitingRetry - share.awaitingRetry,
            withdrawn: withdrawn)
    }

    // MARK: Life

    /// After grants were handed out.
    ///
    /// - Parameter isHeldBack: it had room, and something outside had no token.
    mutating func settle(isHeldBack: Bool) {
        self.isHeldBack = isHeldBack
        isFull = takes && (room == 0 || isHeldBack)
        if !isFull { controller.rest() }
    }

    mutating func beginTerm() {
        ledger.beginTerm()
        retries.beginTerm()
    }

    /// Another process leads: what is completed meanwhile says nothing of its window.
    mutating func endTerm() {
        isFull = false
        controller.rest()
    }

    /// It was silent for a lease; false where that was known.
    mutating func die() -> Bool {
        guard controller.mode != .dead else { return false }
        controller.die()
        return true
    }

    /// It is gone, and holds nothing.
    mutating func leave() {
        retries = RetryAccount()
        inFlight = 0
        takes = false
    }

    mutating func adopt(_ hint: CapacityHint, now: MonotonicInstant) {
        controller = ExecutionController(hint: hint, now: now)
    }
    mutating func beginAnew(because why: CapacityReason) { controller.beginAnew(because: why) }
    mutating func reset() { controller.reset() }

    var resource: CapacityResource {
        let times = recent.quantiles
        var state = controller.snapshot
        if isUnlike { (state.reason, state.window) = (.otherSink, 0) }
        return CapacityResource(
            kind: .worker, name: id, state: state, inFlight: active, p50Microseconds: times?.p50,
            p99Microseconds: times?.p99, capPerSecond: nil, breaker: breaker, littlesLawErrorPercent: law.errorPercent)
    }
}
