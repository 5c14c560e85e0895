public import Base

// DESIGN
// The scheduler carries no purchases. It knows which items have somebody waiting (from the scripts' messages and the
// workers' reports), how much each worker and each group behind the workers may have in flight and how fast it may come
// (`ExecutionController`, `LatencyController`), and hands out the difference as grants, by weighted deficit round robin
// over the items. A grant takes a token of the worker and one of its group. Everything here is a hint: a wrong number
// costs speed, never a unit or a place, because taking and deducting is one script that looks for itself.
// No event looks at all workers or all items: who has room stands in a heap for each group, who waits for a token in
// another one, and what changed since grants were last handed out is on a list.

/// Decides who may take how many winners of which item. A value: events in, grants out, time as an argument.
public struct Scheduler: Sendable {
    public struct Outgoing: Sendable, Equatable {
        public var worker: String
        public var grants: [Grant]
        /// Leave for calls beside them.
        public var repeats: RepeatGrant?
    }

    public internal(set) var term: Int64 = 0
    public private(set) var heardTerm: Int64 = 0  // the highest that a worker spoke of
    private(set) var leads = false
    let lease: TimeSpan
    var items: [Item] = []
    private var itemIndex: [ItemName: Int] = [:]
    var unsure: [ItemName] = []  // only a read says what they are now
    var ring = DeficitRing()  // items that may want something
    var resting: [Int] = []  // items that failed a moment ago
    var workers: [Worker] = []  // a slot each
    private var slotOfWorker: [String: Int] = [:]
    private var unusedSlots: [Int] = []
    var groups: [Group] = []
    /// Workers with room, by the free share of their windows: first those without a group, then of each group.
    var free: [IndexedHeap] = [IndexedHeap()]
    var paced = IndexedHeap()  // workers with room and no token; the soonest on top
    var touched: [Int] = []  // workers that changed since grants were last handed out
    var heldBack: [Int] = []  // workers that a pace or a group held back while there was work
    /// What the last leader left behind, for whoever is not known yet.
    var hints: [ResourceHint] = []
    var hintOf: [String: CapacityHint] = [:]
    var hintsEnd = MonotonicInstant(nanoseconds: 0)
    var orders = OrderPlacers()
    var written: [ResourceHint] = []  // what it left behind itself
    private var lookedAt: MonotonicInstant?
    var eased: [Int] = []  // workers whose grants were of an item that is gone
    private var ledUntil: MonotonicInstant?
    /// When grants are to be asked for again though nothing happens; nil: when something does.
    public internal(set) var nextGrantsAt: MonotonicInstant?

    /// - Parameter lease: silence after which a worker counts as lost.
    public init(lease: TimeSpan) { self.lease = lease }

    // MARK: Terms

    /// A new term: grants of older ones count no more, and what was granted in them is forgotten.
    public mutating func begin(term: Int64, now: MonotonicInstant) {
        self.term = term
        let ledLast = leads ? lookedAt : ledUntil
        lookedAt = nil
        for slot in workers.indices where !workers[slot].isVacant {
            workers[slot].books.removeAll()
            workers[slot].bookOfItem.removeAll()
            workers[slot].fresh.removeAll()
            workers[slot].unused = 0
            forgetRepeats(of: slot)
        }
        stepDown(now: now)
        if let ledLast, now - ledLast > Limits.hintAge { forgetOutdated(now: now) }
        leads = true
        for index in items.indices {
            items[index].unused = 0
            activate(index)
        }
    }

    /// Another one grants from now on, or nobody does: what workers complete meanwhile says nothing of our windows.
    public mutating func stepDown(now: MonotonicInstant) {
        if leads { ledUntil = now }
        leads = false
        for slot in workers.indices where !workers[slot].isVacant {
            workers[slot].isFull = false
            workers[slot].controller.rest()
            touch(slot, now: now)
        }
        for group in groups.indices { groups[group].controller.rest(now: now) }
    }

    // MARK: Items

    /// An item's counters as a script saw them; older ones than what is known are ignored. Those of another incarnation
    /// say only that the item is to be read: messages come late, reads in order.
    public mutating func itemChanged(_ name: ItemName, incarnation: UInt64? = nil, counters: ItemCounters) {
        let index = index(of: name)
        guard isOf(incarnation, index), counters.version > items[index].counters.version else { return }
        items[index].counters = counters
        items[index].isBlocked = false
        activate(index)
    }

    /// The item was read afresh. Of one life of the store (`boot`) the newer counters hold, since a message may
    /// overtake a read; those of another life hold at any rate: a store that lost its last seconds counts back.
    ///
    /// What was known of another incarnation is forgotten with it: its counters, and what was granted of it.
    /// - Parameter weight: its share of what can be served, in relation to the others'; nil: as before.
    public mutating func itemRead(
        _ name: ItemName, incarnation: UInt64? = nil, counters: ItemCounters, boot: String, weight: Int64? = nil
    ) {
        let index = index(of: name)
        if let incarnation, incarnation != items[index].incarnation { begin(index, as: incarnation) }
        if boot != items[index].boot || counters.version > items[index].counters.version {
            items[index].counters = counters
            items[index].boot = boot
        }
        if let weight { ring.set(weight: weight, of: index) }
        items[index].isBlocked = false
        activate(index)
    }

    /// A read found no item of this name.
    public mutating func itemGone(_ name: ItemName) {
        guard let index = itemIndex[name] else { return }
        begin(index, as: nil)
    }

    // MARK: Workers

    /// Messages are heard again after a gap: nobody may be blamed for a silence that was ours.
    public mutating func listenAgain(now: MonotonicInstant) {
        for slot in workers.indices where !workers[slot].isVacant {
            workers[slot].beatAt = now
            touch(slot, now: now)
        }
    }

    /// A worker is registered, though it may not have been heard of yet.
    ///
    /// - Parameter sink: nil of one that did not say.
    public mutating func workerRegistered(_ id: String, sink: SinkKind? = nil, now: MonotonicInstant) {
        defer {
            if let sink, let slot = slotOfWorker[id] { learn(placesOrders: sink.placesOrders, worker: slot, now: now) }
        }
        guard !id.isEmpty, slotOfWorker[id] == nil else { return }
        var worker = Worker(id: id, beatAt: now)
        if let hint = hint(for: .worker, id, now: now) { worker.controller = ExecutionController(hint: hint, now: now) }
        if let slot = unusedSlots.popLast() {
            workers[slot] = worker
            slotOfWorker[id] = slot
        } else {
            workers.append(worker)
            slotOfWorker[id] = workers.count - 1
        }
    }

    public mutating func workerReported(_ report: WorkerReport, now: MonotonicInstant) {
        heardTerm = max(heardTerm, report.term)
        guard report.presence != .gone else { return workerGone(report.worker, now: now) }
        workerRegistered(report.worker, now: now)
        guard let slot = slotOfWorker[report.worker] else { return }
        defer { touch(slot, now: now) }
        let isNews = report.beat > workers[slot].beat
        if isNews { change(knowsIncarnations: report.knowsIncarnations, worker: slot) }
        for line in report.lines { account(line, term: report.term, worker: slot, now: now) }
        guard isNews else { return }  // doubled, or overtaken by one that knows more
        workers[slot].beat = report.beat
        workers[slot].beatAt = now
        workers[slot].takes = report.presence == .working
        workers[slot].inFlight = report.inFlight
        learn(placesOrders: report.orders?.sink != nil, worker: slot, now: now)
        workers[slot].controller.join()
        learn(from: report, worker: slot, now: now)
        hear(report.orders?.repeats, in: report, worker: slot, now: now)
        // Behind an open breaker nothing is taken either: others can have what it was granted. Where the breaker lets
        // calls out again first, the worker says what it still has.
        if report.presence == .leaving || workers[slot].breaker == .open { release(worker: slot) }
        if report.isComplete { forgetUnheard(report, worker: slot, now: now) }
    }

    /// A worker is gone: it stopped in order, or what it held has been taken back.
    public mutating func workerGone(_ id: String, now: MonotonicInstant) {
        guard let slot = slotOfWorker[id] else { return }
        release(worker: slot)
        forgetSink(ofWorker: slot, now: now)
        workers[slot].repeats = Repeats()
        workers[slot].inFlight = 0
        workers[slot].takes = false
        touch(slot, now: now)
        enter(group: nil, worker: slot, now: now)
        paced.remove(slot)
        for pool in free.indices { free[pool].remove(slot) }
        slotOfWorker[id] = nil
        workers[slot] = Worker(id: "", beatAt: now)
        unusedSlots.append(slot)
    }

    /// Workers whose beat has not changed for a lease; what they held must be taken back. To be asked often.
    public mutating func lostWorkers(now: MonotonicInstant) -> [String] {
        // Time in which nobody looked is time in which nobody listened: a scheduler that was stopped for a while must
        // not take its workers for dead before it has read their messages.
        if let lookedAt, now - lookedAt > Limits.heartbeat * 2 {
            let asleep = now - lookedAt
            for slot in workers.indices where !workers[slot].isVacant {
                workers[slot].beatAt = min(now, workers[slot].beatAt + asleep)
                touch(slot, now: now)
            }
        }
        lookedAt = now
        agreeOnOrders(now: now)
        var lost: [String] = []
        for slot in workers.indices {
            guard !workers[slot].isVacant, now - workers[slot].beatAt > lease else { continue }
            lost.append(workers[slot].id)
            guard workers[slot].controller.mode != .dead else { continue }
            workers[slot].controller.die()
            touch(slot, now: now)
        }
        return lost
    }

    // MARK: Bookkeeping

    private mutating func index(of name: ItemName) -> Int {
        if let index = itemIndex[name] { return index }
        items.append(Item(name: name))
        itemIndex[name] = items.count - 1
        return items.count - 1
    }

    mutating func activate(_ index: Int) {
        guard items[index].wanted > 0, items[index].restsUntil == nil else { return }
        ring.insert(index)
    }

    /// Replaces a book; what is granted and unused is counted here and nowhere else.
    mutating func set(_ book: Book, at index: Int, ofWorker slot: Int) {
        let change = book.unused - workers[slot].books[index].unused
        workers[slot].unused += change
        items[book.item].unused += change
        workers[slot].books[index] = book
        if change < 0 { activate(book.item) }
    }

    private mutating func account(
        _ line: WorkerReport.Line, term reportTerm: Int64, worker: Int, now: MonotonicInstant
    ) {
        let item = index(of: line.item)
        guard isOf(line.incarnation, item) else { return }
        let isSure = line.incarnation == items[item].incarnation
        // A worker from before incarnations were told may still speak of the last one, in its one account of the name.
        guard isSure || !workers[worker].knowsIncarnations else { return }
        if isSure, line.counters.version > items[item].counters.version { items[item].counters = line.counters }
        if isSure ? line.counters.version >= items[item].counters.version : line.counters == items[item].counters {
            items[item].isBlocked = line.stop.blocksItem
        }
        if line.stop == .callFailed {
            if items[item].restsUntil == nil { resting.append(item) }
            doubt(item)  // it may be gone
            items[item].restsUntil = now + Limits.failedItemRests
        }
        if reportTerm == term {
            let index = book(worker: worker, item: item, now: now)
            var book = workers[worker].books[index]
            book.used = max(book.used, line.used)
            // It may have more from us than we remember: from a forgotten grant, or from a term of the same number.
            book.granted = max(book.granted, line.allowance, book.used)
            if let probe = book.probe, line.allowance >= probe.granted {
                book.probe = nil
                workers[worker].controller.answered(after: now - probe.sentAt)
            }
            set(book, at: index, ofWorker: worker)
        }
        activate(item)
    }

    /// A complete report without an item, or with less than was granted a beat ago: those grants never arrived.
    private mutating func forgetUnheard(_ report: WorkerReport, worker: Int, now: MonotonicInstant) {
        guard workers[worker].unused > 0 else { return }
        for index in workers[worker].books.indices where workers[worker].books[index].unused > 0 {
            var book = workers[worker].books[index]
            guard now - book.grantedAt > Limits.heartbeat else { continue }
            let item = items[book.item]
            let line = report.lines.first {
                report.term == term && $0.item == item.name && ($0.incarnation ?? item.incarnation) == item.incarnation
            }
            book.granted = min(book.granted, max(book.used, line?.allowance ?? 0))
            book.probe = nil
            set(book, at: index, ofWorker: worker)
        }
    }
}
