public import Domain

/// What a role remembers of items for durability checks alone; it answers nothing from it.
public final class ItemMemories {
    private final class Memory: ItemMemory {
        let keys: ItemKeys
        let incarnation: UInt64
        private(set) var counters: ItemCounters
        private(set) var acknowledgedStates = AcknowledgedStates()

        init(_ name: ItemName, incarnation: UInt64, counters: ItemCounters) {
            keys = ItemKeys(name)
            self.incarnation = incarnation
            self.counters = counters
        }

        var reference: ItemReference { ItemReference(keys, incarnation: incarnation) }
        func delivered(_ acknowledged: AcknowledgedState) { acknowledgedStates.delivered(acknowledged) }
        func storeRestarted() { acknowledgedStates.storeRestarted() }
        func interrupt() { acknowledgedStates.interrupt() }

        func read(life: String, _ new: ItemCounters, isFollowed: Bool) {
            acknowledgedStates.read(
                life: life, version: new.version, tail: new.tail, notification: new.notification,
                isFollowed: isFollowed)
            counters = new
        }

        func received(_ notification: ChangeNotification) {
            acknowledgedStates.received(notification.counters, changesSettings: notification.changesSettings)
            raise(notification.counters)
        }

        func replied(_ new: ItemCounters) {
            acknowledgedStates.replied(version: new.version, tail: new.tail)
            raise(new)
        }

        private func raise(_ new: ItemCounters) { if new.version > counters.version { counters = new } }
    }

    private var memories: [ItemName: Memory] = [:]

    public init() {}

    /// In the order of their names, so that a simulation replays.
    public var all: [any ItemMemory] { memories.values.sorted { $0.keys.name.description < $1.keys.name.description } }

    /// An item was read, or the reply of a call named its life.
    ///
    /// - Parameter isFollowed: what comes next is of this life.
    public func read(
        _ name: ItemName, incarnation: UInt64, life: String, counters: ItemCounters, isFollowed: Bool = true
    ) -> any ItemMemory {
        let memory: Memory
        if let known = memories[name], known.incarnation == incarnation {
            memory = known
        } else {
            memory = Memory(name, incarnation: incarnation, counters: counters)
            memories[name] = memory
        }
        memory.read(life: life, counters, isFollowed: isFollowed)
        return memory
    }

    public func received(_ notification: ChangeNotification) {
        memory(notification.item, notification.incarnation)?.received(notification)
    }

    /// A reply that names no life, over a connection on which one was read before.
    public func replied(_ name: ItemName, incarnation: UInt64?, counters: ItemCounters) {
        memory(name, incarnation)?.replied(counters)
    }

    private func memory(_ name: ItemName, _ incarnation: UInt64?) -> Memory? {
        memories[name].flatMap { incarnation == nil || incarnation == $0.incarnation ? $0 : nil }
    }

    /// The store or its messages are away.
    public func interrupt() {
        for memory in memories.values { memory.interrupt() }
    }

    /// The store has no such item any more.
    public func forget(_ name: ItemName) -> (any ItemMemory)? { memories.removeValue(forKey: name) }
}
