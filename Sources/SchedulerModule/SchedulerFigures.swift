/// Counters of one scheduler process.
public struct SchedulerFigures: Sendable {
    public var terms: UInt64 = 0
    public var grants: UInt64 = 0
    public var retries: UInt64 = 0  // messages with permits for retries
    public var reports: UInt64 = 0
    public var completed: UInt64 = 0
    public var reaped: UInt64 = 0
    public var workersLost: UInt64 = 0
}
