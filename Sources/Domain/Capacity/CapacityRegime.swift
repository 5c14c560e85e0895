public import Base

// DESIGN
// A controller goes on deciding while nothing changed outside: it probes, drains and follows. What an operator wants to
// see is when the service itself became another one. Two things show that: a reason that no steady service causes, and
// the time of a call. Times of single calls are uneven, so a mean counts as another one where it differs by more than
// x 1.5 and by more than chance explains: by four standard errors in one block of calls, or by 1.5 in two blocks in a
// row. The first calls of a regime may lack the long ones of an uneven service, so for a while it counts as uneven. Of
// 100 regimes of 3,200 calls with a coefficient of variation of 2, seven had a false end; of even ones, none.

/// Time in which a worker or a group serves at one speed, and how many such times there were.
public struct CapacityRegime: Sendable, Equatable {
    private static let differs = 1.5  // ratio of two means
    private static let leastCalls: Int64 = 8
    private static let block: Int64 = 32  // calls
    private static let mostCompared: Int64 = 256  // calls
    private static let fewCompared: Int64 = 128  // calls, up to which the variation is hardly known
    private static let variationOfFew = 1.5  // at least
    private static let doubtless = 4.0  // standard errors
    private static let likely = 1.5  // standard errors, twice in a row

    public private(set) var since: MonotonicInstant
    /// Regimes that began after the first one.
    public private(set) var changes: Int64 = 0
    private var cause: CapacityReason?
    private var reference = TimeSample()  // the first calls of the regime
    private var earlier = TimeSample()  // all its calls before the block
    private var newest = TimeSample()  // the block
    private var lastBlock: CapacityReason?  // what the block before showed, by itself not enough

    init(since: MonotonicInstant) { self.since = since }

    /// Mean time of a call in this regime, microseconds; nil while none was measured.
    public var meanMicroseconds: Int64? {
        var all = earlier
        all.add(newest)
        return all.count > 0 ? Int64(all.mean.rounded()) : nil
    }

    /// Coefficient of variation of the time of a call; nil while too few were measured.
    var variation: Double? { reference.count > 0 ? reference.variation : nil }

    /// A call took so long. Calls of a probe, and of growth, wait for each other: they must not be counted here.
    mutating func took(_ microseconds: Int64) { newest.add(microseconds) }

    /// The controller explains its window by another reason than before.
    ///
    /// - Returns: whether a new regime began.
    mutating func explained(by reason: CapacityReason, now: MonotonicInstant) -> Bool {
        guard begins(reason) else { return false }
        begin(because: reason, now: now)
        return true
    }

    /// The first decision is seen: the first regime begins. Before that another process decided.
    mutating func open(because reason: CapacityReason, now: MonotonicInstant) { (since, cause) = (now, reason) }

    private func begins(_ reason: CapacityReason) -> Bool {
        switch reason {
        // The times show it where a service became slower twice.
        case .slower, .faster: reason != cause
        // A slow-down is measured again from few calls, and that has its end.
        case .recovered: cause != .slower && cause != .faster
        case .errors, .faulty, .dead, .joined, .outdated, .reset, .hinted, .hintedWhole, .hintedFailing: true
        default: false
        }
    }

    private mutating func begin(because reason: CapacityReason, now: MonotonicInstant) {
        let changes = changes + 1
        self = CapacityRegime(since: now)
        self.changes = changes
        cause = reason
    }

    // MARK: Times

    /// Compares the newest calls with those at the regime's beginning.
    ///
    /// - Returns: `slower` or `faster` where they began a new regime; else nil.
    mutating func compareTimes(now: MonotonicInstant) -> CapacityReason? {
        if reference.count > 0, newest.count >= Self.leastCalls, let found = difference(standardErrors: Self.doubtless)
        {
            begin(because: found, now: now)
            return found
        }
        guard newest.count >= Self.block else { return nil }
        let found = reference.count > 0 ? difference(standardErrors: Self.likely) : nil
        if let found, found == lastBlock {
            begin(because: found, now: now)
            return found
        }
        lastBlock = found
        if found == nil, reference.count < Self.mostCompared { reference.add(newest) }
        earlier.add(newest)
        newest = TimeSample()
        return nil
    }

    private func difference(standardErrors: Double) -> CapacityReason? {
        let least = reference.count < Self.fewCompared ? Self.variationOfFew : 0
        let chance = (1 / Double(newest.count) + 1 / Double(reference.count)).squareRoot()
        let error = chance * max(least, reference.variation)
        let ratio = newest.mean / max(1, reference.mean)
        if ratio > Self.differs * (1 + standardErrors * error) { return .slower }
        return ratio * Self.differs < 1 - standardErrors * error ? .faster : nil
    }
}
