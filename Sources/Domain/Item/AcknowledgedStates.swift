/// What a process saw acknowledged of one item while the item was in one life.
public struct AcknowledgedState: Sendable, Equatable {
    /// Names the life, as the item does.
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
// After a restart of the store a number is worth nothing without the life that it belongs to. A read names its life; a
// message and the reply of a call do not, and they come over two connections, of which either may be the first to reach
// the restarted store. So they count for the life that was read last, and only until the first interruption: what is
// heard then is of nobody knows which life until the item has been read again. What is said of a life that is over
// stays until the store has been told, however often the item is read meanwhile.

/// What a process saw acknowledged of one item: how far each of its lives had got as far as this process knows.
public struct AcknowledgedStates: Sendable, Equatable {
    private static let mostOwed = 8  // lives; older ones are dropped while the store takes no durability check

    private var life = ""  // that was read last; empty before the first read
    private var version: Int64 = 0
    private var tail: Int64 = 0
    private var isOpen = false
    private var opensAt: Int64 = 0  // message that a read must have seen, so that what comes after it is of its life
    /// Of lives that were over before the store was told; oldest first.
    public private(set) var owed: [AcknowledgedState] = []
    /// Of the life that was read last, as the store was told it.
    private var told: AcknowledgedState?

    public init() {}

    /// The item was read.
    ///
    /// - Parameters:
    ///   - notification: number of the last one that was sent when it was read.
    ///   - isFollowed: messages were followed from before the read until now.
    public mutating func read(life new: String, version: Int64, tail: Int64, notification: Int64, isFollowed: Bool) {
        if new != life { opensAt = 0 }  // a store that lost its last seconds counts its messages again
        isOpen = isFollowed && notification >= opensAt
        if new == life { return raise(version, tail) }
        if let latest, latest != told { owed.append(latest) }
        if owed.count > Self.mostOwed { owed.removeFirst() }
        (life, self.version, self.tail, told) = (new, version, tail, nil)
    }

    /// A message or the reply of a call told this much.
    @inline(__always)
    public mutating func heard(version: Int64, tail: Int64) {
        if isOpen { raise(version, tail) }
    }

    private mutating func raise(_ version: Int64, _ tail: Int64) {
        self.version = max(self.version, version)
        self.tail = max(self.tail, tail)
    }

    /// The store or its messages are away: what comes from now on belongs to no known life until the next read.
    public mutating func interrupt() { isOpen = false }

    /// Another life may have begun with message `notification`. A read may be on its way that is older.
    public mutating func doubt(at notification: Int64) { (isOpen, opensAt) = (false, max(opensAt, notification)) }

    /// Of the life that was read last; nil before the first read.
    public var latest: AcknowledgedState? {
        life.isEmpty ? nil : AcknowledgedState(life: life, version: version, tail: tail)
    }

    /// All that the store must be told once it may be in another life; oldest first.
    public var due: [AcknowledgedState] {
        guard let latest, latest != told else { return owed }
        return owed + [latest]
    }

    /// The store has heard this.
    public mutating func delivered(_ acknowledged: AcknowledgedState) {
        owed.removeAll { $0 == acknowledged }
        if acknowledged == latest { told = acknowledged }
    }
}
