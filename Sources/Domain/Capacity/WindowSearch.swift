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
// slower or stands (`WindowSearch+Failures.swift`).

/// Finds out how many calls a group bears at once.
struct WindowSearch: Sendable {
    private let shared: Shared<LatencyController.Tuning>
    var tuning: LatencyController.Tuning { shared.value }

    /// Calls in flight where no test runs.
    var hold: Int
    /// Calls in flight now.
    private(set) var window: Int
    var level: WindowLevel?  // nil: the growth is over
    var test: WindowTest?
    var schedule: TestSchedule
    var reason = CapacityReason.coldStart
    var measures = WindowMeasures()

    var cohorts: CohortQueue
    private var series = 0  // of the newest level or test
    var flight = FlightWatch()

    var failures = CallFailures()
    var known: Int?  // the window that it bore before; nil: not known, or found again
    var broken = BrokenWindow()

    init(tuning: Shared<LatencyController.Tuning>, window: Int, isBroken: Bool = false, now: MonotonicInstant) {
        shared = tuning
        if isBroken { failures.begin(window: window, same: .zero, now: now) }
        (hold, self.window) = (window, window)
        schedule = TestSchedule(tuning)
        cohorts = CohortQueue(CallCohort(.level, window: window, size: window, after: now))
        beginFirstLevel(window, now: now)
    }

    /// Most calls fail; the window halves.
    var isBroken: Bool { failures.isGoingOn }
    var isGrowing: Bool { level != nil }

    /// Calls a second that the window allows, with room for a burst; 0 while nothing came back.
    var pace: Double {
        let median = cohorts.median
        guard median > 0 else { return 0 }
        let time = measures.mean > 0 ? min(measures.mean, median) : median
        return tuning.paceShare * Double(window) * 1e6 / max(1, time)
    }

    mutating func explain(_ why: CapacityReason) { reason = why }

    /// What another leader measured.
    ///
    /// - Parameter window: calls at once that it bore; nil: it was still growing.
    mutating func assume(rate1000: Int64, unloaded microseconds: Double, window: Int?) {
        known = window
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
        if !isAnswered { failures.callFailed(now: now) }
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
    var usual: Int { level.map { $0.lowerWindow ?? $0.window } ?? hold }

    private mutating func commit(_ cohort: CallCohort, now: MonotonicInstant) {
        guard cohort.back > 0 else {
            // What was given back was never waited for.
            if cohort.missing > 0 { cohorts.wait(atLeast: 2 * cohorts.patience) }
            return
        }
        if level?.has(cohort) ?? false { return level!.add(cohort, now: now) }
        guard !isGrowing, cohort.role != .level else { return }
        if cohort.role == .hold, cohort.window == hold { learn(from: cohort, now: now) }
        guard let series = test?.series, cohort.series == series else { return }
        test!.add(cohort.judged(now), of: cohort.role)
        judgeTest(now: now)
    }

    private mutating func learn(from cohort: CallCohort, now: MonotonicInstant) {
        cohorts.learnPatience(from: cohort)
        switch measures.learn(
            mean: cohort.judged(now).mean, window: hold, dispatch: cohorts.dispatch, tuning)
        {
        case .longer(let old): schedule.becameLonger(from: old, to: measures.mean, now: now)
        case .shorter:
            schedule.becameShorter(now: now)
            broken = BrokenWindow()
        case nil: break
        }
    }

    private mutating func open(_ cohort: CallCohort, now: MonotonicInstant) {
        if cohort.window > window { flight.raise(now: now) }
        window = cohort.window
        cohorts.open(cohort, inFlight: flight.count)
    }

    // MARK: Growth

    mutating func beginFirstLevel(_ window: Int, now: MonotonicInstant) {
        series += 1
        cohorts.forgetPatience()
        cohorts.removeAll()
        (level, test) = (WindowLevel(window, series: series, shared), nil)
        openLevel(series, window, size: window / 2, now: now)
    }

    private mutating func openLevel(
        _ series: Int, _ window: Int, size: Int, countsFilling: Bool = false, now: MonotonicInstant
    ) {
        let size = isBroken ? tuning.leastCohort / 2 : max(tuning.leastCohort, size)
        open(
            CallCohort(.level, window: window, size: size, series: series, countsFilling: countsFilling, after: now),
            now: now)
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
        cohorts.keep(series: lower)
        openLevel(series, next, size: next - window, countsFilling: true, now: now)
    }

    private mutating func judgeLevel(now: MonotonicInstant) {
        guard isGrowing, level!.saw(), !failures.isGoingOn || recover(now: now) else { return }
        switch level!.judge(cohorts, now: now) {
        case nil: break
        case .grow: grow(now: now)
        case .stop(let slots): settle(on: WindowTest.window(slots: slots), mean: meanBelow(now: now), now: now)
        case .doubt: doubt(now: now)
        }
    }

    private func meanBelow(now: MonotonicInstant) -> Double { level?.below(cohorts, now: now).mean ?? measures.mean }

    private mutating func grow(now: MonotonicInstant) {
        guard let level else { return }
        let all = level.all(cohorts, now: now)
        reason = measures.rates.isEmpty && level.lowerWindow == nil ? .coldStart : .growing
        measures.grew(to: window, mean: all.mean, dispatch: cohorts.dispatch)
        if all.count == level.latencies.count || cohorts.patience == 0 { cohorts.learnPatience(from: all) }
        if level.lowerWindow == nil, let known, known > window {
            self.known = nil
            return settle(on: min(window * 2, known), mean: all.mean, now: now)
        }
        beginLevel(above: level.latencies, mean: all.mean, series: level.series, now: now)
    }

    /// The level is compared with the one below.
    private mutating func doubt(now: MonotonicInstant) {
        guard let level else { return }
        let (below, all) = (level.below(cohorts, now: now), level.all(cohorts, now: now))
        let other = window
        settle(on: usual, mean: below.mean, opensNext: false, now: now)
        begin(against: other)
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

    // MARK: Tests

    mutating func openNext(now: MonotonicInstant) {
        if test == nil, !flight.isDraining,
            let other = schedule.due(window: hold, most: broken.most(now: now), now: now)
        {
            begin(against: other)
        }
        let size = max(tuning.leastTestCohort, hold / 2)
        let role = test?.next() ?? .hold
        let window = role == .other ? test?.other ?? hold : hold
        open(CallCohort(role, window: window, size: size, series: test?.series ?? 0, after: now), now: now)
    }

    /// Goes on with this window.
    mutating func hold(_ window: Int, now: MonotonicInstant) {
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
            hold = test.other
            window = hold
            schedule.foundRoom(now: now)
            if isClear || test.isOfGrowth {
                cohorts.learnPatience(from: other)
                return beginLevel(above: other, mean: other.mean, series: -1, now: now)
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
