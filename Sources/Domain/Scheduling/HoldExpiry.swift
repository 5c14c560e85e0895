public import Base

// DESIGN
// Items whose winners pay later have holds, and the store knows their deadlines. A call of `expire` for an item ends
// what is due, checks the deadlines of new holds, and answers when the next one may end. So the leader keeps one moment
// an item, the next call, and none for items without holds: nothing happens where nothing is held. One call of an item
// is under way at a time, and a slice is small, so that admissions keep their share of the store while thousands of
// holds end at once. Where they end one after the other, those of two milliseconds end together: a call for each would
// cost more than the holds do.

/// Decides for which items holds are to be ended now. A value: events in, calls out, time as an argument.
public struct HoldExpiry: Sendable {
    /// What a call came to.
    public enum Answer: Sendable, Equatable {
        /// - Parameters:
        ///   - next: when the next hold may end; nil: there is none.
        ///   - isMoreLeft: more is to be done at once.
        ///   - hasEnded: holds ended by it.
        case done(next: MonotonicInstant?, isMoreLeft: Bool, hasEnded: Bool)
        case failed
        /// There is no such item, or it waits to be reopened and will be read then.
        case gone
    }

    private struct Entry: Sendable {
        let name: ItemName
        var isUnderWay = false
        var calledAt = MonotonicInstant(nanoseconds: 0)
        var isRead = false  // in this term
        var paysLater = false  // by its settings
        var next: MonotonicInstant?  // as the last answer said
        var soon: MonotonicInstant?  // because of new holds
        var misses: Int64 = 0  // calls in a row that ended nothing, though a hold was due
    }

    private var leads = false
    private var entries: [Entry] = []
    private var indexOfName: [ItemName: Int] = [:]
    private var calls = IndexedHeap()  // entries by the time of their next call, negative
    private var underWay = 0

    public init() {}

    /// Whether winners of some item pay later, or holds are known.
    public var hasPayers: Bool { entries.contains { $0.paysLater || $0.next != nil } }

    // MARK: Terms

    /// A term begins: what holds there are is learnt from reads.
    public mutating func begin() {
        forget()
        leads = true
    }

    public mutating func end() {
        forget()
        leads = false
    }

    private mutating func forget() {
        calls = IndexedHeap()
        for index in entries.indices {
            (entries[index].isRead, entries[index].next, entries[index].soon) = (false, nil, nil)
            entries[index].misses = 0
        }
    }

    // MARK: Items

    /// An item was read. The first read of a term finds holds that an earlier leader knew, also of an item whose pay
    /// window was taken away since.
    ///
    /// - Parameter isHeld: units are held, apart from units in doubt.
    public mutating func itemRead(_ name: ItemName, paysLater: Bool, isHeld: Bool, now: MonotonicInstant) {
        let index = index(of: name)
        let isFirst = !entries[index].isRead
        (entries[index].isRead, entries[index].paysLater) = (true, paysLater)
        guard isHeld, isFirst || paysLater else { return }
        call(index, by: isFirst ? now : now + Limits.freshHolds)
    }

    /// Something changed of an item.
    ///
    /// - Parameter isReserved: purchases were reserved by it.
    public mutating func itemChanged(_ name: ItemName, isHeld: Bool, isReserved: Bool, now: MonotonicInstant) {
        guard leads, let index = isReserved ? index(of: name) : indexOfName[name] else { return }
        guard isReserved || isHeld && entries[index].paysLater else { return }
        call(index, by: now + Limits.freshHolds)
    }

    /// A slow sweep over items of which units are held: nothing that was missed stands still.
    public mutating func sweep(_ names: [ItemName], now: MonotonicInstant) {
        for name in names {
            if let index = indexOfName[name], entries[index].paysLater { call(index, by: now) }
        }
    }

    public mutating func itemGone(_ name: ItemName) {
        guard let index = indexOfName[name] else { return }
        (entries[index].paysLater, entries[index].next, entries[index].soon) = (false, nil, nil)
        plan(index)
    }

    /// The clocks agree again: what could not end, or be checked, is tried at once.
    public mutating func clocksAgree(now: MonotonicInstant) {
        for index in entries.indices where entries[index].next != nil { call(index, by: now) }
    }

    private mutating func index(of name: ItemName) -> Int {
        if let index = indexOfName[name] { return index }
        entries.append(Entry(name: name))
        indexOfName[name] = entries.count - 1
        return entries.count - 1
    }

    // MARK: Calls

    /// The items to call for now; each counts as under way until it is answered.
    public mutating func take(now: MonotonicInstant) -> [ItemName] {
        var taken: [ItemName] = []
        while underWay < Limits.itemsExpired, let top = calls.top, -top.key <= now.nanoseconds {
            calls.remove(top.index)
            (entries[top.index].isUnderWay, entries[top.index].calledAt) = (true, now)
            (entries[top.index].next, entries[top.index].soon) = (nil, nil)
            underWay += 1
            taken.append(entries[top.index].name)
        }
        return taken
    }

    /// When `take` is to be called; nil: after the next event.
    public var nextCallAt: MonotonicInstant? {
        guard underWay < Limits.itemsExpired, let top = calls.top else { return nil }
        return MonotonicInstant(nanoseconds: -top.key)
    }

    public mutating func answered(_ name: ItemName, _ answer: Answer, now: MonotonicInstant) {
        guard let index = indexOfName[name], entries[index].isUnderWay else { return }
        entries[index].isUnderWay = false
        underWay -= 1
        var misses: Int64 = 0
        switch answer {
        case .done(_, isMoreLeft: true, _): entries[index].next = now
        case .done(let due?, _, let hasEnded):
            // Due, and nothing ended: the clocks part, be it by a millisecond, or the item is frozen.
            if !hasEnded, due <= entries[index].calledAt { misses = entries[index].misses + 1 }
            let pause = Limits.expiryGrain * (1 << min(9, misses))
            entries[index].next = max(due, now + min(pause, Limits.missedExpiry))
        case .done(nil, _, _), .gone: entries[index].next = nil
        case .failed: entries[index].next = now + Limits.failedItemPause
        }
        entries[index].misses = misses
        plan(index)
    }

    private mutating func call(_ index: Int, by time: MonotonicInstant) {
        entries[index].soon = min(entries[index].soon ?? time, time)
        plan(index)
    }

    private mutating func plan(_ index: Int) {
        let entry = entries[index]
        guard leads, !entry.isUnderWay, let time = [entry.next, entry.soon].compactMap({ $0 }).min() else {
            return calls.remove(index)
        }
        calls.set(index, key: -time.nanoseconds)
    }
}
