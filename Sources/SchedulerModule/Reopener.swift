import Base
import Domain
import EventLoop
import Store

/// Looks at every item when a term begins, also at those that no mark or message tells of any more: the last leader may
/// have died between taking a mark away and looking again. After a restart of the store the witnesses come first, then
/// every item goes on.
final class Reopener {
    private let loop: EventLoop
    private let store: Store
    private let log: any SchedulerLog
    private var lastRunID = ""

    /// Whether this process leads still.
    var leads: () -> Bool = { false }
    /// An item goes on, and is to be read.
    var onOpen: (ItemName) -> Void = { _ in }

    init(loop: EventLoop, store: Store, log: any SchedulerLog) {
        self.loop = loop
        self.store = store
        self.log = log
    }

    func reopenItems() {
        let runID = store.runID
        guard lastRunID != runID else { return reopenItems(in: runID) }
        store.nodes { [unowned self] result in
            // A process that met the store in this life only has nothing to bear witness to.
            let nodes = (try? result.get()) ?? []  // unheard: reopening what is there depends on no list of processes
            let hasWitnesses = nodes.contains { $0.firstRunID != runID }
            loop.schedule(after: hasWitnesses ? Limits.witnessGrace : .zero) { [unowned self] in
                reopenItems(in: runID)
            }
        }
    }

    private func reopenItems(in runID: String) {
        guard leads(), store.isReady, store.runID == runID else { return }
        lastRunID = runID
        store.itemNames { [unowned self] result in
            guard case .success(let names) = result else { return }
            for name in names { reopen(name) }
        }
    }

    private func reopen(_ name: ItemName) {
        store.reopen(ItemKeys(name)) { [unowned self] result in
            guard case .success(let wasClosedOff) = result else { return }
            if wasClosedOff { log.reopened(item: name) }
            onOpen(name)
        }
    }
}
