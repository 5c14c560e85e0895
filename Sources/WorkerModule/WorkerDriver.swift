public import Base
public import Domain
public import EventLoop
public import Store

// DESIGN
// A worker turns grants into winners: it asks the store to deduct, hands what was taken to the order sink, settles what
// the sink finished, and reports. Without a sink a winner is sold by the deduction itself. Whatever a lost reply may
// have left in flight is read back (`recall`) after every reconnect, before anything more is taken; whatever a lost
// worker leaves is taken back by the scheduler, and its late settlements are fenced by the attempt.

/// Runs one worker process.
public final class WorkerDriver {
    let loop: EventLoop
    let store: Store
    private let listener: StoreListener
    let sink: (any OrderSink)?
    public let sinkKind: SinkKind
    let log: any WorkerLog
    public let id: String
    var book = GrantBook()
    var items: [ItemName: WorkerItem] = [:]
    var beat: Int64 = 0
    var completed: Int64 = 0  // since the last report
    var executed: Int64 = 0  // microseconds, of those
    var tally = OrdersTally()
    var mustReport = false
    var repeatsTold = 0  // calls that the last report asked leave for
    var isRecalling = false
    private(set) var isStopping = false
    var held: [HeldPurchase: Bool] = [:]  // in the sink, or waiting to be settled; true: was in doubt before
    var callsUnderWay = 0
    var quarantine = Quarantine()
    private var pulsedAt: MonotonicInstant?
    private var comparedAt: MonotonicInstant?
    var nextCompared = 0  // among `items`, in the order of their names
    private let settler: Settler
    let doubts: DoubtDrain
    var lastBreaker = BreakerState.closed
    var counted = WorkerFigures()
    private var lastRunID = ""
    public internal(set) var enlistment = Enlistment()
    private var whenReady: (() -> Void)?
    /// Called at the start with the name of the sink that all other workers have: this one can't work beside them.
    public var onHopeless: (String) -> Void = { _ in }
    let memories = ItemMemories()
    let durability: DurabilityCheck

    final class WorkerItem {
        let keys: ItemKeys
        init(_ name: ItemName) { keys = ItemKeys(name) }
        /// - Parameter incarnation: nil: whichever has the name now.
        func reference(_ incarnation: UInt64? = nil) -> ItemReference { ItemReference(keys, incarnation: incarnation) }
    }

    public init(
        loop: EventLoop, storeOptions: StoreOptions, id: String, sinkKind: SinkKind,
        sink: (any OrderSink)?, doubtsEvery: TimeSpan = .seconds(30), log: any WorkerLog
    ) {
        self.loop = loop
        self.id = id
        self.sink = sink
        self.sinkKind = sinkKind
        self.log = log
        store = Store(loop: loop, options: storeOptions)
        listener = StoreListener(loop: loop, options: storeOptions, topics: [.grants(worker: id)])
        durability = DurabilityCheck(loop: loop, store: store, log: log)
        settler = Settler(loop: loop, store: store, worker: id, log: log)
        doubts = DoubtDrain(loop: loop, store: store, worker: id, every: doubtsEvery, log: log)
        settler.onCounters = { [unowned self] in memories.heard($0.name, incarnation: $0.number, counters: $1) }
        settler.onAnswered = { [unowned self] item, settlements in
            for ended in settlements { release(item, ended.sequence, ended.attempt) }
            // Beyond a batch there is room for more only now.
            if settler.count + settlements.count > Limits.batch { mustReport = true }
        }
        sink?.onFinished = { [unowned self] in finish($0) }
        sink?.onCalls = { [unowned self] calls in
            tally.add(calls)
            mustReport = true
        }
        prepareDoubts()
        prepareDurabilityCheck()
        loop.beforeSleep { [unowned self] in endTurn() }
    }

    public func start(onReady: @escaping () -> Void) {
        whenReady = onReady
        let check = { [unowned self] in
            if isFollowing { register() }
        }
        store.onReady = { [unowned self] in
            log.storeUp()
            durability.storeUp()
            // A store that was restarted may count its terms again from a lower one, which we would ignore for ever.
            if store.runID != lastRunID { book = GrantBook() }
            lastRunID = store.runID
            enlistment.forget()
            recall()
            check()
        }
        store.onDown = { [unowned self] in
            log.storeDown(reason: $0)
            memories.interrupt()
            if whenReady != nil, let server = store.unsuitable { onUnsuitable?(server) }
        }
        store.onWork = { [unowned self] in tellReady() }
        store.tellImpairments(to: log)
        store.accompany(with: listener)
        listener.onReaped = { [unowned self] in register() }
        listener.onFollowing = check
        listener.onGrants = { [unowned self] grants in
            for grant in grants { book.grant(grant, now: loop.now) }
            if book.hasChanges { mustReport = true }
        }
        listener.onRepeats = { [unowned self] in allow($0) }
        store.start()
        listener.start()
        pulse()
    }

    /// Calls reach the store, and its messages this worker.
    public var isFollowing: Bool { store.isReady && listener.isFollowing }
    var mayTake: Bool { store.isReady && !isStopping && enlistment.isValid(now: loop.now) }
    /// Who can't write takes nothing and ends nothing.
    public var isReady: Bool { store.takesWork && listener.isFollowing && mayTake }
    /// Why this worker takes nothing though the store is there; nil while it may.
    public var listingReason: String? { enlistment.reason(own: sinkKind) }
    public var impairments: [Impairment] { store.impairments }
    /// Before it was ever ready the server turned out to be none to work with.
    public var onUnsuitable: ((String) -> Void)?
    public var storeReason: String? {
        if isStopping { return "stopping" }
        if let reason = store.workReason { return reason }
        return listener.isFollowing ? nil : "its messages can't be followed"
    }
    public var inFlight: Int { (sink?.count ?? 0) + settler.count }
    /// In flight and in the way of others. Those that rest are not, up to a bound: else a few purchases that a service
    /// does not answer for would fill the window, and everybody behind them would wait out their pauses.
    var occupied: Int { inFlight - min(sink?.resting ?? 0, Limits.resting) }
    /// The same without what only the store has yet to hear of, up to a batch: what served it is free for the next one.
    var engaged: Int { occupied - min(settler.count, Limits.batch) }
    public var figures: WorkerFigures {
        var copy = counted
        copy.settled += settler.count(of: .settled)
        copy.repeated = settler.count(of: .repeated)
        copy.fenced = settler.count(of: .fenced)
        copy.unknown = settler.count(of: .unknown)
        copy.revived = doubts.revived
        copy.storeFailures += settler.failures
        return copy
    }

    public func describe(json: String) { store.describeNode(id, json: json, now: loop.wallNow) }

    /// Looks whether the store can keep what is promised.
    public func checkPromise(completion: @escaping (Store.PromiseCheck) -> Void) {
        store.checkPromise(isStrict: false, completion: completion)
    }

    // MARK: Life

    /// Serves for the first time.
    func tellReady() {
        guard isReady, let tell = whenReady else { return }
        whenReady = nil
        tell()
    }

    private func pulse() {
        loop.schedule(after: Limits.heartbeat) { [weak self] in
            guard let self else { return }
            wakeFromPause()
            renewListing()
            if store.isReady { report(isComplete: true) }
            lookAfter()
            pulse()
        }
    }

    /// A process that was stopped for longer than a few beats may have been taken for dead and forgotten.
    private func wakeFromPause() {
        defer { pulsedAt = loop.now }
        guard let pulsedAt, loop.now - pulsedAt > Limits.heartbeat * 3, store.isReady else { return }
        register()
    }

    /// Now and then: what may have been carried out late is found.
    private func lookAfter() {
        guard store.isReady, loop.now - (comparedAt ?? loop.now) >= Limits.flightsCompared else {
            comparedAt = comparedAt ?? loop.now
            return
        }
        comparedAt = loop.now
        compareFlights()
    }

    /// Takes nothing more, finishes what has begun within `limit`, gives the rest back, then calls `completion`. The
    /// scheduler is told at once, so that others get our grants, and hears our beat until the end.
    public func stop(within limit: TimeSpan, completion: @escaping () -> Void) {
        isStopping = true
        store.removeNode(id)
        guard store.isReady else { return completion() }
        report(isComplete: true)
        for order in sink?.withdrawWaiting() ?? [] {
            release(order.identity, order.record.sequence, order.record.attempt)
        }
        giveBack(limit, completion)
    }

    private func giveBack(_ limit: TimeSpan, _ completion: @escaping () -> Void) {
        let deadline = loop.now + limit
        func look() {
            if inFlight == 0 && callsUnderWay == 0 || loop.now >= deadline {
                return returnRest(Array(items.keys), completion)
            }
            loop.schedule(after: .milliseconds(10)) { look() }
        }
        look()
    }

    /// What is still ours goes to whoever comes next; its attempt is not used up.
    private func returnRest(_ names: [ItemName], _ completion: @escaping () -> Void) {
        guard let name = names.first, let item = items[name] else {
            store.retire(id, sink: sinkKind) { [unowned self] result in
                // Else the scheduler misses us after the lease, and finds nothing to take back.
                if case .success = result { report(isComplete: true, presence: .gone) }
                completion()
            }
            return
        }
        // Without a sink nothing is ever in flight.
        guard sink != nil else { return returnRest([], completion) }
        store.reap(item.reference(), worker: id, consumesAttempt: false) { [unowned self] result in
            // What could not be given back is taken back after the lease.
            if case .success(let reply) = result, reply.left > 0 { return returnRest(names, completion) }
            returnRest(Array(names.dropFirst()), completion)
        }
    }

    // MARK: Turns

    private func endTurn() {
        followBreaker()
        followRepeats()
        // Behind an open breaker winners would only wait here: their places are safer in the queue.
        if !isRecalling && mayTake && sink?.breaker != .open { take() }
        settler.flush()
        if mustReport && store.isReady { report(isComplete: false) }
    }

    private func release(_ item: ItemIncarnation, _ sequence: Int64, _ attempt: Int64) {
        held[HeldPurchase(item, sequence, attempt)] = nil
    }

    // MARK: Settling

    private func finish(_ orders: [FinishedOrder]) {
        mustReport = true
        for finished in orders {
            completed += 1
            executed += finished.execution.wholeMicroseconds
            tally.add(finished, now: loop.now)
            counted.execution.record(finished.execution.wholeMicroseconds)
            let (item, record) = (finished.order.identity, finished.order.record)
            let isDoubt = finished.outcome == .inDoubt
            if isDoubt {
                counted.inDoubt += 1
                log.inDoubt(item: item.name, purchases: 1)
            }
            if finished.order.wasInDoubt { doubts.ended(inDoubt: isDoubt) }
            settler.add(
                Settlement(
                    sequence: record.sequence, attempt: record.attempt, outcome: finished.outcome, note: finished.note),
                of: item)
        }
    }
}
