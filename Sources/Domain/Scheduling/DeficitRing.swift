// DESIGN
// Deficit round robin: the item whose turn it is gets a quantum in proportion to its weight, and keeps what it could
// not use, up to four quanta. Two traps: the quantum is added once a turn, not each time that the turn is resumed; and
// where the workers ran out rather than the item, the turn stays with the item: moving on would turn weights 1:2:5 into
// 2:4:2. An item that wants nothing is not in the ring, so idle items cost nothing.

/// Shares what can be served among indices that want something, by weight. Every operation costs O(1).
public struct DeficitRing: Sendable {
    private struct Entry: Sendable {
        var weight: Int64 = 1
        var deficit: Int64 = 0
        var isIn = false
    }

    private static let mostQuanta: Int64 = 4
    private static let largestUnit: Int64 = 1 << 20

    private var entries: [Entry] = []
    private var row: [Int] = []  // in the order of their turns, from `start`
    private var start = 0
    private var isFresh = true  // the front has not got its quantum yet
    /// The sum of the weights of all in the ring.
    public private(set) var weight: Int64 = 0

    public init() {}

    public var count: Int { row.count - start }
    public var isEmpty: Bool { start == row.count }
    public func contains(_ index: Int) -> Bool { index < entries.count && entries[index].isIn }

    /// Sets the weight of an index, from 0 on, that may be in the ring or not.
    public mutating func set(weight: Int64, of index: Int) {
        while entries.count <= index { entries.append(Entry()) }
        let valid = min(max(1, weight), Limits.weight.upperBound)
        if entries[index].isIn { self.weight += valid - entries[index].weight }
        entries[index].weight = valid
    }

    /// Puts an index at the end; does nothing where it is in the ring.
    public mutating func insert(_ index: Int) {
        while entries.count <= index { entries.append(Entry()) }
        guard !entries[index].isIn else { return }
        entries[index].isIn = true
        weight += entries[index].weight
        row.append(index)
    }

    /// The index whose turn it is.
    public var current: Int? { start < row.count ? row[start] : nil }

    /// The index whose turn it is, and how much it may take; the same until it has taken all of that.
    ///
    /// - Parameter unit: quantum of a weight of one, at least 1.
    public mutating func front(unit: Int64) -> (index: Int, deficit: Int64)? {
        guard start < row.count else { return nil }
        let index = row[start]
        if isFresh {
            isFresh = false
            let quantum = entries[index].weight * min(max(1, unit), Self.largestUnit)
            entries[index].deficit = min(entries[index].deficit + quantum, Self.mostQuanta * quantum)
        }
        return (index, entries[index].deficit)
    }

    /// The front took `count`; its turn ends where nothing is left of it.
    public mutating func take(_ count: Int64) {
        guard start < row.count else { return }
        entries[row[start]].deficit -= max(0, count)
        if entries[row[start]].deficit <= 0 { skip() }
    }

    /// Ends the turn of the front, which keeps what it may still take.
    public mutating func skip() {
        guard start < row.count else { return }
        let index = row[start]
        advance()
        row.append(index)
    }

    /// Removes the front, which wants nothing more.
    public mutating func removeFront() {
        guard start < row.count else { return }
        let index = row[start]
        assert(entries[index].isIn, "what is in the row is in the ring")
        entries[index].isIn = false
        entries[index].deficit = 0
        weight -= entries[index].weight
        advance()
    }

    private mutating func advance() {
        start += 1
        isFresh = true
        assert(weight >= 0 && (start < row.count || weight <= Limits.weight.upperBound))
        if start > 32, start * 2 > row.count {
            row.removeFirst(start)
            start = 0
        }
    }
}
