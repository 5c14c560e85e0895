public import Domain
public import EventLoop

/// What one loop remembers of an item, and may testify of.
public protocol ItemMemory: AnyObject {
    /// The item, of the incarnation that is remembered.
    var reference: ItemReference { get }
    var testimonies: Testimonies { get }
    func delivered(_ testimony: Testimony)
    /// The store is being told; for `Witness` alone.
    var isTestifying: Bool { get set }
}

// DESIGN
// Every role that knows items tells the store what it saw acknowledged, through this one class. Items stay on the list
// until the store has answered for each of their testimonies, over as many connections as that takes: a testimony that
// is lost is a rollback that nobody notices. A loop may know a hundred thousand items, so a few are told at a time.

/// Brings testimonies to the store. Belongs to its loop's thread.
public final class Witness {
    private let loop: EventLoop
    private let store: Store
    private var waiting: [any ItemMemory] = []  // the last one is next
    private var underWay = 0
    private var isRetrying = false
    private var lastRunID = ""

    /// The store answered for a testimony.
    public var onFinding: (any ItemMemory, Store.Finding) -> Void = { _, _ in }
    /// All was told of an item.
    public var onTold: (any ItemMemory) -> Void = { _ in }

    public init(loop: EventLoop, store: Store) {
        self.loop = loop
        self.store = store
    }

    /// The store is there. Where it is another one than before, or was restarted, it is told of all that is remembered.
    public func storeUp(_ remembered: @autoclosure () -> [any ItemMemory]) {
        if !lastRunID.isEmpty && lastRunID != store.runID {
            for memory in remembered() { add(memory) }
        }
        lastRunID = store.runID
        tell()
    }

    /// An item was read, maybe in another life than before: lives that are over are told of, once each.
    public func itemRead(_ memory: any ItemMemory) {
        guard !memory.testimonies.owed.isEmpty else { return }
        add(memory)
        tell()
    }

    private func add(_ memory: any ItemMemory) {
        guard !memory.isTestifying else { return }
        memory.isTestifying = true
        waiting.append(memory)
    }

    private func tell() {
        while store.isReady, underWay < Limits.witnessed, let memory = waiting.popLast() {
            underWay += 1
            tell(memory, memory.testimonies.due[...])
        }
    }

    private func tell(_ memory: any ItemMemory, _ due: ArraySlice<Testimony>) {
        guard let testimony = due.first else {
            underWay -= 1
            memory.isTestifying = false
            return onTold(memory)
        }
        store.witness(memory.reference, testimony) { [weak self] result in
            guard let self else { return }
            switch result {
            case .failure:
                underWay -= 1
                waiting.insert(memory, at: 0)
                retry()
            case .success(let finding):
                memory.delivered(testimony)
                onFinding(memory, finding)
                tell(memory, due.dropFirst())
                tell()
            }
        }
    }

    /// A store that takes no testimony now is asked again, for as long as it takes.
    private func retry() {
        guard !isRetrying else { return }
        isRetrying = true
        loop.schedule(after: Limits.witnessRetry) { [weak self] in
            self?.isRetrying = false
            self?.tell()
        }
    }
}
