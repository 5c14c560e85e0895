public import Base

// DESIGN
// The scheduler carries no purchases. It knows which items have somebody waiting (from the scripts' messages and the
// workers' reports), how much each worker may have in flight (`ExecutionController`), and hands out the difference as grants,
// round robin over the items. Everything here is a hint: a wrong number costs speed, never a unit or a place, because
// taking and deducting is one script that looks for itself.

/// Decides who may take how many winners of which item. A value: events in, grants out, time as an argument.
public struct Scheduler: Sendable {
    public struct Outgoing: Sendable, Equatable {
        public var worker: String
        public var grants: [Grant]
    }

    struct Item: Sendable {
        var name: ItemName
        var counters = ItemCounters()
        var boot = ""
        var isBlocked = false  // the last deduct could do nothing; until the item changes
        var restsUntil: MonotonicInstant?  // the last deduct failed
        var unused: Int64 = 0  // granted to living workers and not used
        var isInRow = false

        /// Winners that could be taken now and that nobody was granted yet.
        var wanted: Int64 {
            isBlocked ? 0 : max(0, counters.redo + min(counters.waiting, counters.free) - unused)
        }
    }

    struct Book: Sendable {
        var item: Int
        var granted: Int64 = 0
        var used: Int64 = 0
        var grantedAt: MonotonicInstant
        var probe: Probe?

        var unused: Int64 { granted - used }
    }

    /// A grant on its way: the first report that knows of it tells how long the way is.
    struct Probe: Sendable {
        var granted: Int64
        var sentAt: MonotonicInstant
    }

    struct Worker: Sendable {
        var id: String
        var beat: Int64 = -1
        var beatAt: MonotonicInstant
        var takes = false  // has reported in this process's time, and is not leaving
        var isFull = false  // had no room left when grants were last handed out
        var window = ExecutionController()
        var inFlight: Int64 = 0
        var unused: Int64 = 0  // of all books
        var books: [Book] = []
        var bookOfItem: [Int: Int] = [:]

        var outstanding: Int64 { inFlight + unused }
        var room: Int64 { takes ? max(0, window.window - outstanding) : 0 }
    }

    public internal(set) var term: Int64 = 0
    let lease: TimeSpan
    var items: [Item] = []
    private var itemIndex: [ItemName: Int] = [:]
    var active: [Int] = []  // items that may want something, in the order of their turns
    var workers: [Worker] = []
    private var lookedAt: MonotonicInstant?

    /// - Parameter lease: silence after which a worker counts as lost.
    public init(lease: TimeSpan) { self.lease = lease }

    // MARK: Terms

    /// A new term: grants of older ones count no more, and what was granted in them is forgotten.
    public mutating func begin(term: Int64) {
        self.term = term
        lookedAt = nil
        for index in workers.indices {
            workers[index].books.removeAll()
            workers[index].bookOfItem.removeAll()
            workers[index].unused = 0
        }
        stepDown()
        for index in items.indices {
            items[index].unused = 0
            activate(index)
        }
    }

    /// Another one grants from now on, or nobody does: what workers complete meanwhile says nothing of our windows.
    public mutating func stepDown() {
        for index in workers.indices {
            workers[index].isFull = false
            workers[index].window.rest()
        }
    }

    // MARK: Items

    /// An item's counters as a script saw them; older ones than what is known are ignored.
    public mutating func itemChanged(_ name: ItemName, counters: ItemCounters) {
        let index = index(of: name)
        guard counters.version > items[index].counters.version else { return }
        items[index].counters = counters
        items[index].isBlocked = false
        activate(index)
    }

    /// The item was read afresh. Of one life of the store (`boot`) the newer counters hold, since a message may
    /// overtake a read; those of another life hold at any rate: a store that lost its last seconds counts back.
    public mutating func itemRead(_ name: ItemName, counters: ItemCounters, boot: String) {
        let index = index(of: name)
        if boot != items[index].boot || counters.version > items[index].counters.version {
            items[index].counters = counters
            items[index].boot = boot
        }
        items[index].isBlocked = false
        activate(index)
    }

    // MARK: Workers

    /// Messages are heard again after a gap: nobody may be blamed for a silence that was ours.
    public mutating func listenAgain(now: MonotonicInstant) {
        for index in workers.indices { workers[index].beatAt = now }
    }

    /// A worker is registered, though it may not have been heard of yet.
    public mutating func workerRegistered(_ id: String, now: MonotonicInstant) {
        guard worker(id) == nil else { return }
        workers.append(Worker(id: id, beatAt: now))
    }

    public mutating func workerReported(_ report: WorkerReport, now: MonotonicInstant) {
        guard report.presence != .gone else { return workerGone(report.worker) }
        workerRegistered(report.worker, now: now)
        guard let index = worker(report.worker) else { return }
        for line in report.lines { account(line, term: report.term, worker: index, now: now) }
        guard report.beat > workers[index].beat else { return }  // doubled, or overtaken by one that knows more
        workers[index].beat = report.beat
        workers[index].beatAt = now
        workers[index].takes = report.presence == .working
        workers[index].inFlight = report.inFlight
        workers[index].window.complete(
            count: report.completed, executionSum: report.executionSum, isFull: workers[index].isFull, now: now)
        if report.presence == .leaving { release(worker: index) }
        if report.isComplete { forgetUnheard(report, worker: index, now: now) }
    }

    /// A worker is gone: it stopped in order, or what it held has been taken back.
    public mutating func workerGone(_ id: String) {
        guard let index = worker(id) else { return }
        release(worker: index)
        workers.remove(at: index)
    }

    /// Workers whose beat has not changed for a lease; what they held must be taken back. To be asked a few times a
    /// second.
    public mutating func lostWorkers(now: MonotonicInstant) -> [String] {
        // Time in which nobody looked is time in which nobody listened: a scheduler that was stopped for a while must
        // not take its workers for dead before it has read their messages.
        if let lookedAt, now - lookedAt > Limits.heartbeat * 2 {
            let asleep = now - lookedAt
            for index in workers.indices { workers[index].beatAt = min(now, workers[index].beatAt + asleep) }
        }
        lookedAt = now
        return workers.filter { now - $0.beatAt > lease }.map(\.id)
    }

    // MARK: Bookkeeping

    private func worker(_ id: String) -> Int? { workers.firstIndex { $0.id == id } }

    private mutating func index(of name: ItemName) -> Int {
        if let index = itemIndex[name] { return index }
        items.append(Item(name: name))
        itemIndex[name] = items.count - 1
        return items.count - 1
    }

    private mutating func activate(_ index: Int) {
        guard items[index].wanted > 0, !items[index].isInRow else { return }
        items[index].isInRow = true
        active.append(index)
    }

    /// Replaces a book; what is granted and unused is counted here and nowhere else.
    mutating func set(_ book: Book, at index: Int, ofWorker worker: Int) {
        let change = book.unused - workers[worker].books[index].unused
        workers[worker].unused += change
        items[book.item].unused += change
        workers[worker].books[index] = book
        if change < 0 { activate(book.item) }
    }

    private mutating func account(
        _ line: WorkerReport.Line, term reportTerm: Int64, worker: Int, now: MonotonicInstant
    ) {
        let item = index(of: line.item)
        if line.counters.version > items[item].counters.version { items[item].counters = line.counters }
        // 2: the head waits for what may come back, 3: paused or frozen. Both end with a message of the item.
        if line.counters.version >= items[item].counters.version {
            items[item].isBlocked = line.stop == 2 || line.stop == 3
        }
        if line.stop == WorkerReport.Line.callFailed { items[item].restsUntil = now + Limits.failedItemRests }
        if reportTerm == term {
            let index = book(worker: worker, item: item, now: now)
            var book = workers[worker].books[index]
            book.used = max(book.used, line.used)
            // It may have more from us than we remember: from a forgotten grant, or from a term of the same number.
            book.granted = max(book.granted, line.allowance, book.used)
            if let probe = book.probe, line.allowance >= probe.granted {
                book.probe = nil
                workers[worker].window.answered(after: now - probe.sentAt)
            }
            set(book, at: index, ofWorker: worker)
        }
        activate(item)
    }

    /// A complete report without an item, or with less than was granted a beat ago: those grants never arrived.
    private mutating func forgetUnheard(_ report: WorkerReport, worker: Int, now: MonotonicInstant) {
        for index in workers[worker].books.indices {
            var book = workers[worker].books[index]
            guard book.unused > 0, now - book.grantedAt > Limits.heartbeat else { continue }
            let line = report.term == term ? report.lines.first { $0.item == items[book.item].name } : nil
            book.granted = min(book.granted, max(book.used, line?.allowance ?? 0))
            book.probe = nil
            set(book, at: index, ofWorker: worker)
        }
    }

    /// The worker takes nothing more: what it was granted is for others.
    private mutating func release(worker: Int) {
        for index in workers[worker].books.indices {
            var book = workers[worker].books[index]
            book.granted = book.used
            book.probe = nil
            set(book, at: index, ofWorker: worker)
        }
    }
}
