import Base
import Domain
import EventLoop
import Store

/// Keeps what this process knows of items true: reads them, looks again where messages may be lost, and checks after a
/// restart of the store that nothing acknowledged was lost.
final class ItemFollower {
    private let store: any SchedulerStore
    private let reader: ItemReader
    private let strays: StrayWatch
    private let memories = ItemMemories()
    private let durability: DurabilityCheck

    /// Whether this process leads.
    var leads: () -> Bool = { false }
    /// Whether messages of the store's present life are heard.
    var isFollowed: () -> Bool = { false }
    /// What an item is by now; nil: there is none of this name.
    var onRead: (ItemName, ItemSnapshot?) -> Void = { _, _ in }
    /// The store has other data than before.
    var onEmptied: () -> Void = {}
    /// A worker that nobody knows holds something of an item.
    var onStray: (String, ItemName) -> Void = { _, _ in }

    init(loop: any Loop, store: any SchedulerStore, log: any SchedulerLog) {
        self.store = store
        reader = ItemReader(store: store)
        strays = StrayWatch(store: store)
        durability = DurabilityCheck(loop: loop, store: store, log: log)
        durability.onEmptied = { [unowned self] in
            onEmptied()
            return memories.all
        }
        strays.onStray = { [unowned self] worker, item in if leads() { onStray(worker, item) } }
        reader.onRead = { [unowned self] in wasRead($0, $1) }
    }

    /// Every item that was read and is there.
    var known: some Sequence<ItemName> { reader.known }

    func storeUp() { durability.storeUp(remembered: memories.all) }

    /// The store or its messages are lost: what comes next may be of another life.
    func interrupt() { memories.interrupt() }

    /// - Parameter then: hears whether the store answered.
    func read(_ name: ItemName, then: @escaping (Bool) -> Void = { _ in }) { reader.read(name, then: then) }

    /// A message of an item came. Where it says that settings changed, the item is read; a read that is under way may
    /// have seen that: after a restart of the store every item is read, and has such a message.
    func heard(_ notification: ChangeNotification) {
        memories.received(notification)
        guard notification.changesSettings else { return }
        durability.itemNotified(notification)
        reader.read(
            notification.item,
            isAnswered: { snapshot in
                snapshot.incarnation == notification.incarnation
                    && snapshot.counters.version >= notification.counters.version
            })
    }

    /// The leader looks at every item that is marked ready, behind lost messages and a new leader's start.
    ///
    /// - Parameter held: items of which units are held.
    func sweep(held: [ItemName]) {
        store.readyItems { [reader] result in
            guard case .success(let names) = result else { return }
            Lanes.run(names, atOnce: Limits.itemsAtOnce) { name, done in
                // unheard: what could not be read is marked still, and the next sweep reads it
                reader.read(name, then: { _ in done() })
            }
        }
        strays.look(at: held)
    }

    private func wasRead(_ name: ItemName, _ snapshot: ItemSnapshot?) {
        if let snapshot {
            learn(name, snapshot)
        } else {
            if let memory = memories.forget(name) { durability.itemGone(memory) }
            onRead(name, nil)
        }
        // Also of an item that is gone: its mark would be read with every sweep.
        guard leads(), snapshot?.counters.wantsWorkers != true else { return }
        store.unmarkReady(name) { [unowned self] result in
            // unheard: with the connection the term ends, and the next one reads every item
            if case .success(true) = result { confirmEmpty(name) }
        }
    }

    private func learn(_ name: ItemName, _ snapshot: ItemSnapshot) {
        let memory = memories.read(
            name, incarnation: snapshot.incarnation, life: snapshot.life, counters: snapshot.counters,
            isFollowed: isFollowed())
        durability.itemRead(memory)
        onRead(name, snapshot)
    }

    /// Looks once more after the mark was taken away: a purchase may have come between.
    private func confirmEmpty(_ name: ItemName) {
        reader.inspect(name) { [unowned self] result in
            guard case .success(let snapshot) = result, snapshot.counters.wantsWorkers else { return }
            store.keepReady(name)
            learn(name, snapshot)
        }
    }
}

extension ItemCounters {
    fileprivate var wantsWorkers: Bool { waiting > 0 || redo > 0 }
}
