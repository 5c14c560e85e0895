public import Base

// DESIGN
// The scheduler carries no purchases. It knows which items have purchases waiting (`ItemTable`, from the scripts'
// messages and the workers' reports), and how much each worker and each group behind the workers may have in flight and
// how fast it may come (`WorkerTable`, `GroupTable`, with a controller each). It hands out the difference as grants, by
// weighted deficit round robin over the items (`Allocator`). A grant takes a token of the worker and one of its group.
// Everything here is a hint: a wrong number costs speed, never a unit or a place in the queue, because `deduct` decides
// by the counters in the store.

/// Decides which worker may take how many winners of which item. A value: events in, grants out, time as an argument.
public struct Scheduler: Sendable {
    public struct Outgoing: Sendable, Equatable {
        public var worker: String
        public var grants: [Grant]
        /// Permits for retries.
        public var retries: RetryGrant?
    }

    public private(set) var term: Int64 = 0
    public private(set) var highestTerm: Int64 = 0  // in any report of a worker
    private var leads = false
    private(set) var items = ItemTable()
    private(set) var fleet: Fleet
    private var orders = OrderPlacers()
    private var checkedAt: MonotonicInstant?  // for lost workers
    private var ledUntil: MonotonicInstant?

    /// - Parameter lease: silence after which a worker counts as lost.
    public init(lease: TimeSpan) { fleet = Fleet(lease: lease) }

    // MARK: Terms

    /// A new term begins: what was granted in older ones is forgotten.
    public mutating func begin(term: Int64, now: MonotonicInstant) {
        self.term = term
        let ledLast = leads ? checkedAt : ledUntil
        checkedAt = nil
        fleet.beginTerm()
        stepDown(now: now)
        if let ledLast, now - ledLast > Limits.hintAge { fleet.forgetOutdated(now: now) }
        leads = true
        items.beginTerm()
    }

    /// The term is over: what workers complete from now on does not count for our windows.
    public mutating func stepDown(now: MonotonicInstant) {
        if leads { ledUntil = now }
        leads = false
        fleet.endTerm(now: now)
    }

    // MARK: Items

    /// An item's counters as a script saw them; older ones than the known are ignored. Those of another incarnation
    /// only have the item read: messages come late, reads come in order.
    public mutating func itemChanged(_ name: ItemName, incarnation: UInt64? = nil, counters: ItemCounters) {
        let index = items.index(of: name)
        if believes(incarnation, of: index) { items.changed(index, counters) }
    }

    /// The item was read; what was granted of another incarnation is forgotten.
    ///
    /// - Parameters:
    ///   - boot: the life of the item.
    ///   - weight: the item's share of what can be served, in relation to the others'; nil: as before.
    public mutating func itemRead(
        _ name: ItemName, incarnation: UInt64? = nil, counters: ItemCounters, boot: String, weight: Int64? = nil
    ) {
        let index = items.index(of: name)
        let isOther = items.read(index, incarnation: incarnation, counters: counters, life: boot, weight: weight)
        if isOther { apply(fleet.forget(index)) }
    }

    /// A read found no item of this name.
    public mutating func itemGone(_ name: ItemName) {
        guard let index = items.known(name) else { return }
        items.gone(index)
        apply(fleet.forget(index))
    }

    /// Items of which units are held, apart from units in doubt.
    public var itemsHeld: [ItemName] { items.held }

    /// Items of which a message does not fit to what is known, each once: they must be read. To be called after every
    /// event.
    public mutating func itemsToRead() -> [ItemName] { items.takeToRead() }

    /// Whether a message is of the item that is known.
    private mutating func believes(_ incarnation: UInt64?, of index: Int) -> Bool {
        switch items.judge(incarnation, of: index) {
        case .same: return true
        case .first:
            apply(fleet.forget(index))
            return true
        case .other: return false
        }
    }

    private mutating func apply(_ changes: [GrantLedger.Change]) { for change in changes { apply(change) } }
    private mutating func apply(_ change: GrantLedger.Change) { items.add(unused: change.unused, to: change.item) }

    // MARK: Workers

    /// Messages are followed again after a gap: no worker may be taken for lost because this process received nothing.
    public mutating func messagesFollowed(now: MonotonicInstant) { fleet.excuse(until: now) }

    /// A worker is on the list of workers, though it may not have reported yet.
    ///
    /// - Parameter sink: nil where the list does not say.
    public mutating func workerRegistered(_ id: String, sink: SinkKind? = nil, now: MonotonicInstant) {
        fleet.add(id, now: now)
        guard let sink, let slot = fleet.workers.slot(of: id) else { return }
        learn(placesOrders: sink.placesOrders, worker: slot, now: now)
    }

    public mutating func workerReported(_ report: WorkerReport, now: MonotonicInstant) {
        highestTerm = max(highestTerm, report.term)
        guard report.presence != .gone else { return workerGone(report.worker, now: now) }
        fleet.add(report.worker, now: now)
        guard let slot = fleet.workers.slot(of: report.worker) else { return }
        let isOfTerm = report.term == term
        // Else the report is doubled, or was overtaken by a newer one.
        let isNew = fleet.workers[slot].isNew(report)
        if isNew { apply(fleet.learn(knowsIncarnations: report.knowsIncarnations, worker: slot)) }
        for line in report.lines { account(line, isOfTerm: isOfTerm, worker: slot, now: now) }
        if isNew {
            fleet.received(report, worker: slot, leads: leads, isOfTerm: isOfTerm, now: now)
            learn(placesOrders: report.orders?.sink != nil, worker: slot, now: now)
            // Behind an open breaker nothing is taken either: others can have what the worker was granted. Where the
            // breaker lets calls out again before that, the worker reports what it still has.
            if report.presence == .leaving || fleet.workers[slot].breaker == .open { apply(fleet.release(slot)) }
            if report.isComplete { forgetLostGrants(report, worker: slot, now: now) }
        }
        fleet.touch(slot, now: now)
    }

    /// A worker is gone: it stopped in order, or the purchases that it held were taken back.
    public mutating func workerGone(_ id: String, now: MonotonicInstant) {
        guard let slot = fleet.workers.slot(of: id) else { return }
        apply(fleet.release(slot))
        learn(placesOrders: nil, worker: slot, now: now)
        fleet.remove(slot, now: now)
    }

    /// Workers without a report for a lease; what they hold must be taken back. To be called often.
    public mutating func lostWorkers(now: MonotonicInstant) -> [String] {
        // Where this was not called for a while, the process was stopped and read no messages: it must not take its
        // workers for lost before it has read what waits.
        if let checkedAt, now - checkedAt > Limits.heartbeat * 2 { fleet.excuse(until: now, asleep: now - checkedAt) }
        checkedAt = now
        agreeOnOrders(now: now)
        return fleet.lost(now: now)
    }

    private mutating func account(_ line: WorkerReport.Line, isOfTerm: Bool, worker: Int, now: MonotonicInstant) {
        let item = items.index(of: line.item)
        guard believes(line.incarnation, of: item) else { return }
        // A worker of a release without incarnations may still report the former item, in its one account of the name.
        guard line.incarnation == items[item].incarnation || !fleet.workers[worker].knowsIncarnations else { return }
        items.reported(line, of: item, now: now)
        if isOfTerm { apply(fleet.account(line, of: item, worker: worker, now: now)) }
        items.activate(item)
    }

    /// A complete report lacks an item, or has less than was granted a heartbeat ago: those grants never arrived.
    private mutating func forgetLostGrants(_ report: WorkerReport, worker slot: Int, now: MonotonicInstant) {
        let changes = fleet.forgetLostGrants(slot, now: now) { index in
            guard report.term == term else { return nil }
            let item = items[index]
            return report.lines.first {
                $0.item == item.name && ($0.incarnation ?? item.incarnation) == item.incarnation
            }?.allowance
        }
        apply(changes)
    }

    // MARK: Orders

    /// Whether a worker places orders, by the list of workers or by its own report; nil of one that is gone.
    private mutating func learn(placesOrders: Bool?, worker slot: Int, now: MonotonicInstant) {
        let old = fleet.workers[slot].placesOrders
        guard fleet.learn(placesOrders: placesOrders, worker: slot) else { return }
        orders.changed(from: old, to: placesOrders)
        agreeOnOrders(now: now)
        judge(slot, now: now)
    }

    private mutating func agreeOnOrders(now: MonotonicInstant) {
        guard orders.agree(now: now) else { return }
        for slot in fleet.workers.slots { judge(slot, now: now) }
    }

    private mutating func judge(_ slot: Int, now: MonotonicInstant) {
        guard fleet.judge(slot, ordersAreRequired: orders.areRequired) else { return }
        if fleet.workers[slot].isUnlike {
            apply(fleet.release(slot))
            orders.refuse(fleet.workers[slot].id)
        }
        fleet.touch(slot, now: now)
    }

    /// Workers that were refused grants since this was last called, because they place no orders and others do.
    public mutating func takeRefused() -> [String] { orders.takeRefused() }

    // MARK: Grants

    /// Hands out grants as far as workers and groups have room and tokens. To be called after every event, and at
    /// `nextGrantsAt`.
    public mutating func grants(now: MonotonicInstant) -> [Outgoing] {
        fleet.grant(&items, now: now).map { slot in
            let granted = fleet.takeGrants(slot)
            let grants = granted.items.map { index, allowance in
                Grant(
                    term: term, item: items[index].name, allowance: allowance, limit: granted.limit,
                    incarnation: granted.namesIncarnations ? items[index].incarnation : nil)
            }
            let retries = granted.retries.map { RetryGrant(term: term, allowance: $0) }
            return Outgoing(worker: granted.worker, grants: grants, retries: retries)
        }
    }

    /// When `grants` is to be called again though nothing happens; nil: with the next event.
    public var nextGrantsAt: MonotonicInstant? { fleet.nextGrantsAt }

    /// Whether any item wants more than workers have room for.
    public var hasBacklog: Bool { items.hasBacklog }

    // MARK: Measurements

    /// Takes over what the last leader measured: for ten seconds, workers and groups that are new begin with it.
    public mutating func adopt(_ hints: [ResourceHint], now: MonotonicInstant) { fleet.adopt(hints, now: now) }

    /// The hints for the next leader: what was measured here, and of all others what the last leader measured.
    public mutating func measure(now: MonotonicInstant) -> [ResourceHint] { fleet.measure(now: now) }

    /// Forgets all that was measured of workers and groups of this name, ceilings included; false where there are none.
    public mutating func reset(_ name: String, now: MonotonicInstant) -> Bool { fleet.reset(name, now: now) }

    /// Notes what the controllers decided, and whether work waited, for `resources`. To be called four times a second
    /// by the leader; costs as much as there are workers and groups.
    public mutating func keepJournals(now: MonotonicInstant) {
        fleet.keepJournals(hasDemand: items.hasDemand, now: now)
    }

    /// Every worker and group, with what was measured of it and what it may have.
    public var resources: [CapacityResource] { fleet.resources }

    /// Workers that registered or reported within a lease, and are not leaving.
    public func liveWorkers(now: MonotonicInstant) -> Int64 { fleet.workers.liveCount(now: now) }

    /// Shows `watch` every item that could be served; without capacity none could.
    public func show(_ watch: inout ProgressWatch, now: MonotonicInstant) {
        watch.begin()
        if leads, fleet.workers.hasCapacity(now: now) {
            for item in items.all where !item.isBlocked {
                watch.see(item.name, incarnation: item.incarnation, item.counters, now: now)
            }
        }
        watch.end()
    }
}
