public import Base
import Domain
public import EventLoop
public import Store

// DESIGN
// The driver of Domain's `Scheduler`: it passes on what the store and the workers report, and carries out what the
// scheduler decides. It follows all messages from its start, also while another process leads, so that it knows which
// workers are alive when it takes the lead. A gap in the messages ends the term: a new term counts from zero, so
// nothing needs repair.

/// Runs one scheduler process: leader or standby.
public final class SchedulerDriver {
    let loop: any Loop
    let store: any SchedulerStore
    let messages: any SchedulerMessages
    private let log: any SchedulerLog
    let node: String
    let leadership: LeadershipDriver
    private let items: ItemFollower
    private let reaper: Reaper
    private let reopener: Reopener
    private let capacity: CapacityKeeper
    let expirer: HoldExpirer
    let feed: FeedWriter?
    let trimmer: FeedTrimmer?
    let series: SeriesSampler?
    private(set) var machine: Scheduler
    private var mustGrant = false
    private lazy var grantTimer = OneTimer(loop: loop) { [unowned self] in mustGrant = true }
    private(set) var progress = ProgressWatch()
    private var wasReady = false
    private(set) var isStopping = false
    private var hasLiveWorkers = false
    public private(set) var figures = SchedulerFigures()

    /// The store answers for the first time, and its messages are followed.
    private var onReady: () -> Void = {}
    /// The server turned out to be unsuitable before this process was ever ready.
    public var onUnsuitable: ((String) -> Void)?
    /// The first worker came, or the last one went: the description of this process is outdated.
    public var onWorkersChanged: (() -> Void)?
    /// This process leads from now on, in this term; nil: it leads no more.
    public var onTerm: ((Int64?) -> Void)?

    public convenience init(
        loop: EventLoop, store: Store, options: StoreOptions, node: String, lease: TimeSpan, eventsKept: TimeSpan?,
        log: any SchedulerLog
    ) {
        let listener = StoreListener(loop: loop, options: options, topics: [.changes, .reports])
        store.accompany(with: listener)
        self.init(
            loop: loop, store: store, messages: listener, feed: store, eventsKept: eventsKept,
            series: store, node: node, lease: lease, seed: .random(in: .min ... .max), log: log)
    }

    /// - Parameters:
    ///   - feed: where the feed of all items is kept; nil: nowhere.
    ///   - eventsKept: for how long events can be read; nil: for ever.
    ///   - series: where the series of items are kept; nil: nowhere.
    ///   - seed: of everything random.
    public init(
        loop: any Loop, store: any SchedulerStore, messages: any SchedulerMessages, feed: (any FeedStore)? = nil,
        eventsKept: TimeSpan? = nil, series: (any SeriesStore)? = nil, node: String, lease: TimeSpan, seed: UInt64,
        log: any SchedulerLog
    ) {
        self.loop = loop
        self.store = store
        self.messages = messages
        self.node = node
        self.log = log
        machine = Scheduler(lease: lease)
        leadership = LeadershipDriver(loop: loop, store: store, node: node)
        items = ItemFollower(loop: loop, store: store, messages: messages, leadership: leadership, log: log)
        reaper = Reaper(store: store, log: log)
        reopener = Reopener(loop: loop, store: store, leadership: leadership, seed: seed, log: log)
        capacity = CapacityKeeper(store: store, log: log)
        expirer = HoldExpirer(loop: loop, store: store, leadership: leadership, log: log)
        self.feed = feed.map { [leadership] in FeedWriter(loop: loop, store: $0, leadership: leadership) }
        trimmer = feed.flatMap { [leadership] feed in
            eventsKept.map { FeedTrimmer(loop: loop, store: feed, leadership: leadership, retention: $0) }
        }
        self.series = series.map { [leadership] in SeriesSampler(loop: loop, store: $0, leadership: leadership) }
        joinParts()
        loop.beforeSleep { [unowned self] in grantIfNeeded() }
    }

    public func start(onReady: @escaping () -> Void) {
        self.onReady = onReady
        joinStore()
        store.reportImpairments(to: log)
        store.start()
        messages.start()
        schedule(every: Limits.sweep) { [unowned self] in sweep() }
        schedule(every: Limits.hintPeriod) { [unowned self] in
            if leadership.mayGrant, store.isReady { capacity.tend() }
            expirer.tend()
            trimmer?.tend(items.known)
        }
        schedule(every: Limits.watch) { [unowned self] in watchWorkers() }
        schedule(every: Limits.progressPeriod) { [unowned self] in machine.show(&progress, now: loop.now) }
    }

    /// Gives up the leadership, so that a standby takes it at once, then calls `completion`.
    public func stop(completion: @escaping () -> Void) {
        isStopping = true
        store.removeNode(node)
        leadership.stop(completion: completion)
    }

    private func schedule(every period: TimeSpan, _ action: @escaping () -> Void) {
        loop.schedule(after: period) { [weak self] in
            guard let self else { return }
            action()
            schedule(every: period, action)
        }
    }

    // MARK: Events

    private func joinParts() {
        leadership.onClaim = { [unowned self] in max(machine.highestTerm, machine.term) }
        leadership.onBegin = { [unowned self] in begin(term: $0) }
        leadership.onStepDown = { [unowned self] isOvertaken in
            if isOvertaken { log.following() }
            machine.stepDown(now: loop.now)
            expirer.end()
            onTerm?(nil)
            feed?.end()
            series?.end()
        }
        items.onRead = { [unowned self] in itemRead($0, $1) }
        items.onEmptied = { [unowned self] in emptied() }
        items.onStray = { [unowned self] in reaper.reapStray($0, of: $1) }
        reaper.onItem = { [unowned self] item, incarnation, counters in
            machine.itemChanged(item, incarnation: incarnation, counters: counters)
            mustGrant = true
        }
        reaper.onGone = { [unowned self] worker in
            machine.workerGone(worker, now: loop.now)
            store.notifyReaped(worker)
            mustGrant = true
        }
        reopener.onOpen = { [unowned self] in items.read($0, then: $1) }
        expirer.onItem = { [unowned self] item, incarnation, counters in
            machine.itemChanged(item, incarnation: incarnation, counters: counters)
            mustGrant = true
        }
        capacity.onHints = { [unowned self] hints in
            guard isLeader else { return }
            machine.adopt(hints, now: loop.now)
            mustGrant = true
        }
        capacity.onMeasure = { [unowned self] in machine.measure(now: loop.now) }
        capacity.onReset = { [unowned self] in
            guard leadership.mayGrant else { return nil }
            mustGrant = true
            return machine.reset($0, now: loop.now)
        }
    }

    private func joinStore() {
        store.onReady = { [unowned self] in
            log.storeUp()
            items.storeUp()
            expirer.storeUp()
            connectionChanged()
        }
        store.onDown = { [unowned self] reason in
            disconnected()
            log.storeDown(reason: reason)
            if !wasReady, let server = store.unsuitable { onUnsuitable?(server) }
        }
        store.onWork = { [unowned self] in reportReady() }
        messages.onFollowing = { [unowned self] in connectionChanged() }
        messages.onDown = { [unowned self] _ in disconnected() }
        messages.onNotification = { [unowned self] notification in
            machine.itemChanged(
                notification.item, incarnation: notification.incarnation, counters: notification.counters)
            items.received(notification)
            expirer.received(notification)
            feed?.itemChanged(
                notification.item, incarnation: notification.incarnation, version: notification.counters.version)
            series?.itemChanged(
                notification.item, incarnation: notification.incarnation, version: notification.counters.version)
            mustGrant = true
        }
        messages.onUnreadableNotification = { [unowned self] in sweep() }
        messages.onReport = { [unowned self] report in
            figures.reports += 1
            figures.completed += UInt64(max(0, report.completed))
            machine.workerReported(report, now: loop.now)
            if !hasLiveWorkers { noticeWorkers() }
            mustGrant = true
        }
    }

    private func reportReady() {
        guard !wasReady, isReady else { return }
        wasReady = true
        onReady()
    }

    private func connectionChanged() {
        guard store.isReady, messages.isFollowing else { return }
        connected()
        reportReady()
    }

    private func connected() {
        guard !isStopping else { return }
        machine.messagesFollowed(now: loop.now)
        store.workers { [unowned self] result in
            guard case .success(let workers) = result else { return }
            for worker in workers { machine.workerRegistered(worker.id, sink: worker.sink, now: loop.now) }
        }
        leadership.connected()
    }

    /// The connection to the store, or its messages, are lost, which ends the term.
    private func disconnected() {
        items.interrupt()
        leadership.disconnected()
    }

    /// The store has other data than before, or none: the workers are read again, and a term above all others begins.
    private func emptied() {
        leadership.disconnected()
        if store.isReady, messages.isFollowing { connected() }
    }

    // MARK: Leadership

    private func begin(term: Int64) {
        machine.begin(term: term, now: loop.now)
        capacity.readHints()
        expirer.begin()
        feed?.begin(term: term)
        series?.begin(term: term)
        figures.terms += 1
        log.leading(term: term)
        onTerm?(term)
        reopener.reopenItems()
        sweep()
        mustGrant = true
    }

    private func sweep() {
        guard isLeader, store.isReady else { return }
        items.sweep(held: machine.itemsHeld)
        expirer.sweep(held: machine.itemsHeld)
    }

    private func itemRead(_ name: ItemName, _ snapshot: ItemSnapshot?) {
        mustGrant = true
        expirer.itemRead(name, snapshot)
        guard let snapshot else { return machine.itemGone(name) }
        feed?.itemChanged(name, incarnation: snapshot.incarnation, version: snapshot.counters.version)
        series?.itemChanged(name, incarnation: snapshot.incarnation, version: snapshot.counters.version)
        machine.itemRead(
            name, incarnation: snapshot.incarnation, counters: snapshot.counters, boot: snapshot.life,
            weight: snapshot.settings.weight)
    }

    // MARK: Workers

    private func grantIfNeeded() {
        for name in machine.itemsToRead() { items.read(name) }
        guard mustGrant, leadership.mayGrant else { return }
        mustGrant = false
        for outgoing in machine.grants(now: loop.now) {
            figures.grants += UInt64(outgoing.grants.count)
            if !outgoing.grants.isEmpty { store.publish(outgoing.grants, to: outgoing.worker) }
            if let retries = outgoing.retries {
                figures.retries += 1
                store.publish(retries, to: outgoing.worker)
            }
        }
        // Where a pace holds grants back, the machine is called again when the next one may go out.
        grantTimer.set(machine.nextGrantsAt)
    }

    private func watchWorkers() {
        guard leadership.mayGrant, store.isReady else { return }
        for worker in machine.lostWorkers(now: loop.now) where reaper.reap(worker, known: items.known) {
            figures.workersLost += 1
        }
        figures.reaped = reaper.reaped
        for worker in machine.takeRefused() { log.workerUnlike(worker) }
        if machine.hasBacklog { mustGrant = true }
        machine.keepJournals(now: loop.now)
        noticeWorkers()
    }

    private func noticeWorkers() {
        guard hasLiveWorkers != (liveWorkers > 0) else { return }
        hasLiveWorkers.toggle()
        onWorkersChanged?()
    }
}
