import Base

// DESIGN
// An item that is deleted and created again under the same name is another item: its counters begin at zero, and so do
// its grants. Messages of two incarnations may come late and in any order, so only a read decides which one exists now.

/// What the scheduler knows of each item, and which item's turn it is among those that want workers.
struct ItemTable: Sendable {
    struct Item: Sendable {
        let name: ItemName
        /// Nil while it is not known.
        fileprivate(set) var incarnation: UInt64?
        fileprivate(set) var counters = ItemCounters()
        fileprivate var life = ""  // of the item, in which the counters were read
        fileprivate(set) var isBlocked = false  // the last `deduct` could take nothing; until the item changes
        fileprivate var failedUntil: MonotonicInstant?  // the last `deduct` failed: nothing is granted before
        fileprivate(set) var unused: Int64 = 0  // granted and not used

        /// Winners that could be taken now and are granted to no worker yet.
        var wanted: Int64 {
            isBlocked ? 0 : max(0, counters.redo + min(counters.waiting, counters.free) - unused)
        }

        fileprivate mutating func begin(as incarnation: UInt64?) {
            self.incarnation = incarnation
            counters = ItemCounters()
            isBlocked = false
        }
    }

    /// How an incarnation in a message compares with the one that is known.
    enum Verdict {
        case same
        /// None was known: it is believed until the item is read.
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

    // MARK: Messages and reads

    /// Has the item read where the incarnation is not the known one.
    mutating func judge(_ incarnation: UInt64?, of index: Int) -> Verdict {
        guard let incarnation, incarnation != all[index].incarnation else { return .same }
        mustRead(index)
        guard all[index].incarnation == nil else { return .other }
        all[index].begin(as: incarnation)
        return .first
    }

    /// Counters as a script saw them; older ones than the known are ignored.
    mutating func changed(_ index: Int, _ counters: ItemCounters) {
        guard counters.version > all[index].counters.version else { return }
        all[index].counters = counters
        all[index].isBlocked = false
        activate(index)
    }

    /// The item was read. Within one life the newer counters hold, since a message may overtake a read. Those of
    /// another life always hold: a store that lost its last seconds counts on from less.
    ///
    /// - Returns: whether it is another item than the known one.
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

    /// Takes from a worker's report the counters of an item, and why its last `deduct` ended.
    mutating func reported(_ line: WorkerReport.Line, of index: Int, now: MonotonicInstant) {
        let isSame = line.incarnation == all[index].incarnation
        if isSame, line.counters.version > all[index].counters.version { all[index].counters = line.counters }
        if isSame
            ? line.counters.version >= all[index].counters.version : line.counters == all[index].counters
        {
            all[index].isBlocked = line.stop.blocksItem
        }
        guard line.stop == .callFailed else { return }
        if all[index].failedUntil == nil { failed.append(index) }
        mustRead(index)  // the item may be gone
        all[index].failedUntil = now + Limits.failedItemPause
    }

    private mutating func mustRead(_ index: Int) {
        if !toRead.contains(all[index].name) { toRead.append(all[index].name) }
    }

    /// Items of which a message does not fit to what is known, each once.
    mutating func takeToRead() -> [ItemName] {
        defer { toRead.removeAll() }
        return toRead
    }

    // MARK: Grants

    /// Adds to what is granted of an item and not used; a negative change was used or given back.
    mutating func add(unused change: Int64, to index: Int) {
        all[index].unused += change
        precondition(all[index].unused >= 0, "more was used of an item than granted")
        if change < 0 { activate(index) }
    }

    /// In a new term the grants of the last one count no more.
    mutating func beginTerm() {
        for index in all.indices {
            all[index].unused = 0
            activate(index)
        }
    }

    // MARK: Turns

    /// Puts an item that wants workers into the ring.
    mutating func activate(_ index: Int) {
        guard all[index].wanted > 0, all[index].failedUntil == nil else { return }
        ring.insert(index)
    }

    /// Ends the pause of items whose `deduct` failed long enough ago.
    mutating func wake(now: MonotonicInstant) {
        guard !failed.isEmpty else { return }
        for index in failed where all[index].failedUntil.map({ $0 <= now }) ?? true {
            all[index].failedUntil = nil
            activate(index)
        }
        failed.removeAll { all[$0].failedUntil == nil }
    }

    /// When the next of these pauses ends.
    var wakesAt: MonotonicInstant? { failed.compactMap { all[$0].failedUntil }.min() }

    /// The item whose turn it is; removes items that want nothing, or failed, from the ring.
    mutating func next() -> Int? {
        while let index = ring.current {
            if all[index].wanted > 0, all[index].failedUntil == nil { return index }
            ring.removeFront()
        }
        return nil
    }

    /// How many winners the item whose turn it is may get, where all items together get about `room` until each had its
    /// turn.
    mutating func turn(room: Int64) -> Int64? { ring.front(unit: max(1, room / max(1, ring.weight)))?.deficit }
    mutating func take(_ count: Int64) { ring.take(count) }

    var hasDemand: Bool { !ring.isEmpty }
    /// Whether any item wants workers, or may want them again after a failure.
    var hasBacklog: Bool {
        !failed.isEmpty || hasDemand && all.indices.contains { ring.contains($0) && all[$0].wanted > 0 }
    }
    /// Items of which units are held, apart from units in doubt.
    var held: [ItemName] { all.filter { $0.counters.mayComeBack > 0 }.map(\.name) }
}
