public import Base

/// A worker's own account of its grants: what it may still take of each item. An item that was deleted and made again
/// under its name is another item, with an account of its own.
public struct GrantBook: Sendable {
    private struct Entry: Sendable {
        var item: ItemIncarnation
        var allowance: Int64 = 0
        var used: Int64 = 0
        var reserved: Int64 = 0  // asked of the store, not answered yet
        var stop = DeductStop.limitReached
        var since: MonotonicInstant?  // the oldest grant of what is left to ask for
        var counters = ItemCounters()
        var isChanged = false
    }

    public private(set) var term: Int64 = 0
    private var entries: [Entry] = []
    /// As the last grant said; see `Grant.limit`.
    private var limit: Int64?
    /// Calls that were allowed beside the grants, cumulative in this term.
    public private(set) var retries: Int64 = 0

    public init() {}

    /// A grant came. An older term is ignored; a newer one closes the books of the old.
    public mutating func grant(_ grant: Grant, now: MonotonicInstant) {
        guard begin(term: grant.term) else { return }
        limit = grant.limit
        let index = index(of: ItemIncarnation(grant.item, grant.incarnation))
        if grant.allowance > entries[index].allowance {
            entries[index].allowance = grant.allowance
            entries[index].since = entries[index].since ?? now
        } else {
            entries[index].isChanged = true  // the scheduler knows less than we do: tell it
        }
    }

    /// Permits for calls beside the grants came; doubled, late and lost ones are as those of a grant.
    ///
    /// - Returns: how many calls may go out now. What the caller does not use is given up.
    public mutating func grant(_ grant: RetryGrant) -> Int64 {
        guard begin(term: grant.term) else { return 0 }
        defer { retries = max(retries, grant.allowance) }
        return max(0, grant.allowance - retries)
    }

    private mutating func begin(term new: Int64) -> Bool {
        if new > term {
            term = new
            entries.removeAll()
            retries = 0
        }
        return new == term
    }

    public struct Take: Sendable, Equatable {
        public var term: Int64
        public var item: ItemIncarnation
        public var count: Int64  // winners at most
        /// When the oldest grant among them came.
        public var since: MonotonicInstant
    }

    /// What may be asked of the store now: one call an item at a time, at most a batch each. Counts as asked.
    ///
    /// - Parameters:
    ///   - only: of this item; nil: of all.
    ///   - inFlight: what was taken and takes room from more.
    public mutating func takes(only: ItemIncarnation? = nil, inFlight: Int64) -> [Take] {
        var takes: [Take] = []
        var room = limit.map { $0 - inFlight - entries.reduce(0) { $0 + $1.reserved } } ?? .max
        let order = limit == nil ? nil : oldestFirst
        for place in entries.indices {
            let index = order?[place] ?? place
            guard entries[index].reserved == 0, (only ?? entries[index].item) == entries[index].item else { continue }
            let left = entries[index].allowance - entries[index].used
            let count = min(left, room, Int64(Limits.batch))
            guard count > 0 else { continue }
            room -= count
            entries[index].reserved = count
            let since = entries[index].since ?? MonotonicInstant(nanoseconds: 0)
            if count == left { entries[index].since = nil }
            takes.append(Take(term: term, item: entries[index].item, count: count, since: since))
        }
        return takes
    }

    /// So that with room for a few only no item is passed over.
    private var oldestFirst: [Int] {
        let none = MonotonicInstant(nanoseconds: .max)
        return entries.indices.sorted { (entries[$0].since ?? none, $0) < (entries[$1].since ?? none, $1) }
    }

    /// The store answered a take. What it could not give is given up, unless it only stopped looking for a moment.
    public mutating func taken(_ take: Take, winners: Int64, stop: DeductStop, counters: ItemCounters) {
        guard take.term == term, let index = entries.firstIndex(where: { $0.item == take.item }) else { return }
        entries[index].reserved = 0
        entries[index].used += winners
        // What waits for an idle worker is still granted to this one.
        entries[index].stop = stop == .needsIdleWorker ? .limitReached : stop
        entries[index].isChanged = true
        if counters.version >= entries[index].counters.version { entries[index].counters = counters }
        if stop.endsGrant { entries[index].used = max(entries[index].used, entries[index].allowance) }
        // What is left of it is as old as it was.
        if winners < take.count { entries[index].since = min(take.since, entries[index].since ?? take.since) }
        if entries[index].used >= entries[index].allowance { entries[index].since = nil }
    }

    /// The call failed: it is unknown what was taken, so the whole allowance counts as used.
    public mutating func lost(_ take: Take) {
        guard take.term == term, let index = entries.firstIndex(where: { $0.item == take.item }) else { return }
        entries[index].reserved = 0
        entries[index].used = entries[index].allowance
        entries[index].since = nil
        entries[index].stop = .callFailed
        entries[index].isChanged = true
    }

    /// The lines of the next report: the changed items, or (complete) also those with something left to take.
    public mutating func lines(complete: Bool) -> [WorkerReport.Line] {
        var lines: [WorkerReport.Line] = []
        for index in entries.indices {
            let entry = entries[index]
            guard entry.isChanged || complete && entry.used < entry.allowance else { continue }
            entries[index].isChanged = false
            lines.append(
                WorkerReport.Line(
                    item: entry.item.name, allowance: entry.allowance, used: entry.used, stop: entry.stop,
                    counters: entry.counters, incarnation: entry.item.number))
        }
        return lines
    }

    public var hasChanges: Bool { entries.contains { $0.isChanged } }

    private mutating func index(of item: ItemIncarnation) -> Int {
        if let index = entries.firstIndex(where: { $0.item == item }) { return index }
        // Of what the name was before, a few are remembered: a late grant of one of them must not begin anew.
        let former = entries.indices.filter { entries[$0].item.name == item.name }
        if former.count >= Limits.incarnationsRemembered, entries[former[0]].reserved == 0 {
            entries.remove(at: former[0])
        }
        entries.append(Entry(item: item))
        return entries.count - 1
    }
}
