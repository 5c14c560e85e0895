import Domain
import EventLoop
import Store

/// What this worker saw the store acknowledge of items, to check a store that was restarted or emptied.
final class AcknowledgedItems {
    private let memories = ItemMemories()
    private let durability: DurabilityCheck

    /// The store was emptied, or is another one.
    var onEmptied: () -> Void = {}

    init(loop: any Loop, store: any DurabilityStore, log: any StoreLog) {
        durability = DurabilityCheck(loop: loop, store: store, log: log)
        durability.onEmptied = { [unowned self] in
            onEmptied()
            return memories.all
        }
    }

    func storeUp() { durability.storeUp(remembered: memories.all) }
    func storeDown() { memories.interrupt() }

    func took(_ deduction: Deduction, from name: ItemName) {
        let memory = memories.read(
            name, incarnation: deduction.incarnation, life: deduction.life, counters: deduction.counters)
        durability.itemRead(memory)
    }

    func settled(_ item: ItemIncarnation, _ counters: ItemCounters) {
        memories.replied(item.name, incarnation: item.number, counters: counters)
    }

    /// The store knows no such item: it was deleted, or the store was emptied.
    func forget(_ name: ItemName) {
        if let memory = memories.forget(name) { durability.itemGone(memory) }
    }
}
