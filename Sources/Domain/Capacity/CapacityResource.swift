public import Base

/// What the scheduler measured of one worker or group, and what it may have; to be published.
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
    /// What its controller decided lately, in this process.
    public var journal: CapacityJournal
    /// How long work waited for it and it completed less than 90 % of what its regimes had shown; nil of a worker
    /// before a group, which bounds it.
    public var timeBelow: TimeSpan?
}
