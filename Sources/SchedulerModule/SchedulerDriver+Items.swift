import Domain
import Store

// How the scheduler learns of items.
extension SchedulerDriver {
    func keys(of item: ItemName) -> ItemKeys {
        if let known = references[item] { return known }
        let keys = ItemKeys(item)
        references[item] = keys
        return keys
    }

    func read(_ name: ItemName) {
        guard reading.insert(name).inserted else { return }
        store.inspect(keys(of: name)) { [unowned self] result in
            reading.remove(name)
            guard case .success(let snapshot) = result else { return }
            learn(name, snapshot)
            if isLeader, snapshot.counters.waiting == 0, snapshot.counters.redo == 0 {
                store.unmarkReady(name)
                confirmEmpty(name)
            }
            mustGrant = true
        }
    }

    private func learn(_ name: ItemName, _ snapshot: ItemSnapshot) {
        machine.itemRead(
            name, counters: snapshot.counters, boot: snapshot.life, weight: snapshot.settings.weight)
    }

    /// Looks once more after the mark was taken away: a purchase may have come between.
    private func confirmEmpty(_ name: ItemName) {
        store.inspect(keys(of: name)) { [unowned self] result in
            guard case .success(let snapshot) = result else { return }
            guard snapshot.counters.waiting > 0 || snapshot.counters.redo > 0 else { return }
            store.markReady(name)
            learn(name, snapshot)
            mustGrant = true
        }
    }

    /// Looks at every item that is marked ready: behind lost messages and a new leader's start.
    func sweep() {
        guard isLeader, store.isReady else { return }
        store.readyItems { [unowned self] result in
            guard case .success(let names) = result else { return }
            for name in names { read(name) }
        }
    }
}
