import Base

/// The workers that are known, a slot each; the slot of a worker that is gone is given to a new one.
struct WorkerTable: Sendable {
    private let lease: TimeSpan
    private var workers: [Worker] = []
    private var slotOfID: [String: Int] = [:]
    private var unusedSlots: [Int] = []

    /// - Parameter lease: silence after which a worker counts as lost.
    init(lease: TimeSpan) { self.lease = lease }

    subscript(slot: Int) -> Worker {
        _read { yield workers[slot] }
        _modify { yield &workers[slot] }
    }

    /// Slots of the known workers.
    var slots: [Int] { workers.indices.filter { !workers[$0].isVacant } }
    var all: [Worker] { workers.filter { !$0.isVacant } }
    func slot(of id: String) -> Int? { slotOfID[id] }

    mutating func add(_ id: String, hint: CapacityHint?, now: MonotonicInstant) {
        precondition(!id.isEmpty && slotOfID[id] == nil, "one slot a worker")
        let worker = Worker(id: id, hint: hint, now: now)
        if let slot = unusedSlots.popLast() {
            workers[slot] = worker
            slotOfID[id] = slot
        } else {
            workers.append(worker)
            slotOfID[id] = workers.count - 1
        }
        assert(slotOfID.count + unusedSlots.count == workers.count)
    }

    mutating func remove(_ slot: Int, now: MonotonicInstant) {
        precondition(workers[slot].outstanding == 0 && workers[slot].group == nil, "the worker still holds something")
        slotOfID[workers[slot].id] = nil
        workers[slot] = Worker(id: "", hint: nil, now: now)
        unusedSlots.append(slot)
        assert(slotOfID.count + unusedSlots.count == workers.count)
    }

    /// Whether its last report is not older than the lease.
    func isThere(_ slot: Int, now: MonotonicInstant) -> Bool { now - workers[slot].beatAt <= lease }

    /// Workers that registered or reported within a lease, and are not leaving.
    func liveCount(now: MonotonicInstant) -> Int64 {
        Int64(slots.count { isThere($0, now: now) && !workers[$0].isLeaving })
    }

    /// Whether some worker could take a purchase now.
    func hasCapacity(now: MonotonicInstant) -> Bool {
        workers.indices.contains { !workers[$0].isVacant && isThere($0, now: now) && workers[$0].room > 0 }
    }
}
