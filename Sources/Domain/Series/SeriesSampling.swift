public import Base

// DESIGN
// The leading scheduler has the store add a point to the series of each item that changed, once a second. What is
// written is what the store has at that moment, so nothing is lost with a leader or a message, and a point may be
// written twice. An item in which nothing changes costs nothing, but for one in which purchases wait: who joins them is
// not announced (ADR 0007), so it is looked at every second. A round begins when a second of the store's clock
// ends, as far as its last answer showed: half a second away from where the script begins another point. So each second
// of a busy item gets one point, though rounds come early or late. Where more items change than one round takes, they
// take turns.

/// Decides which items get a point in their series, and when. A value: events in, calls out, time as an argument.
public struct SeriesSampling: Sendable {
    /// What became of a call.
    public enum Answer: Sendable, Equatable {
        /// - Parameter isWaiting: purchases wait, so others may join them without a notification.
        case done(incarnation: UInt64, version: Int64, isWaiting: Bool, storeTime: WallInstant)
        /// There is no such item.
        case gone
        case failed
    }

    private struct Version: Sendable {
        var incarnation: UInt64
        var number: Int64

        func isSatisfied(by seen: Version?) -> Bool {
            guard let seen else { return false }
            return seen.incarnation == incarnation && seen.number >= number
        }
    }

    private struct Entry: Sendable {
        var seen: Version?  // by the last point of this term
        var wanted: Version?  // to be seen by a point
        var isWaiting = false  // purchases, as of the last point
        var isQueued = false
        var isUnderWay = false
    }

    private var leads = false
    private var entries: [ItemName: Entry] = [:]
    private var queue = Fifo<ItemName>()
    private var underWay = 0
    private var leftInRound = 0
    private var nextRound: MonotonicInstant?
    private var storeAhead = TimeSpan.zero  // of monotonic time, as since 1970

    public init() {}

    // MARK: Terms

    /// - Parameter wall: this process's clock, until the store's is known.
    public mutating func begin(now: MonotonicInstant, wall: WallInstant) {
        end()
        leads = true
        compare(wall, now: now)
    }

    public mutating func end() {
        leads = false
        (entries, queue, underWay, leftInRound, nextRound) = ([:], Fifo(), 0, 0, nil)
    }

    // MARK: Items

    /// An item was read, or a change of it was notified.
    public mutating func itemChanged(_ name: ItemName, incarnation: UInt64, version: Int64, now: MonotonicInstant) {
        guard leads else { return }
        let version = Version(incarnation: incarnation, number: version)
        var entry = entries[name] ?? Entry()
        guard !version.isSatisfied(by: entry.seen), !version.isSatisfied(by: entry.wanted) else { return }
        entry.wanted = version
        entries[name] = entry
        plan(name, now: now)
    }

    private mutating func plan(_ name: ItemName, now: MonotonicInstant) {
        guard let entry = entries[name], entry.wanted != nil || entry.isWaiting, !entry.isQueued, !entry.isUnderWay
        else { return }
        entries[name]?.isQueued = true
        queue.append(name)
        if leftInRound == 0, (nextRound ?? now) <= now { nextRound = endOfSecond(after: now) }
    }

    // MARK: Calls

    /// When something is to be done; nil: after the next event.
    public var nextCallAt: MonotonicInstant? {
        guard leads, !queue.isEmpty else { return nil }
        guard leftInRound > 0 else { return nextRound }
        return underWay < Limits.itemsSampledAtOnce ? MonotonicInstant(nanoseconds: 0) : nil
    }

    /// The items that get a point now; each counts as under way until it is answered.
    public mutating func take(now: MonotonicInstant) -> [ItemName] {
        guard leads else { return [] }
        if leftInRound == 0, let next = nextRound, next <= now {
            leftInRound = min(queue.count, Limits.itemsSampled)
            nextRound = endOfSecond(after: now)
        }
        var taken: [ItemName] = []
        while leftInRound > 0, underWay < Limits.itemsSampledAtOnce, let name = queue.popFirst() {
            leftInRound -= 1
            underWay += 1
            entries[name]?.isQueued = false
            entries[name]?.isUnderWay = true
            taken.append(name)
        }
        return taken
    }

    public mutating func answered(_ name: ItemName, _ answer: Answer, now: MonotonicInstant) {
        guard let entry = entries[name], entry.isUnderWay else { return }
        entries[name]?.isUnderWay = false
        underWay -= 1
        switch answer {
        case .done(let incarnation, let version, let isWaiting, let storeTime):
            compare(storeTime, now: now)
            let seen = Version(incarnation: incarnation, number: version)
            entries[name]?.seen = seen
            entries[name]?.isWaiting = isWaiting
            if let wanted = entry.wanted, wanted.isSatisfied(by: seen) || wanted.incarnation != incarnation {
                entries[name]?.wanted = nil
            }
        case .gone: entries[name] = nil
        case .failed: break  // once more in the next round
        }
        plan(name, now: now)
    }

    // MARK: Time

    private mutating func compare(_ wall: WallInstant, now: MonotonicInstant) {
        storeAhead = .milliseconds(wall.milliseconds) - .nanoseconds(now.nanoseconds)
    }

    /// The next end of a second of the store's clock; one that is almost here belongs to the round that was.
    private func endOfSecond(after now: MonotonicInstant) -> MonotonicInstant {
        let second = Limits.samplePeriod.nanoseconds
        let earliest = now.nanoseconds + Limits.sampleSlack.nanoseconds + storeAhead.nanoseconds
        let whole = earliest - earliest % second + second
        return MonotonicInstant(nanoseconds: whole - storeAhead.nanoseconds)
    }
}
