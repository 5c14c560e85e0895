/// What a worker reports to the schedulers: that it is alive, and what it did.
public struct WorkerReport: Sendable, Equatable {
    /// Whether the worker takes purchases.
    public enum Presence: Sendable {
        case working
        /// It finishes what it holds, and takes nothing more.
        case leaving
        /// It holds nothing any more; this is its last report.
        case gone
    }

    /// One item that the worker has grants of.
    public struct Line: Sendable, Equatable {
        public var item: ItemName
        public var allowance: Int64  // highest seen in this term
        public var used: Int64  // winners taken or given back, cumulative in this term
        public var stop: DeductStop  // of the last `deduct`
        public var counters: ItemCounters
        /// That of the grant.
        public var incarnation: UInt64?

        public init(
            item: ItemName, allowance: Int64, used: Int64, stop: DeductStop, counters: ItemCounters,
            incarnation: UInt64? = nil
        ) {
            self.item = item
            self.allowance = allowance
            self.used = used
            self.stop = stop
            self.counters = counters
            self.incarnation = incarnation
        }
    }

    public var worker: String
    public var beat: Int64
    public var term: Int64
    public var inFlight: Int64  // taken and not settled
    public var completed: Int64  // since the last report
    public var executionSum: Int64  // microseconds, of those
    /// Whether `lines` has every item with grants that are not used, so that the grants of a missing item never
    /// arrived.
    public var isComplete: Bool
    /// Whether its release knows incarnations, so that grants may name them.
    public var knowsIncarnations: Bool
    public var presence: Presence
    public var lines: [Line]
    /// Nil of a worker without a sink.
    public var orders: Orders?

    public init(
        worker: String, beat: Int64, term: Int64, inFlight: Int64, completed: Int64, executionSum: Int64,
        isComplete: Bool, knowsIncarnations: Bool = false, presence: Presence = .working, lines: [Line],
        orders: Orders? = nil
    ) {
        self.worker = worker
        self.beat = beat
        self.term = term
        self.inFlight = inFlight
        self.completed = completed
        self.executionSum = executionSum
        self.isComplete = isComplete
        self.knowsIncarnations = knowsIncarnations
        self.presence = presence
        self.lines = lines
        self.orders = orders
    }
}
