public import Base

// DESIGN
// The bank of the goals: what breaks it is how many calls come in a second, not how many are in it. Broken it is slow
// and fails most calls, until the calls have been few for a while. The same rule as that of the order service that the
// goals are measured with by real processes.

/// A service that breaks where too many calls come in any second.
public struct RateCliff: Sendable {
    public struct Settings: Sendable {
        public var above: Int  // calls in a second that it bears
        public var factor = 8.0  // of the time of the calls that begin while it is broken
        public var perMille: Int64 = 900  // of them fail
        public var calmCalls = 15  // in a second, after which it is calm
        public var calm = TimeSpan.seconds(2)  // until it works again

        public init(above: Int) { self.above = above }
    }

    private static let second = TimeSpan.seconds(1)

    let settings: Settings
    private var calls: ArraySlice<MonotonicInstant> = []  // of the last second, as of the last call
    private var busyUntil: MonotonicInstant?  // the last second with more calls than are calm ends here
    private var brokenUntil: MonotonicInstant?
    private(set) var collapses = 0

    init(_ settings: Settings) { self.settings = settings }

    /// One call comes; `now` never goes back.
    mutating func called(now: MonotonicInstant) {
        calls.append(now)
        while let first = calls.first, now - first >= Self.second { calls.removeFirst() }
        if calls.count > settings.calmCalls {
            busyUntil = calls[calls.endIndex - 1 - settings.calmCalls] + Self.second
        }
        if isBroken(now: now) {
            if let busyUntil, let until = brokenUntil { brokenUntil = max(until, busyUntil + settings.calm) }
        } else if calls.count > settings.above, let busyUntil {
            collapses += 1
            brokenUntil = busyUntil + settings.calm
        }
    }

    func isBroken(now: MonotonicInstant) -> Bool { brokenUntil.map { now < $0 } ?? false }
}
