public import Base

/// The clock of a simulation: events in the order of their time, those of one instant in the order of their making.
///
/// Scheduling and taking cost O(log n). Nothing here reads a clock, so a run replays bit for bit.
public struct VirtualTime<Event> {
    private struct Entry {
        var time: Int64  // nanoseconds
        var number: UInt64
        var event: Event

        func comesBefore(_ other: Entry) -> Bool { (time, number) < (other.time, other.number) }
    }

    private var heap: [Entry] = []
    private var made: UInt64 = 0
    public private(set) var now = MonotonicInstant(nanoseconds: 0)

    public init() {}

    public mutating func schedule(_ event: Event, after delay: TimeSpan) {
        heap.append(Entry(time: now.nanoseconds + max(0, delay.nanoseconds), number: made, event: event))
        made += 1
        var child = heap.count - 1
        while child > 0, heap[child].comesBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The next event at or before `end`, with the clock put to its time; else nil, the clock at `end`.
    public mutating func next(until end: MonotonicInstant) -> Event? {
        guard let first = heap.first, first.time <= end.nanoseconds else {
            now = max(now, end)
            return nil
        }
        now = MonotonicInstant(nanoseconds: first.time)
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return first.event
    }

    private mutating func sink() {
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
