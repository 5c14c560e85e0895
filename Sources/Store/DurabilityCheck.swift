public import Domain
public import EventLoop

/// What one loop remembers of an item: the states that the store acknowledged.
public protocol ItemMemory: AnyObject {
    /// The item, of the incarnation that is remembered.
    var reference: ItemReference { get }
    var acknowledgedStates: AcknowledgedStates { get }
    func delivered(_ acknowledged: AcknowledgedState)
    /// What was checked before is checked again.
    func storeRestarted()
    /// As far as they are known.
    var counters: ItemCounters { get }
}

// DESIGN
// Every role that knows items checks through this one class whether the store kept what it acknowledged. An item stays
// queued until the store has answered each of its checks, over as many connections as that takes: a check that is lost
// is a rollback that goes unnoticed. A loop may know a hundred thousand items, so a few are checked at a time.

/// Checks after a restart of the store what it kept. Belongs to its loop's thread.
public final class DurabilityCheck {
    private let loop: any Loop
    private let store: any DurabilityStore
    private unowned let log: any StoreLog
    private var unchecked = CheckQueue()
    private var lost = CheckQueue()  // what went with the store's data
    /// Items that the store did not know when they were read: deleted, or gone with all others.
    private var missing: [any ItemMemory] = []
    private var gone = GoneItems()
    private var underWay = 0
    private var isRetrying = false
    private var lastRunID = ""
    public let lifeWatch: LifeWatch

    /// Items that came back with less than was acknowledged.
    public private(set) var rollbacks: UInt64 = 0
    /// All states of an item were checked.
    public var onChecked: (any ItemMemory) -> Void = { _ in }
    /// The store was emptied, or is another one; returns all items that are remembered.
    public var onEmptied: () -> [any ItemMemory] = { [] }

    public init(loop: any Loop, store: any DurabilityStore, log: any StoreLog) {
        self.loop = loop
        self.store = store
        self.log = log
        lifeWatch = LifeWatch(loop: loop, store: store)
        lifeWatch.onSame = { [unowned self] in missing.removeAll() }
        lifeWatch.onChange = { [unowned self] in emptied() }
        lifeWatch.start()
    }

    /// Items that went with the store's data and had purchases, and of whose name no item has been seen since.
    public var goneItems: [ItemName] { gone.names }

    /// The store is there. Where it is another one than before, or was restarted, all that is remembered is checked.
    public func storeUp(remembered: @autoclosure () -> [any ItemMemory]) {
        lifeWatch.check()
        if !lastRunID.isEmpty && lastRunID != store.runID {
            for memory in remembered() {
                memory.storeRestarted()
                unchecked.add(memory)
            }
        }
        lastRunID = store.runID
        sendChecks()
    }

    private func emptied() {
        log.storeEmptied()
        for memory in onEmptied() + missing {
            let counters = memory.counters
            guard counters.tail > 0 || counters.sold + counters.held > 0 else { continue }
            lost.add(memory)
            gone.add(memory.reference)
        }
        missing.removeAll()
        sendChecks()
    }

    /// The store has no such item any more. Whether it has any is checked before the item is forgotten.
    public func itemGone(_ memory: any ItemMemory) {
        // The name of the store's data may stay unread for long, where the login lacks the right for it.
        if missing.count >= Limits.goneItemsRemembered { missing.removeFirst() }
        missing.append(memory)
        lifeWatch.check()
    }

    /// An item was read, maybe in another life than before: lives that ended are checked, once each.
    public func itemRead(_ memory: any ItemMemory) {
        gone.wasFound(memory.reference.keys.name)
        guard !memory.acknowledgedStates.owed.isEmpty else { return }
        unchecked.add(memory)
        sendChecks()
    }

    /// A message says that an item's settings changed, or that it was made.
    public func itemNotified(_ notification: ChangeNotification) {
        gone.wasNotified(of: notification.item, incarnation: notification.incarnation)
    }

    private func sendChecks() {
        while store.isReady, underWay < Limits.durabilityChecks, let memory = lost.next() {
            underWay += 1
            checkLost(memory)
        }
        while store.isReady, underWay < Limits.durabilityChecks, let memory = unchecked.next() {
            underWay += 1
            check(memory, memory.acknowledgedStates.due[...])
        }
    }

    private func checkLost(_ memory: any ItemMemory) {
        let acknowledged =
            memory.acknowledgedStates.latest
            ?? AcknowledgedState(life: "?", version: memory.counters.version, tail: memory.counters.tail)
        store.checkDurability(memory.reference, acknowledged, gone: memory.counters) { [weak self] result in
            guard let self else { return }
            checkEnded()
            switch result {
            case .failure:
                lost.retry(memory)
                retrySoon()
            case .success(let finding):
                lost.finished(memory)
                report(finding, of: memory)
                if finding != .gone { gone.wasFound(memory.reference.keys.name) }
                sendChecks()
            }
        }
    }

    private func check(_ memory: any ItemMemory, _ due: ArraySlice<AcknowledgedState>) {
        guard let acknowledged = due.first else {
            checkEnded()
            unchecked.finished(memory)
            return onChecked(memory)
        }
        store.checkDurability(memory.reference, acknowledged, gone: nil) { [weak self] result in
            guard let self else { return }
            switch result {
            case .failure:
                checkEnded()
                unchecked.retry(memory)
                retrySoon()
            case .success(let finding):
                memory.delivered(acknowledged)
                report(finding, of: memory)
                check(memory, due.dropFirst())
                sendChecks()
            }
        }
    }

    private func checkEnded() {
        underWay -= 1
        precondition(underWay >= 0, "a durability check ended twice")
    }

    private func report(_ finding: Store.Finding, of memory: any ItemMemory) {
        let item = memory.reference.keys.name
        switch finding {
        case .rolledBack(let versions, let sequences):
            rollbacks += 1
            log.rollback(item: item, versions: versions, sequences: sequences)
        case .gone: log.gone(item: item)
        case .nothingLost, .replaced: break
        }
    }

    /// Checks that the store refuses are sent again, for as long as it takes.
    private func retrySoon() {
        guard !isRetrying else { return }
        isRetrying = true
        loop.schedule(after: Limits.durabilityRetry) { [weak self] in
            self?.isRetrying = false
            self?.sendChecks()
        }
    }
}

/// Memories to be checked, each once; the last one is next.
private struct CheckQueue {
    private var waiting: [any ItemMemory] = []
    private var known: Set<ObjectIdentifier> = []  // those that wait, and those whose checks are under way

    mutating func add(_ memory: any ItemMemory) {
        if known.insert(ObjectIdentifier(memory)).inserted { waiting.append(memory) }
    }

    mutating func next() -> (any ItemMemory)? { waiting.popLast() }

    /// Its check failed, and is sent again behind all others.
    mutating func retry(_ memory: any ItemMemory) { waiting.insert(memory, at: 0) }

    mutating func finished(_ memory: any ItemMemory) {
        precondition(known.remove(ObjectIdentifier(memory)) != nil, "a memory that was not to be checked")
    }
}
