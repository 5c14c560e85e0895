import Base

/// Finds out how many calls a group bears at once, from one measurement round to the next: a careful start, short
/// drains that show the latency without a queue, and probes that are kept only if they brought a higher rate.
struct LatencySearch: Sendable {
    typealias Mode = LatencyController.Mode
    typealias Finding = LatencyRound.Finding

    let shared: Shared<LatencyController.Tuning>
    var tuning: LatencyController.Tuning { shared.value }
    private(set) var mode = Mode.start
    private(set) var reason = CapacityReason.coldStart
    private(set) var windowSize: Double  // calls in flight
    private(set) var unloaded = 0.0  // microseconds of one call without a queue; 0: unknown
    private var unloadedReplies = 0.0  // whose mean `unloaded` is, during the start
    private(set) var rates = RateMemory()
    /// The hint that it began with, until enough was measured to replace it.
    private(set) var adopted: CapacityHint?
    private var growth: Double
    private var best = 0.0  // highest rate of the start, per 1,000 s
    private var flat = 0  // rounds of the start in a row without gain
    private var slow = 0  // rounds in a row that were too slow
    private var fast = 0  // rounds in a row that were faster
    private var fastMean = 0.0
    private var lastMean = 0.0
    private var probe: LatencyProbe

    /// - Parameter isCapped: whether a cap is declared; else the cliff may be near.
    init(tuning: Shared<LatencyController.Tuning>, isCapped: Bool) {
        shared = tuning
        windowSize = tuning.value.coldWindow
        growth = isCapped ? tuning.value.cappedGrowth : tuning.value.growth
        probe = LatencyProbe(tuning)
    }

    /// Goes on from what another leader measured.
    mutating func adopt(_ hint: CapacityHint, rateWhileBroken: Int64) {
        unloaded = Double(hint.unloadedMicroseconds)
        rates.assume(hint.standing == .failing ? rateWhileBroken : hint.believed1000)
        best = Double(rates.best)
        adopted = hint
        reason = hint.reason
        switch hint.standing {
        case .measured, .growing: windowSize = max(tuning.coldWindow, min(LatencyController.largest, busy))
        case .relearning: (mode, windowSize) = (.relearn, max(1, min(LatencyController.largest, busy)))
        case .failing: (mode, windowSize) = (.relearn, 1)
        }
    }

    /// Calls that would be in flight without a queue at the best of the last rates.
    var busy: Double { min(LatencyController.largest, Double(rates.best) * unloaded / 1e9) }

    /// Replies that a decision takes.
    var need: Int {
        let wanted =
            switch mode {
            case .start: max(tuning.startRound, tuning.startRoundWindows * windowSize)
            case .relearn: tuning.relearnRound
            case .hold, .dead: max(tuning.holdRound, tuning.holdRoundWindows * windowSize)
            case .up: max(tuning.probeRound, tuning.probeRoundWindows * windowSize)
            case .drain: max(tuning.drainRound, tuning.drainRoundWindows * windowSize)
            }
        return min(LatencyRound.mostReplies, Int(wanted))
    }

    /// Whether the rate is far below one that the group bore before it broke, so that it is safe to grow fast.
    private func isOnKnownGround(_ ceiling1000: Int64?) -> Bool {
        ceiling1000.map { Double(rates.best) < tuning.knownGround * Double($0) } ?? false
    }

    /// Calls per 1,000 s that may go out where none are declared.
    ///
    /// - Parameter firstTime: latency of the first call of the round, microseconds.
    func pace(firstTime: Double?, ceiling1000: Int64?) -> Double {
        let rate = Double(rates.best)
        if rate == 0 {
            // What the window alone would permit, as soon as one reply shows how long a call takes.
            return max(tuning.leastColdPace, firstTime.map { windowSize * 1e9 / $0 } ?? 0)
        }
        switch mode {
        // Towards an unknown cliff the pace does not grow once a queue shows.
        case .start, .relearn, .dead:
            if isOnKnownGround(ceiling1000) { return rate * tuning.knownGrowth }
            let mayGrow = unloaded == 0 || lastMean <= tuning.growsPaceBelow * unloaded
            return rate * (mayGrow ? growth : tuning.paceShare)
        case .hold, .drain: return rate * tuning.paceShare
        case .up: return rate * tuning.probePaceShare + tuning.probePaceMore
        }
    }

    // MARK: What a round changes

    /// Bounds of the search from outside.
    struct Bounds {
        var cap: Int64?
        var ceiling1000: Int64?
        var window: Int64  // what may be in flight, a floor included
        var isBroken: Bool  // there are more errors than a working group has
    }

    mutating func learn(_ found: Finding, _ bounds: Bounds, now: MonotonicInstant) {
        lastMean = found.mean
        switch mode {
        case .relearn: if !bounds.isBroken { endRelearning(found) }
        case .start: endStart(found, bounds)
        case .hold, .up, .drain: endCruise(found, bounds, now: now)
        case .dead: break
        }
    }

    mutating func explain(_ why: CapacityReason) { reason = why }

    mutating func die() {
        mode = .dead
        reason = .dead
    }

    /// Errors: measures everything again from one call.
    mutating func backOff(rateWhileBroken: Int64) {
        rates.assume(rateWhileBroken)
        relearn(from: 1, because: .errors)
    }

    private mutating func relearn(from window: Double, because why: CapacityReason) {
        mode = .relearn
        reason = why
        adopted = nil
        slow = 0
        open(to: window)
    }

    private mutating func open(to window: Double) { windowSize = min(LatencyController.largest, max(1, window)) }

    private mutating func endRelearning(_ found: Finding) {
        (unloaded, unloadedReplies) = (found.mean, found.count)
        begin(growth: tuning.recoveredGrowth, rate: found.rate, because: .recovered)
        open(to: max(tuning.coldWindow, windowSize * growth))
    }

    /// Starts with something known, and so grows more slowly.
    private mutating func begin(growth: Double, rate: Double, because why: CapacityReason) {
        mode = .start
        reason = why
        adopted = nil
        self.growth = min(self.growth, growth)
        rates.reset(to: Int64(rate))
        (best, flat) = (rate, 0)
    }

    private mutating func learnUnloaded(_ found: Finding, grew: Bool) {
        if unloaded == 0 || found.mean < tuning.fasterMean * unloaded {  // the latter: it became faster meanwhile
            (unloaded, unloadedReplies) = (found.mean, found.count)
        } else if found.mean < (grew ? tuning.queueAfterFlatRound : tuning.queueAfterFlatRounds) * unloaded {
            unloaded =
                (unloaded * unloadedReplies + found.mean * found.count) / (unloadedReplies + found.count)
            unloadedReplies = min(1e6, unloadedReplies + found.count)
        }
    }

    private mutating func endStart(_ found: Finding, _ bounds: Bounds) {
        let grew = found.rate >= tuning.gain * best
        learnUnloaded(found, grew: grew)
        // The assumed rate is believed until the window was used up once: a lower one only shows how much was sent.
        if found.wasFull || found.rate > best { rates.add(Int64(found.rate)) }
        flat = grew ? 0 : flat + 1
        best = max(best, found.rate)
        let isKnown = isOnKnownGround(bounds.ceiling1000)
        // Without a queue a flat rate only shows that the pace, or chance, was the bound.
        let queue = windowSize * (1 - unloaded / found.mean)  // by Little's law
        if queue > tuning.leastQueue && !isKnown
            && (flat >= 1 && found.mean > tuning.queueAfterFlatRound * unloaded
                || flat >= tuning.fewFlatRounds && found.mean > tuning.queueAfterFlatRounds * unloaded)
            || found.mean > tuning.queueAtOnce * unloaded || flat >= tuning.flatRounds
        {
            mode = .drain
            reason = .settled
            if !rates.isAssumed { adopted = nil }
            probe.restart()
            return follow()
        }
        let isEnough = bounds.cap.map { found.rate > tuning.enoughOfCap * 1_000 * Double($0) } ?? false
        let mayGrow = found.wasFull && found.mean <= tuning.mayGrowBelow * unloaded && !isEnough
        guard mayGrow else { return open(to: windowSize) }
        reason = .growing
        // In a second no more is sent than comes back and the window opens, so it grows no further than what works now.
        let reach = bounds.cap == nil ? tuning.reach : tuning.cappedReach
        let wanted =
            isKnown
            ? min(windowSize, busy) * tuning.knownGrowth + 1 : min(windowSize * growth, busy * reach + tuning.reachMore)
        open(to: max(windowSize + 1, wanted))
    }

    private mutating func endCruise(_ found: Finding, _ bounds: Bounds, now: MonotonicInstant) {
        if found.median > tuning.slowerMedian * unloaded {
            slow += 1
            if slow >= tuning.slowRounds || found.median > tuning.slowerAtOnce * unloaded {
                rates.reset(to: Int64(found.rate))
                return relearn(from: found.rate * unloaded / 1e9, because: .slower)
            }
        } else {
            slow = 0
        }
        if mode == .drain { return endDrain(found) }
        if isFaster(found) { return }
        if mode == .up {
            endProbe(found, window: Double(bounds.window))
            if mode == .start { return open(to: windowSize) }
        } else {
            probe.held()
        }
        if found.wasFull || found.rate > Double(rates.best) {
            rates.add(Int64(found.rate))
            adopted = nil
        }
        if mode == .hold, slow == 0, probe.isDue(now: now) {
            mode = .up
            reason = .probing
            probe.begin(window: Double(bounds.window), rate: Double(rates.best), now: now)
        }
        follow()
    }

    private mutating func endDrain(_ found: Finding) {
        let mean = min(max(found.mean, tuning.leastDrained * unloaded), tuning.mostDrained * unloaded)
        let isNear = abs(mean - unloaded) < tuning.nearShare * unloaded
        unloaded = (unloaded + mean) / 2
        probe.drained(isNear: isNear)
        mode = .hold
        reason = .following
        follow()
    }

    /// A confirmed speed-up keeps the window, which rate x the new latency would close, and starts to grow again.
    private mutating func isFaster(_ found: Finding) -> Bool {
        guard found.mean < tuning.fasterMean * unloaded else {
            fast = 0
            return false
        }
        fast += 1
        guard fast >= tuning.fastRounds else {
            fastMean = found.mean
            return false
        }
        fast = 0
        (unloaded, unloadedReplies) = ((found.mean + fastMean) / 2, 2 * found.count)
        begin(growth: tuning.growth, rate: found.rate, because: .faster)
        open(to: max(tuning.coldWindow, windowSize))
        return true
    }

    private mutating func endProbe(_ found: Finding, window: Double) {
        let hasNoQueue = found.wasFull && found.mean < tuning.noQueueBelow * unloaded
        guard probe.brought(rate: found.rate, window: window, hasNoQueue: hasNoQueue) else {
            mode = .drain
            reason = .draining
            return
        }
        // More calls inside brought a higher rate: the unloaded latency was taken for too low, or the capacity rose.
        // Little's law shows which.
        unloaded = max(unloaded, min(found.mean, window * 1e9 / max(1, found.rate)))
        begin(growth: tuning.growth, rate: found.rate, because: .gained)
    }

    private mutating func follow() {
        let queue = 1 + tuning.queueShare * busy
        var wanted: Double
        switch mode {
        case .up: wanted = max((busy + queue) * tuning.probe, probe.windowBefore + 1)
        case .drain: wanted = tuning.drainShare * busy
        case .start, .relearn, .hold, .dead: wanted = busy + queue
        }
        if slow > 0 { wanted = min(wanted, windowSize) }
        open(to: min(wanted, windowSize * tuning.windowLimit + 1))
    }
}
