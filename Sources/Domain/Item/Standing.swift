// DESIGN
// The verdict "certain" is a promise. A purchase wins for certain where enough units are left though each purchase
// before it takes the largest quantity ever admitted, counted at one moment: only purchases at the head take units out
// of `free`, and no purchase overtakes another. The moment may be long ago, but head and units must be of the same one:
// a head that is newer than the units would count units as free that are taken already. And the largest quantity must
// cover all purchases before: one that raised it since would count for too little. So each number is kept with what it
// is true for.

/// The head of an item's queue and the free units of one moment, and the largest quantity of the purchases before.
struct Standing: Sendable {
    private var version: Int64
    private(set) var head: Int64
    private var free: Int64
    /// No purchase up to sequence `counted` is for more than this.
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

    /// Takes over three numbers of one moment; older ones than the known change nothing.
    mutating func moved(version: Int64, head: Int64, free: Int64) {
        guard version > self.version else { return }
        self.version = version
        self.head = head
        self.free = free
    }

    /// No purchase up to sequence `tail` is for more than `largest`; nil: for more than is known already.
    mutating func counted(upTo tail: Int64, largest: Int64? = nil) {
        if let largest { self.largest = max(self.largest, largest) }
        counted = max(counted, tail)
    }

    /// Whether the purchase waits and will get its units, as long as no operator takes units away.
    ///
    /// - Parameter skipped: sequences that were left out, and so hold no place.
    func isSure(of quantity: Int64, sequence: Int64, skipped: SkippedSequences) -> Bool {
        // A purchase at or before the head has ended, or its end has not been announced yet; not every end is a win.
        guard sequence > head, sequence <= counted + 1 else { return false }
        let leftOut = skipped.count(upTo: sequence) - skipped.count(upTo: head)
        return (sequence - 1 - head - leftOut) * largest + quantity <= free
    }
}
