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

    public func heard(_ notification: ChangeNotification) {
        heard(
            notification.item, incarnation: notification.incarnation, counters: notification.counters,
            changesSettings: notification.changesSettings)
    }

    /// A notification, or a reply that names no life.
    public func heard(_ name: ItemName, incarnation: UInt64?, counters: ItemCounters, changesSettings: Bool = false) {
        guard let memory = memories[name], incarnation.map({ $0 == memory.incarnation }) ?? true else { return }
        if changesSettings { return memory.acknowledgedStates.doubt(at: counters.notification) }
        memory.acknowledgedStates.heard(version: counters.version, tail: counters.tail)
        if counters.version > memory.counters.version { memory.counters = counters }
    }

    /// The store or its messages are away.
    public func interrupt() {
        for memory in memories.values { memory.acknowledgedStates.interrupt() }
    }

    /// The store has no such item any more.
    public func forget(_ name: ItemName) -> (any ItemMemory)? { memories.removeValue(forKey: name) }
}
