public import Base

// DESIGN
// PACE-latency, for systems that report nothing of themselves: an order service, a database, a bank. Only the time of
// whole calls is seen. `WindowSearch` finds how many calls may be in flight; the pace only spreads bursts, unless a cap
// is declared, which always wins. More errors than answers halve the window, again and again down to one call, and it
// doubles when calls are answered again; where that happens twice at the same rate, the rate leaves a ceiling. A reply
// to an older call shows the state before the last change, so a call counts where it was sent. Doubles are used for
// ratios only; every step is bounded, so that no input makes them infinite.

/// How many calls a downstream group may have in flight and how fast they may go out, from how its calls went.
public struct LatencyController: Sendable {
    public enum Mode: String, Sendable {
        /// Growing from a few calls on.
        case start
        /// Most calls failed: fewer, until they are answered.
        case relearn
        case hold
        /// A test for more: a little more in flight, in turn.
        case up
        /// A test for less: a little less in flight, in turn.
        case drain
        /// All workers that lead to it are gone.
        case dead
    }

    public static let largest = 65_536.0  // calls

    /// Declared bound, calls a second; nil: none is declared.
    public private(set) var cap: Int64?
    /// Calls a second that go out whatever was measured; the cap still wins.
    private var floor: Int64?
    private let tuning: Shared<Tuning>
    private var search: WindowSearch
    private var collapses = CollapseMemory()
    private var faults: FaultShare
    private var bucket = LeakyBucket()
    private var lotBeganAt: MonotonicInstant?
    private var ended = (all: Int64(0), failed: Int64(0))  // of a window's worth of calls
    private var failedAt = MonotonicInstant(nanoseconds: 0)
    private var incident: (at: MonotonicInstant, rate1000: Int64)?
    private var isDead = false
    /// The hint that it began with, until enough was measured to replace it.
    private var adopted: CapacityHint?

    public init(
        cap: Int64? = nil, floor: Int64? = nil, hint: CapacityHint? = nil, tuning: Shared<Tuning> = Tuning.standard,
        now: MonotonicInstant
    ) {
        self.cap = cap.map { min(max(1, $0), 1_000_000) }
        self.floor = floor
        self.tuning = tuning
        faults = FaultShare(tuning)
        search = WindowSearch(tuning: tuning, window: Int(tuning.value.coldWindow), now: now)
        guard let hint, hint.rate1000 > 1, hint.unloadedMicroseconds > 0 else { return }
        collapses.adopt(hint, now: now)
        adopted = hint
        let believed = hint.standing == .failing ? rateWhileBroken : hint.believed1000
        let busy = Double(believed) * Double(hint.unloadedMicroseconds) / 1e9
        let window = hint.standing == .failing ? 1 : max(tuning.value.coldWindow, min(Self.largest, busy))
        search = WindowSearch(
            tuning: tuning, window: Int(window), isBroken: hint.standing == .failing, now: now)
        search.assume(
            rate1000: believed, unloaded: Double(hint.unloadedMicroseconds),
            window: hint.standing == .measured ? Int(2 * window) : nil)
        search.explain(hint.reason)
    }

    public var mode: Mode {
        if isDead { return .dead }
        if search.isBroken { return .relearn }
        if search.isGrowing { return .start }
        return search.test.map { $0.isMore ? .up : .drain } ?? .hold
    }

    /// The rate that is believed of a group that broke, until it is measured again; per 1,000 s.
    private var rateWhileBroken: Int64 {
        let (collapse, least) = (tuning.value.collapse, tuning.value.leastPace1000)
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
        let least = floor.map { Double($0) * search.measures.unloaded / 1e6 } ?? 1
        let window = max(min(Double(search.window), mostForCap), min(Self.largest, least))
        return max(1, Int64(window + 0.5))
    }

    /// What a declared cap can have in flight, and a little more; the search sees no queue that the cap prevents.
    private var mostForCap: Double {
        guard let cap, search.measures.mean > 0 else { return Self.largest }
        let time = search.measures.mean + search.cohorts.dispatch
        return Double(cap) * time / 1e6 * tuning.value.capShare + 1
    }

    /// Mean time of a call.
    public var callTime: TimeSpan { .microseconds(Int64(search.measures.mean)) }

    // MARK: Pace

    /// Calls per 1,000 s that may go out.
    public var pace1000: Int64 {
        var pace = cap.map { Double($0) * 1_000 } ?? max(tuning.value.leastColdPace, search.pace * 1_000)
        if let ceiling = collapses.ceiling1000 { pace = min(pace, Double(ceiling)) }
        // One after the other it may get calls as fast as at a cold start.
        if mode == .relearn { pace = max(pace, tuning.value.leastColdPace) }
        if let floor { pace = max(pace, Double(floor) * 1_000) }
        if let cap { pace = min(pace, Double(cap) * 1_000) }
        return min(RateMemory.fastest, Int64(max(Double(tuning.value.leastPace1000), pace)))
    }

    /// The pace of the bucket: in any second at most the cap and one more, though tokens of some milliseconds gather.
    /// Three tenths of a call are left for what the way to the service takes now more, now less.
    private var bucketPace1000: Int64 {
        let pace = pace1000
        guard let cap else { return pace }
        let late = Limits.lotSpan.wholeMilliseconds
        return max(tuning.value.leastPace1000, min(pace, (cap * 1_000 + 300) * 1_000 / (1_000 + late)))
    }

    /// Calls that go out together under a declared cap, where it permits so many in a few milliseconds and the window
    /// has room: each lot costs the store a call. Where the pace is searched for, lots would look like a queue.
    private func lot(room: Int64) -> Int64 {
        cap == nil ? 1 : max(1, min(room, bucketPace1000 * Limits.lotSpan.wholeMilliseconds / 1_000_000))
    }

    /// Calls that the pace permits now, none before they are a lot. What is left of a lot goes out in the same turn.
    ///
    /// - Parameter room: calls that the window has room for; the caller checks that.
    public mutating func tokens(room: Int64 = .max, now: MonotonicInstant) -> Int64 {
        guard mode != .dead else { return 0 }
        let late = cap == nil ? Limits.grantGrain : Limits.lotSpan  // no token is lost meanwhile
        let tokens = bucket.tokens(pace1000: bucketPace1000, burst: 1, slack: late, now: now)
        if lotBeganAt == nil || tokens >= lot(room: room) { lotBeganAt = now }
        return lotBeganAt == now ? tokens : 0
    }

    /// Time from the last call of `tokens` until there are some.
    public func wait(room: Int64 = .max) -> TimeSpan {
        bucket.wait(for: lot(room: room), pace1000: bucketPace1000)
    }

    /// `count` calls go out; `inFlight` with them.
    public mutating func sent(_ count: Int64, inFlight: Int64, now: MonotonicInstant) {
        bucket.take(count)
        collapses.sent(count, now: now)
        search.sent(Int(count), inFlight: Int(inFlight), isFull: inFlight >= window, now: now)
    }

    /// Calls that went out without a token, as the retries of workers of older releases do.
    public mutating func charge(_ count: Int64, now: MonotonicInstant) {
        bucket.take(count)
        collapses.sent(count, now: now)
    }

    /// The end of `count` calls will never be reported: their grants were given back, or a report was lost.
    public mutating func withdrawn(_ count: Int64, now: MonotonicInstant) {
        guard mode != .dead, count > 0 else { return }
        collapses.withdrawn(count)
        search.withdrawn(Int(min(count, 1 << 32)))
    }

    // MARK: Replies

    /// A call ended after `latency`; `isAnswered` where it did its work in time.
    ///
    /// - Parameter dispatch: time that passed besides between `sent` and this call.
    public mutating func finished(
        latency: TimeSpan, dispatch: TimeSpan = .zero, isAnswered: Bool, now: MonotonicInstant
    ) {
        guard mode != .dead else { return }
        let sentAt = now + .nanoseconds(-latency.nanoseconds - dispatch.nanoseconds)
        if sentAt >= failedAt {
            ended.all += 1
            if !isAnswered { ended.failed += 1 }
        }
        if search.isBroken, window == 1, faults.took(isAnswered: isAnswered, now: now) { return acceptFaults(now: now) }
        if faults.isCollapse(failed: ended.failed, of: ended.all) { return backOff(now: now) }
        search.finished(
            microseconds: Double(latency.wholeMicroseconds), dispatch: Double(dispatch.wholeMicroseconds),
            isAnswered: isAnswered, sentAt: sentAt, now: now)
        guard ended.all >= max(10, window) else { return }
        faults.saw(failed: ended.failed, of: ended.all)
        ended = (0, 0)
        if collapses.creep(tuning.value.collapse, now: now) { search.explain(.raisedCeiling) }
    }

    /// There is nothing to send: what comes back now does not show what the group can bear.
    public mutating func interruptRound(now: MonotonicInstant) { search.interrupt(now: now) }

    /// Errors: the rate that broke it is remembered, and the window halves.
    private mutating func backOff(now: MonotonicInstant) {
        // Errors that come once have many causes; those that come again, where it was fast again, are of the load.
        let rate = search.measures.rates.newest
        let isAgain =
            incident.map {
                now - $0.at > tuning.value.collapse.incident && now - $0.at <= tuning.value.failsAgain
                    && rate * 4 >= $0.rate1000 * 3
            } ?? false
        if isAgain || collapses.ceiling1000 != nil {
            if search.isBroken {
                collapses.isStillBroken(now: now)  // hardly anything was sent: that leaves no ceiling
            } else {
                _ = collapses.broke(rate1000: rate, tuning.value.collapse, now: now)
            }
        }
        incident = (now, search.isBroken ? incident?.rate1000 ?? rate : rate)
        search.failed(now: now)
        failedAt = now
        adopted = nil
        ended = (0, 0)
    }

    /// The errors are the service's own: no ceiling was found, and it goes on with them.
    private mutating func acceptFaults(now: MonotonicInstant) {
        collapses = CollapseMemory()
        adopted = nil
        ended = (0, 0)
        incident = nil
        search.accept(now: now)
        search.explain(.faulty)
    }

    // MARK: Life

    public mutating func die() {
        isDead = true
        search.explain(.dead)
    }

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
        self = LatencyController(cap: cap, floor: floor, hint: hint, tuning: tuning, now: now)
        bucket = paid
    }

    // MARK: State

    public var snapshot: CapacitySnapshot {
        CapacitySnapshot(
            mode: mode.rawValue, reason: search.reason, window: window, pace1000: pace1000,
            rate1000: search.measures.rates.best, unloadedMicroseconds: Int64(search.measures.unloaded),
            ceiling1000: collapses.ceiling1000, brokenAt: collapses.ceiling1000.map { _ in collapses.brokenAt })
    }

    /// For the next leader; nil while nothing was measured.
    public func hint(now: MonotonicInstant) -> CapacityHint? {
        let rates = search.measures.rates
        guard rates.best > 0, search.measures.unloaded > 0, mode != .dead else { return nil }
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
            rate1000: rates.best, unloadedMicroseconds: Int64(search.measures.unloaded),
            ceiling1000: collapses.ceiling1000, standing: standing, calmMilliseconds: calm)
    }
}
