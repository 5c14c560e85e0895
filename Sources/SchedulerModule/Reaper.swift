import Base
import Domain
import Store

// DESIGN
// The purchases that a lost worker held are in its flights, one flight for each item. No list says which items: a list
// that was not written, because the store was full or a connection was lost, would keep units held for ever. So the
// worker's flight of every item is read, a bounded number at once, and those that a worker of an earlier release noted.
// A reap that is interrupted by a lost store begins again with the next check for lost workers. It is idempotent.

/// Takes back the purchases that lost workers held, then removes each worker from the list.
final class Reaper {
    private let store: any ReapStore
    private let log: any SchedulerLog
    private var underWay: Set<String> = []
    private(set) var reaped: UInt64 = 0  // purchases

    /// Purchases of an item were taken back: its name, its incarnation, its new counters.
    var onItem: (ItemName, UInt64?, ItemCounters) -> Void = { _, _, _ in }
    /// A worker holds nothing any more and is off the list.
    var onGone: (String) -> Void = { _ in }

    init(store: any ReapStore, log: any SchedulerLog) {
        self.store = store
        self.log = log
    }

    /// Begins to take back what `worker` held; false where that is under way already.
    ///
    /// - Parameter known: items to be read even where the store's list of items does not have them.
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
                Lanes.runUntilFailure(items.inOrder.map { ItemKeys($0) }, atOnce: Limits.itemsReaped) { [self] in
                    check($0, worker, $1)
                } completion: { [self] isDone in
                    if isDone { forget(worker) } else { giveUp(worker) }
                }
            }
        }
        return true
    }

    /// Takes back what a worker that is on no list holds of one item.
    func reapStray(_ worker: String, of item: ItemName) {
        guard !underWay.contains(worker) else { return }
        reap(ItemKeys(item), worker) { [log] isDone in if isDone { log.workerLost(worker) } }
    }

    /// The next check for lost workers begins anew.
    private func giveUp(_ worker: String) { underWay.remove(worker) }

    private func check(_ item: ItemKeys, _ worker: String, _ done: @escaping (Bool) -> Void) {
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
            if case .success = result { onGone(worker) }  // else the next check finds it again
        }
    }
}

extension Set<ItemName> {
    /// By name, so that a simulation replays.
    fileprivate var inOrder: [ItemName] { sorted { $0.description < $1.description } }
}
