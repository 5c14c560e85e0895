public import Base
public import Domain
public import EventLoop
public import Store

// DESIGN
// A worker turns grants into winners: it has the store deduct, hands what was taken to the order sink, settles what the
// sink finished, and reports. Without a sink a winner is sold by the deduction itself. What a lost reply may have left
// in flight is read back (`recall`) after every reconnect, before anything more is taken. What a lost worker held is
// taken back by the scheduler, and that worker's late settlements are fenced by the attempt.

/// Runs one worker process. Its parts do the work; it connects them, and begins and ends.
public final class WorkerDriver {
    private let loop: any Loop
    private let store: any WorkerStore
    private let messages: any WorkerMessages
    private let sink: (any OrderSink)?
    public let sinkKind: SinkKind
    private let log: any WorkerLog
    public let id: String
    private let items = KnownItems()
    private let taker: GrantTaker
    private let settler: Settler
    private let flights: FlightReader
    private let reports: ReportSender
    private let listing: ListingKeeper
    private let doubts: DoubtReviver
    private let acknowledged: AcknowledgedItems
    private let purchases: PurchaseKeeper
    private let ending: OrderlyStop
    private var sold: UInt64 = 0  // by the call that took them
    private var isStopping = false
    private var pulsedAt: MonotonicInstant?
    private var lastBreaker = BreakerState.closed
    private var lastRunID = ""
    private var whenReady: (() -> Void)?
    /// Called at the start with the name of the sink that all other workers have: this one can't work beside them.
    public var onHopeless: (String) -> Void = { _ in }
    /// Before this worker was ever ready, the server turned out to be one that can't be used.
    public var onUnsuitable: ((String) -> Void)?

    public convenience init(
        loop: EventLoop, storeOptions: StoreOptions, id: String, sinkKind: SinkKind,
        sink: (any OrderSink)?, doubtsEvery: TimeSpan = .seconds(30), log: any WorkerLog
    ) {
        let store = Store(loop: loop, options: storeOptions)
        let listener = StoreListener(loop: loop, options: storeOptions, topics: [.grants(worker: id)])
        store.accompany(with: listener)
        self.init(
            loop: loop, store: store, messages: listener, id: id, sinkKind: sinkKind, sink: sink,
            doubtsEvery: doubtsEvery, seed: .random(in: .min ... .max), log: log)
    }

    /// - Parameter seed: of everything random.
    public init(
        loop: any Loop, store: any WorkerStore, messages: any WorkerMessages, id: String, sinkKind: SinkKind,
        sink: (any OrderSink)?, doubtsEvery: TimeSpan, seed: UInt64, log: any WorkerLog
    ) {
        self.loop = loop
        self.store = store
        self.messages = messages
        self.id = id
        self.sink = sink
        self.sinkKind = sinkKind
        self.log = log
        taker = GrantTaker(loop: loop, store: store, worker: id, sink: sink, items: items, log: log)
        settler = Settler(loop: loop, store: store, worker: id, log: log)
        flights = FlightReader(loop: loop, store: store, worker: id, items: items, log: log)
        reports = ReportSender(store: store, worker: id, sink: sink)
        listing = ListingKeeper(loop: loop, store: store, worker: id, sink: sinkKind, log: log)
        doubts = DoubtReviver(loop: loop, store: store, worker: id, every: doubtsEvery, seed: seed, log: log)
        purchases = PurchaseKeeper(
            loop: loop, store: store, sink: sink, items: items, settler: settler, doubts: doubts, log: log)
        ending = OrderlyStop(loop: loop, store: store, worker: id, sink: sinkKind, hasSink: sink != nil)
        acknowledged = AcknowledgedItems(loop: loop, store: store, log: log)
        connectParts()
        connectSink()
        loop.beforeSleep { [unowned self] in endTurn() }
    }

    private func connectParts() {
        taker.onTaken = { [unowned self] in taken($0, $1, took: $2) }
        taker.onFailed = { [unowned self] take, failure in
            reports.makeDue()
            if failure == .unknownItem { acknowledged.forget(take.item.name) }
        }
        acknowledged.onEmptied = { [unowned self] in
            // It may count its terms again from a lower one, and has lost the list of workers.
            taker.forgetTerms()
            listing.forget()
            listing.enlist()
        }
        settler.onCounters = { [unowned self] in acknowledged.replied($0, counters: $1) }
        settler.onAnswered = { [unowned purchases] in purchases.settled($1, of: $0) }
        purchases.onRoom = { [reports] in reports.makeDue() }
        purchases.onOrder = { [taker] in taker.ordered(in: $0) }
        flights.onFlight = { [purchases] in purchases.adopt($0, of: $1) }
        flights.onGone = { [acknowledged] in acknowledged.forget($0) }
        ending.onRetired = { [unowned self] in report(isComplete: true, presence: .gone) }
        listing.onHopeless = { [unowned self] in onHopeless($0) }
        listing.onAnswered = { [unowned self] in
            report(isComplete: true)
            announceReady()
        }
        guard sink?.group != nil else { return }
        doubts.start(
            in: DoubtReviver.Surroundings(
                mostAtOnce: { [unowned self] in mostDoubtsAtOnce },
                reference: { [items] in items.reference($0) },
                onTaken: { [unowned purchases] in purchases.place($0, of: $1, wereInDoubt: true) }))
    }

    private func connectSink() {
        sink?.onFinished = { [unowned self] orders in
            for finished in orders {
                reports.finished(finished, now: loop.now)
                purchases.finish(finished)
            }
            reports.makeDue()
        }
        sink?.onCalls = { [unowned self] calls in
            reports.called(calls)
            reports.makeDue()
        }
    }

    // MARK: Life

    public func start(onReady: @escaping () -> Void) {
        whenReady = onReady
        let check = { [unowned self] in if isFollowing { listing.enlist() } }
        store.onReady = { [unowned self] in
            log.storeUp()
            acknowledged.storeUp()
            // A store that was restarted may count its terms again from a lower one, which would be ignored for ever.
            if store.runID != lastRunID { taker.forgetTerms() }
            lastRunID = store.runID
            listing.forget()
            if sink != nil { flights.recall() }
            check()
        }
        store.onDown = { [unowned self] in
            log.storeDown(reason: $0)
            acknowledged.interrupt()
            if whenReady != nil, let server = store.unsuitable { onUnsuitable?(server) }
        }
        store.onWork = { [unowned self] in announceReady() }
        store.reportImpairments(to: log)
        messages.onReaped = { [unowned self] in listing.enlist() }
        messages.onFollowing = check
        messages.onGrants = { [unowned self] in if taker.add($0) { reports.makeDue() } }
        messages.onRetries = { [unowned self] grant in
            // What the sink can't use lapses. The next report shows that the grant arrived, or that it was an old one.
            let count = taker.add(grant)
            if count > 0 { sink?.permit(retries: count) }
            reports.makeDue()
        }
        store.start()
        messages.start()
        pulse()
    }

    private func announceReady() {
        guard isReady, let whenReady else { return }
        self.whenReady = nil
        whenReady()
    }

    private func pulse() {
        loop.schedule(after: Limits.heartbeat) { [weak self] in
            guard let self else { return }
            wakeFromPause()
            if isFollowing { listing.renew() }
            if store.isReady { report(isComplete: true) }
            if sink != nil { flights.compareRegularly() }
            pulse()
        }
    }

    /// A process that was stopped for longer than a few beats may have been taken for dead and forgotten.
    private func wakeFromPause() {
        defer { pulsedAt = loop.now }
        guard let pulsedAt, loop.now - pulsedAt > Limits.heartbeat * 3, store.isReady else { return }
        listing.enlist()
    }

    /// Takes nothing more, finishes what has begun within `limit`, gives the others back, then calls `completion`. A
    /// report goes out at once, so that other workers get the grants, and reports go on until the end.
    public func stop(within limit: TimeSpan, completion: @escaping () -> Void) {
        isStopping = true
        listing.stop()
        flights.stop()
        store.removeNode(id)
        guard store.isReady else { return completion() }
        report(isComplete: true)
        purchases.withdraw()
        let isIdle = { [purchases, taker] in purchases.inFlight == 0 && taker.callsUnderWay == 0 }
        ending.run(within: limit, items: items, isIdle: isIdle, completion: completion)
    }

    // MARK: Turns

    private func endTurn() {
        followBreaker()
        reports.followRetries()
        // Behind an open breaker winners would only wait here: their places are safer in the queue.
        if !flights.isRecalling && mayTake && sink?.breaker != .open {
            taker.take(inFlight: Int64(purchases.engaged), isIdle: purchases.occupied <= 0)
        }
        settler.flush()
        if reports.isDue && store.isReady { report(isComplete: false) }
    }

    private func report(isComplete: Bool, presence: WorkerReport.Presence? = nil) {
        reports.clear()
        guard listing.enlistment.wasAdmitted else { return }
        reports.send(
            term: taker.term, inFlight: Int64(purchases.engaged), isComplete: isComplete,
            presence: presence ?? (mayTake ? .working : .leaving), lines: taker.lines(isComplete: isComplete),
            retryAllowance: taker.retryAllowance)
    }

    /// A change of the breaker is reported at once, and purchases in doubt are taken when it closes.
    private func followBreaker() {
        guard let state = sink?.breaker, state != lastBreaker else { return }
        lastBreaker = state
        reports.makeDue()
        doubts.breakerChanged(to: state)
    }

    // MARK: Purchases

    private func taken(_ take: GrantBook.Take, _ deduction: Deduction, took: TimeSpan) {
        reports.makeDue()
        let (name, incarnation) = (take.item.name, deduction.incarnation)
        acknowledged.read(name, incarnation: incarnation, life: deduction.life, counters: deduction.counters)
        if sink != nil {
            purchases.place(deduction.taken, of: ItemIncarnation(name, incarnation), grantedAt: take.since)
        } else {
            reports.sold(deduction.winners, took: took)
            sold += UInt64(deduction.winners)
        }
    }
}

// What the process reports of itself, and what its sink and its operators call. Nothing here changes a part's state
// but through the part's methods.
extension WorkerDriver {
    /// Calls reach the store, and its messages this worker.
    public var isFollowing: Bool { store.isReady && messages.isFollowing }
    private var mayTake: Bool { store.isReady && !isStopping && listing.enlistment.isValid(now: loop.now) }
    /// A worker that can't write takes nothing and ends nothing.
    public var isReady: Bool { store.takesWork && messages.isFollowing && mayTake }
    public var enlistment: Enlistment { listing.enlistment }
    /// Why this worker takes nothing though the store is there; nil while it may.
    public var listingReason: String? { listing.enlistment.reason(own: sinkKind) }
    public var impairments: [Impairment] { store.impairments }
    public var storeReason: String? {
        if isStopping { return "stopping" }
        if let reason = store.workReason { return reason }
        return messages.isFollowing ? nil : "its messages can't be followed"
    }
    public var inFlight: Int { purchases.inFlight }

    public var figures: WorkerFigures {
        WorkerFigures(
            taker, settler, purchases, revived: doubts.revived, sold: sold,
            storeFailures: taker.failures + listing.failures + settler.failures)
    }

    public func describe(json: String) { store.describeNode(id, json: json, now: loop.wallNow) }

    /// Checks whether the store can keep what is promised.
    public func checkPromise(completion: @escaping (Store.PromiseCheck) -> Void) {
        store.checkPromise(isStrict: false, completion: completion)
    }

    /// What the tickets of purchases in flight are made of, for a sink that writes them.
    public func identify(
        _ records: [FlightRecord], of item: ItemIncarnation,
        completion: @escaping StoreCompletion<Store.Identification>
    ) {
        purchases.identify(records, of: item, completion: completion)
    }

    /// An operator has all purchases of an item called for that are in doubt, also those whose workers were lost. False
    /// while this worker calls for none.
    public func reviveAll(of item: ItemName) -> Bool {
        guard store.isReady, mostDoubtsAtOnce > 0 else { return false }
        doubts.takeAll(of: item)
        return true
    }

    /// How many purchases in doubt may be taken at once, an item.
    private var mostDoubtsAtOnce: Int64 {
        guard let sink, sink.group != nil, mayTake, !taker.isQuarantined else { return 0 }
        return DoubtReviver.mostAtOnce(sink.breaker)
    }
}
