import Base

/// What one worker was granted of each item in this term, and what it used of that: the scheduler's counterpart of the
/// worker's `GrantBook`.
struct GrantLedger: Sendable {
    private struct Entry: Sendable {
        let item: Int
        var granted: Int64 = 0
        var used: Int64 = 0
        var grantedAt: MonotonicInstant
        var probe: Probe?
        var isFresh = false  // there were grants since the last `takeFresh`

        var unused: Int64 { granted - used }
    }

    /// A grant that was sent: the first report that knows of it shows the dispatch latency.
    private struct Probe: Sendable {
        var granted: Int64
        var sentAt: MonotonicInstant
    }

    /// By how much the grants of an item that are unused became more, or fewer.
    struct Change: Sendable, Equatable {
        var item: Int
        var unused: Int64
    }

    private var entries: [Entry] = []
    private var entryOfItem: [Int: Int] = [:]
    private var fresh: [Int] = []
    private(set) var unused: Int64 = 0  // of all items

    var hasFresh: Bool { !fresh.isEmpty }

    /// Grants `count` more of an item.
    ///
    /// - Parameter measures: whether the time until the worker knows of it shows the dispatch latency.
    mutating func grant(_ count: Int64, of item: Int, measures: Bool, now: MonotonicInstant) {
        precondition(count > 0)
        let index = index(of: item, now: now)
        entries[index].granted += count
        unused += count
        if measures, entries[index].probe == nil {
            entries[index].probe = Probe(granted: entries[index].granted, sentAt: now)
        }
        entries[index].grantedAt = now
        guard !entries[index].isFresh else { return }
        entries[index].isFresh = true
        fresh.append(index)
    }

    /// The worker reports what it was granted, and what it used. It may have been granted more than is remembered here:
    /// by a grant that was taken for lost, or in a term of the same number.
    ///
    /// - Returns: the change; and the dispatch latency, where this is the first report to know of a measured grant.
    mutating func reported(
        _ item: Int, allowance: Int64, used: Int64, now: MonotonicInstant
    ) -> (change: Change, dispatch: TimeSpan?) {
        let index = index(of: item, now: now)
        var dispatch: TimeSpan?
        if let probe = entries[index].probe, allowance >= probe.granted {
            entries[index].probe = nil
            dispatch = now - probe.sentAt
        }
        let used = max(entries[index].used, used)
        return (set(granted: max(entries[index].granted, allowance, used), used: used, at: index), dispatch)
    }

    /// A complete report came: grants older than a heartbeat that it does not know of never arrived.
    ///
    /// - Parameter allowance: of an item in the report; nil where the item is missing.
    mutating func forgetLostGrants(now: MonotonicInstant, allowance: (Int) -> Int64?) -> [Change] {
        guard unused > 0 else { return [] }
        return entries.indices.compactMap { index in
            let entry = entries[index]
            guard entry.unused > 0, now - entry.grantedAt > Limits.heartbeat else { return nil }
            entries[index].probe = nil
            let known = max(entry.used, allowance(entry.item) ?? 0)
            return set(granted: min(entry.granted, known), used: entry.used, at: index)
        }
    }

    /// The worker takes nothing more: what it was granted and has not used is given back.
    mutating func release() -> [Change] {
        guard unused > 0 else { return [] }
        return entries.indices.map { index in
            entries[index].probe = nil
            return set(granted: entries[index].used, used: entries[index].used, at: index)
        }
    }

    /// The item is another one now, whose account begins at zero; nil where nothing was granted of it.
    mutating func forget(_ item: Int) -> Change? {
        guard let index = entryOfItem[item] else { return nil }
        entries[index].probe = nil
        return set(granted: 0, used: 0, at: index)
    }

    /// The worker keeps its account in another way: all accounts begin at zero.
    mutating func forgetAll() -> [Change] {
        entries.indices.map { index in
            entries[index].probe = nil
            return set(granted: 0, used: 0, at: index)
        }
    }

    /// With a new term all counting begins at zero.
    mutating func beginTerm() { self = GrantLedger() }

    /// Items with grants since this was last called, and all that was granted of each in the term.
    mutating func takeFresh() -> [(item: Int, granted: Int64)] {
        defer { fresh.removeAll(keepingCapacity: true) }
        return fresh.map { index in
            entries[index].isFresh = false
            return (entries[index].item, entries[index].granted)
        }
    }

    private mutating func index(of item: Int, now: MonotonicInstant) -> Int {
        if let index = entryOfItem[item] { return index }
        entryOfItem[item] = entries.count
        entries.append(Entry(item: item, grantedAt: now))
        return entries.count - 1
    }

    private mutating func set(granted: Int64, used: Int64, at index: Int) -> Change {
        precondition(0 <= used && used <= granted, "more was used than granted")
        let change = granted - used - entries[index].unused
        (entries[index].granted, entries[index].used) = (granted, used)
        unused += change
        assert(unused >= 0, "the sum is that of the items")
        return Change(item: entries[index].item, unused: change)
    }

    /// What is granted and unused of each item; for checks.
    var unusedOfItems: [(item: Int, unused: Int64)] { entries.map { ($0.item, $0.unused) } }
}
