import Base

/// A level of the growth: what calls took at its window, beside what they took at the window below.
struct WindowLevel: Sendable {
    enum Verdict: Sendable, Equatable {
        case grow
        /// It looks like a queue: the two windows are to be compared.
        case doubt
        /// The service has so many slots, about.
        case stop(slots: Double)
    }

    /// The level below.
    private struct Lower: Sendable {
        let latencies: LatencyHistogram
        let window: Int
        let series: Int
    }

    let window: Int
    let series: Int
    private let shared: Shared<LatencyController.Tuning>
    private var tuning: LatencyController.Tuning { shared.value }
    private let lower: Lower?
    private var late = LatencyHistogram()  // of the level below, which came back since
    private(set) var latencies = LatencyHistogram()
    private var (sent, back, failed) = (0, 0, 0)
    private var hasNew = false  // a cohort was added since it was last judged
    private var unseen = 0  // calls that came back since then

    /// The first one.
    init(_ window: Int, series: Int, _ tuning: Shared<LatencyController.Tuning>) {
        (self.window, self.series, shared, lower) = (window, series, tuning, nil)
    }

    /// - Parameters:
    ///   - other: what calls took at the window below, as far as they are back.
    ///   - lowerSeries: that of the cohorts of the window below that are not over.
    init(
        _ window: Int, above other: LatencyHistogram, of lowerWindow: Int, series lowerSeries: Int, series: Int,
        _ tuning: Shared<LatencyController.Tuning>
    ) {
        (self.window, self.series, shared) = (window, series, tuning)
        lower = Lower(latencies: other, window: lowerWindow, series: lowerSeries)
    }

    /// The window below; nil: it is the first level.
    var lowerWindow: Int? { lower?.window }
    /// Share of the calls that failed, of those that came back.
    var failedShare: Double { back > 0 ? Double(failed) / Double(back) : 0 }

    /// Whether a cohort is of this level or the one below.
    func has(_ cohort: CallCohort) -> Bool {
        cohort.role == .level && (cohort.series == series || cohort.series == lower?.series)
    }

    mutating func add(_ cohort: CallCohort, now: MonotonicInstant) {
        guard cohort.series == series else { return late.add(cohort.judged(now)) }
        latencies.add(cohort.judged(now))
        (sent, back, failed) = (sent + cohort.sent, back + cohort.back, failed + cohort.failed)
        hasNew = true
    }

    /// What calls took, those of cohorts that are not over included.
    func all(_ cohorts: CohortQueue, now: MonotonicInstant) -> LatencyHistogram {
        cohorts.pending(series: series).reduce(into: latencies) { $0.add($1.judged(now)) }
    }

    /// What calls took at the window below.
    func below(_ cohorts: CohortQueue, now: MonotonicInstant) -> LatencyHistogram {
        guard let lower else { return LatencyHistogram() }
        var below = lower.latencies
        below.add(late)
        return cohorts.pending(series: lower.series).reduce(into: below) { $0.add($1.judged(now)) }
    }

    /// A call came back.
    ///
    /// - Returns: whether it is worth a verdict.
    mutating func saw() -> Bool {
        unseen += 1
        return hasNew || unseen * 8 >= window
    }

    /// How it stands next to the level below; nil: that has to be seen.
    mutating func judge(_ cohorts: CohortQueue, now: MonotonicInstant) -> Verdict? {
        defer { (hasNew, unseen) = (false, 0) }
        return verdict(cohorts, now: now)
    }

    private func verdict(_ cohorts: CohortQueue, now: MonotonicInstant) -> Verdict? {
        guard let lower else { return latencies.count > 0 ? .grow : nil }
        let below = below(cohorts, now: now)
        var level = latencies
        var (all, age) = (sent, Double.infinity)
        // Without a cohort that is over, the first open one is taken as far as it is back.
        if !hasNew {
            guard let first = cohorts.pending(series: series).first else { return nil }
            level.add(first.judged(now))
            (all, age) = (all + first.sent, first.age(now))
        }
        guard level.known >= 3, below.known > 0 else { return nil }
        // The first calls of a level are sent while the window fills, and wait for half of the others.
        let more = Double(window - lower.window)
        let filled = 1 - min(1, more / (2 * Double(max(1, all))))
        let shift = more * filled * (below.mean + cohorts.dispatch) / Double(lower.window)
        guard hasNew else {
            return below.excess(of: level, over: shift, until: age) < -tuning.earlyExcess ? .grow : nil
        }
        let excess = below.excess(of: level, over: shift)
        if excess < -0.5 { return .grow }
        guard excess > tuning.clearExcess, min(below.known, level.known) >= 12 else { return .doubt }
        let share = below.share(of: shift, to: level)
        return share > tuning.brokenShift ? .doubt : .stop(slots: Double(lower.window) + (1 - min(1, share)) * more)
    }
}
