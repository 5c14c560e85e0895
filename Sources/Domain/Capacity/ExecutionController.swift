public import Base

// DESIGN
// PACE-exec. A worker reports its execution time apart from its own waiting time, so the time of a purchase without a
// queue (the unloaded latency) is measured, not inferred. By Little's law the slots that are busy are rate x time. The
// window is that plus a small queue, so it follows a worker that becomes slower or faster without any probing. It
// begins at 2 and doubles while the rate grows. Every completion counts: a controller that counted only purchases sent
// within its round would drop the long ones for ever. The dispatch latency (grant, taking, report) is measured as well:
// with too short a dispatch latency the window would lie below the slots, and the worker would starve. Integers, so
// that a run replays bit for bit; rates per 1,000 s, because a worker of long orders completes less than one a second.

/// How many purchases one worker may have in flight, and how fast they may go to it, measured by what it completes.
public struct ExecutionController: Sendable {
    public enum Mode: Sendable, Equatable {
        /// Doubling; `flat` rounds in a row brought less than 15 % more.
        case start(flat: Int)
        case cruise
        /// It failed: one purchase at a time until it answers again.
        case backOff
        /// It does not report: nothing goes to it.
        case dead
    }

    public static let largest: Int64 = 1 << 20  // purchases

    public private(set) var mode = Mode.start(flat: 0)
    public private(set) var reason = CapacityReason.coldStart

    private var model: ExecutionModel
    private var windowSize: Int64
    /// The hint that it began with, until enough was measured to replace it.
    private var adopted: CapacityHint?
    private var previousRate: Int64 = 0  // the highest of the start
    private var collapses = CollapseMemory()
    private var bucket = LeakyBucket()
    private var round = ExecutionRound()

    public init(tuning: Shared<Tuning> = Tuning.standard) {
        model = ExecutionModel(tuning: tuning)
        windowSize = tuning.value.coldWindow
    }

    /// - Parameter hint: what the last leader measured of the worker.
    public init(hint: CapacityHint, tuning: Shared<Tuning> = Tuning.standard, now: MonotonicInstant) {
        self.init(tuning: tuning)
        guard hint.rate1000 > 1, hint.unloadedMicroseconds > 0 else { return }
        model.believe(hint)
        windowSize = max(tuning.value.coldWindow, (model.busy1000 + 500) / 1_000)
        collapses.adopt(hint, now: now)
        adopted = hint
        reason = hint.reason
        if hint.standing == .failing { (mode, windowSize) = (.backOff, 1) }
    }

    private var tuning: Tuning { model.tuning }

    /// Purchases in flight, `1...largest`; 0 when dead.
    public var window: Int64 { if case .dead = mode { 0 } else { windowSize } }

    /// Purchases beyond its window that a worker may have granted, to take them as soon as there is room in the window
    /// (prefetch credit): where it has one purchase at a time, its slot would be idle for the whole dispatch latency
    /// between a report and the next grant.
    public var prefetch: Int64 { mode == .cruise && windowSize == 1 && model.isBetterAlone ? 1 : 0 }

    /// Completions per second as last measured over a full window; 0 before.
    public var rate: Int64 { model.rates.best / 1_000 }

    /// Time of one purchase in its slot, microseconds; 0 before the first round.
    public var unloadedMicroseconds: Int64 { model.unloadedMicroseconds }

    /// How long a grant to the worker and the report back take, microseconds.
    public var dispatchMicroseconds: Int64 { model.dispatchMicroseconds }

    private var isStarting: Bool { if case .start = mode { true } else { false } }

    // MARK: Pace

    /// Purchases per 1,000 s that may go out; nil while nothing is known: then the window alone bounds them.
    public var pace1000: Int64? {
        let rate = model.rates.best
        guard rate > 0 else { return collapses.ceiling1000 }
        let percent = mode == .cruise ? tuning.pacePercent : tuning.startPacePercent
        let pace = max(1, min(RateMemory.fastest, rate * percent / 100))
        guard let ceiling = collapses.ceiling1000 else { return pace }
        return min(pace, ceiling)
    }

    /// Purchases that the pace permits now; the caller checks the window.
    public mutating func tokens(now: MonotonicInstant) -> Int64 {
        guard let pace = pace1000 else { return Self.largest }
        return bucket.tokens(pace1000: pace, burst: model.burst(pace1000: pace, window: windowSize), now: now)
    }

    public mutating func sent(_ count: Int64, now: MonotonicInstant) {
        collapses.sent(count, now: now)
        if pace1000 != nil { bucket.take(count) }
    }

    /// Time from the last call of `tokens` until there is a token.
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
    ///   - isFull: whether the window or the pace was used up since the last report; only then is the rate what the
    ///     worker can do.
    ///   - isHeldBack: whether another bound was used up, as the tokens of a group.
    public mutating func complete(
        count: Int64, executionSum: Int64, times: [Int64] = [], failed: Int64 = 0,
        isFull: Bool, isHeldBack: Bool = false, now: MonotonicInstant
    ) {
        guard count > 0, mode != .dead, round.counted < ExecutionRound.mostCounted else { return }
        let count = min(count, Self.largest)
        round.add(
            count, executed: min(max(0, executionSum), count * ExecutionRound.longest), times: times, failed: failed,
            isFull: isFull, isHeldBack: isHeldBack)
        if mode != .backOff, round.failed >= tuning.leastErrors,
            round.failed * 100 > round.counted * tuning.errorPercent
        {
            return backOff(now: now)
        }
        if mode == .backOff { return endIfRecovered() }
        guard let began = round.began else { return round.begin(now: now) }
        round.countRate(count)
        let span = (now - began).wholeMicroseconds
        guard round.counted >= model.roundLength(isStarting: isStarting, window: windowSize), span > 0 else { return }
        end(microseconds: span, now: now)
        round.restart(now: now)
    }

    /// So many were in flight, and none of them waited inside the worker: what stands behind it is what bounds it.
    public mutating func bore(_ inFlight: Int64) {
        guard mode != .dead, mode != .backOff else { return }
        windowSize = max(windowSize, min(Self.largest, 2 * inFlight + 2))
    }

    /// The worker has nothing to do: the time until its next report must not count into a rate.
    public mutating func interruptRound() { if !round.isEmpty { round.restart(now: nil) } }

    /// The first report that knew of a grant came this long after the grant was sent.
    public mutating func answered(after span: TimeSpan) { model.answered(after: span) }

    // MARK: What a round changes

    private mutating func end(microseconds span: Int64, now: MonotonicInstant) {
        if collapses.creep(tuning.collapse, now: now) { reason = .raisedCeiling }
        let before = unloadedMicroseconds
        let isOther = model.learnTime(from: round)
        guard round.wasFull else { return }
        model.learnRate(from: round, window: windowSize, microseconds: span)
        switch mode {
        case .start(let flat): grow(flat: flat)
        case .cruise:
            open(to: cruising, because: .following)
            if isOther { reason = unloadedMicroseconds > before ? .slower : .faster }
        case .backOff, .dead: break
        }
    }

    private mutating func open(to wanted: Int64, because why: CapacityReason) {
        if wanted != windowSize { reason = why }
        windowSize = wanted
    }

    private mutating func grow(flat: Int) {
        let measured = model.rates.newest
        let grew = measured * 100 >= previousRate * tuning.growthPercent
        let doubtless = measured * 100 >= previousRate * tuning.doubtlessPercent
        previousRate = max(previousRate, measured)
        let flatRounds = grew ? 0 : flat + 1
        if flatRounds >= tuning.flatRounds
            || model.busy1000 < windowSize * tuning.hardlyBusyThousandths && flatRounds >= 1
        {
            mode = .cruise
            adopted = nil
            windowSize = cruising
            reason = .settled
        } else {
            mode = .start(flat: flatRounds)
            // A little less than twice what works now is enough for the next doubling, and only after a gain: above the
            // number of slots the window must not run ahead.
            guard grew, doubtless || !isPartlyIdle else { return }
            let reach = (model.busy1000 * tuning.reachPercent + 50_000) / 100_000
            let wanted = min(tuning.growthLimit * windowSize, max(windowSize + 1, reach), Self.largest)
            open(to: wanted, because: .growing)
        }
    }

    /// Whether a part of the window idles, which is known well where orders take far longer than the dispatch. A small
    /// gain is then the chance of a short round.
    private var isPartlyIdle: Bool { model.ordersAreLong && model.busy1000 < windowSize * tuning.idleThousandths }

    /// The window after the start. Below the number of slots it grows by itself; above, it holds a small queue.
    ///
    /// Where a group held the worker back, the window is larger, since the group is what bounds it.
    private var cruising: Int64 {
        if round.wasHeldBack {
            return min(model.busy1000 * tuning.heldBackPercent / 100_000 + 2, 2 * windowSize + 1, Self.largest)
        }
        let window = min(
            (model.busy1000 * tuning.windowPercent + 50_000) / 100_000 + 1, 2 * windowSize + 1, Self.largest)
        guard model.isBetterAlone else { return window }
        return model.rounds % tuning.oneSlotCheck == 0 ? 2 : 1
    }

    // MARK: Life

    /// The worker does not report any more.
    public mutating func die() {
        mode = .dead
        reason = .dead
        round.restart(now: nil)
    }

    /// The worker reports again: nothing is known of what it became meanwhile.
    public mutating func join() {
        guard mode == .dead else { return }
        beginAnew(because: .joined)
    }

    /// Forgets what was measured, apart from the ceiling.
    mutating func beginAnew(because why: CapacityReason) {
        let remembered = collapses
        self = ExecutionController(tuning: model.shared)
        collapses = remembered
        reason = why
    }

    /// Forgets all that was measured: an operator requested it.
    mutating func reset() {
        self = ExecutionController(tuning: model.shared)
        reason = .reset
    }

    private mutating func backOff(now: MonotonicInstant) {
        _ = collapses.broke(rate1000: model.rates.newest, tuning.collapse, now: now)
        mode = .backOff
        reason = .errors
        windowSize = 1
        adopted = nil
        round.restart(now: nil)
    }

    /// Starts anew, from a window of one, where enough replies to single calls were no errors.
    private mutating func endIfRecovered() {
        guard round.counted >= tuning.recoveryReplies else { return }
        if round.failed * 100 <= round.counted * tuning.recoveryErrorPercent {
            mode = .start(flat: 0)
            reason = .recovered
            model.recovered(microseconds: round.executed / round.counted)
            adopted = nil
            previousRate = 0
        }
        round.restart(now: nil)
    }

    // MARK: State

    public var snapshot: CapacitySnapshot {
        let name =
            switch mode {
            case .start: "start"
            case .cruise: "cruise"
            case .backOff: "back_off"
            case .dead: "dead"
            }
        return CapacitySnapshot(
            mode: name, reason: reason, window: window, pace1000: pace1000, rate1000: model.rates.best,
            unloadedMicroseconds: unloadedMicroseconds, ceiling1000: collapses.ceiling1000,
            brokenAt: collapses.ceiling1000.map { _ in collapses.brokenAt })
    }

    /// For the next leader; nil while nothing was measured.
    public func hint(now: MonotonicInstant) -> CapacityHint? {
        guard model.rates.best > 0, unloadedMicroseconds > 0, mode != .dead else { return nil }
        let calm = collapses.calmMilliseconds(now: now)
        if var hint = adopted, model.rates.isAssumed || isStarting && model.rates.best < hint.rate1000 {
            (hint.ceiling1000, hint.calmMilliseconds) = (collapses.ceiling1000, calm)
            return hint
        }
        return CapacityHint(
            rate1000: model.rates.best, unloadedMicroseconds: unloadedMicroseconds, ceiling1000: collapses.ceiling1000,
            standing: mode == .backOff ? .failing : isStarting ? .growing : .measured, calmMilliseconds: calm)
    }
}
