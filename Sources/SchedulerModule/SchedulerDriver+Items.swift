import Base
import Domain
import Store

// How the scheduler learns of items.
extension SchedulerDriver {
    /// An item was read; nil: there is none of this name.
    func heard(_ name: ItemName, _ snapshot: ItemSnapshot?) {
        mustGrant = true
        guard let snapshot else {
            if let memory = memories.forget(name) { durability.itemGone(memory) }
            return machine.itemGone(name)
        }
        learn(name, snapshot)
        guard isLeader, snapshot.counters.waiting == 0, snapshot.counters.redo == 0 else { return }
        store.unmarkReady(name) { [unowned self] result in
            // unheard: with the connection the term ends, and the next one reads every item
            if case .success(true) = result { confirmEmpty(name) }
        }
    }

    /// A message says that settings changed. A read that is under way may have seen that: after a restart of the store
    /// every item is read, and has such a message.
    func read(_ notification: ChangeNotification) {
        reader.read(
            notification.item,
            isAnswered: { snapshot in
                snapshot.incarnation == notification.incarnation && snapshot.counters.version >= notification.counters.version
            })
    }

    private func learn(_ name: ItemName, _ snapshot: ItemSnapshot) {
        let memory = memories.read(
            name, incarnation: snapshot.incarnation, life: snapshot.life, counters: snapshot.counters,
            isFollowed: isReady)
        durability.itemRead(memory)
        machine.itemRead(
            name, incarnation: snapshot.incarnation, counters: snapshot.counters, boot: snapshot.life,
            weight: snapshot.settings.weight)
    }

    /// Looks once more after the mark was taken away: a purchase may have come between.
    private func confirmEmpty(_ name: ItemName) {
        reader.inspect(name) { [unowned self] result in
            guard case .success(let snapshot) = result else { return }
            guard snapshot.counters.waiting > 0 || snapshot.counters.redo > 0 else { return }
            store.keepReady(name)
            learn(name, snapshot)
            mustGrant = true
        }
    }

    /// Looks at every item that is marked ready: behind lost messages and a new leader's start.
    func sweep() {
        guard isLeader, store.isReady else { return }
        store.readyItems { [unowned self] result in
            guard case .success(let names) = result else { return }
            Lanes.run(names, atOnce: Limits.itemsAtOnce) { [reader] name, done in
                // unheard: what could not be read is marked still, and the next sweep reads it
                reader.read(name, then: { _ in done() })
            }
        }
        strays.look(at: machine.itemsHeld)
    }
}
