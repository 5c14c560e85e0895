import Base

/// The retries of one worker: how many it wants to make, and how many it may.
struct RetryAccount: Sendable {
    private var wanted: Int64 = 0  // as last reported
    private(set) var granted: Int64 = 0  // in this term
    private var seen: Int64 = 0  // how many of those the worker knows of
    private(set) var awaiting: Int64 = 0  // purchases in flight that only wait for a permit
    private var grantedAt = MonotonicInstant(nanoseconds: 0)
    private(set) var isFresh = false  // granted since the last `takeFresh`

    var unused: Int64 { granted - seen }
    /// Wanted, and not granted yet.
    var open: Int64 { max(0, wanted - unused) }

    /// - Parameter isOfTerm: whether the report is of the present term.
    mutating func reported(_ report: RetryReport, in frame: WorkerReport, isOfTerm: Bool, now: MonotonicInstant) {
        wanted = report.wanted
        awaiting = min(report.awaiting, frame.inFlight)
        if isOfTerm {
            seen = max(seen, report.allowance)
            granted = max(granted, seen)
        }
        // The worker would know by now of what was sent a heartbeat ago: it never arrived.
        if frame.isComplete, now - grantedAt > Limits.heartbeat { granted = seen }
        assert(seen >= 0 && unused >= 0)
    }

    mutating func grantOne(now: MonotonicInstant) {
        precondition(open > 0, "a permit that no worker wants")
        granted += 1
        grantedAt = now
        isFresh = true
    }

    /// With a new term all counting begins at zero.
    mutating func beginTerm() { (granted, seen, isFresh) = (0, 0, false) }

    /// All permits of this term; nil where there were none since this was last called.
    mutating func takeFresh() -> Int64? {
        defer { isFresh = false }
        return isFresh ? granted : nil
    }
}
