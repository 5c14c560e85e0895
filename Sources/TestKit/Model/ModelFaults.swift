public import Base

/// What may go wrong between a process and the store, until an end.
public struct ModelFaults: Sendable {
    /// Calls with which the connection is lost, before they are carried out or after.
    public var brokenPerMille: Int64 = 0
    /// Of the calls under way on a lost connection: those that are carried out later all the same.
    public var latePerMille: Int64 = 0
    // Of messages:
    public var lostPerMille: Int64 = 0
    public var doubledPerMille: Int64 = 0
    public var delayedPerMille: Int64 = 0  // by up to `longestDelay`, so that they overtake each other
    public var longestDelay = TimeSpan.milliseconds(300)
    public var end = TimeSpan.zero

    public init() {}

    func isOver(_ now: MonotonicInstant) -> Bool { now.nanoseconds >= end.nanoseconds }
}
