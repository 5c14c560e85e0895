public import Base

// What the scheduler can say of itself, for those who watch it.
extension Scheduler {
    /// Workers that are registered or were heard of within a lease, and are not leaving.
    public func liveWorkers(now: MonotonicInstant) -> Int64 {
        workers.indices.reduce(0) { count, slot in
            let isLeaving = workers[slot].beat >= 0 && !workers[slot].takes
            return !workers[slot].isVacant && !isLeaving && isThere(slot, now: now) ? count + 1 : count
        }
    }

    /// Whether some worker could take a purchase now.
    public func hasCapacity(now: MonotonicInstant) -> Bool {
        workers.indices.contains { !workers[$0].isVacant && isThere($0, now: now) && workers[$0].room > 0 }
    }

    /// Shows `watch` every item that could be served; while there is no capacity none could.
    public func show(_ watch: inout ProgressWatch, now: MonotonicInstant) {
        watch.begin()
        if leads, hasCapacity(now: now) {
            for item in items where !item.isBlocked { watch.see(item.name, item.counters, now: now) }
        }
        watch.end()
    }
}
