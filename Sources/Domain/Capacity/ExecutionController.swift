public import Base

// DESIGN
// PACE-exec. A worker reports its execution time apart from its own waiting time, so the time a purchase takes without
// a queue is measured, not guessed. By Little's law the slots really busy are rate x time; the window is that plus a
// small queue, so it follows a worker that becomes slower or faster without any probing. It begins at 2 and doubles
// while the rate still grows. Every completion counts: one that knew only purchases sent within its round would drop
// the long ones for ever. The time of the way (grant, taking, report) is measured as well: taken for shorter than it
// is, the window would lie below the slots, and the worker would starve. Integers, so that a run replays bit for bit;
// rates per 1,000 s, because a worker of long orders completes less than one a second.

/// How many purchases one worker may have in flight and how fast they may go to it, from what it was seen to complete.
public struct ExecutionController: Sendable {
    public enum Mode: Sendable, Equatable {
        /// Doubling; `flat` rounds in a row brought less than 15 % more.
        case start(flat: Int)
        case cruise
        /// It failed: one at a time until it answers again.
        case backOff
        /// Not heard of: nothing goes to it.
        case dead
    }

    /// The least that a grant to the worker and its report back are taken to need, microseconds.
    public static let leastLink: Int64 = 1_000
    public static let largest: Int64 = 1 << 20  // purchases
    static let longest: Int64 = 3_600_000_000  // microseconds, a purchase
    private static let mostCounted: Int64 = 1 << 24  // completions a round
    private static let rememberedLinks = 9
    private static let rememberedTimes = 255

    public internal(set) var mode = Mode.start(flat: 0)
    public internal(set) var reason = CapacityReason.coldStart
    /// Time of one purchase in its slot, microseconds; 0 before the first round.
    public internal(set) var baseMicroseconds: Int64 = 0

    var opened: Int64 = 2
    var rates = RateMemory()
    /// What it began with, until enough was measured to say something else.
    var adopted: CapacityHint?
    private var links: [Int64] = []  // microseconds, newest last
    var link = leastLink
    /// What a grant to the worker and its report back take, microseconds.
    public var linkMicroseconds: Int64 { link }
    var outliers = 0
    var previousRate: Int64 = 0
    var collapses = CollapseMemory()
    private var bucket = LeakyBucket()
    var round = Round()
    var spread: Int64 = 0  // variance of the times over the square of their mean, thousandths
    var rounds = 0
    var roundsLikeOneSlot = 0

    struct Round: Sendable {
        var began: MonotonicInstant?
        var count: Int64 = 0
        var executed: Int64 = 0  // microseconds
        var counted: Int64 = 0  // completions that `executed` is the sum of
        var times: [Int64] = []  // of single completions, else the mean of each report, microseconds
        var failed: Int64 = 0
        var wasFull = true
        var wasHeldBack = false
    }

    public init() {}

    /// - Parameter hint: what the last leader knew of the worker; half of what it measured is believed.
    public init(hint: CapacityHint, now: MonotonicInstant) {
        guard hint.rate1000 > 1, hint.baseMicroseconds > 0 else { return }
        baseMicroseconds = hint.baseMicroseconds
        rates.assume(hint.believed1000)
        opened = max(2, (busy1000 + 500) / 1_000)
        collapses.adopt(hint, now: now)
        adopted = hint
        reason = hint.reason
        if hint.standing == .failing { (mode, opened) = (.backOff, 1) }
    }

    /// Purchases in flight, `1...largest`; 0 when dead.
    public var window: Int64 { if case .dead = mode { 0 } else { opened } }

    /// Leave that a worker may have beyond its window, to use it as soon as there is room in the window: where it has
    /// one purchase at a time, its slot would be idle for the whole way from each report to the next grant.
    public var ahead: Int64 { mode == .cruise && opened == 1 && isBetterAlone ? 1 : 0 }

    /// Completions per second as last measured over a full window; 0 before.
    public var rate: Int64 { rates.best / 1_000 }

    public var snapshot: CapacitySnapshot {
        let name =
            switch mode {
            case .start: "start"
            case .cruise: "cruise"
            case .backOff: "back_off"
            case .dead: "dead"
            }
        return CapacitySnapshot(
            mode: name, reason: reason, window: window, pace1000: pace1000, rate1000: rates.best,
            baseMicroseconds: baseMicroseconds, ceiling1000: collapses.ceiling1000,
            brokenAt: collapses.ceiling1000.map { _ in collapses.brokenAt })
    }

    /// For the next leader; nil while nothing is known.
    public func hint(now: MonotonicInstant) -> CapacityHint? {
        guard rates.best > 0, baseMicroseconds > 0, mode != .dead else { return nil }
        let calm = collapses.calmMilliseconds(now: now)
        let isStarting = if case .start = mode { true } else { false }
        if var hint = adopted, rates.isAssumed || isStarting && rates.best < hint.rate1000 {
            (hint.ceiling1000, hint.calmMilliseconds) = (collapses.ceiling1000, calm)
            return hint
        }
        return CapacityHint(
            rate1000: rates.best, baseMicroseconds: baseMicroseconds, ceiling1000: collapses.ceiling1000,
            standing: mode == .backOff ? .failing : isStarting ? .growing : .measured, calmMilliseconds: calm)
    }

    // MARK: Pace

    /// Purchases per 1,000 s that may go out; nil while nothing is known: then the window alone bounds them.
    public var pace1000: Int64? {
        let rate = rates.best
        guard rate > 0 else { return collapses.ceiling1000 }
        let isStarting = if case .cruise = mode { false } else { true }
        let pace = max(1, min(RateMemory.fastest, isStarting ? rate * 2 : rate * 5 / 4))
        guard let ceiling = collapses.ceiling1000 else { return pace }
        return min(pace, ceiling)
    }

    /// Purchases that the pace lets go now; the window is the caller's to look at.
    ///
    /// A burst of 2 % of a second, but at least two windows: with one slot and times of any length a burst of one kept
    /// the slot idle for 7 % of the time, and one of four still holds back one round in six of a worker that has them
    /// one by one. What may go out at once is bounded by the window anyway.
    public mutating func tokens(now: MonotonicInstant) -> Int64 {
        guard let pace = pace1000 else { return Self.largest }
        return bucket.tokens(pace1000: pace, burst: max(isBetterAlone ? 16 : 4, 2 * opened, pace / 50_000), now: now)
    }

    public mutating func sent(_ count: Int64, now: MonotonicInstant) {
        collapses.sent(count, now: now)
        if pace1000 != nil { bucket.take(count) }
    }

    /// From the last look at the tokens until the next one comes.
    public var wait: TimeSpan {
        guard let pace = pace1000 else { return .zero }
        return bucket.wait(pace1000: pace)
    }

    // MARK: Completions

    /// The worker completed `count` purchases that executed for `executionSum` microseconds in all.
    ///
    /// - Parameters:
    ///   - times: the execution of single ones of them, microseconds; empty where only the sum is known.
    ///   - failed: how many of them ended without an answer from what stands behind the worker.
    ///   - isFull: whether the window or the pace was used up since the last report; only then does the rate say what
    ///     the worker can do.
    ///   - isHeldBack: whether something else than window and pace was used up, as a group's tokens.
    public mutating func complete(
        count: Int64, executionSum: Int64, times: [Int64] = [], failed: Int64 = 0,
        isFull: Bool, isHeldBack: Bool = false, now: MonotonicInstant
    ) {
        guard count > 0, mode != .dead, round.counted < Self.mostCounted else { return }
        let count = min(count, Self.largest)
        let executed = min(max(0, executionSum), count * Self.longest)
        round.executed += executed
        round.counted += count
        round.failed += min(max(0, failed), count)
        note(times, mean: executed / count)
        round.wasFull = round.wasFull && isFull
        round.wasHeldBack = round.wasHeldBack || isHeldBack
        if mode != .backOff, round.failed >= 3, round.failed * 10 > round.counted { return backOff(now: now) }
        guard let began = round.began else {
            // The rate is taken between the first and the last report of the round.
            round.began = now
            if mode == .backOff { endIfRecovered(now: now) }
            return
        }
        round.count += count
        let span = (now - began).wholeMicroseconds
        if mode == .backOff { return endIfRecovered(now: now) }
        guard round.counted >= need, span > 0 else { return }
        end(round, microseconds: span, now: now)
        restart(now: now)
    }

    private mutating func note(_ times: [Int64], mean: Int64) {
        let before = round.times.count
        for time in times where round.times.count < Self.rememberedTimes {
            round.times.append(min(max(0, time), Self.longest))
        }
        if round.times.count == before, before < Self.rememberedTimes { round.times.append(mean) }
    }

    private mutating func restart(now: MonotonicInstant?) {
        round.began = now
        round.count = 0
        round.executed = 0
        round.counted = 0
        round.times.removeAll(keepingCapacity: true)
        round.failed = 0
        round.wasFull = true
        round.wasHeldBack = false
    }

    /// The worker has nothing to do: the time until its next report must not count into a rate.
    public mutating func rest() {
        if round.counted > 0 || round.began != nil { restart(now: nil) }
    }

    /// The worker said that it knew of a grant this long after the grant was sent.
    public mutating func answered(after span: TimeSpan) {
        links.append(min(max(0, span.wholeMicroseconds), Self.longest))
        if links.count > Self.rememberedLinks { links.removeFirst() }
        // The median, so that a pause or a lost message is not taken for the way.
        link = max(Self.leastLink, links.sorted()[links.count / 2])
    }

    // MARK: Life

    /// Its beat has stopped.
    public mutating func die() {
        mode = .dead
        reason = .dead
        restart(now: nil)
    }

    /// It is heard of again: nobody knows what it became meanwhile.
    public mutating func join() {
        guard mode == .dead else { return }
        beginAnew(because: .joined)
    }

    /// What was measured holds no more; what broke it is remembered.
    mutating func beginAnew(because why: CapacityReason) {
        let remembered = collapses
        self = ExecutionController()
        collapses = remembered
        reason = why
    }

    /// An operator says that all which was learnt is wrong.
    mutating func reset() {
        self = ExecutionController()
        reason = .reset
    }

    private mutating func backOff(now: MonotonicInstant) {
        _ = collapses.broke(rate1000: rates.newest, now: now)
        mode = .backOff
        reason = .errors
        opened = 1
        adopted = nil
        restart(now: nil)
    }

    /// Six replies with at most 30 % errors: it starts anew, from one.
    private mutating func endIfRecovered(now: MonotonicInstant) {
        guard round.counted >= 6 else { return }
        if round.failed * 10 <= round.counted * 3 {
            mode = .start(flat: 0)
            reason = .recovered
            baseMicroseconds = max(1, round.executed / round.counted)
            rates = RateMemory()
            adopted = nil
            previousRate = 0
        }
        restart(now: nil)
    }
}
