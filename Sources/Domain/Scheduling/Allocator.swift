import Base

// DESIGN
// No event walks through all workers or all items. Workers with room are in a heap for each group, workers that wait
// for a token are in another heap, and workers that changed since grants were last handed out are on a list.

/// Decides which worker gets the next grant: which have room and tokens, and when there will be more.
struct Allocator: Sendable {
    private struct Place: Sendable {
        private(set) var isTouched = false
        private(set) var pacedUntil: MonotonicInstant?  // the worker has no token before

        /// - Returns: false where it was touched already.
        mutating func touch() -> Bool {
            defer { isTouched = true }
            return !isTouched
        }

        mutating func settle() {
            assert(isTouched, "only what was touched is settled")
            isTouched = false
        }

        mutating func waitForToken(until time: MonotonicInstant?) { pacedUntil = time }
    }

    /// Workers with room, those with the largest free share of their windows on top: first the workers without a group,
    /// then those of each group.
    private var pools: [IndexedHeap] = []
    private var paced = IndexedHeap()  // workers with room and without a token, the one whose token comes first on top
    private var places: [Place] = []  // by slot
    private var touched: [Int] = []  // workers that changed since grants were last handed out
    private var heldBack: [Int] = []  // workers that a pace or a group held back while items wanted workers
    private var freed: [Int] = []  // workers that were granted of an item that is gone
    /// When `grant` is to be called again though nothing happens; nil: with the next event.
    private(set) var nextGrantsAt: MonotonicInstant?

    // MARK: Changes

    /// A worker changed: updates its place in the heaps, and its share of its group.
    mutating func touch(
        _ slot: Int, _ workers: inout WorkerTable, _ groups: inout GroupTable, now: MonotonicInstant
    ) {
        guard !workers[slot].isVacant else { return }
        let change = workers[slot].takeChange(now: now)
        if let group = workers[slot].group { groups[group].change(change, now: now) }
        note(slot)
        place(slot, &workers, now: now)
    }

    /// Grants of a worker were forgotten: it is touched when grants are next handed out.
    mutating func freed(_ slot: Int) { freed.append(slot) }

    /// A worker moves to another group.
    mutating func remove(_ slot: Int, fromGroup group: Int?) {
        let pool = Self.pool(of: group)
        if pool < pools.count { pools[pool].remove(slot) }
    }

    /// A worker is gone, and its slot will be given to another one.
    mutating func vacate(_ slot: Int) {
        paced.remove(slot)
        for pool in pools.indices { pools[pool].remove(slot) }
        if slot < places.count { places[slot].waitForToken(until: nil) }
    }

    /// Has `settle` decide whether this worker was held back.
    private mutating func note(_ slot: Int) {
        while places.count <= slot { places.append(Place()) }
        if places[slot].touch() { touched.append(slot) }
    }

    private static func pool(of group: Int?) -> Int { group.map { $0 + 1 } ?? 0 }

    /// Puts a worker into the heap that it belongs to: with room, with room and without a token, or into none.
    private mutating func place(_ slot: Int, _ workers: inout WorkerTable, now: MonotonicInstant) {
        let pool = Self.pool(of: workers[slot].group)
        while pools.count <= pool { pools.append(IndexedHeap()) }
        let room = workers[slot].room
        guard room > 0, workers.isThere(slot, now: now) else {
            pools[pool].remove(slot)
            paced.remove(slot)
            return
        }
        if let end = places[slot].pacedUntil, now < end {
            pools[pool].remove(slot)
            paced.set(slot, key: -end.nanoseconds)
        } else {
            places[slot].waitForToken(until: nil)
            paced.remove(slot)
            pools[pool].set(slot, key: room * (1 << 20) / max(1, workers[slot].controller.window))
        }
    }

    // MARK: Grants

    /// Grants what workers and groups have room and tokens for, item after item in the order of their turns.
    ///
    /// - Returns: the workers that got a grant or a permit, each once, by slot.
    mutating func grant(
        _ items: inout ItemTable, _ workers: inout WorkerTable, _ groups: inout GroupTable, now: MonotonicInstant
    ) -> [Int] {
        wake(&items, &workers, &groups, now: now)
        var granted: [Int] = []
        grantRetries(&workers, &groups, takingAll: false, to: &granted, now: now)
        while let item = items.next() {
            guard let worker = nextWorker(&workers, &groups, now: now),
                let turn = items.turn(room: workers[worker.slot].room)
            else { break }
            let count = min(turn, items.wanted(item), worker.tokens, Int64(Limits.batch))
            items.take(count)
            items.add(unused: count, to: item)
            if !workers[worker.slot].hasFreshGrants { granted.append(worker.slot) }
            workers[worker.slot].grant(count, of: item, now: now)
            touch(worker.slot, &workers, &groups, now: now)
            guard let group = workers[worker.slot].group else { continue }
            workers[worker.slot].callsPermitted(count)
            groups[group].sent(count, now: now)
        }
        grantRetries(&workers, &groups, takingAll: true, to: &granted, now: now)
        settle(hasDemand: items.hasDemand, &workers, now: now)
        setNextGrants(items, &groups, now: now)
        return granted.sorted()
    }

    /// Puts back the workers that have a token again, and the items whose pause after a failure has ended.
    private mutating func wake(
        _ items: inout ItemTable, _ workers: inout WorkerTable, _ groups: inout GroupTable, now: MonotonicInstant
    ) {
        for slot in freed { touch(slot, &workers, &groups, now: now) }
        freed.removeAll(keepingCapacity: true)
        while let (slot, key) = paced.top, -key <= now.nanoseconds { place(slot, &workers, now: now) }
        items.wake(now: now)
    }

    /// The worker with the largest free share of its window among those with tokens, and how many purchases it may be
    /// granted: at least one.
    private mutating func nextWorker(
        _ workers: inout WorkerTable, _ groups: inout GroupTable, now: MonotonicInstant
    ) -> (slot: Int, tokens: Int64)? {
        var best: (slot: Int, key: Int64, tokens: Int64)?
        for pool in pools.indices where !pools[pool].isEmpty {
            let tokens = pool == 0 ? Int64.max : groups[pool - 1].tokens(now: now)
            guard tokens > 0, let (slot, key, own) = freest(of: pool, &workers, now: now) else { continue }
            if best.map({ key > $0.key || key == $0.key && slot < $0.slot }) ?? true {
                best = (slot, key, min(tokens, own))
            }
        }
        return best.map { ($0.slot, $0.tokens) }
    }

    /// The top of a heap; removes workers that are not there or have no token.
    private mutating func freest(
        of pool: Int, _ workers: inout WorkerTable, now: MonotonicInstant
    ) -> (slot: Int, key: Int64, tokens: Int64)? {
        while let (slot, key) = pools[pool].top {
            let room = workers[slot].room
            guard room > 0, workers.isThere(slot, now: now) else {
                pools[pool].remove(slot)
                continue
            }
            let tokens = workers[slot].tokens(now: now)
            if tokens > 0 { return (slot, key, min(tokens, room)) }
            places[slot].waitForToken(until: now + workers[slot].controller.wait)
            place(slot, &workers, now: now)
            // The pace holds it back, so the rate that is measured is what it can do.
            note(slot)
        }
        return nil
    }

    /// Hands out permits for retries. They take tokens of the group's pace and room of its window as grants do, and
    /// take turns with grants, so that neither waits for the other to end.
    ///
    /// - Parameter takingAll: all tokens that are left; else one for each group whose last token went to a purchase.
    private mutating func grantRetries(
        _ workers: inout WorkerTable, _ groups: inout GroupTable, takingAll: Bool, to granted: inout [Int],
        now: MonotonicInstant
    ) {
        for group in groups.indices where takingAll ? groups[group].wantsRetries : groups[group].isRetryDue {
            while let slot = groups[group].nextRequester({ slot in
                workers[slot].group == group && workers[slot].retries.open > 0 && workers.isThere(slot, now: now)
            }), groups[group].retryTokens(now: now) > 0 {
                groups[group].takeTurn()
                if !workers[slot].hasFreshGrants { granted.append(slot) }
                workers[slot].grantRetry(now: now)
                touch(slot, &workers, &groups, now: now)
                workers[slot].callsPermitted(1)
                groups[group].sentRetry(now: now)
                if !takingAll { break }
            }
        }
    }

    // MARK: After all was handed out

    /// Decides for each touched worker whether what it completes now shows what it can do: only where it had no room
    /// left, or was held back.
    ///
    /// Before a group two bounds meet. A worker that the group holds back is measured as well: its window then follows
    /// what the group lets through, and half as much again. Were a worker measured only while it is full itself, and
    /// the group only while the group is, each would wait for the other to open.
    private mutating func settle(hasDemand: Bool, _ workers: inout WorkerTable, now: MonotonicInstant) {
        if !hasDemand {
            for slot in heldBack where !workers[slot].isVacant { note(slot) }
            heldBack.removeAll(keepingCapacity: true)
        }
        for slot in touched {
            places[slot].settle()
            let isOutside = places[slot].pacedUntil.map { now < $0 } ?? (workers[slot].group != nil)
            let isHeldBack = hasDemand && isOutside && workers[slot].takes && workers[slot].room > 0
            if isHeldBack, !workers[slot].isHeldBack { heldBack.append(slot) }
            workers[slot].settle(isHeldBack: isHeldBack)
        }
        touched.removeAll(keepingCapacity: true)
    }

    /// Sets `nextGrantsAt`, and interrupts the measurement of groups to which nothing is to be sent.
    private mutating func setNextGrants(_ items: ItemTable, _ groups: inout GroupTable, now: MonotonicInstant) {
        var next = items.wakesAt
        func consider(_ time: MonotonicInstant) { next = min(next ?? time, time) }
        let hasDemand = items.hasDemand
        for group in groups.indices where groups[group].members > 0 {
            if groups[group].wantsRetries {
                if groups[group].retryTokens(now: now) == 0, let wake = groups[group].wakesAt { consider(wake) }
            } else if !hasDemand {
                groups[group].interruptRound(now: now)
            }
            let pool = Self.pool(of: group)
            if hasDemand, pool < pools.count, !pools[pool].isEmpty, groups[group].tokens(now: now) == 0,
                let wake = groups[group].wakesAt
            {
                consider(wake)
            }
        }
        if hasDemand, let (_, key) = paced.top { consider(MonotonicInstant(nanoseconds: -key)) }
        nextGrantsAt = next.map { max($0, now + Limits.grantGrain) }
    }
}
