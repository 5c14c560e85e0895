public import Domain

/// What a role that answers nothing from memory keeps of items all the same, for durability checks.
public final class ItemMemories {
    private final class Memory: ItemMemory {
        let keys: ItemKeys
        var incarnation: UInt64
        var counters: ItemCounters
        var acknowledgedStates = AcknowledgedStates()
        var isBeingChecked = false

        init(_ name: ItemName, incarnation: UInt64, counters: ItemCounters) {
            keys = ItemKeys(name)
            self.incarnation = incarnation
            self.counters = counters
        }

        var reference: ItemReference { ItemReference(keys, incarnation: incarnation) }
        func raise(_ new: ItemCounters) { if new.version > counters.version { counters = new } }
        func delivered(_ acknowledged: AcknowledgedState) { acknowledgedStates.delivered(acknowledged) }
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
        memory.acknowledgedStates.read(
            life: life, version: counters.version, tail: counters.tail, notification: counters.notification,
            isFollowed: isFollowed)
        memory.counters = counters
        return memory
    }

    public func received(_ notification: ChangeNotification) {
        guard let memory = memory(notification.item, notification.incarnation) else { return }
        memory.acknowledgedStates.received(
            notification.counters, changesSettings: notification.changesSettings)
        memory.raise(notification.counters)
    }

    /// A reply that names no life, over a connection on which one was read before.
    public func replied(_ name: ItemName, incarnation: UInt64?, counters: ItemCounters) {
        guard let memory = memory(name, incarnation) else { return }
        memory.acknowledgedStates.replied(version: counters.version, tail: counters.tail)
        memory.raise(counters)
    }

    private func memory(_ name: ItemName, _ incarnation: UInt64?) -> Memory? {
        memories[name].flatMap { incarnation == nil || incarnation == $0.incarnation ? $0 : nil }
    }

    /// The store or its messages are away.
    public func interrupt() {
        for memory in memories.values { memory.acknowledgedStates.interrupt() }
    }

    /// The store has no such item any more.
    public func forget(_ name: ItemName) -> (any ItemMemory)? { memories.removeValue(forKey: name) }
}
