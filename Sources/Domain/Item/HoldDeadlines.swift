public import Base

// DESIGN
// The store's clock gives the deadline of a hold, and the leader corrects one that a wrong clock gave: mostly within a
// quarter of a second, later where a new leader has to come first. So a deadline is believed for as long again as it
// has been the same, and then read again: a buyer who polls once a second costs ten reads in a quarter of an hour.

/// Until when the buyers of reserved purchases must have paid, as far as that was read from the store.
public struct HoldDeadlines: Sendable {
    private struct Known: Sendable {
        var deadline: WallInstant
        var since: MonotonicInstant
        var readAt: MonotonicInstant
    }

    private var known: [Int64: Known] = [:]  // by sequence
    private let most: Int

    /// - Parameter most: deadlines remembered; those beyond are read for each poll.
    public init(most: Int = Limits.deadlinesRemembered) { self.most = most }

    public var count: Int { known.count }

    /// The deadline of a hold; nil where it must be read from the store first.
    public func believed(_ sequence: Int64, now: MonotonicInstant) -> WallInstant? {
        guard let hold = known[sequence], now - hold.readAt < hold.readAt - hold.since else { return nil }
        return hold.deadline
    }

    /// The deadline as it was read last, believed or not.
    public func last(_ sequence: Int64) -> WallInstant? { known[sequence]?.deadline }

    /// A deadline was read.
    public mutating func read(_ sequence: Int64, _ deadline: WallInstant, now: MonotonicInstant) {
        let before = known[sequence]
        guard before != nil || known.count < most else { return }
        let since = before.flatMap { $0.deadline == deadline ? $0.since : nil } ?? now
        known[sequence] = Known(deadline: deadline, since: since, readAt: now)
    }

    /// The holds of `count` sequences from `first` on have ended.
    public mutating func end(first: Int64, count: Int64) {
        guard !known.isEmpty else { return }
        guard count > Int64(known.count) else {
            for sequence in first..<first + count { known[sequence] = nil }
            return
        }
        known = known.filter { $0.key < first || $0.key >= first + count }
    }

    /// Holds may have ended unseen.
    public mutating func forget() { known = [:] }
}
