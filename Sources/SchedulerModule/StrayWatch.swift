import Base
import Domain
import Store

// DESIGN
// The store may carry out a `deduct` or a `revive` after its worker was reaped and removed from the list: a partition
// held the bytes back, on a connection that could not be killed. Then units are held for a worker that never comes
// again. `deduct` writes into the item which workers may hold purchases of it. A holder that is not on the list of
// workers is a stray. Workers register before they take anything, so the holders are read first and the list after
// them; and a holder counts as a stray only where two checks in a row, a sweep apart, found it.

/// Finds workers that hold purchases and are on no list.
final class StrayWatch {
    private struct Stray: Hashable {
        var worker: String
        var item: ItemName
        var order: String { "\(worker) \(item)" }
    }

    private let store: any ReapStore
    private var suspects: Set<Stray> = []
    private var isChecking = false

    /// A stray worker holds purchases of an item.
    var onStray: (String, ItemName) -> Void = { _, _ in }

    init(store: any ReapStore) { self.store = store }

    /// Checks items of which units are held; does nothing while the check before is under way.
    func check(_ items: [ItemName]) {
        guard !isChecking, !items.isEmpty else { return }
        isChecking = true
        var holders: Set<Stray> = []
        Lanes.runUntilFailure(items, atOnce: Limits.itemsReaped) { [store] item, done in
            store.holders(of: ItemKeys(item)) { result in
                if case .success(let workers) = result {
                    for worker in workers { holders.insert(Stray(worker: worker, item: item)) }
                    done(true)
                } else {
                    done(false)  // the next sweep checks again
                }
            }
        } completion: { [self] isDone in
            guard isDone, !holders.isEmpty else { return end([]) }
            store.workers { [self] result in
                guard case .success(let workers) = result else { return end([]) }
                let known = Set(workers.map(\.id))
                end(holders.filter { !known.contains($0.worker) })
            }
        }
    }

    private func end(_ strays: Set<Stray>) {
        isChecking = false
        for stray in strays.intersection(suspects).sorted(by: { $0.order < $1.order }) {
            onStray(stray.worker, stray.item)
        }
        suspects = strays
    }
}
