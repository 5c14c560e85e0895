import Base

// What the scheduler keeps of each item, worker and group.
extension Scheduler {
    struct Item: Sendable {
        var name: ItemName
        /// Which item of that name; nil while nobody said.
        var incarnation: UInt64?
        var counters = ItemCounters()
        var boot = ""
        var isBlocked = false  // the last deduct could do nothing; until the item changes
        var restsUntil: MonotonicInstant?  // the last deduct failed
        var unused: Int64 = 0  // granted to living workers and not used

        /// Winners that could be taken now and that nobody was granted yet.
        var wanted: Int64 {
            isBlocked ? 0 : max(0, counters.redo + min(counters.waiting, counters.free) - unused)
        }
    }

    struct Book: Sendable {
        var item: Int
        var granted: Int64 = 0
        var used: Int64 = 0
        var grantedAt: MonotonicInstant
        var probe: Probe?
        var isFresh = false  // granted from in this call

        var unused: Int64 { granted - used }
    }

    /// A grant on its way: the first report that knows of it tells how long the way is.
    struct Probe: Sendable {
        var granted: Int64
        var sentAt: MonotonicInstant
    }

    struct Worker: Sendable {
        var id: String  // empty: nobody has this slot
        var beat: Int64 = -1
        var beatAt: MonotonicInstant
        var knowsIncarnations = false
        var placesOrders: Bool?  // nil: it has not said
        var isUnlike = false  // places none beside workers that do: it gets no grants
        var takes = false  // has reported in this process's time, and is not leaving
        var isFull = false  // had no room left when grants were last handed out
        var isHeldBack = false  // had room, and its pace or its group had no token
        var controller = ExecutionController()
        var group: Int?
        var breaker = BreakerState.closed
        var inFlight: Int64 = 0
        var unused: Int64 = 0  // of all books
        var books: [Book] = []
        var bookOfItem: [Int: Int] = [:]
        var fresh: [Int] = []  // books granted from in this call
        var counted: Int64 = 0  // of `outstanding`, in the group
        var isTouched = false
        var pacedUntil: MonotonicInstant?  // no token before
        var recent = RecentTimes()
        var law = LittlesLaw()
        var repeats = Repeats()
        var countedCrowded: Int64 = 0  // of `repeats.crowded`, in the group
        var awaited: Int64 = 0  // calls to its group that were let out and not heard of since

        var isVacant: Bool { id.isEmpty }
        var outstanding: Int64 { inFlight + unused + repeats.unused }
        /// Something was granted to it in this call.
        var hasNews: Bool { !fresh.isEmpty || repeats.isFresh }
        /// Before a group no leave lies unused: what goes out is paced there.
        var ahead: Int64 { group == nil ? controller.ahead : 0 }
        /// What is in its slots or on the way there; not what only lies ahead of that.
        var active: Int64 { outstanding - max(0, min(unused, outstanding - controller.window, ahead)) }
        var room: Int64 {
            guard takes, !isUnlike, breaker != .open else { return 0 }
            let free = controller.window + ahead - outstanding
            // A probe or two show whether what failed serves again.
            return max(0, breaker == .halfOpen ? min(free, 2 - outstanding) : free)
        }
    }

    /// What stands behind the sinks of some workers.
    struct Group: Sendable {
        var name: String
        var controller: LatencyController
        var members = 0  // workers
        var inFlight: Int64 = 0  // of all members
        var crowded: Int64 = 0  // of those, what only rests
        var asking = DeficitRing()  // workers that may want to repeat calls, by slot
        var hasRepeated = false  // the last token went to such a call
        var wakesAt: MonotonicInstant?  // no token before
        var recent = RecentTimes()
        var law = LittlesLaw()
    }
}

/// What the scheduler knows and decides of one worker or group, to be published.
public struct CapacityResource: Sendable, Equatable {
    public enum Kind: String, Sendable {
        case worker, group
    }

    public var kind: Kind
    public var name: String
    public var state: CapacitySnapshot
    public var inFlight: Int64
    public var p50Microseconds: Int64?
    public var p99Microseconds: Int64?
    public var capPerSecond: Int64?
    public var breaker: BreakerState
    public var littlesLawErrorPercent: Double?
}
