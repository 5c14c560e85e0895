public import Domain
public import EventLoop

/// What a scheduler or a worker saw the store acknowledge of items, to check a store that was restarted or emptied.
/// A queue process keeps the same beside its views of items.
public final class AcknowledgedItems {
    private let memories = ItemMemories()
    private let durability: DurabilityCheck

    /// The store was emptied, or is another one.
    public var onEmptied: () -> Void = {}

    public init(loop: any Loop, store: any DurabilityStore, log: any StoreLog) {
        durability = DurabilityCheck(loop: loop, store: store, log: log)
        durability.onEmptied = { [unowned self] in
            onEmptied()
            return memories.all
        }
    }

    public func storeUp() { durability.storeUp(remembered: memories.all) }

    /// The connection to the store, or its messages, are lost: what comes next may belong to another life of the item.
    public func interrupt() { memories.interrupt() }

    /// An item was read, or the reply of a call named its life.
    ///
    /// - Parameter isFollowed: what comes next is of this life.
    public func read(
        _ name: ItemName, incarnation: UInt64, life: String, counters: ItemCounters, isFollowed: Bool = true
    ) {
        durability.itemRead(
            memories.read(name, incarnation: incarnation, life: life, counters: counters, isFollowed: isFollowed))
    }

    public func received(_ notification: ChangeNotification) {
        memories.received(notification)
        if notification.changesSettings { durability.itemNotified(notification) }
    }

    /// A reply that names no life, over a connection on which one was read before.
    public func replied(_ item: ItemIncarnation, counters: ItemCounters) {
        memories.replied(item.name, incarnation: item.number, counters: counters)
    }

    /// The store knows no such item: it was deleted, or the store was emptied.
    public func forget(_ name: ItemName) {
        if let memory = memories.forget(name) { durability.itemGone(memory) }
    }
}
