public import Base

/// A worker's account of its grants: what it may still take of each item. An item that was deleted and created again
/// under the same name is another item, with an account of its own.
public struct GrantBook: Sendable {
    private struct Entry: Sendable {
        var item: ItemIncarnation
        var allowance: Int64 = 0
        var used: Int64 = 0
        var reserved: Int64 = 0  // in a call to the store that is not answered yet
        var stop = DeductStop.limitReached
        var since: MonotonicInstant?  // when the oldest grant came of what is left to take
        var counters = ItemCounters()
        var isChanged = false  // since it was last reported

        /// Granted, and neither used nor in a call.
        var left: Int64 { allowance - used - reserved }
        /// Whether the numbers are possible at all.
        var isConsistent: Bool { allowance >= 0 && used >= 0 && (0...Int64(Limits.batch)).contains(reserved) }
    }

    public private(set) var term: Int64 = 0
    private var accounts: UInt64 = 0  // how often they began anew
    private var entries: [Entry] = []
    /// Of the last grant; see `Grant.limit`.
    private var limit: Int64?
    /// Retries that were permitted, cumulative in this term.
    public private(set) var retries: Int64 = 0

    public init() {}

    /// A grant came. One of an older term is ignored; the first one of a newer term clears all accounts.
    public mutating func grant(_ grant: Grant, now: MonotonicInstant) {
        guard begin(term: grant.term) else { return }
        limit = grant.limit
        let index = index(of: ItemIncarnation(grant.item, grant.incarnation))
        if grant.allowance > entries[index].allowance {
            entries[index].allowance = grant.allowance
            entries[index].since = entries[index].since ?? now
        } else {
            entries[index].isChanged = true  // the scheduler knows less than this worker: report it
        }
    }

    /// Permits for retries came; lost, late and doubled ones are repaired as grants are.
    ///
    /// - Returns: how many retries may go out now. Permits that the caller does not use lapse.
    public mutating func grant(_ grant: RetryGrant) -> Int64 {
        guard begin(term: grant.term) else { return 0 }
        defer { retries = max(retries, grant.allowance) }
        return max(0, grant.allowance - retries)
    }

    private mutating func begin(term new: Int64) -> Bool {
        if new > term {
            beginAccounts()
            term = new
        }
        return new == term
    }

    /// The store may count its terms again from a lower one, whose grants would be ignored for ever.
    public mutating func forgetTerms() { beginAccounts() }

    /// Answers to calls that are under way belong to no account any more, also where a term of the same number comes.
    private mutating func beginAccounts() {
        accounts += 1
        entries.removeAll()
        (term, limit, retries) = (0, nil, 0)
    }

    public struct Take: Sendable, Equatable {
        /// Number of the accounts that it was taken from.
        fileprivate var accounts: UInt64
        public var item: ItemIncarnation
        public var count: Int64  // winners at most
        /// When the oldest grant among them came.
        public var since: MonotonicInstant
    }

    /// The calls of `deduct` that may go out now: one for each item, for at most a batch. They count as sent.
    ///
    /// - Parameters:
    ///   - only: this item; nil: all.
    ///   - inFlight: purchases that were taken and are not settled.
    public mutating func takes(only: ItemIncarnation? = nil, inFlight: Int64) -> [Take] {
        var takes: [Take] = []
        var room = limit.map { $0 - inFlight - entries.reduce(0) { $0 + $1.reserved } } ?? .max
        let order = limit == nil ? nil : oldestFirst
        for place in entries.indices {
            let index = order?[place] ?? place
            guard entries[index].reserved == 0, (only ?? entries[index].item) == entries[index].item else { continue }
            let left = entries[index].left
            let count = min(left, room, Int64(Limits.batch))
            guard count > 0 else { continue }
            assert(entries[index].isConsistent)
            room -= count
            entries[index].reserved = count
            let since = entries[index].since ?? MonotonicInstant(nanoseconds: 0)
            if count == left { entries[index].since = nil }
            takes.append(Take(accounts: accounts, item: entries[index].item, count: count, since: since))
        }
        return takes
    }

    /// The order in which items are served where there is room for a few purchases only, so that each gets its turn.
    private var oldestFirst: [Int] {
        let none = MonotonicInstant(nanoseconds: .max)
        return entries.indices.sorted { (entries[$0].since ?? none, $0) < (entries[$1].since ?? none, $1) }
    }

    /// The store answered a call. What it could not give is given back, unless the call only reached its limit.
    public mutating func taken(_ take: Take, winners: Int64, stop: DeductStop, counters: ItemCounters) {
        guard take.accounts == accounts, let index = entries.firstIndex(where: { $0.item == take.item }) else { return }
        precondition(entries[index].reserved == take.count, "an answer to no call")
        entries[index].reserved = 0
        entries[index].used += winners
        // A purchase that needs an idle worker is still granted to this one.
        entries[index].stop = stop == .needsIdleWorker ? .limitReached : stop
        entries[index].isChanged = true
        if counters.version >= entries[index].counters.version { entries[index].counters = counters }
        if stop.endsGrant { entries[index].used = max(entries[index].used, entries[index].allowance) }
        // The grants that are left are as old as they were.
        if winners < take.count { entries[index].since = min(take.since, entries[index].since ?? take.since) }
        if entries[index].used >= entries[index].allowance { entries[index].since = nil }
        assert(entries[index].isConsistent)
    }

    /// The call failed: it is not known what it took, so the whole allowance counts as used.
    public mutating func lost(_ take: Take) {
        guard take.accounts == accounts, let index = entries.firstIndex(where: { $0.item == take.item }) else { return }
        precondition(entries[index].reserved == take.count, "a failure of no call")
        entries[index].reserved = 0
        entries[index].used = entries[index].allowance
        entries[index].since = nil
        entries[index].stop = .callFailed
        entries[index].isChanged = true
    }

    /// The lines of the next report: items that changed and, in a complete one, items with something left to take.
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
        // A few former items of the name are remembered: a late grant of one of them must not begin a new account.
        let former = entries.indices.filter { entries[$0].item.name == item.name }
        if former.count >= Limits.incarnationsRemembered, entries[former[0]].reserved == 0 {
            entries.remove(at: former[0])
        }
        entries.append(Entry(item: item))
        return entries.count - 1
    }
}
