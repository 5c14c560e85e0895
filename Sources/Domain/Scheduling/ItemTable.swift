import Base

// DESIGN
// An item that is deleted and made again under its name is another item: its counters begin at zero, and so does what
// is granted of it. Messages of two incarnations may come in any order and late; what is there now only a read says.

/// What the scheduler knows of each item, and whose turn it is among those that want workers.
struct ItemTable: Sendable {
    struct Item: Sendable {
        let name: ItemName
        /// Which item of that name; nil while nobody said.
        fileprivate(set) var incarnation: UInt64?
        fileprivate(set) var counters = ItemCounters()
        fileprivate var life = ""  // of the store, that the counters are of
        fileprivate(set) var isBlocked = false  // the last deduct could do nothing; until the item changes
        fileprivate var failedUntil: MonotonicInstant?  // the last deduct failed: nothing is granted before
        fileprivate(set) var unused: Int64 = 0  // granted to living workers and not used

        /// Winners that could be taken now and that no worker was granted yet.
        var wanted: Int64 {
            isBlocked ? 0 : max(0, counters.redo + min(counters.waiting, counters.free) - unused)
        }

        fileprivate mutating func begin(as incarnation: UInt64?) {
            self.incarnation = incarnation
            counters = ItemCounters()
            isBlocked = false
        }
    }

    /// What an incarnation that was heard of is to the one that is known.
    enum Verdict {
        case same
        /// The first one that was heard of: it is believed until the item is read.
        case first
        case other
    }

    private(set) var all: [Item] = []
    private var indexOfName: [ItemName: Int] = [:]
    private var toRead: [ItemName] = []
    private var ring = DeficitRing()  // items that may want something
    private var failed: [Int] = []  // items with `failedUntil`

    subscript(index: Int) -> Item { all[index] }
    func known(_ name: ItemName) -> Int? { indexOfName[name] }
    func wanted(_ index: Int) -> Int64 { all[index].wanted }

    mutating func index(of name: ItemName) -> Int {
        if let index = indexOfName[name] { return index }
        all.append(Item(name: name))
        indexOfName[name] = all.count - 1
        return all.count - 1
    }

    // MARK: What is heard

    /// The item is to be read where it is not the same.
    mutating func judge(_ incarnation: UInt64?, of index: Int) -> Verdict {
        guard let incarnation, incarnation != all[index].incarnation else { return .same }
        mustRead(index)
        guard all[index].incarnation == nil else { return .other }
        all[index].begin(as: incarnation)
        return .first
    }

    /// Counters as a script saw them; older ones than what is known are ignored.
    mutating func changed(_ index: Int, _ counters: ItemCounters) {
        guard counters.version > all[index].counters.version else { return }
        all[index].counters = counters
        all[index].isBlocked = false
        activate(index)
    }

    /// The item was read. Of one life of the store the newer counters hold, since a message may overtake a read; those
    /// of another life hold at any rate: a store that lost its last seconds counts back.
    ///
    /// - Returns: whether it is another item than was known.
    mutating func read(
        _ index: Int, incarnation: UInt64?, counters: ItemCounters, life: String, weight: Int64?
    ) -> Bool {
        let isOther = incarnation != nil && incarnation != all[index].incarnation
        if isOther { all[index].begin(as: incarnation) }
        if life != all[index].life || counters.version > all[index].counters.version {
            all[index].counters = counters
            all[index].life = life
        }
        if let weight { ring.set(weight: weight, of: index) }
        all[index].isBlocked = false
        activate(index)
        return isOther
    }

    /// There is no item of this name.
    mutating func gone(_ index: Int) { all[index].begin(as: nil) }

    /// What a worker's report says of an item, apart from what it used.
    mutating func reported(_ line: WorkerReport.Line, of index: Int, now: MonotonicInstant) {
        let isSure = line.incarnation == all[index].incarnation
        if isSure, line.counters.version > all[index].counters.version { all[index].counters = line.counters }
        if isSure
            ? line.counters.version >= all[index].counters.version : line.counters == all[index].counters
        {
            all[index].isBlocked = line.stop.blocksItem
        }
        guard line.stop == .callFailed else { return }
        if all[index].failedUntil == nil { failed.append(index) }
        mustRead(index)  // it may be gone
        all[index].failedUntil = now + Limits.failedItemRests
    }

    private mutating func mustRead(_ index: Int) {
        if !toRead.contains(all[index].name) { toRead.append(all[index].name) }
    }

    /// Items of which something was heard that does not fit to what is known, each once.
    mutating func takeToRead() -> [ItemName] {
        defer { toRead.removeAll() }
        return toRead
    }

    // MARK: What is granted

    /// So much more of it is granted and unused, or less.
    mutating func add(unused change: Int64, to index: Int) {
        all[index].unused += change
        precondition(all[index].unused >= 0, "more was used of an item than granted")
        if change < 0 { activate(index) }
    }

    /// With a new term what was granted counts no more.
    mutating func beginTerm() {
        for index in all.indices {
            all[index].unused = 0
            activate(index)
        }
    }

    // MARK: Whose turn it is

    mutating func activate(_ index: Int) {
        guard all[index].wanted > 0, all[index].failedUntil == nil else { return }
        ring.insert(index)
    }

    /// Items that failed long enough ago want something again.
    mutating func wake(now: MonotonicInstant) {
        guard !failed.isEmpty else { return }
        for index in failed where all[index].failedUntil.map({ $0 <= now }) ?? true {
            all[index].failedUntil = nil
            activate(index)
        }
        failed.removeAll { all[$0].failedUntil == nil }
    }

    /// When the next of the failed ones wants something again.
    var wakesAt: MonotonicInstant? { failed.compactMap { all[$0].failedUntil }.min() }

    /// The item whose turn it is; those that want nothing, or failed, leave the ring.
    mutating func next() -> Int? {
        while let index = ring.current {
            if all[index].wanted > 0, all[index].failedUntil == nil { return index }
            ring.removeFront()
        }
        return nil
    }

    /// How many the item whose turn it is may take, where a weight of one gets `room` shared by all weights.
    mutating func turn(room: Int64) -> Int64? { ring.front(unit: max(1, room / max(1, ring.weight)))?.deficit }
    mutating func take(_ count: Int64) { ring.take(count) }

    var hasDemand: Bool { !ring.isEmpty }
    /// Whether any item wants something, or will again.
    var hasBacklog: Bool {
        !failed.isEmpty || hasDemand && all.indices.contains { ring.contains($0) && all[$0].wanted > 0 }
    }
    /// Items of which units are held, other than those in doubt.
    var held: [ItemName] { all.filter { $0.counters.held > $0.counters.inDoubt }.map(\.name) }
}
