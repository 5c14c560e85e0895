import Base

// DESIGN
// Workers see to it themselves that all of one store have the same sink (`Enlistment`). Older releases don't, so
// the scheduler looks as well, at the one thing that must not be: a worker that places no orders gets no grants
// beside others that do. It keeps to that for a while after the last of the others is gone, as the store does.

/// Whether the workers of this store place orders with somebody outside, so that others get no grants.
struct OrderPlacers: Sendable {
    private var count = 0  // workers that do
    private var seenAt: MonotonicInstant?  // when there last was one
    private(set) var areRequired = false  // grants are for those alone
    private var refused: [String] = []  // workers refused for that

    /// A worker said what it is, or is gone.
    mutating func changed(from old: Bool?, to new: Bool?) {
        if old == true { count -= 1 }
        if new == true { count += 1 }
        assert(count >= 0)
    }

    /// To be asked again and again: the last worker that placed orders may be gone for long enough.
    ///
    /// - Returns: whether `areRequired` has changed.
    mutating func agree(now: MonotonicInstant) -> Bool {
        if count > 0 { seenAt = now }
        let before = areRequired
        areRequired = seenAt.map { now - $0 <= Limits.ordersHold } ?? false
        return areRequired != before
    }

    mutating func refuse(_ worker: String) {
        if refused.count < Limits.batch { refused.append(worker) }
    }

    /// Workers that get no grants since this was last asked, because they place no orders and others do.
    mutating func takeRefused() -> [String] {
        defer { refused.removeAll() }
        return refused
    }
}
