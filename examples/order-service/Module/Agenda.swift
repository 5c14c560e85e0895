import Base

/// What is due when, earliest first; equal times in the order of adding. O(log n) each way.
struct Agenda<Event> {
    private struct Entry {
        let time: MonotonicInstant
        let order: UInt64
        let event: Event

        func isBefore(_ other: Entry) -> Bool { time == other.time ? order < other.order : time < other.time }
    }

    private var heap: [Entry] = []
    private var added: UInt64 = 0

    var nextTime: MonotonicInstant? { heap.first?.time }

    mutating func add(_ event: Event, at time: MonotonicInstant) {
        added += 1
        heap.append(Entry(time: time, order: added, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// The earliest event that is due, removed.
    mutating func takeDue(_ now: MonotonicInstant) -> (time: MonotonicInstant, event: Event)? {
        guard let first = heap.first, first.time <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown()
        }
        return (first.time, first.event)
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].isBefore(heap[least]) { least = child }
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
