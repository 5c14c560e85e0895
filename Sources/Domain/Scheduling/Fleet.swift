import Base

/// The workers, the groups behind them, and which of them have room: what is done to one is seen by the others here.
struct Fleet: Sendable {
    private(set) var workers: WorkerTable
    private(set) var groups = GroupTable()
    private var allocator = Allocator()
    private var hints = HintMemory()

    /// - Parameter lease: silence after which a worker counts as lost.
    init(lease: TimeSpan) { workers = WorkerTable(lease: lease) }

    var nextGrantsAt: MonotonicInstant? { allocator.nextGrantsAt }

    /// A worker changed: its place among those with room, and its share of its group, follow.
    mutating func touch(_ slot: Int, now: MonotonicInstant) {
        allocator.touch(slot, &workers, &groups, now: now)
    }

    private mutating func update(_ slot: Int, now: MonotonicInstant, _ change: (inout Worker) -> Void) {
        change(&workers[slot])
        touch(slot, now: now)
    }

    private mutating func updateAll(now: MonotonicInstant, _ change: (inout Worker) -> Void) {
        for slot in workers.slots { update(slot, now: now, change) }
    }

    // MARK: Terms

    /// With a new term all counting begins at zero.
    mutating func beginTerm() { for slot in workers.slots { workers[slot].beginTerm() } }

    /// Another process grants: what is completed meanwhile says nothing of windows.
    mutating func endTerm(now: MonotonicInstant) {
        updateAll(now: now) { $0.endTerm() }
        for group in groups.indices { groups[group].rest(now: now) }
    }

    // MARK: Workers

    mutating func add(_ id: String, now: MonotonicInstant) {
        guard !id.isEmpty, workers.slot(of: id) == nil else { return }
        workers.add(id, hint: hints.hint(for: .worker, id, now: now), now: now)
    }

    /// It holds nothing any more.
    mutating func remove(_ slot: Int, now: MonotonicInstant) {
        update(slot, now: now) { $0.leave() }
        enter(nil, worker: slot, now: now)
        allocator.vacate(slot)
        workers.remove(slot, now: now)
    }

    /// Silence until `now` was ours: all of it, or for as long as this process was asleep.
    mutating func excuse(until now: MonotonicInstant, asleep: TimeSpan? = nil) {
        updateAll(now: now) { $0.excuse(until: now, asleep: asleep) }
    }

    /// Workers that were silent for a lease.
    mutating func lost(now: MonotonicInstant) -> [String] {
        workers.slots.filter { !workers.isThere($0, now: now) }.map { slot in
            if workers[slot].die() { touch(slot, now: now) }
            return workers[slot].id
        }
    }

    /// It takes nothing more: what it was granted and has not used is given back.
    mutating func release(_ slot: Int) -> [GrantLedger.Change] { workers[slot].release() }

    mutating func forgetUnheard(_ slot: Int, now: MonotonicInstant, allowance: (Int) -> Int64?) -> [GrantLedger.Change]
    {
        workers[slot].forgetUnheard(now: now, allowance: allowance)
    }

    /// The item is another one now: what was granted of the last one counts no more.
    mutating func forget(_ item: Int) -> [GrantLedger.Change] {
        workers.slots.compactMap { slot in
            let change = workers[slot].forget(item)
            if change != nil { allocator.freed(slot) }
            return change
        }
    }

    /// Another program under the same name keeps its account in another way.
    mutating func learn(knowsIncarnations: Bool, worker slot: Int) -> [GrantLedger.Change] {
        let changes = workers[slot].learn(knowsIncarnations: knowsIncarnations)
        if !changes.isEmpty { allocator.freed(slot) }
        return changes
    }

    mutating func account(_ line: WorkerReport.Line, of item: Int, worker slot: Int, now: MonotonicInstant)
        -> GrantLedger.Change
    { workers[slot].account(line, of: item, now: now) }

    /// A report that says more than the last one.
    ///
    /// - Parameter leads: what another leader's grants brought, or broke, says nothing of ours.
    mutating func heard(
        _ report: WorkerReport, worker slot: Int, leads: Bool, isOfTerm: Bool, now: MonotonicInstant
    ) {
        workers[slot].heard(report, now: now)
        enter(report.orders?.sink, worker: slot, now: now)
        if leads { learn(from: report, worker: slot, now: now) }
        workers[slot].heard(report.orders?.retries, in: report, isOfTerm: isOfTerm, now: now)
        if workers[slot].retries.open > 0, let group = workers[slot].group { groups[group].ask(slot) }
    }

    /// A worker says which group its sink leads to.
    private mutating func enter(_ sink: SinkReport?, worker slot: Int, now: MonotonicInstant) {
        workers[slot].learn(sink?.breaker ?? .closed)
        let group = sink.flatMap {
            groups.index(of: $0, hint: hints.hint(for: .group, $0.group, now: now), now: now)
        }
        if let sink, let group { groups[group].declare(sink) }
        let old = workers[slot].group
        guard old != group else { return }
        allocator.remove(slot, fromGroup: old)
        groups.move(workers[slot].share, unheard: workers[slot].callsUnheard, from: old, to: group, now: now)
        workers[slot].enter(group: group)
    }

    /// What a report says of the time and the rate of its worker and of the group behind it.
    private mutating func learn(from report: WorkerReport, worker slot: Int, now: MonotonicInstant) {
        guard let residence = workers[slot].learn(from: report, now: now), let orders = report.orders,
            let sink = orders.sink, let group = workers[slot].group
        else { return }
        if !sink.calls.isEmpty { workers[slot].heard(ofCalls: sink.callCount) }
        groups[group].learn(
            from: sink, dispatch: .microseconds(workers[slot].controller.dispatchMicroseconds),
            completed: report.completed, residence: residence, asks: orders.retries != nil, now: now)
    }

    mutating func learn(placesOrders: Bool?, worker slot: Int) -> Bool {
        workers[slot].learn(placesOrders: placesOrders)
    }

    /// - Returns: whether that changed whether it gets grants.
    mutating func judge(_ slot: Int, ordersAreRequired: Bool) -> Bool {
        workers[slot].judge(ordersAreRequired: ordersAreRequired)
    }

    // MARK: Grants

    /// - Returns: the workers that were granted something, each once, by slot.
    mutating func grant(_ items: inout ItemTable, now: MonotonicInstant) -> [Int] {
        allocator.grant(&items, &workers, &groups, now: now)
    }

    /// What a worker was granted since this was last asked; it is told of that.
    mutating func takeGrants(_ slot: Int) -> Worker.Granted { workers[slot].takeGrants() }

    // MARK: What was measured

    /// What the last leader left behind, for whoever is not measured here; nothing where this process wrote it.
    mutating func adopt(_ left: [ResourceHint], now: MonotonicInstant) {
        guard hints.adopt(left, now: now) else { return }
        for slot in workers.slots where workers[slot].controller.mode != .dead {
            guard let hint = hints.hint(for: .worker, workers[slot].id, now: now) else { continue }
            update(slot, now: now) { $0.adopt(hint, now: now) }
        }
        for index in groups.indices where groups[index].members > 0 {
            guard let hint = hints.hint(for: .group, groups[index].name, now: now) else { continue }
            groups[index].adopt(hint, now: now)
        }
    }

    /// What the next leader may begin with.
    mutating func measure(now: MonotonicInstant) -> [ResourceHint] {
        let ofWorkers = workers.all.compactMap { worker -> ResourceHint? in
            guard let hint = worker.controller.hint(now: now), ResourceHint.canName(worker.id) else { return nil }
            return ResourceHint(kind: .worker, name: worker.id, hint: hint)
        }
        let ofGroups = groups.all.compactMap { group in
            group.hint(now: now).map { ResourceHint(kind: .group, name: group.name, hint: $0) }
        }
        return hints.write(
            measured: ofWorkers + ofGroups,
            known: Set(
                workers.all.map { ResourceHint.key(.worker, $0.id) }
                    + groups.all.filter { $0.members > 0 }.map { ResourceHint.key(.group, $0.name) }), now: now)
    }

    /// This process has not led for so long that all may be different by now.
    mutating func forgetOutdated(now: MonotonicInstant) {
        for slot in workers.slots where workers[slot].controller.hint(now: now) != nil {
            update(slot, now: now) { $0.beginAnew(because: .outdated) }
        }
        for index in groups.indices where groups[index].hint(now: now) != nil {
            groups[index].beginAnew(because: .outdated, now: now)
        }
    }

    /// Forgets all that was learnt of workers and groups of this name, ceilings included; false where there are none.
    mutating func reset(_ name: String, now: MonotonicInstant) -> Bool {
        let worker = workers.slot(of: name)
        if let worker { update(worker, now: now) { $0.reset() } }
        let named = groups.indices.filter { groups[$0].name == name }
        for index in named { groups[index].reset(now: now) }
        hints.forget(name)
        return worker != nil || !named.isEmpty
    }

    /// Every worker and group, with what is known and decided of it.
    var resources: [CapacityResource] {
        workers.all.map(\.resource)
            + groups.indices.filter { groups[$0].members > 0 }.map { index in
                groups[index].resource(breaker: breaker(of: index))
            }
    }

    /// Open where every worker's is, closed where one worker's is.
    private func breaker(of group: Int) -> BreakerState {
        let states = workers.all.filter { $0.group == group }.map(\.breaker)
        if states.contains(.closed) || states.isEmpty { return .closed }
        return states.contains(.halfOpen) ? .halfOpen : .open
    }
}
