public import Domain
public import EventLoop

/// What one loop remembers of an item: the states that the store acknowledged.
public protocol ItemMemory: AnyObject {
    /// The item, of the incarnation that is remembered.
    var reference: ItemReference { get }
    var acknowledgedStates: AcknowledgedStates { get }
    func delivered(_ acknowledged: AcknowledgedState)
    /// As far as they are known.
    var counters: ItemCounters { get }
    /// The check of it waits or is under way; for `DurabilityCheck` alone.
    var isBeingChecked: Bool { get set }
}

// DESIGN
// Every role that knows items checks through this one class whether the store kept what it acknowledged. An item stays
// on the list until the store has answered each of its checks, over as many connections as that takes: a check that is
// lost is a rollback that goes unnoticed. A loop may know a hundred thousand items, so a few are checked at a time.

/// Checks after a restart of the store what it kept. Belongs to its loop's thread.
public final class DurabilityCheck {
    private let loop: any Loop
    private let store: any DurabilityStore
    private var waiting: [any ItemMemory] = []  // the last one is next
    private var lost: [any ItemMemory] = []  // the same for what went with the store's data
    private var underWay = 0
    private var isRetrying = false
    private var lastRunID = ""
    /// Items that the store did not know when it was asked: deleted, or gone with all others.
    private var missing: [any ItemMemory] = []
    public let lifeWatch: LifeWatch
    /// Items that went with the store's data and had purchases; some may be there again.
    public private(set) var goneItems: Set<ItemName> = []

    /// Items that came back with less than was acknowledged.
    public private(set) var rollbacks: UInt64 = 0
    private unowned let log: any StoreLog
    /// All states of an item were checked.
    public var onTold: (any ItemMemory) -> Void = { _ in }
    /// The store was emptied, or is another one.
    public var onEmptied: () -> Void = {}
    /// All items that are remembered.
    public var remembered: () -> [any ItemMemory] = { [] }

    public init(loop: any Loop, store: any DurabilityStore, log: any StoreLog) {
        self.loop = loop
        self.store = store
        self.log = log
        lifeWatch = LifeWatch(loop: loop, store: store)
        lifeWatch.onSame = { [unowned self] in missing.removeAll() }
        lifeWatch.onChange = { [unowned self] in emptied() }
        lifeWatch.start()
    }

    /// The store is there. Where it is another one than before, or was restarted, all that is remembered is checked.
    public func storeUp() {
        lifeWatch.check()
        if !lastRunID.isEmpty && lastRunID != store.runID {
            for memory in remembered() { add(memory) }
        }
        lastRunID = store.runID
        tell()
    }

    private func found(_ finding: Store.Finding, of memory: any ItemMemory) {
        let item = memory.reference.keys.name
        switch finding {
        case .rolledBack(let versions, let sequences):
            rollbacks += 1
            log.rollback(item: item, versions: versions, sequences: sequences)
        case .gone: log.gone(item: item)
        case .nothingLost, .replaced: break
        }
    }

    private func emptied() {
        log.storeEmptied()
        onEmptied()
        for memory in remembered() + missing {
            let counters = memory.counters
            guard counters.tail > 0 || counters.sold + counters.held > 0 else { continue }
            lost.append(memory)
            goneItems.insert(memory.reference.keys.name)
        }
        missing.removeAll()
        tell()
    }

    /// The store has no such item any more. Whether it has any is looked at before the item is forgotten.
    public func itemGone(_ memory: any ItemMemory) {
        missing.append(memory)
        lifeWatch.check()
    }

    /// An item was read, maybe in another life than before: lives that ended are checked, once each.
    public func itemRead(_ memory: any ItemMemory) {
        guard !memory.acknowledgedStates.owed.isEmpty else { return }
        add(memory)
        tell()
    }

    private func add(_ memory: any ItemMemory) {
        guard !memory.isBeingChecked else { return }
        memory.isBeingChecked = true
        waiting.append(memory)
    }

    private func tell() {
        while store.isReady, underWay < Limits.durabilityChecks, let memory = lost.popLast() {
            underWay += 1
            tellLost(memory)
        }
        while store.isReady, underWay < Limits.durabilityChecks, let memory = waiting.popLast() {
            underWay += 1
            tell(memory, memory.acknowledgedStates.due[...])
        }
    }

    private func tellLost(_ memory: any ItemMemory) {
        let acknowledged =
            memory.acknowledgedStates.latest
            ?? AcknowledgedState(life: "?", version: memory.counters.version, tail: memory.counters.tail)
        store.checkDurability(memory.reference, acknowledged, gone: memory.counters) { [weak self] result in
            guard let self else { return }
            underWay -= 1
            switch result {
            case .failure:
                lost.insert(memory, at: 0)
                retry()
            case .success(let finding):
                found(finding, of: memory)
                tell()
            }
        }
    }

    private func tell(_ memory: any ItemMemory, _ due: ArraySlice<AcknowledgedState>) {
        guard let acknowledged = due.first else {
            underWay -= 1
            memory.isBeingChecked = false
            return onTold(memory)
        }
        store.checkDurability(memory.reference, acknowledged, gone: nil) { [weak self] result in
            guard let self else { return }
            switch result {
            case .failure:
                underWay -= 1
                waiting.insert(memory, at: 0)
                retry()
            case .success(let finding):
                memory.delivered(acknowledged)
                found(finding, of: memory)
                tell(memory, due.dropFirst())
                tell()
            }
        }
    }

    /// A store that refuses a check now is asked again, for as long as it takes.
    private func retry() {
        guard !isRetrying else { return }
        isRetrying = true
        loop.schedule(after: Limits.durabilityRetry) { [weak self] in
            self?.isRetrying = false
            self?.tell()
        }
    }
}
