public import Base

// DESIGN
// A queue may stand still though all processes are alive: a grant is never used, or a worker takes purchases and never
// settles them. So this checks the outcome and not the parts: an item that has waiting purchases and free units, could
// be served, and of which nothing was decided. It is given counters that were read from the store, not what the watched
// part believes it has done.

/// Notices items that stand still though they could be served. Pure; a pass costs as much as there are waiting items.
public struct ProgressWatch: Sendable {
    private struct Mark: Sendable {
        var incarnation: UInt64?
        var head: Int64
        var redo: Int64
        var since: MonotonicInstant
        var pass: UInt64
    }

    private var marks: [ItemName: Mark] = [:]
    private var order: [ItemName] = []  // as they came; the order of a dictionary differs from process to process
    private var passes: UInt64 = 0

    public init() {}

    /// Begins a pass; `see` follows for each item, then `end`.
    public mutating func begin() { passes += 1 }

    /// An item that could be served: it isn't paused or frozen, and there is capacity for it.
    ///
    /// - Parameter incarnation: another item of the same name begins to wait when it is first seen.
    public mutating func see(
        _ item: ItemName, incarnation: UInt64?, _ counters: ItemCounters, now: MonotonicInstant
    ) {
        guard counters.redo > 0 || (counters.waiting > 0 && counters.free > 0) else { return }
        if let mark = marks[item] {
            let hasMoved =
                mark.incarnation != incarnation || mark.head != counters.head || mark.redo != counters.redo
            marks[item] = Mark(
                incarnation: incarnation, head: counters.head, redo: counters.redo, since: hasMoved ? now : mark.since,
                pass: passes)
        } else {
            marks[item] = Mark(
                incarnation: incarnation, head: counters.head, redo: counters.redo, since: now, pass: passes)
            order.append(item)
        }
    }

    /// Ends a pass: an item that was not seen in it has nothing to wait for, or could not be served.
    public mutating func end() {
        order.removeAll { item in
            guard let mark = marks[item], mark.pass != passes else { return false }
            marks[item] = nil
            return true
        }
    }

    /// For how long each item has stood still, longest first; less than a second is left out.
    public func stalled(now: MonotonicInstant) -> [(item: ItemName, time: TimeSpan)] {
        order.compactMap { item in marks[item].map { (item, now - $0.since) } }
            .filter { $0.1 >= .seconds(1) }.sorted { $0.1 > $1.1 }
    }

    /// For how long one item has stood still; zero where it moves, or has no reason to.
    public func stalled(_ item: ItemName, now: MonotonicInstant) -> TimeSpan {
        marks[item].map { now - $0.since } ?? .zero
    }

    /// Forgets all items: nothing could be watched for a while.
    public mutating func forget() {
        marks = [:]
        order = []
    }
}
