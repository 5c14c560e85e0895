import Domain
import Store

// DESIGN
// What a lost worker held lies in its flights, one an item. No list of them is trusted: one that was not written,
// because the store was full or a connection was lost, would strand units for ever. So every item is asked for the
// worker's flight, side by side, up to a bound; also those that a worker of an earlier release noted.
// A reap that a lost store interrupts is begun again by the next look at the lost workers; it is idempotent.

/// Takes back what lost workers held, then forgets the worker.
final class Reaper {
    private let store: any ReapStore
    private let log: any SchedulerLog
    private var underWay: Set<String> = []
    private(set) var reaped: UInt64 = 0  // purchases

    /// An item's counters, and which item of that name it is, changed by what was taken back.
    var onItem: (ItemName, UInt64?, ItemCounters) -> Void = { _, _, _ in }
    /// Nothing is left of a worker.
    var onGone: (String) -> Void = { _ in }

    init(store: any ReapStore, log: any SchedulerLog) {
        self.store = store
        self.log = log
    }

    /// Begins to take back what `worker` held; false when that is under way already.
    ///
    /// - Parameter known: items that must be looked at, whether or not they are on the list of all.
    func reap(_ worker: String, known: some Sequence<ItemName>) -> Bool {
        guard underWay.insert(worker).inserted else { return false }
        log.workerLost(worker)
        var items = Set(known)
        store.itemsInFlight(of: worker) { [self] result in
            guard case .success(let noted) = result else { return giveUp(worker) }
            items.formUnion(noted)
            store.itemNames { [self] result in
                guard case .success(let names) = result else { return giveUp(worker) }
                items.formUnion(names)
                let work = AllOf(items.inOrder.map { ItemKeys($0) }, atOnce: Limits.itemsReaped) { [self] in
                    look($0, worker, $1)
                }
                work.run { [self] isDone in if isDone { forget(worker) } else { giveUp(worker) } }
            }
        }
        return true
    }

    /// Takes back what a worker that nobody knows holds of one item.
    func reapStray(_ worker: String, of item: ItemName) {
        guard !underWay.contains(worker) else { return }
        reap(ItemKeys(item), worker) { [log] isDone in if isDone { log.workerLost(worker) } }
    }

    /// The next look at the lost workers begins anew.
    private func giveUp(_ worker: String) { underWay.remove(worker) }

    private func look(_ item: ItemKeys, _ worker: String, _ done: @escaping (Bool) -> Void) {
        store.countHeld(of: item, by: worker) { [self] result in
            switch result {
            case .success(0): done(true)
            case .success: reap(item, worker, done)
            case .failure: done(false)
            }
        }
    }

    private func reap(_ item: ItemKeys, _ worker: String, _ done: @escaping (Bool) -> Void) {
        store.reap(ItemReference(item, incarnation: nil), worker: worker, consumesAttempt: true) { [self] result in
            switch result {
            case .success(let reply):
                reaped += UInt64(max(0, reply.taken))
                if reply.taken > 0 { log.reaped(worker: worker, item: item.name, purchases: reply.taken) }
                onItem(item.name, reply.incarnation, reply.counters)
                if reply.left > 0 { reap(item, worker, done) } else { done(true) }
            case .failure(.unknownItem): done(true)
            case .failure: done(false)
            }
        }
    }

    private func forget(_ worker: String) {
        store.removeWorker(worker) { [self] result in
            underWay.remove(worker)
            if case .success = result { onGone(worker) }  // else the next look finds it again
        }
    }
}

extension Set<ItemName> {
    /// By name, so that a simulation replays.
    fileprivate var inOrder: [ItemName] { sorted { $0.description < $1.description } }
}
