import Base

/// What a worker reports of the service behind its sink.
public struct SinkReport: Sendable, Equatable {
    public enum Result: Sendable, CaseIterable { case answered, busy, unknown }

    public struct Call: Sendable, Equatable {
        public var microseconds: Int64  // from sending to the end of the answer
        public var result: Result

        public init(microseconds: Int64, result: Result) {
            self.microseconds = microseconds
            self.result = result
        }
    }

    /// Workers of one group share its capacity: `Limits.groupName` bytes without spaces.
    public var group: String
    public var capPerSecond: Int64?  // declared
    public var floorPerSecond: Int64?  // declared
    public var breaker: BreakerState
    /// Calls that ended since the last report; `calls` lists at most `Limits.timesReported` of them.
    public var callCount: Int64
    public var calls: [Call]

    public init(
        group: String, capPerSecond: Int64? = nil, floorPerSecond: Int64? = nil, breaker: BreakerState = .closed,
        calls: [Call] = [], callCount: Int64? = nil
    ) {
        self.group = group
        self.capPerSecond = capPerSecond
        self.floorPerSecond = floorPerSecond
        self.breaker = breaker
        self.calls = Array(calls.prefix(Limits.timesReported))
        self.callCount = callCount ?? Int64(calls.count)
    }
}
