import Base

// What the scheduler learns of workers and groups, and what it says of them.
extension Scheduler {
    /// A worker changed: its place among those with room, and its share of its group, follow.
    mutating func touch(_ slot: Int, now: MonotonicInstant) {
        guard !workers[slot].isVacant else { return }
        let outstanding = workers[slot].outstanding
        let change = outstanding - workers[slot].counted
        if change != 0 {
            workers[slot].counted = outstanding
            if let group = workers[slot].group {
                groups[group].inFlight += change
                groups[group].law.change(inFlight: groups[group].inFlight, now: now)
            }
        }
        // What is neither on its way nor in flight, and was not told of as a call, was given back (the item was paused,
        // sold out or not reopened yet, leave lapsed, the worker is gone), or its report was lost.
        let gone = workers[slot].awaited - outstanding
        if gone > 0 {
            workers[slot].awaited = outstanding
            if let group = workers[slot].group { groups[group].controller.withdrawn(gone, now: now) }
        }
        workers[slot].law.change(inFlight: workers[slot].active, now: now)
        let crowded = workers[slot].repeats.crowded
        if let group = workers[slot].group { groups[group].crowded += crowded - workers[slot].countedCrowded }
        workers[slot].countedCrowded = crowded
        note(slot)
        place(slot, now: now)
    }

    /// Grants are to be looked at with this worker in mind.
    mutating func note(_ slot: Int) {
        guard !workers[slot].isTouched else { return }
        workers[slot].isTouched = true
        touched.append(slot)
    }

    func isThere(_ slot: Int, now: MonotonicInstant) -> Bool { now - workers[slot].beatAt <= lease }

    /// Puts a worker where those with room, or those that wait for a token, are looked for.
    mutating func place(_ slot: Int, now: MonotonicInstant) {
        let pool = workers[slot].group.map { $0 + 1 } ?? 0
        let room = workers[slot].room
        guard room > 0, isThere(slot, now: now) else {
            free[pool].remove(slot)
            paced.remove(slot)
            return
        }
        if let end = workers[slot].pacedUntil, now < end {
            free[pool].remove(slot)
            paced.set(slot, key: -end.nanoseconds)
        } else {
            workers[slot].pacedUntil = nil
            paced.remove(slot)
            free[pool].set(slot, key: room * (1 << 20) / max(1, workers[slot].controller.window))
        }
    }

    /// What a report says of the time and the rate of its worker and of the group behind it.
    mutating func learn(from report: WorkerReport, worker slot: Int, now: MonotonicInstant) {
        let orders = report.orders
        enter(group: orders?.sink, worker: slot, now: now)
        // What another one's grants brought, or broke, says nothing of ours.
        guard leads else { return }
        let (isFull, isHeldBack) = (workers[slot].isFull, workers[slot].isHeldBack)
        workers[slot].controller.complete(
            count: report.completed, executionSum: report.executionSum, times: orders?.times ?? [],
            failed: orders?.failed ?? 0, isFull: isFull, isHeldBack: isHeldBack, now: now)
        guard report.completed > 0 || orders?.sink?.callCount ?? 0 > 0 else { return }
        if let orders, !orders.times.isEmpty {
            for time in orders.times { workers[slot].recent.add(time) }
        } else if report.completed > 0 {
            workers[slot].recent.add(report.executionSum / report.completed)
        }
        let link = report.completed.multipliedReportingOverflow(by: workers[slot].controller.linkMicroseconds)
        let residence =
            (orders?.residenceSum ?? report.executionSum) + (link.overflow ? 0 : min(link.partialValue, 1 << 60))
        workers[slot].law.complete(report.completed, microseconds: residence, now: now)
        if let orders, let sink = orders.sink, let group = workers[slot].group {
            learn(
                from: sink, asks: orders.repeats != nil, residence: residence, completed: report.completed,
                group: group, worker: slot,
                way: .microseconds(workers[slot].controller.linkMicroseconds), now: now)
        }
    }

    private mutating func learn(
        from sink: SinkReport, asks: Bool, residence: Int64, completed: Int64, group: Int, worker: Int,
        way: TimeSpan, now: MonotonicInstant
    ) {
        groups[group].law.complete(completed, microseconds: residence, now: now)
        guard !sink.calls.isEmpty else { return }
        workers[worker].awaited = max(0, workers[worker].awaited - sink.callCount)
        var failed: Int64 = 0
        // A report tells of all calls by some of them; more than a few thousand are no report of ours.
        for index in 0..<Int(min(sink.callCount, 4_096)) {
            let call = sink.calls[index % sink.calls.count]
            if call.result != .answered { failed += 1 }
            groups[group].recent.add(call.microseconds)
            groups[group].controller.finished(
                latency: .microseconds(min(call.microseconds, 3_600_000_000)), way: way,
                isAnswered: call.result == .answered, now: now)
        }
        // What failed is tried again, by a worker that does not ask without leave.
        if failed > 0, !asks { groups[group].controller.charge(failed, now: now) }
    }

    /// A worker says which group its sink leads to.
    mutating func enter(group sink: SinkReport?, worker slot: Int, now: MonotonicInstant) {
        workers[slot].breaker = sink?.breaker ?? .closed
        let group = sink.flatMap { self.group(of: $0, now: now) }
        if let sink, let group {
            groups[group].controller.declare(cap: sink.capPerSecond, floor: sink.floorPerSecond)
        }
        let old = workers[slot].group
        guard old != group else { return }
        free[old.map { $0 + 1 } ?? 0].remove(slot)
        if let old {
            groups[old].members -= 1
            groups[old].inFlight -= workers[slot].counted
            groups[old].crowded -= workers[slot].countedCrowded
            groups[old].controller.withdrawn(workers[slot].awaited, now: now)
            workers[slot].awaited = 0
            if groups[old].members == 0 { groups[old].controller.die() }
        }
        if let group {
            groups[group].controller.join(now: now)
            groups[group].members += 1
            groups[group].inFlight += workers[slot].counted
            groups[group].crowded += workers[slot].countedCrowded
        }
        workers[slot].group = group
    }

    /// The group of this name; a new one while there are few, or instead of one that nobody leads to any more.
    private mutating func group(of sink: SinkReport, now: MonotonicInstant) -> Int? {
        let name = sink.group
        if let known = groups.firstIndex(where: { $0.name == name }) { return known }
        let controller = LatencyController(
            cap: sink.capPerSecond, floor: sink.floorPerSecond, hint: hint(for: .group, name, now: now), now: now)
        if groups.count < Limits.groups {
            groups.append(Group(name: name, controller: controller))
            free.append(IndexedHeap())
            return groups.count - 1
        }
        guard let left = groups.firstIndex(where: { $0.members == 0 }) else { return nil }
        groups[left] = Group(name: name, controller: controller)
        return left
    }

    // MARK: Publishing

    public struct WorkerFigures: Sendable {
        public var id: String
        public var window: Int64
        public var inFlight: Int64
        public var rate: Int64  // per second
        public var baseMicroseconds: Int64
    }

    public var figures: [WorkerFigures] {
        workers.filter { !$0.isVacant }.map {
            WorkerFigures(
                id: $0.id, window: $0.controller.window, inFlight: $0.active, rate: $0.controller.rate,
                baseMicroseconds: $0.controller.baseMicroseconds)
        }
    }

    /// Every worker and group, with what is known and decided of it.
    public var resources: [CapacityResource] {
        let ofWorkers = workers.filter { !$0.isVacant }.map { worker in
            let times = worker.recent.quantiles
            var state = worker.controller.snapshot
            if worker.isUnlike { (state.reason, state.window) = (.otherSink, 0) }
            return CapacityResource(
                kind: .worker, name: worker.id, state: state, inFlight: worker.active,
                p50Microseconds: times?.p50, p99Microseconds: times?.p99, capPerSecond: nil, breaker: worker.breaker,
                littlesLawErrorPercent: worker.law.errorPercent)
        }
        return ofWorkers
            + groups.indices.filter { groups[$0].members > 0 }.map { index in
                let group = groups[index]
                let times = group.recent.quantiles
                return CapacityResource(
                    kind: .group, name: group.name, state: group.controller.snapshot, inFlight: group.inFlight,
                    p50Microseconds: times?.p50, p99Microseconds: times?.p99, capPerSecond: group.controller.cap,
                    breaker: breaker(of: index), littlesLawErrorPercent: group.law.errorPercent)
            }
    }

    /// Open where every worker's is, closed where one worker's is.
    private func breaker(of group: Int) -> BreakerState {
        let states = workers.filter { !$0.isVacant && $0.group == group }.map(\.breaker)
        if states.contains(.closed) || states.isEmpty { return .closed }
        return states.contains(.halfOpen) ? .halfOpen : .open
    }
}
