import Domain
import Store

// DESIGN
// A `deduct` or `revive` may be carried out when its worker has been reaped and forgotten: bytes that a partition held
// back, on a connection that nobody could kill. Then units are held for a worker that never comes again. `deduct`
// writes into the item who may hold something of it; here those are looked at that no worker of today is. Workers
// register before they take anything, so the holders are read first and the workers after them; and nobody is a stray
// before it was one twice, a sweep apart.

/// Finds purchases in the flights of workers that are gone.
final class StrayWatch {
    private struct Stray: Hashable {
        var worker: String
        var item: ItemName
        var order: String { "\(worker) \(item)" }
    }

    private let store: any ReapStore
    private var suspects: Set<Stray> = []
    private var isLooking = false

    /// A worker that nobody knows holds something of an item.
    var onStray: (String, ItemName) -> Void = { _, _ in }

    init(store: any ReapStore) { self.store = store }

    /// Looks at items of which units are held.
    func look(at items: [ItemName]) {
        guard !isLooking, !items.isEmpty else { return }
        isLooking = true
        var holders: Set<Stray> = []
        let work = AllOf(items, atOnce: Limits.itemsReaped) { [store] item, done in
            store.holders(of: ItemKeys(item)) { result in
                if case .success(let workers) = result {
                    for worker in workers { holders.insert(Stray(worker: worker, item: item)) }
                    done(true)
                } else {
                    done(false)  // the next sweep looks again
                }
            }
        }
        work.run { [self] isDone in
            guard isDone, !holders.isEmpty else { return end([]) }
            store.workers { [self] result in
                guard case .success(let workers) = result else { return end([]) }
                let known = Set(workers.map(\.id))
                end(holders.filter { !known.contains($0.worker) })
            }
        }
    }

    private func end(_ strays: Set<Stray>) {
        isLooking = false
        for stray in strays.intersection(suspects).sorted(by: { $0.order < $1.order }) {
            onStray(stray.worker, stray.item)
        }
        suspects = strays
    }
}
