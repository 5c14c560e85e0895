public import Base

// What the scheduler decides.
extension Scheduler {
    /// Hands out what workers have room for, one turn of the items after the other. To be called after every event.
    public mutating func grants(now: MonotonicInstant) -> [Outgoing] {
        var touched: [Bool] = []
        while let workerIndex = roomiest(now: now), let itemIndex = nextItem(now: now) {
            let share = max(1, workers[workerIndex].room / Int64(active.count))
            let count = min(share, items[itemIndex].wanted, workers[workerIndex].room, Int64(Limits.batch))
            if touched.isEmpty { touched = [Bool](repeating: false, count: workers.count) }
            touched[workerIndex] = true
            let index = book(worker: workerIndex, item: itemIndex, now: now)
            var book = workers[workerIndex].books[index]
            book.granted += count
            if book.probe == nil { book.probe = Probe(granted: book.granted, sentAt: now) }
            book.grantedAt = now
            set(book, at: index, ofWorker: workerIndex)
        }
        for index in workers.indices {
            workers[index].isFull = workers[index].takes && workers[index].room == 0
            if !workers[index].isFull { workers[index].window.rest() }
        }
        return touched.indices.compactMap { touched[$0] ? outgoing(worker: $0, grantedAt: now) : nil }
    }

    /// Whether any item wants something that no worker has room for, or nobody is there.
    public var hasBacklog: Bool { active.contains { items[$0].wanted > 0 } }

    public struct WorkerFigures: Sendable {
        public var id: String
        public var window: Int64
        public var inFlight: Int64
        public var rate: Int64  // per second
        public var baseMicroseconds: Int64
    }

    public var figures: [WorkerFigures] {
        workers.map {
            WorkerFigures(
                id: $0.id, window: $0.window.window, inFlight: $0.outstanding, rate: $0.window.rate,
                baseMicroseconds: $0.window.baseMicroseconds)
        }
    }

    mutating func book(worker: Int, item: Int, now: MonotonicInstant) -> Int {
        if let index = workers[worker].bookOfItem[item] { return index }
        workers[worker].bookOfItem[item] = workers[worker].books.count
        workers[worker].books.append(Book(item: item, grantedAt: now))
        return workers[worker].books.count - 1
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
    private mutating func nextItem(now: MonotonicInstant) -> Int? {
        for _ in 0..<active.count {
            let index = active.removeFirst()
            guard items[index].wanted > 0 else {
                items[index].isInRow = false
                continue
            }
            active.append(index)
            if let end = items[index].restsUntil, now < end { continue }
            items[index].restsUntil = nil
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
