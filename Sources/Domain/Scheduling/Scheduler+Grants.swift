public import Base

// What the scheduler decides.
extension Scheduler {
    /// Hands out what workers and groups have tokens for, one turn of the items after the other. To be called after
    /// every event, and at `nextGrantsAt`.
    public mutating func grants(now: MonotonicInstant) -> [Outgoing] {
        wake(now: now)
        var granted: [Int] = []
        repeats(takingAll: false, to: &granted, now: now)
        while let item = nextItem() {
            guard let worker = nextWorker(now: now) else { break }
            let unit = max(1, workers[worker.slot].room / max(1, ring.weight))
            guard let turn = ring.front(unit: unit) else { break }
            let count = min(turn.deficit, items[item].wanted, worker.tokens, Int64(Limits.batch))
            ring.take(count)
            if !workers[worker.slot].hasNews { granted.append(worker.slot) }
            grant(count, of: item, to: worker.slot, now: now)
        }
        repeats(takingAll: true, to: &granted, now: now)
        settle(hasDemand: !ring.isEmpty, now: now)
        return granted.sorted().compactMap { outgoing(worker: $0) }
    }

    /// Whether any item wants something that no worker has room for, or nobody is there.
    public var hasBacklog: Bool {
        !resting.isEmpty || !ring.isEmpty && items.indices.contains { ring.contains($0) && items[$0].wanted > 0 }
    }

    mutating func book(worker slot: Int, item: Int, now: MonotonicInstant) -> Int {
        if let index = workers[slot].bookOfItem[item] { return index }
        workers[slot].bookOfItem[item] = workers[slot].books.count
        workers[slot].books.append(Book(item: item, grantedAt: now))
        return workers[slot].books.count - 1
    }

    /// The worker takes nothing more: what it was granted is for others.
    mutating func release(worker: Int) {
        guard workers[worker].unused > 0 else { return }
        for index in workers[worker].books.indices {
            var book = workers[worker].books[index]
            book.granted = book.used
            book.probe = nil
            set(book, at: index, ofWorker: worker)
        }
    }

    // MARK: Whose turn it is

    /// Who waited for a token or a rest to end, and need not any more.
    private mutating func wake(now: MonotonicInstant) {
        for slot in eased { touch(slot, now: now) }
        eased.removeAll(keepingCapacity: true)
        while let (slot, key) = paced.top, -key <= now.nanoseconds {
            place(slot, now: now)
        }
        guard !resting.isEmpty else { return }
        for index in resting where items[index].restsUntil.map({ $0 <= now }) ?? true {
            items[index].restsUntil = nil
            activate(index)
        }
        resting.removeAll { items[$0].restsUntil == nil }
    }

    /// The item whose turn it is; those that want nothing leave the ring, those that failed until they have rested.
    private mutating func nextItem() -> Int? {
        while let index = ring.current {
            if items[index].wanted > 0, items[index].restsUntil == nil { return index }
            ring.removeFront()
        }
        return nil
    }

    /// The worker with the largest free share of its window, and how many it may be granted: at least one.
    private mutating func nextWorker(now: MonotonicInstant) -> (slot: Int, tokens: Int64)? {
        var best: (slot: Int, key: Int64, tokens: Int64)?
        for pool in free.indices where !free[pool].isEmpty {
            let tokens = pool == 0 ? Int64.max : groupTokens(pool - 1, now: now)
            guard tokens > 0, let (slot, key, own) = freest(of: pool, now: now) else { continue }
            if best.map({ key > $0.key || key == $0.key && slot < $0.slot }) ?? true {
                best = (slot, key, min(tokens, own))
            }
        }
        return best.map { ($0.slot, $0.tokens) }
    }

    private mutating func groupTokens(_ index: Int, now: MonotonicInstant) -> Int64 {
        tokens(of: index, inFlight: groups[index].inFlight, now: now)
    }

    /// What a group's pace and its window, with so many in flight, let go now.
    mutating func tokens(of index: Int, inFlight: Int64, now: MonotonicInstant) -> Int64 {
        let room = groups[index].controller.window - inFlight
        groups[index].wakesAt = nil
        guard room > 0 else { return 0 }
        let tokens = groups[index].controller.tokens(now: now)
        if tokens == 0 { groups[index].wakesAt = now + groups[index].controller.wait }
        return min(room, tokens)
    }

    /// The top of a heap; those that are not there, or have no token, leave it.
    private mutating func freest(of pool: Int, now: MonotonicInstant) -> (slot: Int, key: Int64, tokens: Int64)? {
        while let (slot, key) = free[pool].top {
            let room = workers[slot].room
            guard room > 0, isThere(slot, now: now) else {
                free[pool].remove(slot)
                continue
            }
            let tokens = workers[slot].controller.tokens(now: now)
            if tokens > 0 { return (slot, key, min(tokens, room)) }
            workers[slot].pacedUntil = now + workers[slot].controller.wait
            place(slot, now: now)
            // The pace holds it back, so its rate is what it can do.
            note(slot)
        }
        return nil
    }

    private mutating func grant(_ count: Int64, of item: Int, to slot: Int, now: MonotonicInstant) {
        let index = book(worker: slot, item: item, now: now)
        var book = workers[slot].books[index]
        book.granted += count
        // Leave that lies unused for a while says nothing of the way.
        if book.probe == nil, workers[slot].outstanding < workers[slot].controller.window {
            book.probe = Probe(granted: book.granted, sentAt: now)
        }
        book.grantedAt = now
        let wasFresh = book.isFresh
        book.isFresh = true
        set(book, at: index, ofWorker: slot)
        if !wasFresh { workers[slot].fresh.append(index) }
        workers[slot].controller.sent(count, now: now)
        touch(slot, now: now)
        if let group = workers[slot].group {
            groups[group].hasRepeated = false
            workers[slot].awaited += count
            groups[group].controller.sent(count, inFlight: groups[group].inFlight, now: now)
        }
    }

    /// After all was handed out: who could have had more learns nothing from this time; and when to look again.
    ///
    /// Before a group two bounds meet. A worker that the group holds back is measured as well: its window then follows
    /// what the group lets through, one and 8 % above it. Were it measured only while it is full itself, and the group
    /// only while it is, each would wait for the other to open.
    private mutating func settle(hasDemand: Bool, now: MonotonicInstant) {
        if !hasDemand {
            for slot in heldBack where !workers[slot].isVacant { note(slot) }
            heldBack.removeAll(keepingCapacity: true)
        }
        for slot in touched {
            workers[slot].isTouched = false
            let isOutside = workers[slot].pacedUntil.map { now < $0 } ?? (workers[slot].group != nil)
            let isHeldBack = hasDemand && isOutside && workers[slot].takes && workers[slot].room > 0
            if isHeldBack, !workers[slot].isHeldBack { heldBack.append(slot) }
            workers[slot].isHeldBack = isHeldBack
            workers[slot].isFull = workers[slot].takes && (workers[slot].room == 0 || isHeldBack)
            if !workers[slot].isFull { workers[slot].controller.rest() }
        }
        touched.removeAll(keepingCapacity: true)
        settleGroups(hasDemand: hasDemand, now: now)
    }

    private mutating func settleGroups(hasDemand: Bool, now: MonotonicInstant) {
        var next: MonotonicInstant?
        func consider(_ time: MonotonicInstant) { next = min(next ?? time, time) }
        for index in groups.indices where groups[index].members > 0 {
            if !groups[index].asking.isEmpty {
                if repeatTokens(index, now: now) == 0, let wake = groups[index].wakesAt { consider(wake) }
            } else if !hasDemand {
                groups[index].controller.rest(now: now)
            }
            if hasDemand, !free[index + 1].isEmpty, groupTokens(index, now: now) == 0,
                let wake = groups[index].wakesAt
            {
                consider(wake)
            }
        }
        if hasDemand, let (_, key) = paced.top { consider(MonotonicInstant(nanoseconds: -key)) }
        for index in resting { if let end = items[index].restsUntil { consider(end) } }
        nextGrantsAt = next.map { max($0, now + Limits.grantGrain) }
    }

    private mutating func outgoing(worker slot: Int) -> Outgoing? {
        var grants: [Grant] = []
        let limit = workers[slot].ahead > 0 ? workers[slot].controller.window : nil
        for index in workers[slot].fresh {
            workers[slot].books[index].isFresh = false
            let book = workers[slot].books[index]
            let item = items[book.item]
            let incarnation = workers[slot].knowsIncarnations ? item.incarnation : nil
            grants.append(
                Grant(term: term, item: item.name, allowance: book.granted, limit: limit, incarnation: incarnation))
        }
        workers[slot].fresh.removeAll(keepingCapacity: true)
        let repeats =
            workers[slot].repeats.isFresh ? RepeatGrant(term: term, allowance: workers[slot].repeats.granted) : nil
        workers[slot].repeats.isFresh = false
        guard !grants.isEmpty || repeats != nil else { return nil }
        return Outgoing(worker: workers[slot].id, grants: grants, repeats: repeats)
    }
}
