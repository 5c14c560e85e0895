public import Base
public import Domain
import EventLoop
public import Store

// DESIGN
// One a process, on its first loop. Every two seconds it reads from the store which scheduler leads, which nodes there
// are and whether the disk fails, and keeps the answers. So the cause of a failure can be shown while the store is
// away, with the nodes as they were last, and `/readyz` names it without a call. It also keeps the views current of all
// items that have figures of their own, even without requests for them: else a process that starts in the middle of a
// sale would show nothing of it.

/// What one process knows of all processes and items.
public final class ClusterWatch {
    private static let itemsJudged = 1_000
    private let parts: EndpointParts
    private let health: Health
    private var cursor = "0"
    private var progress = ProgressWatch()
    private var watched: [ItemEntry] = []

    /// A process as it described itself, and how long ago that was when it was read.
    struct KnownNode {
        let node: Store.Node
        let silence: TimeSpan

        var isAlive: Bool { silence < Limits.nodeLost }
    }

    private(set) var nodes: [KnownNode] = []
    private(set) var leader: String?
    private var readAt: MonotonicInstant?
    private var lastFailure: StoreFailure?
    public private(set) var persistence = StorePersistence()

    /// What is wrong, worst first, as of the last judgement.
    public private(set) var troubles: [Trouble] = []
    public var onJudged: (([Trouble]) -> Void)?

    init(_ parts: EndpointParts, health: Health) { (self.parts, self.health) = (parts, health) }

    // MARK: Judging

    /// Judges at once, and every two seconds from then on.
    public func start() {
        refresh { [unowned self] in
            readItems()
            parts.loop.schedule(after: Limits.watchPeriod) { [unowned self] in start() }
        }
    }

    /// Reads all that is judged, then calls `completion`; at once where the store is away.
    func refresh(_ completion: @escaping () -> Void) {
        guard parts.store.isReady else {
            judge()
            return completion()
        }
        var failure: StoreFailure?
        parts.store.leader { [unowned self] result in
            switch result {
            case .success(let name): leader = name
            case .failure(let why): failure = why
            }
        }
        parts.store.persistence { [unowned self] result in
            // Redis may deny the right to read it: that is no fault of the disk.
            if case .success(let read) = result { persistence = read }
        }
        parts.store.nodes { [unowned self] result in
            switch result {
            case .success(let found):
                nodes = found.sorted { $0.id < $1.id }.map { KnownNode(node: $0, silence: $0.age) }
                readAt = parts.loop.now
            case .failure(let why): failure = why
            }
            judge(failure)
            completion()
        }
    }

    /// What is known is from an earlier read.
    var isStale: Bool { !parts.store.isReady || lastFailure != nil }

    /// How old it is; nil where nothing was ever read.
    var age: TimeSpan? { readAt.map { parts.loop.now - $0 } }

    private func judge(_ failure: StoreFailure? = nil) {
        lastFailure = failure
        troubles = Trouble.all(in: facts)
        onJudged?(troubles)
    }

    private var facts: ClusterFacts {
        var facts = ClusterFacts()
        if !parts.store.isReady {
            facts.storeAway = parts.store.downReason ?? "not connected yet"
        } else if let lastFailure {
            facts.storeAway = "\(lastFailure)"
        }
        facts.impairments = parts.store.impairments.map { "\($0)" }
        facts.persistenceErrors = persistence.errors
        facts.reasons = health.ownReasons
        let directory = parts.directory
        facts.goneItems = directory.durability.goneItems.filter { directory.entry(named: $0) == nil }
            .map(\.description).sorted()
        facts.leader = leader
        facts.nodes = nodes.compactMap { ClusterFacts.Node(json: $0.node.json, isAlive: $0.isAlive) }
        for entry in parts.directory.entries {
            let (counters, isFrozen) = (entry.view.counters, entry.view.settings.isFrozen)
            guard counters.waiting + counters.redo + counters.held > 0 || isFrozen else { continue }
            guard facts.items.count < Self.itemsJudged else { break }
            var item = ClusterFacts.Item(entry.name.description)
            (item.waiting, item.held, item.inDoubt) = (
                counters.waiting + counters.redo, counters.held, counters.inDoubt
            )
            item.isFrozen = isFrozen
            facts.items.append(item)
        }
        return facts
    }

    // MARK: Items

    /// Reads items that this process does not know yet, and reads those afresh that have figures.
    private func readItems() {
        guard parts.store.isReady else { return }
        parts.store.someItemNames(from: cursor) { [unowned self] result in
            guard case .success(let found) = result else { return }
            cursor = found.next
            let directory = parts.directory
            for name in found.names where directory.count < Limits.itemsListed && directory.entry(named: name) == nil {
                directory.lookUp(name) { _ in }  // unheard: the next pass finds it again
            }
        }
        watched = parts.directory.mostWanted(Limits.itemsWatched)
        for entry in watched {
            parts.directory.refresh(entry) { _ in }  // unheard: the view itself shows whether it is current
        }
        let now = parts.loop.now
        progress.begin()
        for entry in watched where !entry.view.settings.isAtRest {
            let incarnation = entry.view.snapshot.incarnation
            progress.see(entry.name, incarnation: incarnation, entry.view.counters, now: now)
        }
        progress.end()
    }

    /// For how long nothing has been decided of an item that has purchases waiting and units.
    public func stalled(_ item: ItemName) -> TimeSpan { progress.stalled(item, now: parts.loop.now) }
}

extension ItemSettings {
    /// Nothing is taken from its queue until an operator decides.
    fileprivate var isAtRest: Bool { isPaused || isHolding || isFrozen }
}
