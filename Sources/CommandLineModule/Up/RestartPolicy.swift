public import Base

/// How long to wait before a process that died is started again: not at all the first time, then doubling, at most
/// one second, and from the beginning once it has run for a while.
public struct RestartPolicy: Sendable, Equatable {
    public static let firstDelay = TimeSpan.milliseconds(50)
    public static let longestDelay = TimeSpan.seconds(1)
    /// A run of this length was a good one.
    public static let goodRun = TimeSpan.seconds(2)

    /// Deaths since the last good run.
    public private(set) var deaths = 0
    private var startedAt: MonotonicInstant?

    public init() {}

    public mutating func started(now: MonotonicInstant) { startedAt = now }

    /// - Returns: the wait before the next start, zero to `longestDelay`.
    public mutating func died(now: MonotonicInstant) -> TimeSpan {
        if let startedAt, now - startedAt >= Self.goodRun { deaths = 0 }
        startedAt = nil
        deaths += 1
        guard deaths > 1 else { return .zero }
        return min(Self.longestDelay, Self.firstDelay * (1 << Int64(min(deaths - 2, 10))))
    }
}
