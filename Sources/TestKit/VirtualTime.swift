public import Base

/// The clock of a simulation: events in the order of their time, those of one instant in the order of their making.
///
/// Scheduling and taking cost O(log n). Nothing here reads a clock, so a run replays bit for bit. Inlinable, since
/// simulations of minutes make millions of events.
public struct VirtualTime<Event> {
    @usableFromInline struct Entry {
        @usableFromInline var time: Int64  // nanoseconds
        @usableFromInline var number: UInt64
        @usableFromInline var event: Event

        @inlinable init(time: Int64, number: UInt64, event: Event) {
            self.time = time
            self.number = number
            self.event = event
        }

        @inlinable func comesBefore(_ other: Entry) -> Bool {
            time < other.time || time == other.time && number < other.number
        }
    }

    @usableFromInline var heap: [Entry] = []
    @usableFromInline var made: UInt64 = 0
    @usableFromInline var time = MonotonicInstant(nanoseconds: 0)
    @inlinable public var now: MonotonicInstant { time }

    @inlinable public init() {}

    @inlinable public mutating func schedule(_ event: Event, after delay: TimeSpan) {
        heap.append(Entry(time: now.nanoseconds + max(0, delay.nanoseconds), number: made, event: event))
        made += 1
        var child = heap.count - 1
        while child > 0, heap[child].comesBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The next event at or before `end`, with the clock put to its time; else nil, the clock at `end`.
    @inlinable public mutating func next(until end: MonotonicInstant) -> Event? {
        guard let first = heap.first, first.time <= end.nanoseconds else {
            time = max(time, end)
            return nil
        }
        time = MonotonicInstant(nanoseconds: first.time)
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return first.event
    }

    @inlinable mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].comesBefore(heap[least]) { least = child }
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
