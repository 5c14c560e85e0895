/// Events with the times when they are due, earliest first; equal times in the order of adding. Adding and taking cost
/// O(log n).
///
/// Inlinable, since simulations of minutes make millions of events.
public struct Agenda<Event> {
    @usableFromInline struct Entry {
        @usableFromInline let time: MonotonicInstant
        @usableFromInline let order: UInt64
        @usableFromInline let event: Event

        @inlinable init(time: MonotonicInstant, order: UInt64, event: Event) {
            self.time = time
            self.order = order
            self.event = event
        }

        @inlinable func isBefore(_ other: Entry) -> Bool {
            time.nanoseconds < other.time.nanoseconds
                || time.nanoseconds == other.time.nanoseconds && order < other.order
        }
    }

    @usableFromInline var heap: [Entry] = []
    @usableFromInline var added: UInt64 = 0

    @inlinable public init() {}

    @inlinable public var nextTime: MonotonicInstant? { heap.first?.time }

    @inlinable public mutating func add(_ event: Event, at time: MonotonicInstant) {
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
    @inlinable public mutating func takeDue(_ now: MonotonicInstant) -> (time: MonotonicInstant, event: Event)? {
        guard let first = heap.first, first.time.nanoseconds <= now.nanoseconds else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            siftDown()
        }
        return (first.time, first.event)
    }

    @inlinable mutating func siftDown() {
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

extension Agenda: Sendable where Event: Sendable {}
extension Agenda.Entry: Sendable where Event: Sendable {}
