public import Base

// DESIGN
// PACE-latency, for what we cannot look into: an order service, a database, a bank. Only the time of whole calls is
// seen, so the time without a queue is inferred: rounds of replies to calls that were sent within the round (a reply to
// an older call says how it was before the last change), a short drain below the knee to measure without a queue, and a
// careful probe above it that is kept only if the throughput really rose. A confirmed slow-down (the median, twice, so
// that a pause is none) measures again from few calls; errors go back to one call and leave a ceiling. A declared cap
// always wins. Doubles are used for ratios only; every step is bounded, so that no input makes them infinite.

/// How many calls a downstream group may have in flight and how fast they may go out, from how its calls went.
public struct LatencyController: Sendable {
    public enum Mode: String, Sendable {
        /// Growing from two calls on, or from what is left after it was measured again.
        case start
        /// Few calls, to learn the time of one without a queue.
        case relearn
        case hold
        /// A probe: a little more in flight.
        case up
        /// A little less in flight, so that the queue empties.
        case drain
        /// All who lead to it are gone.
        case dead
    }

    public static let largest = 65_536.0  // calls
    static let longest = 3_600_000_000.0  // microseconds, a call

    public internal(set) var mode = Mode.start
    public internal(set) var reason = CapacityReason.coldStart
    /// Calls a second that it is declared to bear; nil: none is declared.
    public private(set) var cap: Int64?
    /// Calls a second that are let out at any rate, whatever was learnt; the cap still wins.
    public var floor: Int64?

    var opened = 2.0  // calls in flight
    var base = 0.0  // microseconds of one call without a queue; 0: unknown
    var baseReplies = 0.0  // that `base` is the mean of, while it starts
    var rates = RateMemory()
    /// What it began with, until enough was measured to say something else.
    var adopted: CapacityHint?
    var growth: Double
    var best = 0.0  // highest rate of the start, per 1,000 s
    var flat = 0  // rounds of the start without gain
    var held = 0  // rounds since the last probe
    var gap = 5  // rounds between probes
    var probedAt: MonotonicInstant?
    var probeRest = TimeSpan.seconds(4)
    var slow = 0  // rounds in a row that were too slow
    var fast = 0
    var fastMean = 0.0
    var lastMean = 0.0
    var probedFrom = 1.0  // window before the probe
    var rateBefore = 0.0  // per 1,000 s, before the probe
    var collapses = CollapseMemory()
    var faults = FaultShare()
    private var bucket = LeakyBucket()
    var round: LatencyRound
    private(set) var delivered: Int64 = 0

    public init(cap: Int64? = nil, floor: Int64? = nil, hint: CapacityHint? = nil, now: MonotonicInstant) {
        self.cap = cap.map { min(max(1, $0), 1_000_000) }
        self.floor = floor
        growth = cap == nil ? Self.carefulGrowth : 2
        round = LatencyRound(began: now)
        guard let hint, hint.rate1000 > 1, hint.baseMicroseconds > 0 else { return }
        base = Double(hint.baseMicroseconds)
        collapses.adopt(hint, now: now)
        rates.assume(hint.standing == .failing ? rateWhileBroken : hint.believed1000)
        best = Double(rates.best)
        opened = max(2, min(Self.largest, busy))
        adopted = hint
        reason = hint.reason
        switch hint.standing {
        case .measured, .growing: break
        case .relearning: (mode, opened) = (.relearn, max(1, min(Self.largest, busy)))
        case .failing: (mode, opened) = (.relearn, 1)
        }
    }

    /// What is believed of one that broke, until it was measured again; per 1,000 s.
    var rateWhileBroken: Int64 { max(1_000, (collapses.ceiling1000 ?? 1_000) * 3 / 10) }

    /// The growth of the start where nobody declared how much it bears: the cliff may be near.
    static let carefulGrowth = 1.4

    /// Another cap was declared; nil takes it away.
    public mutating func declare(cap: Int64?, floor: Int64?) {
        let cap = cap.map { min(max(1, $0), 1_000_000) }
        self.floor = floor
        guard cap != self.cap else { return }
        self.cap = cap
        reason = .capChanged
    }

    /// Calls in flight, `1...largest`; 0 when dead.
    public var window: Int64 {
        guard mode != .dead else { return 0 }
        let least = floor.map { Double($0) * base / 1e6 } ?? 1
        return max(1, Int64(max(opened, min(Self.largest, least)) + 0.5))
    }

    /// Calls that would be in flight without a queue at the best rate seen lately.
    var busy: Double { min(Self.largest, Double(rates.best) * base / 1e9) }

    // MARK: Pace

    /// Calls per 1,000 s that may go out.
    public var pace1000: Int64 {
        let rate = Double(rates.best)
        var pace: Double
        if let cap {
            pace = Double(cap) * 1_000
        } else if rate == 0 {
            // What the window alone would let through, as soon as one reply says how long a call takes.
            pace = max(10_000, round.times.first.map { opened * 1e9 / $0 } ?? 0)
        } else {
            switch mode {
            // Towards an unknown cliff it does not grow once a queue shows.
            case .start, .relearn, .dead:
                pace = rate * (isOnKnownGround ? 2 : base == 0 || lastMean <= 1.2 * base ? growth : 1.12)
            case .hold, .drain: pace = rate * 1.12
            case .up: pace = rate * 1.15 + 1_000
            }
        }
        if let ceiling = collapses.ceiling1000 { pace = min(pace, Double(ceiling)) }
        if mode == .relearn { pace = max(pace, 10_000) }  // one after the other it may take them as at a cold start
        if let floor { pace = max(pace, Double(floor) * 1_000) }
        if let cap { pace = min(pace, Double(cap) * 1_000) }
        return min(RateMemory.fastest, Int64(max(1_000, pace)))
    }

    /// In any second at most the cap and one more, with what a timer may be late by.
    private var bucketPace1000: Int64 {
        let pace = pace1000
        guard let cap else { return pace }
        let grain = Limits.grantGrain.wholeMilliseconds
        return max(1_000, min(pace, (cap + 1) * 1_000_000 / (1_000 + grain) - 1))
    }

    /// Calls that the pace lets go now; the window is the caller's to look at.
    public mutating func tokens(now: MonotonicInstant) -> Int64 {
        mode == .dead
            ? 0 : bucket.tokens(pace1000: bucketPace1000, burst: 1, slack: Limits.grantGrain, now: now)
    }

    /// From the last look at the tokens until the next one comes.
    public var wait: TimeSpan { bucket.wait(pace1000: bucketPace1000) }

    /// `count` calls go out; `inFlight` with them.
    public mutating func sent(_ count: Int64, inFlight: Int64, now: MonotonicInstant) {
        bucket.take(count)
        collapses.sent(count, now: now)
        if inFlight >= window { round.wasFull = true }
        round.sent(count, need: need, now: now)
    }

    /// Calls that went out without being asked for here, as retries do.
    public mutating func charge(_ count: Int64, now: MonotonicInstant) {
        bucket.take(count)
        collapses.sent(count, now: now)
    }

    /// So many of the calls that were sent will never be heard of: their grants were given back, or a report was lost.
    /// A round does not wait for them, else it would never end; for what is under way it waits, however long it takes.
    public mutating func withdrawn(_ count: Int64, now: MonotonicInstant) {
        guard mode != .dead, count > 0 else { return }
        collapses.withdrawn(count)
        round.withdrawn(count, need: need)
        if round.isOver { endRound(now: now) }
    }

    // MARK: Replies

    /// A call ended after `latency`; `isAnswered` where it did its work in time.
    ///
    /// - Parameter way: what passed besides, between `sent` and this.
    public mutating func finished(
        latency: TimeSpan, way: TimeSpan = .zero, isAnswered: Bool, now: MonotonicInstant
    ) {
        guard mode != .dead else { return }
        delivered &+= 1
        round.delivered += 1
        if !isAnswered { round.failed += 1 }
        round.take(latency, sentFor: latency + way, now: now)
        if mode == .relearn, opened <= 1, faults.took(isAnswered: isAnswered, now: now) {
            return acceptFaults(now: now)
        }
        if faults.isCollapse(failed: round.failed, of: round.delivered) { return backOff(now: now) }
        if round.isOver { endRound(now: now) }
    }

    /// There is nothing to send: what comes back now says nothing of what could be borne.
    public mutating func rest(now: MonotonicInstant) {
        if round.delivered > 0 || round.wasFull { round = LatencyRound(after: round, now: now) }
    }

    // MARK: Life

    public mutating func die() {
        mode = .dead
        reason = .dead
    }

    /// Somebody leads to it again.
    public mutating func join(now: MonotonicInstant) {
        guard mode == .dead else { return }
        beginAnew(because: .joined, now: now)
    }

    /// What was measured holds no more; what broke it is remembered.
    mutating func beginAnew(because why: CapacityReason, now: MonotonicInstant) {
        let remembered = collapses
        renew(hint: nil, now: now)
        collapses = remembered
        reason = why
    }

    /// Another leader knows more.
    mutating func begin(with hint: CapacityHint, now: MonotonicInstant) { renew(hint: hint, now: now) }

    /// An operator says that all which was learnt is wrong.
    mutating func reset(now: MonotonicInstant) {
        renew(hint: nil, now: now)
        reason = .reset
    }

    /// What went out lately went out: the pace holds on.
    private mutating func renew(hint: CapacityHint?, now: MonotonicInstant) {
        let paid = bucket
        self = LatencyController(cap: cap, floor: floor, hint: hint, now: now)
        bucket = paid
    }

    public var snapshot: CapacitySnapshot {
        CapacitySnapshot(
            mode: mode.rawValue, reason: reason, window: window, pace1000: pace1000, rate1000: rates.best,
            baseMicroseconds: Int64(base), ceiling1000: collapses.ceiling1000,
            brokenAt: collapses.ceiling1000.map { _ in collapses.brokenAt })
    }

    /// For the next leader; nil while nothing is known.
    public func hint(now: MonotonicInstant) -> CapacityHint? {
        guard rates.best > 0, base > 0, mode != .dead else { return nil }
        let calm = collapses.calmMilliseconds(now: now)
        if var hint = adopted, rates.isAssumed || mode == .start && rates.best < hint.rate1000 {
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
            rate1000: rates.best, baseMicroseconds: Int64(base), ceiling1000: collapses.ceiling1000,
            standing: standing, calmMilliseconds: calm)
    }
}
