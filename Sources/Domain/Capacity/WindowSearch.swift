import Base

// DESIGN
// What stands behind a group has an unknown number of slots, and a queue before them. While fewer calls are inside than
// it has slots, one call more changes no latency. Beyond that each call more waits for the calls before it: the latency
// grows by (calls more) / rate. So the window is found by comparing latencies at two windows, and never by comparing
// them with what they were: a service that becomes slower keeps its window, and one that becomes faster does too.
//
// Calls are counted in cohorts (`CallCohort`). The window doubles from level to level (`WindowLevel`) until a queue is
// seen; then tests (`WindowTest`) look for room and for a queue, when `TestSchedule` says so. Latencies are compared by
// ranks, so that neither a long tail nor one slow call decides.
//
// Where most calls of a larger window stay out, either the service broke under it, or it became slower or stands. The
// calls that were in flight before tell which: those of a service that broke come back as ever.

/// Finds out how many calls a group bears at once.
struct WindowSearch: Sendable {
    private let shared: Shared<LatencyController.Tuning>
    private var tuning: LatencyController.Tuning { shared.value }

    /// Calls in flight where no test runs.
    private var hold: Int
    /// Calls in flight now.
    private(set) var window: Int
    private var level: WindowLevel?  // nil: the growth is over
    private(set) var test: WindowTest?
    private var schedule: TestSchedule
    private(set) var reason = CapacityReason.coldStart
    /// Mean latency of one call while `hold` are in flight; microseconds, 0: unknown.
    private(set) var mean = 0.0
    private var settledMean = 0.0  // when the window was last found
    /// Mean latency where no queue was seen, microseconds; 0: unknown.
    private(set) var unloaded = 0.0
    private(set) var rates = RateMemory()

    private var cohorts: CohortQueue
    private var series = 0  // of the newest level or test
    private var inFlight = 0
    private var raised: CallWatch  // in flight when the window was last made larger
    private var drain: CallWatch?  // in flight when calls stayed out: what comes back meanwhile shows nothing
    private var hasNewCohort = false  // the level has one that was not judged yet
    private var unseen = 0  // calls that came back since a level was last judged

    /// More than half of the calls fail; the window halves.
    private(set) var isBroken: Bool
    private var failing: (window: Int, at: MonotonicInstant)?  // the window before, and when they last failed
    private var errorAt: MonotonicInstant?  // when a call failed last
    private var known: Int?  // the window that it bore before; nil: not known, or found again
    private var broken = BrokenWindow()

    init(tuning: Shared<LatencyController.Tuning>, window: Int, isBroken: Bool = false, now: MonotonicInstant) {
        shared = tuning
        self.isBroken = isBroken
        (hold, self.window) = (window, window)
        schedule = TestSchedule(tuning)
        cohorts = CohortQueue(CallCohort(.level, window: window, size: window, at: now))
        raised = CallWatch(0, at: now)
        beginFirstLevel(window, now: now)
    }

    var isGrowing: Bool { level != nil }

    /// Calls a second that the window allows, with room for a burst; 0 while nothing came back.
    var pace: Double {
        let median = cohorts.median
        guard median > 0 else { return 0 }
        let time = mean > 0 ? min(mean, median) : median
        return tuning.paceShare * Double(window) * 1e6 / max(1, time + cohorts.dispatch)
    }

    mutating func explain(_ why: CapacityReason) { reason = why }

    /// What another leader measured.
    ///
    /// - Parameter window: calls at once that it bore; nil: it was still growing.
    mutating func assume(rate1000: Int64, unloaded microseconds: Double, window: Int?) {
        known = window
        rates.assume(rate1000)
        unloaded = microseconds
    }

    // MARK: Calls

    /// - Parameters:
    ///   - inFlight: calls with them.
    ///   - isFull: as many are in flight now as the window allows.
    mutating func sent(_ count: Int, inFlight: Int, isFull: Bool, now: MonotonicInstant) {
        self.inFlight = inFlight
        guard cohorts.sent(count, isFull: isFull, dispatches: tuning.cohortDispatches, now: now) else { return }
        guard let level else { return openNext(now: now) }
        open(.level, window, size: max(tuning.leastCohort, window / 2), series: level.series, now: now)
    }

    /// Calls whose end will never be reported: the last ones.
    mutating func withdrawn(_ count: Int) {
        inFlight = max(0, inFlight - count)
        cohorts.withdrawn(count)
        raised.withdrawn(count)
        drain?.withdrawn(count)
    }

    /// The window was not full for a while.
    mutating func interrupt(now: MonotonicInstant) { cohorts.interrupt(now: now) }

    mutating func finished(
        microseconds: Double, dispatch: Double, isAnswered: Bool, sentAt: MonotonicInstant, now: MonotonicInstant
    ) {
        if !isAnswered { errorAt = now }
        inFlight = max(0, inFlight - 1)
        raised.finished(sentAt: sentAt)
        cohorts.finished(microseconds: microseconds, dispatch: dispatch, isAnswered: isAnswered, sentAt: sentAt)
        if drain != nil { return drained(sentAt: sentAt, now: now) }
        while let first = cohorts.first {
            let larger = Double(max(first.window, usual)) / Double(max(1, usual))
            if larger > 1, cohorts.isStuck(first, larger: larger, now: now) { return suspect(first, now: now) }
            guard cohorts.isOver(first, larger: larger, now: now) else { break }
            commit(cohorts.removeFirst(), now: now)
        }
        judgeLevel(now: now)
    }

    /// The window that is known to be borne.
    private var usual: Int { level.map { $0.lowerWindow ?? $0.window } ?? hold }

    private mutating func commit(_ cohort: CallCohort, now: MonotonicInstant) {
        guard cohort.back > 0 else { return cohorts.wait(atLeast: 2 * cohorts.patience) }
        if cohort.role == .level {
            guard level?.has(cohort) ?? false else { return }
            level!.add(cohort, now: now)
            return hasNewCohort = hasNewCohort || cohort.series == level!.series
        }
        guard !isGrowing else { return }
        let latencies = cohort.judged(now)
        if cohort.role == .hold, cohort.window == hold { learn(from: cohort, latencies, now: now) }
        guard let series = test?.series, cohort.series == series else { return }
        test!.add(latencies, of: cohort.role)
        judgeTest(now: now)
    }

    private mutating func learn(from cohort: CallCohort, _ latencies: LatencyHistogram, now: MonotonicInstant) {
        cohorts.learnPatience(from: cohort)
        mean += (mean == 0 ? 1 : tuning.newMeanShare) * (latencies.mean - mean)
        if let rate = cohort.rate1000 { rates.add(rate) }
        if settledMean > 0, mean > tuning.longerMean * settledMean {
            schedule.becameLonger(from: settledMean, to: mean, now: now)
            settledMean = mean
        } else if mean < tuning.shorterMean * settledMean {
            schedule.becameShorter(now: now)
            settledMean = mean
            broken = BrokenWindow()
        }
    }

    private mutating func open(
        _ role: CallCohort.Role, _ window: Int, size: Int, series: Int = 0, countsFilling: Bool = false,
        now: MonotonicInstant
    ) {
        if window > self.window { raised = CallWatch(inFlight, at: now) }
        self.window = window
        cohorts.open(
            CallCohort(
                role, window: window, size: size, series: series, countsFilling: countsFilling,
                at: now + .nanoseconds(1)))
    }

    // MARK: Growth

    private mutating func beginFirstLevel(_ window: Int, now: MonotonicInstant) {
        series += 1
        cohorts.forgetPatience()
        cohorts.removeAll()
        (level, test) = (WindowLevel(window, series: series, shared), nil)
        let size = isBroken ? tuning.leastCohort / 2 : max(tuning.leastCohort, window / 2)
        open(.level, window, size: size, series: series, now: now)
    }

    /// To twice the window, where that may be.
    private mutating func beginLevel(
        above latencies: LatencyHistogram, mean: Double, series lower: Int, now: MonotonicInstant
    ) {
        let next = min(broken.most(now: now), window * 2)
        hold = window
        guard next > window else { return settle(on: window, mean: mean, now: now) }
        series += 1
        level = WindowLevel(next, above: latencies, of: window, series: lower, series: series, shared)
        test = nil
        cohorts.keep { $0.role == .level && $0.series == lower }
        let size = max(tuning.leastCohort, next - window)
        open(.level, next, size: size, series: series, countsFilling: true, now: now)
    }

    private mutating func judgeLevel(now: MonotonicInstant) {
        unseen += 1
        guard isGrowing, unseen * 8 >= window || hasNewCohort else { return }
        if !isBroken || recover(now: now) { act(on: verdict(now: now), now: now) }
        (unseen, hasNewCohort) = (0, false)
    }

    private func verdict(now: MonotonicInstant) -> WindowLevel.Verdict? {
        level?.verdict(open: openCohorts, isComplete: hasNewCohort, dispatch: cohorts.dispatch, now: now)
    }

    /// Cohorts of the level that are not over, and of the one below.
    private var openCohorts: [CallCohort] { cohorts.pending { level?.has($0) ?? false } }

    private mutating func act(on verdict: WindowLevel.Verdict?, now: MonotonicInstant) {
        switch verdict {
        case nil: break
        case .grow: grow(now: now)
        case .stop(let slots): settle(on: Self.window(slots), mean: meanBelow(now: now), now: now)
        case .doubt: settle(on: usual, mean: meanBelow(now: now), against: window, now: now)
        }
    }

    private func meanBelow(now: MonotonicInstant) -> Double { level?.below(openCohorts, now: now).mean ?? mean }

    private mutating func grow(now: MonotonicInstant) {
        guard let level else { return }
        let open = cohorts.pending { $0.role == .level && $0.series == level.series }
        var all = level.latencies
        for cohort in open { all.add(cohort.judged(now)) }
        reason = rates.isEmpty && level.lowerWindow == nil ? .coldStart : .growing
        rates.add(Int64(min(1e10, Double(window) * 1e9 / max(1, all.mean + cohorts.dispatch))))
        (mean, unloaded) = (all.mean, all.mean)
        if open.isEmpty || cohorts.patience == 0 { cohorts.learnPatience(from: all) }
        if level.lowerWindow == nil, let known, known > window {
            self.known = nil
            return settle(on: min(window * 2, known), mean: all.mean, now: now)
        }
        beginLevel(above: level.latencies, mean: all.mean, series: level.series, now: now)
    }

    /// - Parameter other: the window to compare with at once; nil: as is due.
    private mutating func settle(on window: Int, mean: Double, against other: Int? = nil, now: MonotonicInstant) {
        hold = window
        (level, test) = (nil, nil)
        (self.mean, unloaded, settledMean) = (mean, mean, mean)
        cohorts.wait(atLeast: mean)
        cohorts.removeAll()
        reason = .settled
        schedule.begin(mean: mean, now: now)
        if let other { begin(against: other) }
        openNext(now: now)
    }

    /// A window of `slots` and a small queue.
    private static func window(_ slots: Double) -> Int { max(1, Int((slots * 1.04 + 0.3).rounded(.up))) }

    // MARK: What it did not bear

    /// Calls of a larger window stay out: back to the window before, until they return.
    private mutating func suspect(_ cohort: CallCohort, now: MonotonicInstant) {
        // While calls fail, their purchases wait for retries: what is missing then shows nothing.
        let hasErrors = errorAt.map { (now - $0).microseconds < 2 * cohorts.patience + 1e6 } ?? false
        let (before, wasGrowing) = (usual, isGrowing)
        drain = inFlight > 0 ? CallWatch(inFlight, at: now) : nil
        guard !hasErrors, raised.isHalfBack else {
            reason = .checking
            if wasGrowing { return beginFirstLevel(before, now: now) }
            schedule.settle(now: now)
            return hold(before, now: now)
        }
        reason = .broke
        let isAgain = broken.isRemembered(now: now)
        broken.broke(at: cohort.window, now: now)
        if wasGrowing { settledMean = mean }
        schedule.broke(mean: mean, now: now)
        hold(isAgain ? max(1, before * 3 / 4) : before, now: now)
    }

    private mutating func hold(_ window: Int, now: MonotonicInstant) {
        (level, test, hold) = (nil, nil, window)
        cohorts.removeAll()
        openNext(now: now)
    }

    private mutating func drained(sentAt: MonotonicInstant, now: MonotonicInstant) {
        drain!.finished(sentAt: sentAt)
        guard drain!.isBack else { return }
        drain = nil
        schedule.becameShorter(now: now)
        if isGrowing { beginFirstLevel(window, now: now) } else { openNext(now: now) }
    }

    /// More than half of the calls fail: half of the window.
    mutating func failed(now: MonotonicInstant) {
        let last = failing.flatMap { now < $0.at + tuning.sameFailure ? $0.window : nil } ?? 0
        failing = (isBroken ? failing?.window ?? hold : max(last, hold), now)
        (isBroken, drain, reason) = (true, nil, .errors)
        hold = max(1, min(hold, window) / 2)
        beginFirstLevel(hold, now: now)
    }

    /// Whether calls are answered again; then it goes back to half of what it bore, and from there to all of it.
    private mutating func recover(now: MonotonicInstant) -> Bool {
        guard let level, level.latencies.count > 0 else { return false }
        guard level.failedShare <= tuning.brokenShare else {
            beginFirstLevel(window, now: now)
            return false
        }
        (isBroken, broken, reason) = (false, BrokenWindow(), .recovered)
        return !returnToBefore(now: now)
    }

    /// Half of what it bore before it failed, and then all of it; false where that is not more than now.
    private mutating func returnToBefore(now: MonotonicInstant) -> Bool {
        guard let before = failing?.window, window < before / 2 else { return false }
        known = before
        beginFirstLevel(before / 2, now: now)
        return true
    }

    /// Calls fail however little is sent: that is not of the window.
    mutating func accept(now: MonotonicInstant) {
        (isBroken, broken) = (false, BrokenWindow())
        if !returnToBefore(now: now) { beginFirstLevel(window, now: now) }
    }

    // MARK: Tests

    private mutating func openNext(now: MonotonicInstant) {
        if test == nil, drain == nil, let other = schedule.due(window: hold, most: broken.most(now: now), now: now) {
            begin(against: other)
        }
        let size = max(tuning.leastTestCohort, hold / 2)
        guard let role = test?.next(), let test else { return open(.hold, hold, size: size, now: now) }
        open(role, role == .other ? test.other : hold, size: size, series: test.series, now: now)
    }

    private mutating func begin(against other: Int) {
        series += 1
        test = WindowTest(hold, against: other, series: series, shared)
        reason = other > hold ? .probing : .draining
    }

    private mutating func judgeTest(now: MonotonicInstant) {
        guard let test, let finding = test.finding(dispatch: cohorts.dispatch) else { return }
        reason = .following
        let other = test.otherLatencies
        switch finding {
        case .room(let isClear) where test.isMore:
            reason = .gained
            (hold, window) = (test.other, test.other)
            schedule.foundRoom(now: now)
            if isClear {
                cohorts.learnPatience(from: other)
                return beginLevel(above: other, mean: other.mean, series: -1, now: now)
            }
        case .queue(let share, let isClear) where test.isMore:
            if share > tuning.brokenShift, isClear { broken.broke(at: test.other, now: now) }
            // Where the windows are far apart, the slots may be between them.
            let more = Double(test.other - hold)
            if share < 1, more >= 2, more * 2 >= Double(hold) {
                hold = min(test.other, max(hold, Self.window(Double(hold) + (1 - share) * more)))
            }
            schedule.foundNoRoom(mean: mean, now: now)
        case .queue(let share, _):
            guard schedule.foundQueue(share: share, now: now) else { break }
            hold = max(1, min(hold, Self.window(Double(hold) - min(1, share) * Double(hold - test.other))))
            (mean, unloaded, settledMean) = (other.mean, other.mean, other.mean)
            cohorts.learnPatience(from: other)
        case .room:
            (unloaded, settledMean) = (mean, mean)
            schedule.foundNoQueue(mean: mean, now: now)
        }
        self.test = nil
        cohorts.removeAll()
        openNext(now: now)
    }
}
