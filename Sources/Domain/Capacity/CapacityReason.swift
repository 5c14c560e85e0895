/// Why a controller last changed what it lets out.
public enum CapacityReason: String, Sendable, CaseIterable {
    case coldStart = "cold start"
    case hinted = "what the last leader knew, halved"
    case growing = "more in flight brought more throughput"
    case settled = "more in flight brought no more throughput"
    case following = "follows rate and time"
    case slower = "confirmed slow-down"
    case faster = "confirmed speed-up"
    case probing = "probes for more"
    case gained = "the probe brought more"
    case draining = "drains a moment to measure without a queue"
    case errors = "errors: back to one, the rate that broke it is remembered"
    case faulty = "errors stay however little is sent: they are its own, starts anew"
    case recovered = "answers again: starts anew"
    case raisedCeiling = "a calm while: the ceiling rises"
    case capChanged = "another cap was declared"
    case joined = "came back: starts anew"
    case dead = "not heard of"
    case otherSink = "places no orders, and other workers do: no grants"
}

/// What is published of one controller.
public struct CapacitySnapshot: Sendable, Equatable {
    public var mode: String
    public var reason: CapacityReason
    public var window: Int64  // purchases in flight, 0 when dead
    public var pace1000: Int64?  // purchases per 1,000 s that may go out; nil: not limited yet
    public var rate1000: Int64  // completions per 1,000 s, measured; 0 when unknown
    public var baseMicroseconds: Int64  // one purchase without a queue; 0 when unknown
    public var ceiling1000: Int64?  // per 1,000 s, left by a collapse
}

/// What a leader leaves behind of a controller, so that the next one need not begin from nothing.
public struct CapacityHint: Sendable, Equatable {
    public var rate1000: Int64
    public var baseMicroseconds: Int64
    public var ceiling1000: Int64?

    public init(rate1000: Int64, baseMicroseconds: Int64, ceiling1000: Int64? = nil) {
        self.rate1000 = min(max(0, rate1000), RateMemory.fastest)
        self.baseMicroseconds = min(max(0, baseMicroseconds), 3_600_000_000)
        self.ceiling1000 = ceiling1000.map { min(max(1_000, $0), RateMemory.fastest) }
    }
}
