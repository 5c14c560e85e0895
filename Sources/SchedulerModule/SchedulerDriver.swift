public import Base
import Domain
public import EventLoop
public import Store

// DESIGN
// The driver of Domain's `Scheduler`: it feeds it what the store and the workers say, and carries out what it decides.
// It follows all messages from its start, also while another one leads, so that it knows whose heart beats when its
// turn comes. A gap in the messages ends the term: with a new term all books begin at zero, and nothing needs repair.

/// Runs one scheduler process: leader or standby.
public final class SchedulerDriver {
    let loop: EventLoop
    let store: Store
    private let listener: StoreListener
    private let log: any SchedulerLog
    let node: String
    private let reaper: Reaper
    private let reopener: Reopener
    let strays: StrayWatch
    private let capacity: CapacityKeeper
    let memories = ItemMemories()
    let durability: DurabilityCheck
    var machine: Scheduler
    let reader: ItemReader
    var mustGrant = false
    private lazy var grantTimer = GrantTimer(loop: loop) { [unowned self] in mustGrant = true }
    private var leaderTimer: Token?
    private(set) var progress = ProgressWatch()
    private var mustYield = false
    private var isStopping = false
    private(set) var leadsSince: MonotonicInstant?
    private var heardWorkers = false

    private enum Role {
        case standby
        /// Leads, but the store was restarted: items are reopened after the witnesses had their time.
        case leader(term: Int64, renewedAt: MonotonicInstant)
    }
    private var role = Role.standby

    public private(set) var figures = SchedulerFigures()

    public init(loop: EventLoop, storeOptions: StoreOptions, node: String, lease: TimeSpan, log: any SchedulerLog) {
        self.loop = loop
        self.node = node
        self.log = log
        machine = Scheduler(lease: lease)
        store = Store(loop: loop, options: storeOptions)
        listener = StoreListener(loop: loop, options: storeOptions, topics: [.changes, .reports])
        reaper = Reaper(store: store, log: log)
        reopener = Reopener(loop: loop, store: store, log: log)
        reader = ItemReader(store: store)
        strays = StrayWatch(store: store)
        capacity = CapacityKeeper(store: store, log: log)
        durability = DurabilityCheck(loop: loop, store: store, log: log)
        durability.remembered = { [unowned self] in memories.all }
        durability.onEmptied = { [unowned self] in emptied() }
        strays.onStray = { [unowned self] worker, item in if isLeader { reaper.reapStray(worker, of: item) } }
        reader.onRead = { [unowned self] in heard($0, $1) }
        capacity.hints = { [unowned self] in machine.measure(now: loop.now) }
        capacity.onReset = { [unowned self] in
            guard mayGrant else { return nil }
            mustGrant = true
            return machine.reset($0, now: loop.now)
        }
        reopener.leads = { [unowned self] in isLeader }
        reopener.onOpen = { [unowned self] in reader.read($0, then: $1) }
        reaper.onItem = { [unowned self] item, incarnation, counters in
            machine.itemChanged(item, incarnation: incarnation, counters: counters)
            mustGrant = true
        }
        reaper.onGone = { [unowned self] worker in
            machine.workerGone(worker, now: loop.now)
            store.tellReaped(worker)
            mustGrant = true
        }
        loop.beforeSleep { [unowned self] in grantIfNeeded() }
    }

    public func start(onReady: @escaping () -> Void) {
        var hasBeenReady = false
        let tellReady = { [unowned self] in
            guard !hasBeenReady, isReady else { return }
            hasBeenReady = true
            onReady()
        }
        let check = { [unowned self] in
            guard store.isReady, listener.isFollowing else { return }
            connected()
            tellReady()
        }
        store.onReady = { [unowned self] in
            log.storeUp()
            durability.storeUp()
            check()
        }
        store.onDown = { [unowned self] reason in
            memories.interrupt()
            stepDown()
            log.storeDown(reason: reason)
            if !hasBeenReady, let server = store.unsuitable { onUnsuitable?(server) }
        }
        store.onWork = tellReady
        store.tellImpairments(to: log)
        store.accompany(with: listener)
        listener.onFollowing = check
        listener.onDown = { [unowned self] _ in
            memories.interrupt()
            stepDown()
        }
        listener.onNotification = { [unowned self] notification in
            memories.heard(notification)
            machine.itemChanged(notification.item, incarnation: notification.incarnation, counters: notification.counters)
            if notification.changesSettings { read(notification) }
            mustGrant = true
        }
        listener.onUnreadableNotification = { [unowned self] in sweep() }
        listener.onReport = { [unowned self] report in
            figures.reports += 1
            figures.completed += UInt64(max(0, report.completed))
            machine.workerReported(report, now: loop.now)
            if !heardWorkers { noticeWorkers() }
            mustGrant = true
        }
        store.start()
        listener.start()
        schedule(every: Limits.sweep) { [unowned self] in sweep() }
        schedule(every: Limits.hintPeriod) { [unowned self] in
            if mayGrant, store.isReady { capacity.tend() }
        }
        schedule(every: Limits.watch) { [unowned self] in watchWorkers() }
        schedule(every: Limits.progressPeriod) { [unowned self] in machine.show(&progress, now: loop.now) }
    }

    /// Who can't write can't lead, nor take over.
    public var isReady: Bool { store.takesWork && listener.isFollowing && !isStopping }
    public var impairments: [Impairment] { store.impairments }
    /// Before it was ever ready the server turned out to be none to work with.
    public var onUnsuitable: ((String) -> Void)?
    public var isLeader: Bool { if case .leader = role { true } else { false } }
    /// There are workers now and were none, or the other way round: what this process said of itself is no longer true.
    public var onWorkersChanged: (() -> Void)?
    public var storeReason: String? {
        if isStopping { return "stopping" }
        if let reason = store.workReason { return reason }
        return listener.isFollowing ? nil : "its messages can't be followed"
    }
    /// Gives up the leadership, so that a standby goes on at once, then calls `completion`.
    public func stop(completion: @escaping () -> Void) {
        isStopping = true
        store.removeNode(node)
        guard isLeader, store.isReady else { return completion() }
        role = .standby
        store.lead(as: node, lease: .zero) { _ in completion() }  // unheard: else the lease runs out
    }

    private func schedule(every period: TimeSpan, _ action: @escaping () -> Void) {
        loop.schedule(after: period) { [weak self] in
            guard let self else { return }
            action()
            schedule(every: period, action)
        }
    }

    // MARK: Leadership

    private func connected() {
        guard !isStopping else { return }
        machine.listenAgain(now: loop.now)
        store.workers { [unowned self] result in
            guard case .success(let workers) = result else { return }
            for worker in workers { machine.workerRegistered(worker.id, sink: worker.sink, now: loop.now) }
        }
        compete()
    }

    private func compete() {
        if let leaderTimer { loop.cancel(leaderTimer) }
        leaderTimer = nil
        // Who hears no messages must not lead: all workers would seem dead.
        guard store.isReady, listener.isFollowing, !isStopping else { return }
        yieldIfNeeded()
        let asked = loop.now  // the lease may run from then on, however late the answer is
        // A store that was emptied may count its terms again from a lower one.
        let heard = max(machine.heardTerm, machine.term)
        store.lead(as: node, lease: Limits.leaderLease, heard: heard) { [unowned self] result in
            guard !isStopping else { return }
            switch result {
            case .success(.leads) where !listener.isFollowing:
                mustYield = true
                yieldIfNeeded()
            case .success(.leads(let term)): lead(term: term, asked: asked)
            case .success(.follows(let leaseEnds)):
                if isLeader {
                    log.following()
                    machine.stepDown(now: loop.now)
                }
                role = .standby
                again(after: min(Limits.leaderRenewal, leaseEnds + .milliseconds(5)))
            case .failure: again(after: .milliseconds(100))
            }
        }
    }

    private func again(after delay: TimeSpan) {
        if let leaderTimer { loop.cancel(leaderTimer) }
        leaderTimer = loop.schedule(after: delay) { [unowned self] in compete() }
    }

    private func lead(term: Int64, asked: MonotonicInstant) {
        let isNew = !isLeader || machine.term != term
        role = .leader(term: term, renewedAt: asked)
        again(after: Limits.leaderRenewal)
        guard isNew else { return }
        machine.begin(term: term, now: loop.now)
        leadsSince = loop.now
        readHints()
        figures.terms += 1
        log.leading(term: term)
        reopener.reopenItems()
        sweep()
        mustGrant = true
    }

    /// The store has other data than before, or none: who works is asked anew, in a term above all that were.
    private func emptied() {
        stepDown()
        if store.isReady, listener.isFollowing { connected() }
    }

    /// Messages or the store are lost: whatever comes next begins a new term.
    private func stepDown() {
        guard isLeader else { return }
        role = .standby
        machine.stepDown(now: loop.now)
        mustYield = true
        yieldIfNeeded()
    }

    /// Gives the leadership back before asking for it again: another term, even if nobody else asks meanwhile.
    private func yieldIfNeeded() {
        guard mustYield, store.isReady else { return }
        store.lead(as: node, lease: .zero) { [unowned self] result in
            if case .success = result { mustYield = false }
        }
    }

    private var mayGrant: Bool {
        guard case .leader(_, let renewedAt) = role, !isStopping else { return false }
        return loop.now - renewedAt < Limits.leaderSelfFence
    }

    // MARK: Workers

    private func grantIfNeeded() {
        for name in machine.itemsToRead() { reader.read(name) }
        guard mustGrant, mayGrant else { return }
        mustGrant = false
        for outgoing in machine.grants(now: loop.now) {
            figures.grants += UInt64(outgoing.grants.count)
            if !outgoing.grants.isEmpty { store.publish(outgoing.grants, to: outgoing.worker) }
            if let repeats = outgoing.repeats {
                figures.repeats += 1
                store.publish(repeats, to: outgoing.worker)
            }
        }
        // Where a pace holds grants back, they are looked at again when it lets the next one go.
        grantTimer.set(machine.nextGrantsAt)
    }

    /// What the last leader had measured, so that nothing begins from two in flight.
    private func readHints() {
        store.hints { [unowned self] result in
            guard case .success(let hints) = result, isLeader else { return }
            machine.adopt(hints, now: loop.now)
            mustGrant = true
        }
    }

    private func watchWorkers() {
        guard mayGrant, store.isReady else { return }
        for worker in machine.lostWorkers(now: loop.now) where reaper.reap(worker, known: reader.known) {
            figures.workersLost += 1
        }
        figures.reaped = reaper.reaped
        for worker in machine.takeRefused() { log.workerUnlike(worker) }
        if machine.hasBacklog { mustGrant = true }
        noticeWorkers()
    }

    private func noticeWorkers() {
        guard heardWorkers != (liveWorkers > 0) else { return }
        heardWorkers.toggle()
        onWorkersChanged?()
    }
}
