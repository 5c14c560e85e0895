// DESIGN
// The verdict "certain" is a promise. A purchase wins for sure when all before it may take as much as anybody ever
// asked for and enough units are left, counted at one moment: units leave `free` for nobody but those at the head, and
// nobody passes. The moment may be long ago, but it must be one: a head that is newer than the units counts those as
// free that were taken already. And the largest quantity must be that of all who stand before: who raised it since is
// counted for too little. So both are kept with what they are true for.

/// Where the head of an item's queue stood when how many units were left, and how much one purchase may take.
struct Standing: Sendable {
    private var version: Int64
    private(set) var head: Int64
    private var free: Int64
    /// Nobody up to sequence `counted` asked for more than this.
    private var largest: Int64
    private var counted: Int64

    /// As of one read of the item.
    init(_ read: ItemSnapshot) {
        version = read.counters.version
        head = read.counters.head
        free = read.counters.free
        largest = read.settings.largest
        counted = read.counters.tail
    }

    /// Three numbers of one moment; those older than what is known change nothing.
    mutating func moved(version: Int64, head: Int64, free: Int64) {
        guard version > self.version else { return }
        self.version = version
        self.head = head
        self.free = free
    }

    /// Nobody up to sequence `tail` asked for more than `largest`; nil: than what is known.
    mutating func counted(upTo tail: Int64, largest: Int64? = nil) {
        if let largest { self.largest = max(self.largest, largest) }
        counted = max(counted, tail)
    }

    /// Whether the purchase waits and is sure of its units, as long as no operator takes units away.
    ///
    /// - Parameter skipped: sequences that were left out, so that nobody stands there.
    func isSure(of quantity: Int64, sequence: Int64, skipped: SkippedSequences) -> Bool {
        // One at or before the head has ended, or its end is on the way; not every end is a win.
        guard sequence > head, sequence <= counted + 1 else { return false }
        let leftOut = skipped.count(upTo: sequence) - skipped.count(upTo: head)
        return (sequence - 1 - head - leftOut) * largest + quantity <= free
    }
}
