/// Numbers from 0 with a key each, the largest key on top; of equal keys the smaller number.
///
/// Setting and removing cost O(log n), reading the top O(1).
struct IndexedHeap: Sendable {
    private struct Entry: Sendable {
        var key: Int64
        var index: Int

        func isAbove(_ other: Entry) -> Bool { key > other.key || key == other.key && index < other.index }
    }

    private var entries: [Entry] = []
    private var places: [Int] = []  // of each number in `entries`, -1 where it is not

    var isEmpty: Bool { entries.isEmpty }
    var top: (index: Int, key: Int64)? { entries.first.map { ($0.index, $0.key) } }
    func contains(_ index: Int) -> Bool { index < places.count && places[index] >= 0 }

    mutating func set(_ index: Int, key: Int64) {
        while places.count <= index { places.append(-1) }
        let entry = Entry(key: key, index: index)
        if places[index] < 0 {
            places[index] = entries.count
            entries.append(entry)
            rise(entries.count - 1)
        } else {
            guard entries[places[index]].key != key else { return }
            entries[places[index]] = entry
            rise(places[index])
            sink(places[index])
        }
    }

    /// Removes a number; does nothing where it is not in the heap.
    mutating func remove(_ index: Int) {
        guard contains(index) else { return }
        let place = places[index]
        places[index] = -1
        let last = entries.removeLast()
        guard place < entries.count else { return }
        entries[place] = last
        places[last.index] = place
        rise(place)
        sink(places[last.index])
    }

    private mutating func rise(_ start: Int) {
        var place = start
        while place > 0, entries[place].isAbove(entries[(place - 1) / 2]) {
            swap(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func sink(_ start: Int) {
        var place = start
        while true {
            var best = place
            let left = 2 * place + 1
            if left < entries.count, entries[left].isAbove(entries[best]) { best = left }
            if left + 1 < entries.count, entries[left + 1].isAbove(entries[best]) { best = left + 1 }
            guard best != place else { return }
            swap(place, best)
            place = best
        }
    }

    private mutating func swap(_ first: Int, _ second: Int) {
        entries.swapAt(first, second)
        places[entries[first].index] = first
        places[entries[second].index] = second
    }
}
