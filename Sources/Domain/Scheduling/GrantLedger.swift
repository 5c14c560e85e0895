import Base

/// What one worker was granted of each item in this term, and what it used of that: the other side of its `GrantBook`.
struct GrantLedger: Sendable {
    private struct Entry: Sendable {
        let item: Int
        var granted: Int64 = 0
        var used: Int64 = 0
        var grantedAt: MonotonicInstant
        var probe: Probe?
        var isFresh = false  // granted from since the last `takeFresh`

        var unused: Int64 { granted - used }
    }

    /// A grant on its way: the first report that knows of it tells the dispatch latency.
    private struct Probe: Sendable {
        var granted: Int64
        var sentAt: MonotonicInstant
    }

    /// So much less of an item is granted and unused, or more.
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
    /// - Parameter measures: whether the time until the worker knows of it says how long the dispatch takes.
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

    /// The worker says what it was granted, and what it used. It may have more from us than is remembered: from a
    /// forgotten grant, or from a term of the same number.
    ///
    /// - Returns: what that changes; and the time since the measured grant, where this is the first to know of it.
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

    /// A report without some items: what was granted of those a beat ago never arrived.
    ///
    /// - Parameter allowance: what the report says of an item, nil: nothing.
    mutating func forgetUnheard(now: MonotonicInstant, allowance: (Int) -> Int64?) -> [Change] {
        guard unused > 0 else { return [] }
        return entries.indices.compactMap { index in
            let entry = entries[index]
            guard entry.unused > 0, now - entry.grantedAt > Limits.heartbeat else { return nil }
            entries[index].probe = nil
            let heard = max(entry.used, allowance(entry.item) ?? 0)
            return set(granted: min(entry.granted, heard), used: entry.used, at: index)
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

    /// Items that were granted from since this was last asked, with all that was granted of each in the term.
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
        return Change(item: entries[index].item, unused: change)
    }

    /// What is granted and unused of each item, for checks.
    var unusedOfItems: [(item: Int, unused: Int64)] { entries.map { ($0.item, $0.unused) } }
}
