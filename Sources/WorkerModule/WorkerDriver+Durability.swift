import Domain
import Store

// What this worker saw the store acknowledge, for a store that was restarted or emptied.
extension WorkerDriver {
    func prepareDurabilityCheck() {
        durability.remembered = { [unowned self] in memories.all }
        durability.onEmptied = { [unowned self] in
            // It may count its terms again from a lower one, and does not know us any more.
            book = GrantBook()
            enlistment.forget()
            register()
        }
    }

    func remember(_ name: ItemName, _ deduction: Deduction) {
        let memory = memories.read(
            name, incarnation: deduction.incarnation, life: deduction.life, counters: deduction.counters)
        durability.itemRead(memory)
    }

    /// The store knows no such item: it was deleted, or the store was emptied.
    func forget(_ name: ItemName) {
        if let memory = memories.forget(name) { durability.itemGone(memory) }
    }
}
