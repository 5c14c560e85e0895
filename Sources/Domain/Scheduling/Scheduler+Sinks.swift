import Base

// DESIGN
// Workers see to it themselves that all of one store have the same sink (`Enlistment`). Older releases don't, so
// the scheduler looks as well, at the one thing that must not be: a worker that places no orders gets no grants
// beside others that do. It keeps to that for a while after the last of the others is gone, as the store does.

extension Scheduler {
    /// Who of the workers places orders with somebody outside.
    struct OrderPlacers: Sendable {
        var count = 0  // workers
        var seenAt: MonotonicInstant?  // when there last was one
        var isRequired = false  // grants are for those alone
        var refused: [String] = []  // workers refused for that, to be told of
    }

    /// What a worker is, by the list of workers or by its own report.
    mutating func learn(placesOrders: Bool, worker slot: Int, now: MonotonicInstant) {
        guard workers[slot].placesOrders != placesOrders else { return }
        if workers[slot].placesOrders == true { orders.count -= 1 }
        if placesOrders { orders.count += 1 }
        workers[slot].placesOrders = placesOrders
        agreeOnOrders(now: now)
        judge(worker: slot, now: now)
    }

    mutating func forgetSink(ofWorker slot: Int, now: MonotonicInstant) {
        if workers[slot].placesOrders == true { orders.count -= 1 }
        workers[slot].placesOrders = nil
        agreeOnOrders(now: now)
    }

    /// To be asked again and again: the last worker that placed orders may be gone for long enough.
    mutating func agreeOnOrders(now: MonotonicInstant) {
        if orders.count > 0 { orders.seenAt = now }
        let isRequired = orders.seenAt.map { now - $0 <= Limits.ordersHold } ?? false
        guard isRequired != orders.isRequired else { return }
        orders.isRequired = isRequired
        for slot in workers.indices where !workers[slot].isVacant { judge(worker: slot, now: now) }
    }

    private mutating func judge(worker slot: Int, now: MonotonicInstant) {
        let isUnlike = orders.isRequired && workers[slot].placesOrders == false
        guard isUnlike != workers[slot].isUnlike else { return }
        workers[slot].isUnlike = isUnlike
        if isUnlike {
            release(worker: slot)
            if orders.refused.count < Limits.batch { orders.refused.append(workers[slot].id) }
        }
        touch(slot, now: now)
    }

    /// Workers that get no grants since this was last asked, because they place no orders and others do.
    public mutating func takeRefused() -> [String] {
        defer { orders.refused.removeAll() }
        return orders.refused
    }
}
