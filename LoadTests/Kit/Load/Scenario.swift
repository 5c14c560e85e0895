/// What a load test does, as its file says. Every number has a bound: a test is finite in count and in time.
public struct Scenario: Sendable, Equatable {
    public struct Items: Sendable, Equatable {
        /// 1...1000.
        public var count = 1
        /// Units of each.
        public var stock: Int64 = 1_000
        /// Places in each queue, nil for the server's default.
        public var queueLimit: Int64?
        /// Percent of arrivals that are for the first item; the others are spread evenly over the other items.
        public var hotPercent = 0

        public init() {}
    }

    public struct Arrivals: Sendable, Equatable {
        public var shape = ArrivalShape.poisson
        public var perSecond = 1_000.0
        public var seconds = 10.0

        public init() {}
    }

    /// What an arrival is, in parts: a purchase by a new buyer, a poll of a known ticket, a read of an item.
    public struct Mix: Sendable, Equatable {
        public var purchases = 1
        public var polls = 0
        public var views = 0

        public init() {}
    }

    public struct Users: Sendable, Equatable {
        /// Percent of purchases of users who have sent one before, with the same key.
        public var repeatPercent = 0
        /// Percent of buyers who leave the queue after they got their place.
        public var leavePercent = 0
        /// Buyers who send their purchase again as soon as they have an answer, whatever it is.
        public var bots = 0
        /// How often a buyer comes back after "not now" or a lost answer.
        public var retries = 3

        public init() {}
    }

    /// What the result must keep to; nil is not checked. That the sale's promises are kept is always checked.
    public struct Thresholds: Sendable, Equatable {
        public var p99Milliseconds: Double?
        public var p999Milliseconds: Double?
        public var refusedP99Milliseconds: Double?
        public var acceptedPerSecond: Double?
        public var answeredPerSecond: Double?
        public var errors: Int64? = 0
        public var finalWithinSeconds: Double?

        public init() {}
    }

    public var name = "unnamed"
    public var about = ""
    public var items = Items()
    public var arrivals = Arrivals()
    public var connections = 64
    public var idleConnections = 0
    public var mix = Mix()
    public var users = Users()
    /// How long after the last arrival accepted buyers may wait for their final answer.
    public var drainSeconds = 10.0
    public var thresholds = Thresholds()

    public init() {}

    /// Arrivals a second over the whole time, a spike's crowd included.
    public var meanPerSecond: Double {
        guard case .spike(let buyers, _) = arrivals.shape else { return arrivals.perSecond }
        return arrivals.perSecond + buyers / arrivals.seconds
    }

    /// Sets the mean rate and keeps the shape.
    public mutating func scale(toPerSecond rate: Double) {
        let mean = meanPerSecond
        guard mean > 0 else { return arrivals.perSecond = rate }
        arrivals.perSecond *= rate / mean
        if case .spike(let buyers, let decay) = arrivals.shape {
            arrivals.shape = .spike(buyers: buyers * rate / mean, decay: decay)
        }
    }
}
