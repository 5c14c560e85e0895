import Base
import Domain
import EventLoop
import Store

/// Keeps what this process knows of items up to date: reads them where a notification or a lost one calls for it,
/// sweeps over those that may have purchases waiting, and checks after a restart of the store that it kept what it
/// acknowledged.
final class ItemFollower {
    private let store: any SchedulerStore
    private let messages: any SchedulerMessages
    private let leadership: LeadershipDriver
    private let reader: ItemReader
    private let strays: StrayWatch
    private let acknowledged: AcknowledgedItems

    /// An item was read; nil where there is none of this name.
    var onRead: (ItemName, ItemSnapshot?) -> Void = { _, _ in }
    /// The store has other data than before.
    var onEmptied: () -> Void = {}
    /// A worker that is on no list holds purchases of an item.
    var onStray: (String, ItemName) -> Void = { _, _ in }

    init(
        loop: any Loop, store: any SchedulerStore, messages: any SchedulerMessages, leadership: LeadershipDriver,
        log: any SchedulerLog
    ) {
        self.store = store
        self.messages = messages
        self.leadership = leadership
        reader = ItemReader(store: store)
        strays = StrayWatch(store: store)
        acknowledged = AcknowledgedItems(loop: loop, store: store, log: log)
        acknowledged.onEmptied = { [unowned self] in onEmptied() }
        strays.onStray = { [unowned self] worker, item in if leadership.isLeader { onStray(worker, item) } }
        reader.onRead = { [unowned self] in wasRead($0, $1) }
    }

    /// Every item that was read and is there.
    var known: some Sequence<ItemName> { reader.known }

    func storeUp() { acknowledged.storeUp() }

    /// The connection to the store, or its messages, are lost: what comes next may belong to another life of the item.
    func interrupt() { acknowledged.interrupt() }

    /// - Parameter then: called once, with whether the store answered.
    func read(_ name: ItemName, then: @escaping (Bool) -> Void = { _ in }) { reader.read(name, then: then) }

    /// A change notification of an item came. Where settings changed, the item is read. A read that is under way may
    /// have seen the change already: after a restart of the store every item is read, and sends such a notification.
    func received(_ notification: ChangeNotification) {
        acknowledged.received(notification)
        guard notification.changesSettings else { return }
        reader.read(
            notification.item,
            isSatisfied: { snapshot in
                snapshot.incarnation == notification.incarnation
                    && snapshot.counters.version >= notification.counters.version
            })
    }

    /// Reads every item that is marked ready, and checks items for stray workers. The leader calls this from time to
    /// time, and after a lost message and at the start of a term.
    ///
    /// - Parameter held: items of which units are held.
    func sweep(held: [ItemName]) {
        store.readyItems { [reader] result in
            guard case .success(let names) = result else { return }
            Lanes.run(names, atOnce: Limits.itemsAtOnce) { name, done in
                // unheard: an item that could not be read keeps its mark, and the next sweep reads it
                reader.read(name, then: { _ in done() })
            }
        }
        strays.check(held)
    }

    private func wasRead(_ name: ItemName, _ snapshot: ItemSnapshot?) {
        if let snapshot {
            learn(name, snapshot)
        } else {
            acknowledged.forget(name)
            onRead(name, nil)
        }
        // Also the mark of an item that is gone: else every sweep would read the item.
        guard leadership.isLeader, snapshot?.counters.wantsWorkers != true else { return }
        store.unmarkReady(name) { [unowned self] result in
            // unheard: the call fails with the connection, which ends the term; the next term reads every item
            if case .success(true) = result { confirmEmpty(name) }
        }
    }

    private func learn(_ name: ItemName, _ snapshot: ItemSnapshot) {
        acknowledged.read(
            name, incarnation: snapshot.incarnation, life: snapshot.life, counters: snapshot.counters,
            isFollowed: store.takesWork && messages.isFollowing)
        onRead(name, snapshot)
    }

    /// Reads the item once more after its mark was removed: a purchase may have come between.
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
