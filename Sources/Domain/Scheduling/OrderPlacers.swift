import Base

// DESIGN
// Workers make sure themselves that all workers of one store have the same sink (`Enlistment`). Those of older releases
// do not, so the scheduler checks the one thing that must not happen: a worker that places no orders gets no grants
// beside others that do. That holds for a while after the last of the others is gone, as it does in the store.

/// Whether the workers of this store place orders with a service outside, so that workers that place none get no
/// grants.
struct OrderPlacers: Sendable {
    private var count = 0  // workers that place orders
    private var seenAt: MonotonicInstant?  // when there last was one
    private(set) var areRequired = false  // only workers that place orders get grants
    private var refused: [String] = []  // workers that place none, and get no grants for that

    /// A worker reported whether it places orders, or is gone (nil).
    mutating func changed(from old: Bool?, to new: Bool?) {
        if old == true { count -= 1 }
        if new == true { count += 1 }
        precondition(count >= 0, "a worker that places orders left twice")
    }

    /// To be called again and again: the last worker that placed orders may be gone for long enough.
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

    /// Workers that were refused since this was last called.
    mutating func takeRefused() -> [String] {
        defer { refused.removeAll() }
        return refused
    }
}
