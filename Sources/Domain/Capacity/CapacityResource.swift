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
}
