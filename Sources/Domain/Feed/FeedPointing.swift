public import Base

// DESIGN
// The leading scheduler puts all items' events in one order: it looks how far the ledger of an item that changed has
// got, and appends a pointer to it. An item that rests is looked at as soon as it changes, one that changes all the
// time every 50 ms, so the cost is bounded by the number of busy items and not by what they sell. A term begins with a
// read of every item, which finds whatever an earlier leader, or a lost message, left out; the store does not write
// the same pointer twice, and refuses a leader whose term is over.

/// Decides of which items the ledger is looked at, and what is appended to the feed of all items. A value: events in,
/// calls out, time as an argument.
public struct FeedPointing: Sendable {
    /// How far the ledger of an item has got.
    public struct End: Sendable, Equatable {
        public var item: ItemName
        public var incarnation: UInt64
        public var last: LedgerID

        public init(item: ItemName, incarnation: UInt64, last: LedgerID) {
            self.item = item
            self.incarnation = incarnation
            self.last = last
        }
    }

    /// What a look at a ledger came to.
    public enum Look: Sendable, Equatable {
        /// - Parameter last: nil: the ledger is empty.
        case at(incarnation: UInt64, version: Int64, last: LedgerID?)
        /// There is no such item.
        case gone
        case failed
    }

    private struct Entry: Sendable {
        let name: ItemName
        var seen: Version?  // by the last look of this term
        var wanted: Version?  // to be seen by a look
        var isUnderWay = false
        var earliest: MonotonicInstant?  // of the next look
        var pointed: End?  // in this term
    }

    private struct Version: Sendable, Equatable {
        var incarnation: UInt64
        var number: Int64

        func isSatisfied(by seen: Version?) -> Bool {
            guard let seen else { return false }
            return seen.incarnation == incarnation && seen.number >= number
        }
    }

    private var leads = false
    private var entries: [Entry] = []
    private var indexOfName: [ItemName: Int] = [:]
    private var looks = IndexedHeap()  // entries by the time of their next look, negative
    private var underWay = 0
    private var ends: [Int] = []  // entries whose end is to be appended, first come first
    private var queued: [Int: End] = [:]  // by entry
    private var appending: [Int: End] = [:]  // by entry; of the call under way
    private var appendAfter: MonotonicInstant?  // the last call failed

    public init() {}

    // MARK: Terms

    public mutating func begin() {
        forget()
        leads = true
    }

    public mutating func end() {
        forget()
        leads = false
    }

    private mutating func forget() {
        looks = IndexedHeap()
        for index in entries.indices {
            (entries[index].seen, entries[index].wanted, entries[index].pointed) = (nil, nil, nil)
        }
        (ends, queued, appending, appendAfter) = ([], [:], [:], nil)
    }

    // MARK: Items

    /// An item was read, or a change of it was notified: its ledger may have got further.
    public mutating func itemChanged(_ name: ItemName, incarnation: UInt64, version: Int64, now: MonotonicInstant) {
        guard leads else { return }
        let index = index(of: name)
        let version = Version(incarnation: incarnation, number: version)
        guard !version.isSatisfied(by: entries[index].seen), !version.isSatisfied(by: entries[index].wanted) else {
            return
        }
        entries[index].wanted = version
        plan(index, now: now)
    }

    private mutating func index(of name: ItemName) -> Int {
        if let index = indexOfName[name] { return index }
        entries.append(Entry(name: name))
        indexOfName[name] = entries.count - 1
        return entries.count - 1
    }

    private mutating func plan(_ index: Int, now: MonotonicInstant) {
        guard leads, !entries[index].isUnderWay, entries[index].wanted != nil else { return looks.remove(index) }
        looks.set(index, key: -max(now, entries[index].earliest ?? now).nanoseconds)
    }

    // MARK: Looks

    /// The items to look at now; each counts as under way until it is answered.
    public mutating func takeLooks(now: MonotonicInstant) -> [ItemName] {
        var taken: [ItemName] = []
        while underWay < Limits.itemsPointed, let top = looks.top, -top.key <= now.nanoseconds {
            looks.remove(top.index)
            entries[top.index].isUnderWay = true
            entries[top.index].earliest = now + Limits.pointingPause
            underWay += 1
            taken.append(entries[top.index].name)
        }
        return taken
    }

    public mutating func looked(_ name: ItemName, _ look: Look, now: MonotonicInstant) {
        guard let index = indexOfName[name], entries[index].isUnderWay else { return }
        entries[index].isUnderWay = false
        underWay -= 1
        switch look {
        case .at(let incarnation, let version, let last):
            see(index, Version(incarnation: incarnation, number: version), last)
        case .gone: entries[index].wanted = nil
        case .failed: entries[index].earliest = now + Limits.failedItemPause
        }
        plan(index, now: now)
    }

    private mutating func see(_ index: Int, _ version: Version, _ last: LedgerID?) {
        guard leads else { return }
        entries[index].seen = version
        if let wanted = entries[index].wanted,
            wanted.isSatisfied(by: version) || wanted.incarnation != version.incarnation
        {
            entries[index].wanted = nil
        }
        guard let last else { return }
        let end = End(item: entries[index].name, incarnation: version.incarnation, last: last)
        guard end != entries[index].pointed else { return }
        if queued.updateValue(end, forKey: index) == nil { ends.append(index) }
    }

    // MARK: Pointers

    /// What to append now, in one call; empty while another call is under way.
    public mutating func takeEnds(now: MonotonicInstant) -> [End] {
        guard leads, appending.isEmpty, !ends.isEmpty, appendAfter ?? now <= now else { return [] }
        appendAfter = nil
        for index in ends.prefix(Limits.batch) { appending[index] = queued.removeValue(forKey: index) }
        let taken = ends.prefix(Limits.batch)
        ends.removeFirst(taken.count)
        return taken.compactMap { appending[$0] }
    }

    /// The call with the last ends that were taken was answered.
    public mutating func appended(now: MonotonicInstant) {
        for (index, end) in appending { entries[index].pointed = end }
        appending = [:]
    }

    /// It failed, and is made again.
    public mutating func appendFailed(now: MonotonicInstant) {
        for (index, end) in appending.sorted(by: { $0.key < $1.key }) where queued[index] == nil {
            queued[index] = end
            ends.append(index)
        }
        appending = [:]
        appendAfter = now + Limits.failedItemPause
    }

    /// When something is to be done; nil: after the next event.
    public var nextCallAt: MonotonicInstant? {
        let look = underWay < Limits.itemsPointed ? looks.top.map { MonotonicInstant(nanoseconds: -$0.key) } : nil
        let append = appending.isEmpty && !ends.isEmpty ? appendAfter ?? MonotonicInstant(nanoseconds: 0) : nil
        return [look, append].compactMap { $0 }.min()
    }
}
