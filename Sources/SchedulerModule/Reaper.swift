import Domain
import Store

/// Takes back what lost workers held: item by item, slice by slice, then forgets the worker.
///
/// A reap that a lost store interrupts is begun again by the next look at the lost workers; it is idempotent.
final class Reaper {
    private let store: Store
    private let log: any SchedulerLog
    private var underWay: Set<String> = []
    private(set) var reaped: UInt64 = 0  // purchases

    /// An item's counters, and which item of that name it is, changed by what was taken back.
    var onItem: (ItemName, UInt64?, ItemCounters) -> Void = { _, _, _ in }
    /// Nothing is left of a worker.
    var onGone: (String) -> Void = { _ in }

    init(store: Store, log: any SchedulerLog) {
        self.store = store
        self.log = log
    }

    /// Begins to take back what `worker` held; false when that is under way already.
    func reap(_ worker: String) -> Bool {
        guard underWay.insert(worker).inserted else { return false }
        log.workerLost(worker)
        store.itemsInFlight(of: worker) { [self] result in
            guard case .success(let items) = result else { return underWay.subtract([worker]) }
            reap(worker, items.map { ItemReference(ItemKeys($0), incarnation: nil) }[...])
        }
        return true
    }

    private func reap(_ worker: String, _ items: ArraySlice<ItemReference>) {
        guard let item = items.first else { return forget(worker) }
        store.reap(item, worker: worker, burnsAttempt: true) { [self] result in
            switch result {
            case .success(let reply):
                reaped += UInt64(max(0, reply.taken))
                if reply.taken > 0 { log.reaped(worker: worker, item: item.keys.name, purchases: reply.taken) }
                onItem(item.keys.name, reply.incarnation, reply.counters)
                reap(worker, reply.left > 0 ? items : items.dropFirst())
            case .failure(.unknownItem): reap(worker, items.dropFirst())
            case .failure: underWay.remove(worker)
            }
        }
    }

    private func forget(_ worker: String) {
        store.removeWorker(worker) { [self] result in
            underWay.remove(worker)
            if case .success = result { onGone(worker) }
        }
    }
}
