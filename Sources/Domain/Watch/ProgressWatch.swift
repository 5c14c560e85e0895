public import Base

// DESIGN
// A queue whose processes are all alive may stand still all the same: a grant that nobody uses, a worker that takes and
// never settles. So this looks at the outcome and not at the parts: an item with somebody waiting, with units, that
// could be served, and of which nothing was decided. It is fed a few times a minute with counters that were read from
// the store, not with what the watched part believes it has done.

/// Notices items that stand still though they could be served. Pure; a look costs as much as items wait.
public struct ProgressWatch: Sendable {
    private struct Mark: Sendable {
        var incarnation: UInt64?
        var head: Int64
        var redo: Int64
        var since: MonotonicInstant
        var look: UInt64
    }

    private var marks: [ItemName: Mark] = [:]
    private var order: [ItemName] = []  // as they came; a dictionary's own differs per process
    private var looks: UInt64 = 0

    public init() {}

    /// Begins a look; `see` follows for each item, then `end`.
    public mutating func begin() { looks += 1 }

    /// One item that may stand still: it isn't paused or frozen, and there is capacity for it.
    ///
    /// - Parameter incarnation: which item of that name; another one begins to wait when it is seen first.
    public mutating func see(
        _ item: ItemName, incarnation: UInt64?, _ counters: ItemCounters, now: MonotonicInstant
    ) {
        guard counters.redo > 0 || (counters.waiting > 0 && counters.free > 0) else { return }
        if let mark = marks[item] {
            let hasMoved =
                mark.incarnation != incarnation || mark.head != counters.head || mark.redo != counters.redo
            marks[item] = Mark(
                incarnation: incarnation, head: counters.head, redo: counters.redo, since: hasMoved ? now : mark.since,
                look: looks)
        } else {
            marks[item] = Mark(
                incarnation: incarnation, head: counters.head, redo: counters.redo, since: now, look: looks)
            order.append(item)
        }
    }

    /// What was not seen in this look has nothing to wait for, or could not be served.
    public mutating func end() {
        order.removeAll { item in
            guard let mark = marks[item], mark.look != looks else { return false }
            marks[item] = nil
            return true
        }
    }

    /// For how long each item has stood still, longest first; those that stand for less than a second are left out.
    public func stalled(now: MonotonicInstant) -> [(item: ItemName, time: TimeSpan)] {
        order.compactMap { item in marks[item].map { (item, now - $0.since) } }
            .filter { $0.1 >= .seconds(1) }.sorted { $0.1 > $1.1 }
    }

    /// For how long an item has; zero where it moves, or has no reason to.
    public func stalled(_ item: ItemName, now: MonotonicInstant) -> TimeSpan {
        marks[item].map { now - $0.since } ?? .zero
    }

    /// Nothing that was seen counts any more: whoever watches was not able to.
    public mutating func forget() {
        marks = [:]
        order = []
    }
}
