import Base

/// The workers, the groups behind them, and the allocator. Keeps the three in step: whatever changes a worker updates
/// its group and its place in the allocator.
struct Fleet: Sendable {
    private(set) var workers: WorkerTable
    private(set) var groups = GroupTable()
    private var allocator = Allocator()
    private var hints = HintMemory()
    private var ranOutOfWork = false  // all was handed out at some time since journals were last kept

    /// - Parameter lease: silence after which a worker counts as lost.
    init(lease: TimeSpan) { workers = WorkerTable(lease: lease) }

    var nextGrantsAt: MonotonicInstant? { allocator.nextGrantsAt }

    /// A worker changed: updates its place in the allocator, and its share of its group.
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

    /// Another process grants from now on: what is completed meanwhile does not count for our windows.
    mutating func endTerm(now: MonotonicInstant) {
        updateAll(now: now) { $0.endTerm() }
        for group in groups.indices { groups[group].interruptRound(now: now) }
    }

    // MARK: Workers

    mutating func add(_ id: String, now: MonotonicInstant) {
        guard !id.isEmpty, workers.slot(of: id) == nil else { return }
        workers.add(id, hint: hints.hint(for: .worker, id, now: now), now: now)
    }

    /// Removes a worker, which holds nothing any more.
    mutating func remove(_ slot: Int, now: MonotonicInstant) {
        update(slot, now: now) { $0.clear() }
        enter(nil, worker: slot, now: now)
        allocator.vacate(slot)
        workers.remove(slot, now: now)
    }

    /// No worker is to blame for silence until `now`: messages were not followed, or this process was `asleep` so long.
    mutating func excuse(until now: MonotonicInstant, asleep: TimeSpan? = nil) {
        updateAll(now: now) { $0.excuse(until: now, asleep: asleep) }
    }

    /// Workers that were silent for a lease.
    mutating func lost(now: MonotonicInstant) -> [String] {
        for slot in workers.slots {
            guard let group = workers[slot].group else { continue }
            let span = Limits.heartbeat * 2 + groups[group].callTime * 4
            if workers[slot].isNowQuiet(after: span, now: now) { touch(slot, now: now) }
        }
        return workers.slots.filter { !workers.isThere($0, now: now) }.map { slot in
            if workers[slot].die() { touch(slot, now: now) }
            return workers[slot].id
        }
    }

    /// A worker takes nothing more: what it was granted and has not used is given back.
    mutating func release(_ slot: Int) -> [GrantLedger.Change] { workers[slot].release() }

    mutating func forgetLostGrants(_ slot: Int, now: MonotonicInstant, allowance: (Int) -> Int64?) -> [GrantLedger
        .Change]
    {
        workers[slot].forgetLostGrants(now: now, allowance: allowance)
    }

    /// The item is another one now: grants of the former item count no more.
    mutating func forget(_ item: Int) -> [GrantLedger.Change] {
        workers.slots.compactMap { slot in
            let change = workers[slot].forget(item)
            if change != nil { allocator.freed(slot) }
            return change
        }
    }

    /// Another release under the same worker name keeps its account in another way.
    mutating func learn(knowsIncarnations: Bool, worker slot: Int) -> [GrantLedger.Change] {
        let changes = workers[slot].learn(knowsIncarnations: knowsIncarnations)
        if !changes.isEmpty { allocator.freed(slot) }
        return changes
    }

    mutating func account(_ line: WorkerReport.Line, of item: Int, worker slot: Int, now: MonotonicInstant)
        -> GrantLedger.Change
    { workers[slot].account(line, of: item, now: now) }

    /// A report came that is newer than the last one.
    ///
    /// - Parameter leads: whether this process leads; measurements under another leader's grants do not count.
    mutating func received(
        _ report: WorkerReport, worker slot: Int, leads: Bool, isOfTerm: Bool, now: MonotonicInstant
    ) {
        workers[slot].received(report, now: now)
        enter(report.orders?.sink, worker: slot, now: now)
        if leads { learn(from: report, worker: slot, now: now) }
        workers[slot].received(report.orders?.retries, in: report, isOfTerm: isOfTerm, now: now)
        if workers[slot].retries.open > 0, let group = workers[slot].group { groups[group].request(slot) }
    }

    /// A worker reports which group its sink leads to.
    private mutating func enter(_ sink: SinkReport?, worker slot: Int, now: MonotonicInstant) {
        workers[slot].learn(sink?.breaker ?? .closed)
        let group = sink.flatMap {
            groups.index(of: $0, hint: hints.hint(for: .group, $0.group, now: now), now: now)
        }
        if let sink, let group { groups[group].declare(sink) }
        let old = workers[slot].group
        guard old != group else { return }
        allocator.remove(slot, fromGroup: old)
        groups.move(workers[slot].share, unanswered: workers[slot].unansweredCalls, from: old, to: group, now: now)
        workers[slot].enter(group: group)
    }

    /// Measures the worker and the group behind it by a report.
    private mutating func learn(from report: WorkerReport, worker slot: Int, now: MonotonicInstant) {
        // All workers of a group have as much room, so that none is granted more because it has more already.
        let share = workers[slot].group.map { groups[$0].window / Int64(max(1, groups[$0].members)) } ?? 0
        guard let residence = workers[slot].learn(from: report, share: share, now: now), let orders = report.orders,
            let sink = orders.sink, let group = workers[slot].group
        else { return }
        if !sink.calls.isEmpty { workers[slot].callsEnded(sink.callCount) }
        groups[group].learn(
            from: sink, dispatch: .microseconds(workers[slot].controller.dispatchMicroseconds),
            completed: report.completed, residence: residence, requestsRetries: orders.retries != nil, now: now)
    }

    mutating func learn(placesOrders: Bool?, worker slot: Int) -> Bool {
        workers[slot].learn(placesOrders: placesOrders)
    }

    /// - Returns: whether the worker gets grants now and got none before, or gets none any more.
    mutating func judge(_ slot: Int, ordersAreRequired: Bool) -> Bool {
        workers[slot].judge(ordersAreRequired: ordersAreRequired)
    }

    // MARK: Grants

    /// - Returns: the workers that got a grant or a permit, each once, by slot.
    mutating func grant(_ items: inout ItemTable, now: MonotonicInstant) -> [Int] {
        defer { if !items.hasDemand { ranOutOfWork = true } }
        return allocator.grant(&items, &workers, &groups, now: now)
    }

    /// What a worker was granted since this was last called, to be sent to it.
    mutating func takeGrants(_ slot: Int) -> Worker.Granted { workers[slot].takeGrants() }

    // MARK: Measurements

    /// Takes over what the last leader measured; does nothing where that was this process.
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

    /// This process has not led for so long that its measurements may be wrong by now.
    mutating func forgetOutdated(now: MonotonicInstant) {
        for slot in workers.slots where workers[slot].controller.hint(now: now) != nil {
            update(slot, now: now) { $0.beginAnew(because: .outdated) }
        }
        for index in groups.indices where groups[index].hint(now: now) != nil {
            groups[index].beginAnew(because: .outdated, now: now)
        }
    }

    /// Forgets all that was measured of workers and groups of this name, ceilings included; false where there are none.
    mutating func reset(_ name: String, now: MonotonicInstant) -> Bool {
        let worker = workers.slot(of: name)
        if let worker { update(worker, now: now) { $0.reset() } }
        let named = groups.indices.filter { groups[$0].name == name }
        for index in named { groups[index].reset(now: now) }
        hints.forget(name)
        return worker != nil || !named.isEmpty
    }

    /// Notes what the controllers decided.
    ///
    /// - Parameter hasDemand: whether an item wants more than workers have room for.
    mutating func keepJournals(hasDemand: Bool, now: MonotonicInstant) {
        let workWaits = hasDemand && !ranOutOfWork
        ranOutOfWork = false
        for slot in workers.slots { workers[slot].keepJournal(workWaits: workWaits, now: now) }
        for group in groups.indices { groups[group].keepJournal(workWaits: workWaits, now: now) }
    }

    /// Every worker and group, with what was measured of it and what it may have.
    var resources: [CapacityResource] {
        workers.all.map(\.resource)
            + groups.indices.filter { groups[$0].members > 0 }.map { index in
                groups[index].resource(breaker: breaker(of: index))
            }
    }

    /// Closed where the breaker of one member is closed, open where those of all members are.
    private func breaker(of group: Int) -> BreakerState {
        let states = workers.all.filter { $0.group == group }.map(\.breaker)
        if states.contains(.closed) || states.isEmpty { return .closed }
        return states.contains(.halfOpen) ? .halfOpen : .open
    }
}
