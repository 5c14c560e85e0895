/// What a load test does, as its file says. Every number has a bound: a test is finite in count and in time.
package struct Scenario: Sendable, Equatable {
    package struct Items: Sendable, Equatable {
        /// 1...1000.
        package var count = 1
        /// Units of each.
        package var stock: Int64 = 1_000
        /// Places in each queue, nil for the server's default.
        package var queueLimit: Int64?
        /// Percent of arrivals that are for the first item; the rest is spread evenly over the others.
        package var hotPercent = 0

        package init() {}
    }

    package struct Arrivals: Sendable, Equatable {
        package var shape = ArrivalShape.poisson
        package var perSecond = 1_000.0
        package var seconds = 10.0

        package init() {}
    }

    /// What an arrival is, in parts: a purchase by a new buyer, a look at a known ticket, a look at an item.
    package struct Mix: Sendable, Equatable {
        package var purchases = 1
        package var polls = 0
        package var views = 0

        package init() {}
    }

    package struct Users: Sendable, Equatable {
        /// Percent of purchases by somebody who has asked before, with the same key.
        package var repeatPercent = 0
        /// Percent of buyers who leave the queue after their first place was told.
        package var leavePercent = 0
        /// Buyers who ask again as soon as they are answered, whatever they are told.
        package var bots = 0
        /// How often a buyer comes back after "not now" or a lost answer.
        package var retries = 3

        package init() {}
    }

    /// What the result must keep to; nil is not looked at. That the sale's promises are kept is always looked at.
    package struct Thresholds: Sendable, Equatable {
        package var p99Milliseconds: Double?
        package var p999Milliseconds: Double?
        package var refusedP99Milliseconds: Double?
        package var acceptedPerSecond: Double?
        package var answeredPerSecond: Double?
        package var errors: Int64? = 0
        package var finalWithinSeconds: Double?

        package init() {}
    }

    package var name = "unnamed"
    package var about = ""
    package var items = Items()
    package var arrivals = Arrivals()
    package var connections = 64
    package var idleConnections = 0
    package var mix = Mix()
    package var users = Users()
    /// How long after the last arrival accepted buyers may wait for their final answer.
    package var drainSeconds = 10.0
    package var thresholds = Thresholds()

    package init() {}

    /// Arrivals a second over the whole time, a spike's crowd included.
    package var meanPerSecond: Double {
        guard case .spike(let buyers, _) = arrivals.shape else { return arrivals.perSecond }
        return arrivals.perSecond + buyers / arrivals.seconds
    }

    /// Sets the mean rate and keeps the shape.
    package mutating func scale(toPerSecond rate: Double) {
        let mean = meanPerSecond
        guard mean > 0 else { return arrivals.perSecond = rate }
        arrivals.perSecond *= rate / mean
        if case .spike(let buyers, let decay) = arrivals.shape {
            arrivals.shape = .spike(buyers: buyers * rate / mean, decay: decay)
        }
    }
}
