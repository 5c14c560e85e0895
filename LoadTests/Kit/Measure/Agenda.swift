/// What is to be done when: a binary heap, earliest first, and first come first served among equals.
public struct Agenda<Entry> {
    private struct Slot {
        let time: Nanoseconds
        let order: UInt64
        let entry: Entry

        func precedes(_ other: Slot) -> Bool { time == other.time ? order < other.order : time < other.time }
    }

    private var heap: [Slot] = []
    private var added: UInt64 = 0

    public init() {}

    public var count: Int { heap.count }

    /// The time of the earliest entry, nil when there is none.
    public var nextTime: Nanoseconds? { heap.first?.time }

    /// O(log count).
    public mutating func add(_ entry: Entry, at time: Nanoseconds) {
        heap.append(Slot(time: time, order: added, entry: entry))
        added += 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest entry whose time has come, with its time. O(log count).
    public mutating func popDue(now: Nanoseconds) -> (entry: Entry, time: Nanoseconds)? {
        guard let first = heap.first, first.time <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.entry, first.time)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].precedes(heap[least])
            {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(least, parent)
            parent = least
        }
    }
}
