// DESIGN
// Deficit round robin: whose turn it is gets a quantum in proportion to its weight, and keeps what it could not use, up
// to four quanta. Two traps: the quantum is added once a visit, not at each resume of it; and when it was not the item
// that ran out but those who serve, the turn stays with the item: moving on would turn weights 1:2:5 into 2:4:2. Who
// wants nothing is not in the ring, so idle ones cost nothing.

/// Shares what can be served among those who want something, by weight. Every operation costs O(1).
public struct DeficitRing: Sendable {
    private struct Entry: Sendable {
        var weight: Int64 = 1
        var deficit: Int64 = 0
        var isIn = false
    }

    private static let mostQuanta: Int64 = 4
    private static let largestUnit: Int64 = 1 << 20

    private var entries: [Entry] = []
    private var row: [Int] = []  // in the order of their turns, from `head`
    private var head = 0
    private var isFresh = true  // the front has not got its quantum yet
    /// Of all in the ring.
    public private(set) var weight: Int64 = 0

    public init() {}

    public var count: Int { row.count - head }
    public var isEmpty: Bool { head == row.count }
    public func contains(_ index: Int) -> Bool { index < entries.count && entries[index].isIn }

    /// Numbers count from 0; each is known from the first time that it is named.
    public mutating func set(weight: Int64, of index: Int) {
        while entries.count <= index { entries.append(Entry()) }
        let valid = min(max(1, weight), Limits.weight.upperBound)
        if entries[index].isIn { self.weight += valid - entries[index].weight }
        entries[index].weight = valid
    }

    /// Puts it at the end; nothing where it is in the ring.
    public mutating func insert(_ index: Int) {
        while entries.count <= index { entries.append(Entry()) }
        guard !entries[index].isIn else { return }
        entries[index].isIn = true
        weight += entries[index].weight
        row.append(index)
    }

    /// Whose turn it is.
    public var current: Int? { head < row.count ? row[head] : nil }

    /// Whose turn it is, and how many it may take. Asked again before it took all of that, it is the same.
    ///
    /// - Parameter unit: quantum of a weight of one, from 1 on.
    public mutating func front(unit: Int64) -> (index: Int, deficit: Int64)? {
        guard head < row.count else { return nil }
        let index = row[head]
        if isFresh {
            isFresh = false
            let quantum = entries[index].weight * min(max(1, unit), Self.largestUnit)
            entries[index].deficit = min(entries[index].deficit + quantum, Self.mostQuanta * quantum)
        }
        return (index, entries[index].deficit)
    }

    /// The front took so many; with nothing left of its turn, the next one's begins.
    public mutating func take(_ count: Int64) {
        guard head < row.count else { return }
        entries[row[head]].deficit -= max(0, count)
        if entries[row[head]].deficit <= 0 { skip() }
    }

    /// The front can't take now; it keeps what it may take.
    public mutating func skip() {
        guard head < row.count else { return }
        let index = row[head]
        advance()
        row.append(index)
    }

    /// The front wants nothing more.
    public mutating func removeFront() {
        guard head < row.count else { return }
        let index = row[head]
        entries[index].isIn = false
        entries[index].deficit = 0
        weight -= entries[index].weight
        advance()
    }

    private mutating func advance() {
        head += 1
        isFresh = true
        if head > 32, head * 2 > row.count {
            row.removeFirst(head)
            head = 0
        }
    }
}
