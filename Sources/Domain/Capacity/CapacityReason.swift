public import Base

/// Why a controller last changed its window or its pace.
public enum CapacityReason: String, Sendable, CaseIterable {
    case coldStart = "cold start"
    case hinted = "what the last leader knew, halved"
    case hintedWhole = "what the last leader knew while it grew"
    case hintedFailing = "failed with the last leader: goes on from one"
    case growing = "more in flight brought more throughput"
    case settled = "more in flight brought no more throughput"
    case following = "follows rate and time"
    case slower = "confirmed slow-down"
    case faster = "confirmed speed-up"
    case probing = "probes for more"
    case gained = "the probe brought more"
    case draining = "fewer in turn, to see whether there is a queue"
    case checking = "calls stay out: back to the window before, until they return"
    case broke = "much slower with more in flight: not tried again for a while"
    case errors = "most calls fail: fewer at once, until they are answered"
    case faulty = "errors stay however little is sent: they are its own, goes on with them"
    case recovered = "answers again"
    case raisedCeiling = "a calm while: the ceiling rises"
    case capChanged = "another cap was declared"
    case joined = "came back: starts anew"
    case dead = "not heard of"
    case otherSink = "places no orders, and other workers do: no grants"
    case outdated = "what was measured is too old: starts anew"
    case reset = "an operator reset it: starts anew"
}

/// What is published of one controller.
public struct CapacitySnapshot: Sendable, Equatable {
    public var mode: String
    public var reason: CapacityReason
    public var window: Int64  // purchases in flight, 0 when dead
    public var pace1000: Int64?  // purchases per 1,000 s that may go out; nil: not limited yet
    public var rate1000: Int64  // completions per 1,000 s, measured; 0 when unknown
    public var unloadedMicroseconds: Int64  // one purchase without a queue; 0 when unknown
    public var ceiling1000: Int64?  // per 1,000 s, left by a collapse
    /// When errors were last taken for a collapse; nil where there is no ceiling.
    public var brokenAt: MonotonicInstant?

    /// Time since errors were last taken for a collapse; nil where there is no ceiling.
    public func ceilingAge(now: MonotonicInstant) -> TimeSpan? { brokenAt.map { max(.zero, now - $0) } }

    public func ceilingReason(now: MonotonicInstant) -> CeilingReason? {
        ceilingAge(now: now).map { $0 > CollapseTuning().calm ? .calm : .errors }
    }
}

/// Why there is a ceiling, and whether it rises.
public enum CeilingReason: String, Sendable, CaseIterable {
    case errors = "errors at this rate: holds until some seconds pass without"
    case calm = "errors at this rate once: rises a little every second"
}
