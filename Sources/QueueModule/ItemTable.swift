import Base
import Domain

/// The items that a loop knows, by name.
struct ItemTable {
    private(set) var entries: [ItemEntry] = []
    private var slots = [Int32](repeating: -1, count: 64)  // index into entries, by hash of the name

    /// O(1).
    func entry(named name: Span<UInt8>) -> ItemEntry? {
        var slot = Self.hash(name) & (slots.count - 1)
        while slots[slot] >= 0 {
            let entry = entries[Int(slots[slot])]
            if Self.equal(name, entry.nameBytes) { return entry }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// The name must not be in the table yet.
    mutating func insert(_ entry: ItemEntry) {
        entries.append(entry)
        if 2 * entries.count > slots.count {
            rebuild(slots: 2 * slots.count)
        } else {
            place(entries.count - 1)
        }
    }

    /// False where it is not there. O(items).
    mutating func remove(_ entry: ItemEntry) -> Bool {
        guard let index = entries.firstIndex(where: { $0 === entry }) else { return false }
        entries.remove(at: index)
        rebuild(slots: slots.count)
        return true
    }

    /// At most `count` of the items: first those that need an operator, then those with the longest queues. One pass
    /// over all, since there may be a hundred thousand.
    func mostWanted(_ count: Int) -> [ItemEntry] {
        var best: [(rank: Int64, entry: ItemEntry)] = []
        for entry in entries {
            let rank = ItemFigures.rank(entry.view.counters, isFrozen: entry.view.settings.isFrozen)
            if best.count == count {
                guard let least = best.last, rank > least.rank else { continue }
                best.removeLast()
            }
            best.insert((rank, entry), at: best.firstIndex { $0.rank < rank } ?? best.count)
        }
        return best.map(\.entry)
    }

    private mutating func rebuild(slots count: Int) {
        slots = [Int32](repeating: -1, count: count)
        for index in entries.indices { place(index) }
    }

    private mutating func place(_ index: Int) {
        let name = entries[index].nameBytes
        var slot = Self.hash(name.span) & (slots.count - 1)
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(index)
    }

    /// Names come from operators, so no buyer can make them collide.
    private static func hash(_ name: Span<UInt8>) -> Int { Int(truncatingIfNeeded: name.fnv1a >> 1) }

    private static func equal(_ left: Span<UInt8>, _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }
}
