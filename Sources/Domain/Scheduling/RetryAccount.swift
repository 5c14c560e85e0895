import Base

/// Calls of one worker to its group that no purchase's grant pays for: what it wants, and what it may make.
struct RetryAccount: Sendable {
    private var wanted: Int64 = 0  // as last reported
    private(set) var granted: Int64 = 0  // in this term
    private var seen: Int64 = 0  // of that, as reported
    private(set) var awaiting: Int64 = 0  // in flight and only waiting for a permit
    private var grantedAt = MonotonicInstant(nanoseconds: 0)
    private(set) var isFresh = false  // granted since the last `takeFresh`

    var unused: Int64 { granted - seen }
    /// Wanted, and not on its way.
    var open: Int64 { max(0, wanted - unused) }

    /// - Parameter isOfTerm: whether the worker speaks of the present term.
    mutating func reported(_ report: RetryReport, in frame: WorkerReport, isOfTerm: Bool, now: MonotonicInstant) {
        wanted = report.wanted
        awaiting = min(report.awaiting, frame.inFlight)
        if isOfTerm {
            seen = max(seen, report.allowance)
            granted = max(granted, seen)
        }
        // A beat after it was sent it would have been heard of: it never arrived.
        if frame.isComplete, now - grantedAt > Limits.heartbeat { granted = seen }
        assert(unused >= 0)
    }

    mutating func grantOne(now: MonotonicInstant) {
        precondition(open > 0)
        granted += 1
        grantedAt = now
        isFresh = true
    }

    /// With a new term all counting begins at zero.
    mutating func beginTerm() { (granted, seen, isFresh) = (0, 0, false) }

    /// All that may have been made in this term, where that has changed.
    mutating func takeFresh() -> Int64? {
        defer { isFresh = false }
        return isFresh ? granted : nil
    }
}
