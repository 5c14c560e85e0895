import Base

// DESIGN
// What stands behind a group has an unknown number of slots, and a queue before them. While fewer calls are inside than
// it has slots, one call more changes no latency. Beyond that each call more waits for the calls before it: the latency
// grows by (calls more) / rate. So the window is found by comparing latencies at two windows, and never by comparing
// them with what they were: a service that becomes slower keeps its window, and one that becomes faster does too.
//
// The window doubles from level to level (`WindowLevel`) until a queue is seen; then tests (`WindowTest`) look for room
// and for a queue, when `TestSchedule` says so. Latencies are compared by ranks, so that neither a long tail nor one
// slow call decides. Where most calls of a larger window stay out, either the service broke under it, or it became
// slower or stands: the calls that were in flight before come back as ever in the one case only.

/// Finds out how many calls a group bears at once.
struct WindowSearch: Sendable {
    private let shared: Shared<LatencyController.Tuning>
    private var tuning: LatencyController.Tuning { shared.value }

    /// Calls in flight where no test runs.
    private(set) var hold: Int
    /// Calls in flight now.
    private(set) var window: Int
    private var level: WindowLevel?  // nil: the growth is over
    private(set) var test: WindowTest?
    private var schedule: TestSchedule
    private var series = 0  // of the newest level or test
    private(set) var reason = CapacityReason.coldStart
    private(set) var measures = WindowMeasures()
    private(set) var cohorts: CohortQueue
    private var flight = FlightWatch()
    private var memory = WindowMemory()

    init(tuning: Shared<LatencyController.Tuning>, window: Int, isBroken: Bool = false, now: MonotonicInstant) {
        shared = tuning
        (hold, self.window) = (window, window)
        schedule = TestSchedule(tuning)
        cohorts = CohortQueue(CallCohort(.level, window: window, size: window, after: now))
        if isBroken { memory.beginFailure(window: window, same: .zero, now: now) }
        beginFirstLevel(window, now: now)
    }

    /// Most calls fail; the window halves.
    var isBroken: Bool { memory.isFailing }
    var isGrowing: Bool { level != nil }

    /// Calls a second that the window allows, with room for a burst; 0 while nothing came back.
    var pace: Double { tuning.paceShare * measures.rate(window: window, median: cohorts.median) }

    mutating func explain(_ why: CapacityReason) { reason = why }

    /// What another leader measured; `window` is how many calls at once were borne, nil while it still grew.
    mutating func assume(rate1000: Int64, unloaded microseconds: Double, window: Int?) {
        memory.assume(window: window)
        measures.assume(rate1000: rate1000, unloaded: microseconds)
    }

    // MARK: Calls

    /// - Parameters:
    ///   - inFlight: calls with them.
    ///   - isFull: as many are in flight now as the window allows.
    mutating func sent(_ count: Int, inFlight: Int, isFull: Bool, now: MonotonicInstant) {
        flight.sent(inFlight: inFlight)
        guard cohorts.sent(count, isFull: isFull, dispatches: tuning.cohortDispatches, now: now) else { return }
        guard let level else { return openNext(now: now) }
        openLevel(level.series, window, size: window / 2, now: now)
    }

    /// Calls whose end will never be reported: the last ones.
    mutating func withdrawn(_ count: Int) {
        cohorts.withdrawn(count)
        flight.withdrawn(count)
    }

    /// The window was not full for a while.
    mutating func interrupt(now: MonotonicInstant) { cohorts.interrupt(now: now) }

    mutating func finished(
        microseconds: Double, dispatch: Double, isAnswered: Bool, sentAt: MonotonicInstant, now: MonotonicInstant
    ) {
        if !isAnswered { memory.callFailed(now: now) }
        flight.finished(sentAt: sentAt)
        cohorts.finished(microseconds: microseconds, dispatch: dispatch, isAnswered: isAnswered, sentAt: sentAt)
        if flight.isDraining { return drained(now: now) }
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
        guard cohort.back > 0 else { return cohorts.nothingCame(of: cohort) }
        if level?.has(cohort) ?? false { return level!.add(cohort, now: now) }
        guard !isGrowing, cohort.role != .level else { return }
        if cohort.role == .hold, cohort.window == hold { learn(from: cohort, now: now) }
        guard let series = test?.series, cohort.series == series else { return }
        test!.add(cohort.judged(now), of: cohort.role)
        judgeTest(now: now)
    }

    private mutating func learn(from cohort: CallCohort, now: MonotonicInstant) {
        cohorts.learnPatience(from: cohort)
        let mean = cohort.judged(now).mean
        let change = measures.learn(mean: mean, window: hold, dispatch: cohorts.dispatch, tuning)
        schedule.follow(change, mean: measures.mean, now: now)
        if change == .shorter { memory.becameFaster() }
    }

    private mutating func open(_ cohort: CallCohort, now: MonotonicInstant) {
        if cohort.window > window { flight.raise(now: now) }
        window = cohort.window
        cohorts.open(cohort, inFlight: flight.count)
    }

    // MARK: Growth

    private mutating func beginFirstLevel(_ window: Int, now: MonotonicInstant) {
        series += 1
        cohorts.forgetPatience()
        cohorts.removeAll()
        (level, test) = (WindowLevel(window, series: series, shared), nil)
        openLevel(series, window, size: window / 2, now: now)
    }

    private mutating func openLevel(
        _ series: Int, _ window: Int, size: Int, filling: Bool = false, now: MonotonicInstant
    ) {
        let size = isBroken ? tuning.leastCohort / 2 : max(tuning.leastCohort, size)
        let cohort = CallCohort(.level, window: window, size: size, series: series, countsFilling: filling, after: now)
        open(cohort, now: now)
    }

    /// To twice the window, where that may be.
    private mutating func beginLevel(
        above latencies: LatencyHistogram, of window: Int, mean: Double, series lower: Int, now: MonotonicInstant
    ) {
        let next = min(memory.most(now: now), window * 2)
        hold = window
        guard next > window else { return settle(on: window, mean: mean, now: now) }
        series += 1
        level = WindowLevel(next, above: latencies, of: window, series: lower, series: series, shared)
        test = nil
        cohorts.keep(series: lower)
        openLevel(series, next, size: next - window, filling: true, now: now)
    }

    private mutating func judgeLevel(now: MonotonicInstant) {
        guard isGrowing, level!.saw(), !isBroken || recover(now: now) else { return }
        switch level!.judge(cohorts, now: now) {
        case nil: break
        case .grow: grow(now: now)
        case .stop(let slots):
            settle(on: WindowTest.window(slots: slots), mean: level!.below(cohorts, now: now).mean, now: now)
        case .doubt: doubt(now: now)
        }
    }

    private mutating func grow(now: MonotonicInstant) {
        guard let level else { return }
        let all = level.all(cohorts, now: now)
        reason = measures.rates.isEmpty && level.lowerWindow == nil ? .coldStart : .growing
        measures.grew(to: window, mean: all.mean, dispatch: cohorts.dispatch)
        if all.count == level.latencies.count || cohorts.patience == 0 { cohorts.learnPatience(from: all) }
        if level.lowerWindow == nil, let known = memory.takeKnown(above: window) {
            return settle(on: min(window * 2, known), mean: all.mean, now: now)
        }
        beginLevel(above: level.latencies, of: window, mean: all.mean, series: level.series, now: now)
    }

    /// The level is compared with the one below.
    private mutating func doubt(now: MonotonicInstant) {
        guard let level else { return }
        let (below, all) = (level.below(cohorts, now: now), level.all(cohorts, now: now))
        settle(on: usual, mean: below.mean, opensNext: false, now: now)
        begin(against: level.window)
        test!.begin(with: below, all)
        openNext(now: now)
    }

    private mutating func settle(on window: Int, mean: Double, opensNext: Bool = true, now: MonotonicInstant) {
        hold = window
        (level, test) = (nil, nil)
        measures.settle(mean: mean)
        cohorts.wait(atLeast: mean)
        cohorts.removeAll()
        reason = .settled
        schedule.begin(mean: mean, now: now)
        if opensNext { openNext(now: now) }
    }

    // MARK: What it did not bear

    /// Calls of a larger window stay out: back to the window before, until they return.
    private mutating func suspect(_ cohort: CallCohort, now: MonotonicInstant) {
        // While calls fail, their purchases wait for retries: what is missing then shows nothing.
        let hasErrors = memory.hadErrors(within: 2 * cohorts.patience + 1e6, now: now)
        let (before, wasGrowing) = (usual, isGrowing)
        flight.beginDrain(now: now)
        guard !hasErrors, flight.isRaisedBack else {
            reason = .checking
            if wasGrowing { return beginFirstLevel(before, now: now) }
            schedule.settle(now: now)
            return hold(before, now: now)
        }
        reason = .broke
        let isAgain = memory.broke(at: cohort.window, now: now)
        if wasGrowing { measures.settle() }
        schedule.broke(mean: measures.mean, now: now)
        hold(isAgain ? max(1, before * 3 / 4) : before, now: now)
    }

    private mutating func drained(now: MonotonicInstant) {
        guard flight.isDrained else { return }
        flight.endDrain()
        schedule.becameShorter(now: now)
        if isGrowing { beginFirstLevel(window, now: now) } else { openNext(now: now) }
    }

    /// More than half of the calls fail: half of the window.
    mutating func failed(now: MonotonicInstant) {
        memory.beginFailure(window: hold, same: tuning.sameFailure, now: now)
        flight.endDrain()
        (reason, hold) = (.errors, max(1, min(hold, window) / 2))
        beginFirstLevel(hold, now: now)
    }

    /// Whether calls are answered again, and the window is what it bore before.
    private mutating func recover(now: MonotonicInstant) -> Bool {
        guard let level, level.latencies.count > 0 else { return false }
        let isOver = level.failedShare <= tuning.brokenShare
        let half = isOver ? memory.endFailure(window: window) : window
        if isOver { reason = .recovered }
        if let half { beginFirstLevel(half, now: now) }
        return half == nil
    }

    /// Calls fail however little is sent: that is not of the window.
    mutating func accept(now: MonotonicInstant) {
        beginFirstLevel(memory.endFailure(window: window) ?? window, now: now)
    }

    // MARK: Tests

    private mutating func openNext(now: MonotonicInstant) {
        if test == nil, !flight.isDraining {
            schedule.due(window: hold, most: memory.most(now: now), now: now).map { begin(against: $0) }
        }
        let size = max(tuning.leastTestCohort, hold / 2)
        let role = test?.next() ?? .hold
        let window = role == .other ? test?.other ?? hold : hold
        open(CallCohort(role, window: window, size: size, series: test?.series ?? 0, after: now), now: now)
    }

    /// Goes on with this window.
    private mutating func hold(_ window: Int, now: MonotonicInstant) {
        (level, test, hold) = (nil, nil, window)
        cohorts.removeAll()
        openNext(now: now)
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
            if isClear || test.isOfGrowth {
                cohorts.learnPatience(from: other)
                return beginLevel(above: other, of: hold, mean: other.mean, series: -1, now: now)
            }
        case .queue(let share) where test.isMore:
            hold = test.window(share: share)
            schedule.foundNoRoom(mean: measures.mean, now: now)
        case .queue(let share):
            guard schedule.foundQueue(share: share, now: now) else { break }
            hold = test.window(share: share)
            measures.settle(mean: other.mean)
            cohorts.learnPatience(from: other)
        case .room:
            measures.settle()
            schedule.foundNoQueue(mean: measures.mean, now: now)
        }
        hold(hold, now: now)
    }
}
