import Base

// DESIGN
// What stands behind a group has an unknown number of slots, and a queue before them. While fewer calls are inside than
// it has slots, one call more changes no latency. Beyond that each call more waits for the calls before it: the latency
// grows by (calls more) / rate. So the window is found by comparing latencies at two windows, and never by comparing
// them with what they were: a service that becomes slower keeps its window, and one that becomes faster does too.
//
// Calls are counted in cohorts (`CallCohort`). The window doubles from level to level (`WindowLevel`) until a queue is
// seen; then tests (`WindowTest`) look for room now and then, and for a queue. Two sets of latencies are compared by
// ranks, so that neither a long tail nor one slow call decides. Doubt goes to the larger window: too large a window
// costs latency, and shows; too small a one costs rate, and hides.
//
// Where most calls of a larger window stay out, either the service broke under it, or it became slower or stands. The
// calls that were in flight before tell which: those of a service that broke come back as ever.

/// Finds out how many calls a group bears at once.
struct WindowSearch: Sendable {
    /// Calls that were in flight at some time, and have not come back.
    private struct Watch: Sendable {
        let at: MonotonicInstant
        let count: Int
        private(set) var missing: Int
        private var back = 0  // whenever they were sent, which is not known exactly

        init(_ count: Int, at: MonotonicInstant) { (self.at, self.count, missing) = (at, count, count) }

        mutating func finished(sentAt: MonotonicInstant) {
            back += 1
            if sentAt < at || back > 3 * count { missing -= 1 }
        }
        mutating func withdrawn(_ count: Int) { missing -= count }
        var isBack: Bool { missing * 10 <= count }
        var isHalfBack: Bool { missing * 20 <= count * 11 }
    }

    private let shared: Shared<LatencyController.Tuning>
    private var tuning: LatencyController.Tuning { shared.value }

    /// Calls in flight where no test runs.
    private(set) var hold: Int
    /// Calls in flight now.
    private(set) var window: Int
    private var level: WindowLevel?  // nil: the growth is over
    private(set) var test: WindowTest?
    private(set) var reason = CapacityReason.coldStart
    /// Mean latency of one call while `hold` are in flight, and what passes besides; microseconds, 0: unknown.
    private(set) var mean = 0.0
    private var settledMean = 0.0  // of holding, when the window was last found
    private var dispatch = 0.0  // microseconds, smoothed
    /// Mean latency where no queue was seen, microseconds; 0: unknown.
    private(set) var unloaded = 0.0
    private(set) var rates = RateMemory()
    private var recent = RecentMedian()

    private var current: CallCohort
    private var pending: [CallCohort] = []  // all sent, not all back; oldest first
    private var series = 0  // of the newest level or test
    private var patience = 0.0  // microseconds after which a missing call counts as late; 0: unknown
    private var inFlight = 0
    private var raised: Watch?  // in flight when the window was last made larger
    private var drain: Watch?  // in flight when something broke: what comes back meanwhile shows nothing
    private var isLevelComplete = false  // a cohort of the level was added since then
    private var seen = 0  // calls that came back since a level was last judged

    private var nextMore = MonotonicInstant(nanoseconds: 0)
    private var nextLess = MonotonicInstant(nanoseconds: 0)
    private var lessGap = TimeSpan.seconds(1)
    private var lessShare = 0.75
    private var isDoubted = false  // the last test for less found more than a queue can add

    /// More than half of the calls fail; the window halves.
    private(set) var isBroken: Bool
    private var errorAt: MonotonicInstant?  // when a call failed last
    private var known: Int?  // the window that it bore before; nil: that is not known, or it was found again
    private var before = 0  // the window before they failed
    private var brokenAt = MonotonicInstant(nanoseconds: 0)
    private var broken = BrokenWindow()

    init(
        tuning: Shared<LatencyController.Tuning>, window: Int, isBroken: Bool = false, now: MonotonicInstant
    ) {
        shared = tuning
        self.isBroken = isBroken
        (hold, self.window) = (window, window)
        current = CallCohort(.level, window: window, size: window, at: now)
        beginFirstLevel(window, now: now)
    }

    var isGrowing: Bool { level != nil }

    /// Calls a second that the window allows, with room for a burst; 0 while nothing came back.
    var pace: Double {
        let median = recent.median
        guard median > 0 else { return 0 }
        let time = mean > 0 ? min(mean, median) : median
        return tuning.paceShare * Double(window) * 1e6 / max(1, time + dispatch)
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
        guard current.sent(count, isFull: isFull, lastingAtLeast: tuning.cohortDispatches * dispatch, now: now) else {
            return
        }
        pending.append(current)
        dbg("cohort \(current.role) \(current.window) sent \(current.sent) took \(r2(Double((now - current.begin).wholeMicroseconds))) dispatch \(r2(dispatch)) pending \(pending.count) mean \(r2(mean)) patience \(r2(patience)) first \(pending[0].back)/\(pending[0].sent) \(r2(pending[0].age(now)))")
        let next = now + .nanoseconds(1)
        guard let level else { return plan(next) }
        open(.level, window, size: max(tuning.leastCohort, window / 2), series: level.series, at: next)
    }

    /// Calls whose end will never be reported: the last ones.
    mutating func withdrawn(_ count: Int) {
        inFlight = max(0, inFlight - count)
        var left = count - current.withdrawn(count)
        for index in pending.indices.reversed() where left > 0 { left -= pending[index].withdrawn(left) }
        raised?.withdrawn(count)
        drain?.withdrawn(count)
    }

    /// The window was not full for a while.
    mutating func interrupt(now: MonotonicInstant) { current = current.begunAnew(at: now) }

    mutating func finished(
        microseconds: Double, dispatch: Double, isAnswered: Bool, sentAt: MonotonicInstant, now: MonotonicInstant
    ) {
        if isAnswered { recent.add(microseconds) } else { errorAt = now }
        self.dispatch += (dispatch - self.dispatch) / 16
        inFlight = max(0, inFlight - 1)
        raised?.finished(sentAt: sentAt)
        if current.has(sentAt) {
            current.finished(microseconds: microseconds, isAnswered: isAnswered)
        } else if let index = pending.lastIndex(where: { $0.has(sentAt) }) {
            pending[index].finished(microseconds: microseconds, isAnswered: isAnswered)
        }
        if drain != nil { return drained(sentAt: sentAt, now: now) }
        while let first = pending.first {
            if isStuck(first, now: now) { return suspect(first, now: now) }
            guard isOver(first, now: now) else { break }
            pending.removeFirst()
            commit(first, now: now)
        }
        judgeLevel(now: now)
    }

    private func isOver(_ cohort: CallCohort, now: MonotonicInstant) -> Bool {
        if cohort.missing == 0 { return true }
        let age = cohort.age(now)
        if patience == 0 { return cohort.back * 4 >= cohort.sent * 3 || age > 4 * (recent.median + dispatch) }
        // Where less than half came back the service became slower, or stands; unless those of later ones are back.
        let larger = Double(max(cohort.window, hold)) / Double(max(1, hold))
        return age >= patience * larger + dispatch && (cohort.isHalfBack || pending.dropFirst().contains(where: \.isHalfBack) || age >= 8 * patience + 1e6)
    }

    /// Most calls of a larger window stay out.
    private func isStuck(_ cohort: CallCohort, now: MonotonicInstant) -> Bool {
        let isLarger = cohort.role == .level ? level?.lowerWindow != nil : cohort.role == .other && cohort.window > hold
        guard isLarger, patience > 0, !cohort.isHalfBack else { return false }
        let larger = Double(cohort.window) / Double(max(1, level?.lowerWindow ?? hold))
        return cohort.age(now) >= 1.5 * larger * patience + dispatch
    }

    private mutating func commit(_ cohort: CallCohort, now: MonotonicInstant) {
        guard cohort.back > 0 else { return patience *= 2 }
        if cohort.role == .level {
            if level?.has(cohort) ?? false {
                level!.add(cohort, now: now)
                if cohort.series == level!.series { isLevelComplete = true }
            }
            return
        }
        guard !isGrowing else { return }
        let latencies = cohort.judged(now)
        if cohort.role == .hold, cohort.window == hold {
            learnPatience(from: cohort)
            mean += (mean == 0 ? 1 : 0.3) * (latencies.mean - mean)
            if let rate = cohort.rate1000 { rates.add(rate) }
            if settledMean > 0, mean > tuning.longerMean * settledMean { becameLonger(now: now) }
            if mean < tuning.shorterMean * settledMean { becameShorter(now: now) }
        }
        guard test?.number == cohort.series, cohort.series > 0 else { return }
        test!.add(latencies, of: cohort.role)
        judgeTest(now: now)
    }

    private mutating func learnPatience(from cohort: CallCohort) {
        if Double(cohort.missing) > 0.15 * Double(cohort.sent) { return patience *= 1.25 }
        let wanted = max(cohort.latencies.quantile(0.9), 100) * 1.05
        patience += 0.3 * (wanted - patience)
    }

    /// The service is slower, or has fewer slots, or too much to do.
    private mutating func becameLonger(now: MonotonicInstant) {
        lessShare = mean > 2 * settledMean ? 0.5 : 0.75
        settledMean = mean
        lessGap = firstLessGap
        nextLess = now
    }

    /// The service is faster: the dispatch may take more of the window than before.
    private mutating func becameShorter(now: MonotonicInstant) {
        settledMean = mean
        nextMore = now
        broken = BrokenWindow()
    }

    private var firstLessGap: TimeSpan { .microseconds(Int64(max(3e6, 30 * mean))) }

    private mutating func open(
        _ role: CallCohort.Role, _ window: Int, size: Int, series: Int = 0, countsFilling: Bool = false,
        at now: MonotonicInstant
    ) {
        if window > self.window || raised == nil { raised = Watch(inFlight, at: now) }
        self.window = window
        current = CallCohort(
            role, window: window, size: size, series: series, countsFilling: countsFilling, at: now)
    }

    // MARK: Growth

    private mutating func beginFirstLevel(_ window: Int, now: MonotonicInstant) {
        series += 1
        patience = 0
        (level, test) = (WindowLevel(window, series: series), nil)
        pending.removeAll(keepingCapacity: true)
        open(.level, window, size: isBroken ? 2 : max(tuning.leastCohort, window / 2), series: series, at: now + .nanoseconds(1))
    }

    /// To twice the window, where that may be.
    private mutating func beginLevel(
        above latencies: LatencyHistogram, mean: Double, series lower: Int, now: MonotonicInstant
    ) {
        let next = min(broken.most(now: now), window * 2)
        hold = window
        guard next > window else { return settle(on: window, mean: mean, now: now) }
        series += 1
        level = WindowLevel(next, above: latencies, of: window, series: lower, series: series)
        test = nil
        pending.removeAll { $0.role != .level || $0.series != lower }
        open(
            .level, next, size: max(tuning.leastCohort, next - window), series: series, countsFilling: true,
            at: now + .nanoseconds(1))
    }

    private mutating func judgeLevel(now: MonotonicInstant) {
        guard let level else { return }
        seen += 1
        let open = pending.filter(level.has)
        guard seen * 8 >= window || isLevelComplete else { return }
        defer { (seen, isLevelComplete) = (0, false) }
        if isBroken {
            guard level.latencies.count > 0 else { return }
            guard level.failedShare <= tuning.brokenShare else { return beginFirstLevel(window, now: now) }
            isBroken = false
            broken = BrokenWindow()
            reason = .recovered
            if window < before / 2 {
                known = before
                return beginFirstLevel(before / 2, now: now)
            }
        }
        switch level.verdict(open: open, isComplete: isLevelComplete, dispatch: dispatch, now: now) {
        case nil: return
        case .grow:
            grow(open: open.filter { $0.series == level.series }, now: now)
        case .stop(let slots):
            settle(on: Self.window(slots), mean: level.lowerMean!, now: now)
        case .doubt:
            (hold, mean, settledMean) = (level.lowerWindow!, level.lowerMean!, level.lowerMean!)
            self.level = nil
            pending.removeAll(keepingCapacity: true)
            begin(window, because: .probing)
            plan(now + .nanoseconds(1))
        }
    }

    private mutating func grow(open: [CallCohort], now: MonotonicInstant) {
        let level = level!
        var all = level.latencies
        for cohort in open { all.add(cohort.judged(now)) }
        reason = rates.isEmpty && level.lowerWindow == nil ? .coldStart : .growing
        rates.add(Int64(min(1e10, Double(window) * 1e9 / max(1, all.mean + dispatch))))
        (mean, unloaded) = (all.mean, all.mean)
        if level.lowerWindow == nil, let known, known > window {
            hold = window
            self.known = nil
            return settle(on: min(window * 2, known), mean: all.mean, now: now)
        }
        if open.isEmpty || patience == 0 { patience = max(all.quantile(0.9), 100) * 1.05 }
        beginLevel(above: level.latencies, mean: all.mean, series: level.series, now: now)
    }

    private mutating func settle(on window: Int, mean: Double, now: MonotonicInstant) {
        hold = window
        (level, test) = (nil, nil)
        (self.mean, unloaded, settledMean) = (mean, mean, mean)
        patience = max(patience, mean)
        reason = .settled
        lessGap = firstLessGap
        nextMore = now
        nextLess = now + lessGap
        pending.removeAll(keepingCapacity: true)
        plan(now + .nanoseconds(1))
    }

    /// A window of `slots` and a small queue.
    private static func window(_ slots: Double) -> Int { max(1, Int((slots * 1.04 + 0.3).rounded(.up))) }

    // MARK: What it did not bear

    /// Calls of a larger window stay out: back to the window before.
    private mutating func suspect(_ cohort: CallCohort, now: MonotonicInstant) {
        var before = level?.lowerWindow ?? hold
        // While calls fail their purchases wait for retries: what is missing then shows nothing.
        let hasErrors = errorAt.map { age(of: $0, now) < 2 * patience + 1e6 } ?? false
        let didBreak = !hasErrors && raised?.isHalfBack ?? false
        dbg("suspect \(cohort.window) \(cohort.back)/\(cohort.sent) age \(r2(cohort.age(now))) patience \(r2(patience)) raised \(raised!) broke \(didBreak)")
        let isAgain = didBreak && now < broken.until
        if didBreak { broken.broke(at: cohort.window, now: now) }
        let wasGrowing = isGrowing
        if isAgain { before = max(1, before * 3 / 4) }
        (level, test, hold) = (nil, nil, before)
        pending.removeAll(keepingCapacity: true)
        reason = didBreak ? .broke : .checking
        if wasGrowing, !didBreak { beginFirstLevel(before, now: now) } else { open(.hold, before, size: .max, at: now) }
        if wasGrowing, didBreak { (settledMean, lessGap) = (mean, firstLessGap) }
        nextLess = didBreak ? now : now + lessGap
        beginDrain(now: now)
    }

    private func age(of time: MonotonicInstant, _ now: MonotonicInstant) -> Double {
        Double((now - time).wholeMicroseconds)
    }

    private mutating func beginDrain(now: MonotonicInstant) {
        drain = Watch(inFlight, at: now)
        if inFlight == 0 { drain = nil }
    }

    private mutating func drained(sentAt: MonotonicInstant, now: MonotonicInstant) {
        drain!.finished(sentAt: sentAt)
        guard drain!.isBack else { return }
        drain = nil
        nextMore = now
        if isGrowing { beginFirstLevel(window, now: now) } else { plan(now + .nanoseconds(1)) }
    }

    /// More than half of the calls fail: half of the window.
    mutating func failed(now: MonotonicInstant) {
        if !isBroken { before = now < brokenAt + tuning.collapse.incident * 2 ? max(before, hold) : hold }
        brokenAt = now
        isBroken = true
        reason = .errors
        hold = max(1, min(hold, window) / 2)
        drain = nil
        beginFirstLevel(hold, now: now)
    }

    // MARK: Tests

    private mutating func plan(_ now: MonotonicInstant) {
        if test == nil, drain == nil {
            if now >= nextLess, hold > 1 {
                begin(max(1, min(hold - 1, Int(Double(hold) * lessShare + 0.5))), because: .draining)
            } else if now >= nextMore, broken.most(now: now) > hold {
                begin(max(hold + 1, Int(Double(hold) * 1.25 + 0.5)), because: .probing)
            }
        }
        let size = max(6, hold / 2)
        guard let role = test?.next(), let test else { return open(.hold, hold, size: size, at: now) }
        open(role, role == .other ? test.other : hold, size: size, series: test.number, at: now)
    }

    private mutating func begin(_ other: Int, because why: CapacityReason) {
        series += 1
        test = WindowTest(hold, against: other, number: series)
        patience = max(patience, 1)
        reason = why
    }

    private mutating func judgeTest(now: MonotonicInstant) {
        guard let test, let finding = test.finding(dispatch: dispatch) else { return }
        if test.isMore {
            foundMore(finding, of: test, now: now)
        } else {
            foundLess(finding, of: test, now: now)
        }
    }

    private mutating func foundMore(_ finding: WindowTest.Finding, of test: WindowTest, now: MonotonicInstant) {
        switch finding {
        case .room(let isClear):
            reason = .gained
            (hold, window) = (test.other, test.other)
            nextMore = now
            if isClear {
                let other = test.pools.other
                patience = max(other.quantile(0.9), 100) * 1.05
                return beginLevel(above: other, mean: other.mean, series: -1, now: now)
            }
        case .queue(let share, let isClear):
            if share > 2.5, isClear { broken.broke(at: test.other, now: now) }
            // Where the windows are far apart, the slots may be between them.
            let more = Double(test.other - hold)
            if share < 1, more >= 2, more * 2 >= Double(hold) { hold = max(hold, min(test.other, Self.window(Double(hold) + (1 - share) * more))) }
            reason = .following
            nextMore = now + .microseconds(Int64(max(3e5, 4 * mean)))
        }
        endTest(now: now)
    }

    private mutating func foundLess(_ finding: WindowTest.Finding, of test: WindowTest, now: MonotonicInstant) {
        let other = test.pools.other
        switch finding {
        case .queue(let share, _) where share <= 1.4 || isDoubted:
            isDoubted = false
            let before = hold
            hold = max(1, min(hold, Self.window(Double(hold) - min(1, share) * Double(hold - test.other))))
            (mean, unloaded, settledMean) = (other.mean, other.mean, other.mean)
            patience = max(other.quantile(0.9), 100) * 1.05
            lessShare = 0.75
            nextLess = hold < before && share > 0.8 ? now : now + lessGap
            nextMore = now
        case .queue:  // more than a queue can add: the service changed meanwhile
            isDoubted = true
            nextLess = now
        case .room:
            isDoubted = false
            (unloaded, settledMean) = (mean, mean)
            lessShare = 0.75
            lessGap = .microseconds(min(Int64(max(3e7, 120 * mean)), max(firstLessGap, lessGap).wholeMicroseconds * 2))
            nextLess = now + lessGap
        }
        reason = .following
        endTest(now: now)
    }

    private mutating func endTest(now: MonotonicInstant) {
        test = nil
        pending.removeAll(keepingCapacity: true)
        plan(now + .nanoseconds(1))
    }
}

/// How many calls at once made a service far slower: not tried again for a while.
struct BrokenWindow: Sendable {
    private static let longest = TimeSpan.seconds(40)

    private var window = Int.max
    private(set) var until = MonotonicInstant(nanoseconds: 0)
    private var length = TimeSpan.seconds(5)

    mutating func broke(at window: Int, now: MonotonicInstant) {
        guard window > 1 else { return }
        length = now < until + length ? min(Self.longest, length * 2) : .seconds(5)
        (self.window, until) = (window, now + length)
    }

    /// The largest window to try.
    func most(now: MonotonicInstant) -> Int {
        now < until ? max(1, window * 3 / 4) : Int(LatencyController.largest)
    }
}
