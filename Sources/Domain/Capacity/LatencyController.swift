public import Base

// DESIGN
// PACE-latency, for systems that report nothing of themselves: an order service, a database, a bank. Only the time of
// whole calls is seen, so the time without a queue (the unloaded latency) is inferred: by measurement rounds of replies
// to calls that were sent within the round (a reply to an older call shows the state before the last change), by a
// short drain below the knee to measure without a queue, and by a careful probe above it that is kept only if the
// throughput rose. A confirmed slow-down (the median, twice, so that a pause is none) measures again from few calls;
// errors go back to one call and leave a ceiling. A declared cap always wins. Doubles are used for ratios only; every
// step is bounded, so that no input makes them infinite. What goes out and comes back is counted here; `LatencySearch`
// decides from round to round.

/// How many calls a downstream group may have in flight and how fast they may go out, from how its calls went.
public struct LatencyController: Sendable {
    public enum Mode: String, Sendable {
        /// Growing from two calls on, or from what was measured again.
        case start
        /// Few calls, to measure the time of one without a queue.
        case relearn
        case hold
        /// A probe: a little more in flight.
        case up
        /// A little less in flight, so that the queue empties.
        case drain
        /// All workers that lead to it are gone.
        case dead
    }

    public static let largest = 65_536.0  // calls

    /// Declared bound, calls a second; nil: none is declared.
    public private(set) var cap: Int64?
    /// Calls a second that go out whatever was measured; the cap still wins.
    private var floor: Int64?
    private var search: LatencySearch
    private var collapses = CollapseMemory()
    private var faults: FaultShare
    private var bucket = LeakyBucket()
    private var round: LatencyRound

    public init(
        cap: Int64? = nil, floor: Int64? = nil, hint: CapacityHint? = nil, tuning: Shared<Tuning> = Tuning.standard,
        now: MonotonicInstant
    ) {
        self.cap = cap.map { min(max(1, $0), 1_000_000) }
        self.floor = floor
        search = LatencySearch(tuning: tuning, isCapped: cap != nil)
        faults = FaultShare(tuning)
        round = LatencyRound(began: now)
        guard let hint, hint.rate1000 > 1, hint.unloadedMicroseconds > 0 else { return }
        collapses.adopt(hint, now: now)
        search.adopt(hint, rateWhileBroken: rateWhileBroken)
    }

    public var mode: Mode { search.mode }

    /// The rate that is believed of a group that broke, until it is measured again; per 1,000 s.
    private var rateWhileBroken: Int64 {
        let (collapse, least) = (search.tuning.collapse, search.tuning.leastPace1000)
        return max(least, (collapses.ceiling1000 ?? least) * collapse.believedPercent / 100)
    }

    /// Another cap was declared; nil takes it away.
    public mutating func declare(cap: Int64?, floor: Int64?) {
        let cap = cap.map { min(max(1, $0), 1_000_000) }
        self.floor = floor
        guard cap != self.cap else { return }
        self.cap = cap
        search.explain(.capChanged)
    }

    /// Calls in flight, `1...largest`; 0 when dead.
    public var window: Int64 {
        guard mode != .dead else { return 0 }
        let least = floor.map { Double($0) * search.unloaded / 1e6 } ?? 1
        return max(1, Int64(max(search.windowSize, min(Self.largest, least)) + 0.5))
    }

    // MARK: Pace

    /// Calls per 1,000 s that may go out.
    public var pace1000: Int64 {
        var pace =
            cap.map { Double($0) * 1_000 }
            ?? search.pace(firstTime: round.times.first, ceiling1000: collapses.ceiling1000)
        if let ceiling = collapses.ceiling1000 { pace = min(pace, Double(ceiling)) }
        // One after the other it may get calls as fast as at a cold start.
        if mode == .relearn { pace = max(pace, search.tuning.leastColdPace) }
        if let floor { pace = max(pace, Double(floor) * 1_000) }
        if let cap { pace = min(pace, Double(cap) * 1_000) }
        return min(RateMemory.fastest, Int64(max(Double(search.tuning.leastPace1000), pace)))
    }

    /// The pace of the bucket: in any second at most the cap and one more, though a timer may be late.
    private var bucketPace1000: Int64 {
        let pace = pace1000
        guard let cap else { return pace }
        let grain = Limits.grantGrain.wholeMilliseconds
        return max(search.tuning.leastPace1000, min(pace, (cap + 1) * 1_000_000 / (1_000 + grain) - 1))
    }

    /// Calls that the pace permits now; the caller checks the window.
    public mutating func tokens(now: MonotonicInstant) -> Int64 {
        mode == .dead
            ? 0 : bucket.tokens(pace1000: bucketPace1000, burst: 1, slack: Limits.grantGrain, now: now)
    }

    /// Time from the last call of `tokens` until there is a token.
    public var wait: TimeSpan { bucket.wait(pace1000: bucketPace1000) }

    /// `count` calls go out; `inFlight` with them.
    public mutating func sent(_ count: Int64, inFlight: Int64, now: MonotonicInstant) {
        bucket.take(count)
        collapses.sent(count, now: now)
        round.sent(count, need: search.need, fills: inFlight >= window, now: now)
    }

    /// Calls that went out without a token, as the retries of workers of older releases do.
    public mutating func charge(_ count: Int64, now: MonotonicInstant) {
        bucket.take(count)
        collapses.sent(count, now: now)
    }

    /// The end of `count` calls will never be reported: their grants were given back, or a report was lost. A round
    /// does not wait for them, else it would never end. It waits for all that is under way, however long that takes.
    public mutating func withdrawn(_ count: Int64, now: MonotonicInstant) {
        guard mode != .dead, count > 0 else { return }
        collapses.withdrawn(count)
        round.withdrawn(count, need: search.need)
        if round.isOver { endRound(now: now) }
    }

    // MARK: Replies

    /// A call ended after `latency`; `isAnswered` where it did its work in time.
    ///
    /// - Parameter dispatch: time that passed besides between `sent` and this call.
    public mutating func finished(
        latency: TimeSpan, dispatch: TimeSpan = .zero, isAnswered: Bool, now: MonotonicInstant
    ) {
        guard mode != .dead else { return }
        round.take(latency, sentFor: latency + dispatch, isAnswered: isAnswered, now: now)
        if mode == .relearn, search.windowSize <= 1, faults.took(isAnswered: isAnswered, now: now) {
            return acceptFaults(now: now)
        }
        if faults.isCollapse(failed: round.failed, of: round.delivered) { return backOff(now: now) }
        if round.isOver { endRound(now: now) }
    }

    /// There is nothing to send: what comes back now does not show what the group can bear.
    public mutating func interruptRound(now: MonotonicInstant) {
        if round.isTouched { round = LatencyRound(after: round, now: now) }
    }

    private mutating func endRound(now: MonotonicInstant) {
        guard let found = round.finding(search.tuning, window: search.windowSize, now: now) else {
            return round = LatencyRound(after: round, now: now)
        }
        faults.saw(failed: round.failed, of: round.delivered)
        if collapses.creep(search.tuning.collapse, now: now) { search.explain(.raisedCeiling) }
        let isBroken =
            faults.isCollapse(failed: round.failed, of: Int64(found.count))
            && Double(round.failed) > search.tuning.brokenShare * found.count
        let bounds = LatencySearch.Bounds(
            cap: cap, ceiling1000: collapses.ceiling1000, window: window, isBroken: isBroken)
        search.learn(found, bounds, now: now)
        round = LatencyRound(began: now)
    }

    /// Errors: the rate that broke it is remembered, and all is measured again from one call.
    private mutating func backOff(now: MonotonicInstant) {
        if mode == .relearn, search.windowSize <= 1 {
            collapses.isStillBroken(now: now)  // hardly anything was sent: that leaves no ceiling
        } else {
            _ = collapses.broke(rate1000: search.rates.newest, search.tuning.collapse, now: now)
        }
        search.backOff(rateWhileBroken: rateWhileBroken)
        round = LatencyRound(began: now)
    }

    /// The errors are the service's own: no ceiling was found, and it begins anew with them.
    private mutating func acceptFaults(now: MonotonicInstant) {
        let known = faults
        self = LatencyController(cap: cap, floor: floor, tuning: search.shared, now: now)
        faults = known
        search.explain(.faulty)
    }

    // MARK: Life

    public mutating func die() { search.die() }

    /// A worker leads to it again.
    public mutating func join(now: MonotonicInstant) {
        guard mode == .dead else { return }
        beginAnew(because: .joined, now: now)
    }

    /// Forgets what was measured, apart from the ceiling.
    mutating func beginAnew(because why: CapacityReason, now: MonotonicInstant) {
        let remembered = collapses
        renew(hint: nil, now: now)
        collapses = remembered
        search.explain(why)
    }

    /// Goes on from what another leader measured.
    mutating func begin(with hint: CapacityHint, now: MonotonicInstant) { renew(hint: hint, now: now) }

    /// Forgets all that was measured: an operator requested it.
    mutating func reset(now: MonotonicInstant) {
        renew(hint: nil, now: now)
        search.explain(.reset)
    }

    /// Begins anew, and keeps the bucket: what went out lately counts for the pace.
    private mutating func renew(hint: CapacityHint?, now: MonotonicInstant) {
        let paid = bucket
        self = LatencyController(cap: cap, floor: floor, hint: hint, tuning: search.shared, now: now)
        bucket = paid
    }

    // MARK: State

    public var snapshot: CapacitySnapshot {
        CapacitySnapshot(
            mode: mode.rawValue, reason: search.reason, window: window, pace1000: pace1000,
            rate1000: search.rates.best, unloadedMicroseconds: Int64(search.unloaded),
            ceiling1000: collapses.ceiling1000, brokenAt: collapses.ceiling1000.map { _ in collapses.brokenAt })
    }

    /// For the next leader; nil while nothing was measured.
    public func hint(now: MonotonicInstant) -> CapacityHint? {
        let rates = search.rates
        guard rates.best > 0, search.unloaded > 0, mode != .dead else { return nil }
        let calm = collapses.calmMilliseconds(now: now)
        if var hint = search.adopted, rates.isAssumed || mode == .start && rates.best < hint.rate1000 {
            (hint.ceiling1000, hint.calmMilliseconds) = (collapses.ceiling1000, calm)
            return hint
        }
        let standing: CapacityHint.Standing =
            switch mode {
            case .start: .growing
            case .relearn: rates.isAssumed ? .failing : .relearning
            case .hold, .up, .drain, .dead: .measured
            }
        return CapacityHint(
            rate1000: rates.best, unloadedMicroseconds: Int64(search.unloaded), ceiling1000: collapses.ceiling1000,
            standing: standing, calmMilliseconds: calm)
    }
}
