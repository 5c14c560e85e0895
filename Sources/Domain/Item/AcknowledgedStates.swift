/// How far the store had got with one item in one life, as a process saw it acknowledged.
public struct AcknowledgedState: Sendable, Equatable {
    /// The name of the life, as the item has it.
    public var life: String
    public var version: Int64
    public var tail: Int64

    public init(life: String, version: Int64, tail: Int64) {
        self.life = life
        self.version = version
        self.tail = tail
    }
}

// DESIGN
// After a restart of the store a number means nothing without the life that it belongs to. A read names its life. A
// notification and the reply of a call do not, and they come over two connections, of which either may be the first to
// reach the restarted store. So they count for the life that was read last, and only as long as nothing may have begun
// another one: not after an interruption, and not after a notification that is missing, since the missing one may be
// that of the reopening. They count again once the item was read. The state of a life that has ended stays until the
// store has checked it, however often the item is read meanwhile.

/// What a process saw acknowledged of one item: how far each of its lives had got.
public struct AcknowledgedStates: Sendable, Equatable {
    private static let mostOwed = 8  // lives; older ones are dropped while the store takes no durability check

    private var life = ""  // of the last read; empty before the first one
    private var version: Int64 = 0
    private var tail: Int64 = 0
    private var isOpen = false  // what comes belongs to that life
    private var opensAt: Int64 = 0  // a read must have seen this notification, so that what comes is of its life
    private var latestNotification: Int64 = 0  // received or seen by a read since the last interruption; 0: none
    /// Of lives that ended before the store checked them; oldest first.
    public private(set) var owed: [AcknowledgedState] = []
    /// Of the life that was read last, as the store checked it since its last restart.
    private var checked: AcknowledgedState?

    public init() {}

    /// The item was read.
    ///
    /// - Parameters:
    ///   - notification: number of the last notification that was sent when the item was read.
    ///   - isFollowed: whether notifications were followed from before the read until now.
    public mutating func read(life new: String, version: Int64, tail: Int64, notification: Int64, isFollowed: Bool) {
        if new != life { opensAt = 0 }  // a store that lost its last seconds counts its notifications again
        isOpen = isFollowed && notification >= opensAt
        latestNotification = max(latestNotification, notification)
        if new == life { return raise(version, tail) }
        if let latest, latest != checked { owed.append(latest) }
        if owed.count > Self.mostOwed { owed.removeFirst() }
        (life, self.version, self.tail, checked) = (new, version, tail, nil)
    }

    /// A notification came. One that changes settings may have begun another life, and so may one that is missing.
    public mutating func received(_ counters: ItemCounters, changesSettings: Bool) {
        let number = counters.notification
        if changesSettings { return doubt(at: number) }
        guard number > latestNotification else { return }  // late, doubled, or seen by a read
        if number > latestNotification + 1 { doubt(at: number - 1) }
        latestNotification = number
        replied(version: counters.version, tail: counters.tail)
    }

    /// The reply of a call acknowledged this much.
    @inline(__always)
    public mutating func replied(version: Int64, tail: Int64) {
        if isOpen { raise(version, tail) }
    }

    private mutating func raise(_ version: Int64, _ tail: Int64) {
        self.version = max(self.version, version)
        self.tail = max(self.tail, tail)
    }

    /// The store or its notifications are lost: what comes from now on belongs to no known life until the next read.
    public mutating func interrupt() { (isOpen, latestNotification) = (false, 0) }

    /// Another life may have begun with this notification. A read that is under way may be older.
    public mutating func doubt(at notification: Int64) {
        (isOpen, opensAt) = (false, max(opensAt, notification))
        latestNotification = max(latestNotification, notification)
    }

    /// Of the life that was read last; nil before the first read.
    public var latest: AcknowledgedState? {
        life.isEmpty ? nil : AcknowledgedState(life: life, version: version, tail: tail)
    }

    /// All that the store must check once it may be in another life; oldest first.
    public var due: [AcknowledgedState] {
        guard let latest, latest != checked else { return owed }
        return owed + [latest]
    }

    /// The store was restarted: it may have lost the answer to a check together with what was acknowledged.
    public mutating func storeRestarted() { checked = nil }

    /// The store has checked this state.
    public mutating func delivered(_ acknowledged: AcknowledgedState) {
        owed.removeAll { $0 == acknowledged }
        if acknowledged == latest { checked = acknowledged }
    }
}
