package import Base

// DESIGN
// The scheduler carries no purchases. It knows which items have somebody waiting (from the scripts' messages and the
// workers' reports), how much each worker may have in flight (`WorkerWindow`), and hands out the difference as grants,
// round robin over the items. Everything here is a hint: a wrong number costs speed, never a unit or a place, because
// taking and deducting is one script that looks for itself.

/// Decides who may take how many winners of which item. A value: events in, grants out, time as an argument.
package struct Scheduler: Sendable {
    package struct Outgoing: Sendable, Equatable {
        package var worker: String
        package var grants: [Grant]
    }

    private struct Item: Sendable {
        var name: ItemName
        var counters = ItemCounters()
        var isBlocked = false  // the last deduct could do nothing; until the item changes
        var unused: Int64 = 0  // granted to living workers and not used
        var isInRow = false

        /// Winners that could be taken now and that nobody was granted yet.
        var wanted: Int64 {
            isBlocked ? 0 : max(0, counters.redo + min(counters.waiting, counters.free) - unused)
        }
    }

    private struct Book: Sendable {
        var item: Int
        var granted: Int64 = 0
        var used: Int64 = 0
        var grantedAt: MonotonicInstant
    }

    private struct Worker: Sendable {
        var id: String
        var beat: Int64 = -1
        var beatAt: MonotonicInstant
        var isKnown = false  // has reported in this process's time
        var window = WorkerWindow()
        var inFlight: Int64 = 0
        var books: [Book] = []
        var bookOfItem: [Int: Int] = [:]

        var outstanding: Int64 { books.reduce(inFlight) { $0 + $1.granted - $1.used } }
        var room: Int64 { isKnown ? max(0, window.window - outstanding) : 0 }
    }

    package private(set) var term: Int64 = 0
    private let lease: TimeSpan
    private var items: [Item] = []
    private var itemIndex: [ItemName: Int] = [:]
    private var active: [Int] = []  // items that may want something, in the order of their turns
    private var workers: [Worker] = []

    /// - Parameter lease: silence after which a worker counts as lost.
    package init(lease: TimeSpan) { self.lease = lease }

    // MARK: Events

    /// A new term: grants of older ones count no more, and what was granted in them is forgotten.
    package mutating func begin(term: Int64) {
        self.term = term
        for index in workers.indices {
            workers[index].books.removeAll()
            workers[index].bookOfItem.removeAll()
        }
        for index in items.indices { items[index].unused = 0 }
    }

    /// An item's counters as a script saw them; older ones than what is known are ignored.
    package mutating func itemChanged(_ name: ItemName, counters: ItemCounters) {
        let index = index(of: name)
        guard counters.version > items[index].counters.version else { return }
        items[index].counters = counters
        items[index].isBlocked = false
        activate(index)
    }

    /// The item was read afresh: what it says holds, whatever was known (a store that lost its last seconds counts
    /// back).
    package mutating func itemRead(_ name: ItemName, counters: ItemCounters) {
        let index = index(of: name)
        items[index].counters = counters
        items[index].isBlocked = false
        activate(index)
    }

    /// Messages are heard again after a gap: nobody may be blamed for a silence that was ours.
    package mutating func listenAgain(now: MonotonicInstant) {
        for index in workers.indices { workers[index].beatAt = now }
    }

    /// A worker is registered, though it may not have been heard of yet.
    package mutating func workerRegistered(_ id: String, now: MonotonicInstant) {
        guard worker(id) == nil else { return }
        workers.append(Worker(id: id, beatAt: now))
    }

    package mutating func workerReported(_ report: WorkerReport, now: MonotonicInstant) {
        workerRegistered(report.worker, now: now)
        guard let index = worker(report.worker) else { return }
        let wasFull = workers[index].room == 0
        if report.beat != workers[index].beat {
            workers[index].beat = report.beat
            workers[index].beatAt = now
        }
        workers[index].isKnown = true
        workers[index].inFlight = report.inFlight
        for line in report.lines { account(line, term: report.term, worker: index) }
        if report.completed > 0 {
            workers[index].window.complete(
                count: report.completed, executionSum: report.executionSum, isFull: wasFull, now: now)
        } else if workers[index].outstanding == 0 {
            workers[index].window.rest()
        }
        if report.isComplete { forgetUnheard(report, worker: index, now: now) }
    }

    /// A worker is gone: it stopped in order, or what it held has been taken back.
    package mutating func workerGone(_ id: String) {
        guard let index = worker(id) else { return }
        for book in workers[index].books { items[book.item].unused -= book.granted - book.used }
        workers.remove(at: index)
    }

    // MARK: Decisions

    /// Workers whose beat has not changed for a lease; what they held must be taken back.
    package func lostWorkers(now: MonotonicInstant) -> [String] {
        workers.filter { now - $0.beatAt > lease }.map(\.id)
    }

    /// Hands out what workers have room for, one turn of the items after the other.
    package mutating func grants(now: MonotonicInstant) -> [Outgoing] {
        var touched: [Bool] = []
        while let workerIndex = roomiest(now: now), let itemIndex = nextItem() {
            let share = max(1, workers[workerIndex].room / Int64(active.count))
            let count = min(share, items[itemIndex].wanted, workers[workerIndex].room, Int64(Limits.batch))
            if touched.isEmpty { touched = [Bool](repeating: false, count: workers.count) }
            touched[workerIndex] = true
            let book = book(worker: workerIndex, item: itemIndex, now: now)
            workers[workerIndex].books[book].granted += count
            workers[workerIndex].books[book].grantedAt = now
            items[itemIndex].unused += count
        }
        return touched.indices.compactMap { touched[$0] ? outgoing(worker: $0, grantedAt: now) : nil }
    }

    /// Whether any item wants something that no worker has room for, or nobody is there.
    package var hasBacklog: Bool { active.contains { items[$0].wanted > 0 } }

    package struct WorkerFigures: Sendable {
        package var id: String
        package var window: Int64
        package var inFlight: Int64
        package var rate: Int64  // per second
        package var baseMicroseconds: Int64
    }

    package var figures: [WorkerFigures] {
        workers.map {
            WorkerFigures(
                id: $0.id, window: $0.window.window, inFlight: $0.outstanding, rate: $0.window.rate,
                baseMicroseconds: $0.window.baseMicroseconds)
        }
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

    private mutating func book(worker: Int, item: Int, now: MonotonicInstant) -> Int {
        if let index = workers[worker].bookOfItem[item] { return index }
        workers[worker].bookOfItem[item] = workers[worker].books.count
        workers[worker].books.append(Book(item: item, grantedAt: now))
        return workers[worker].books.count - 1
    }

    private mutating func account(_ line: WorkerReport.Line, term reportTerm: Int64, worker: Int) {
        let item = index(of: line.item)
        if reportTerm == term, let index = workers[worker].bookOfItem[item] {
            var book = workers[worker].books[index]
            items[item].unused -= book.granted - book.used
            book.used = max(book.used, line.used)
            book.granted = max(book.granted, book.used)  // it had more from us than we remember
            items[item].unused += book.granted - book.used
            workers[worker].books[index] = book
        }
        if line.counters.version > items[item].counters.version { items[item].counters = line.counters }
        // 2: the head waits for what may come back, 3: paused or frozen. Both end with a message of the item.
        if line.counters.version >= items[item].counters.version {
            items[item].isBlocked = line.stop == 2 || line.stop == 3
        }
        activate(item)
    }

    /// A complete report without an item, or with less than was granted a beat ago: those grants never arrived.
    private mutating func forgetUnheard(_ report: WorkerReport, worker: Int, now: MonotonicInstant) {
        for index in workers[worker].books.indices {
            let book = workers[worker].books[index]
            guard book.granted > book.used, now - book.grantedAt > Limits.heartbeat else { continue }
            let line = report.term == term ? report.lines.first { $0.item == items[book.item].name } : nil
            let heard = max(book.used, line?.allowance ?? 0)
            guard heard < book.granted else { continue }
            items[book.item].unused -= book.granted - heard
            workers[worker].books[index].granted = heard
            activate(book.item)
        }
    }

    private func roomiest(now: MonotonicInstant) -> Int? {
        var best: Int?
        for index in workers.indices where workers[index].room > 0 && now - workers[index].beatAt <= lease {
            guard let leader = best else {
                best = index
                continue
            }
            // Largest free share of the window, compared without division.
            let left = workers[index].room * workers[leader].window.window
            let right = workers[leader].room * workers[index].window.window
            if left > right { best = index }
        }
        return best
    }

    /// The item whose turn it is; it goes to the end of the row. Items that want nothing leave the row.
    private mutating func nextItem() -> Int? {
        while let index = active.first {
            active.removeFirst()
            guard items[index].wanted > 0 else {
                items[index].isInRow = false
                continue
            }
            active.append(index)
            return index
        }
        return nil
    }

    private func outgoing(worker index: Int, grantedAt now: MonotonicInstant) -> Outgoing {
        let grants = workers[index].books.filter { $0.grantedAt == now }.map {
            Grant(term: term, item: items[$0.item].name, allowance: $0.granted)
        }
        return Outgoing(worker: workers[index].id, grants: grants)
    }
}
