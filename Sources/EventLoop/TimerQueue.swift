import Base

/// Pending timers, earliest first: a binary heap of times over a slab of actions. The heap entry of a cancelled one
/// stays, and is skipped when it comes up, and swept once most entries are such.
struct TimerQueue: ~Copyable {
    private struct Entry {
        let time: MonotonicInstant
        let order: UInt64
        let token: Token

        func isBefore(_ other: Entry) -> Bool { time == other.time ? order < other.order : time < other.time }
    }

    private var heap: [Entry] = []
    private var actions = Slab<() -> Void>()
    private var nextOrder: UInt64 = 0
    /// When the action was due that `popDue` handed out last.
    private(set) var lastDue = MonotonicInstant(nanoseconds: 0)

    /// The time of the earliest heap entry; a cancelled one may make it early, never late.
    var earliest: MonotonicInstant? { heap.first?.time }

    var count: Int { actions.count }

    mutating func schedule(at time: MonotonicInstant, _ action: @escaping () -> Void) -> Token {
        let token = actions.insert(action)
        nextOrder += 1
        heap.append(Entry(time: time, order: nextOrder, token: token))
        siftUp(heap.count - 1)
        return token
    }

    mutating func cancel(_ token: Token) {
        actions.remove(token)
        if heap.count > 64, heap.count > 4 * actions.count { sweep() }
    }

    /// The next action whose time has come, removed; equal times come in order of scheduling.
    mutating func popDue(now: MonotonicInstant) -> (() -> Void)? {
        while let first = heap.first, first.time <= now {
            removeFirst()
            lastDue = first.time
            if let action = actions.remove(first.token) { return action }
        }
        return nil
    }

    private mutating func sweep() {
        heap = heap.filter { actions[$0.token] != nil }.sorted { $0.isBefore($1) }
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        siftDown(0)
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].isBefore(heap[least])
            {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
