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

    let window: Int
    let series: Int
    private let lower: (latencies: LatencyHistogram, window: Int, series: Int)?
    private var late = LatencyHistogram()  // of the level below, which came back since
    private(set) var latencies = LatencyHistogram()
    private var sent = 0
    private var back = 0
    private var failed = 0

    init(_ window: Int, series: Int) {
        (self.window, self.series) = (window, series)
        lower = nil
    }

    /// Twice as many, or as many as there may be.
    init(_ window: Int, above other: LatencyHistogram, of lowerWindow: Int, series lowerSeries: Int, series: Int) {
        (self.window, self.series) = (window, series)
        lower = (other, lowerWindow, lowerSeries)
    }

    /// The window below; nil: it is the first level.
    var lowerWindow: Int? { lower?.window }
    var lowerMean: Double? { lower?.latencies.mean }

    /// Of the calls that came back.
    var failedShare: Double { back > 0 ? Double(failed) / Double(back) : 0 }

    func has(_ cohort: CallCohort) -> Bool {
        cohort.role == .level && (cohort.series == series || cohort.series == lower?.series)
    }

    mutating func add(_ cohort: CallCohort, now: MonotonicInstant) {
        if cohort.series == series {
            latencies.add(cohort.judged(now))
            sent += cohort.sent
            (back, failed) = (back + cohort.back, failed + cohort.failed)
        } else {
            late.add(cohort.judged(now))
        }
    }

    /// How it stands next to the level below, with what is back of `open` cohorts; nil: that has to be seen.
    ///
    /// - Parameters:
    ///   - isComplete: a cohort was added since the last verdict; else the first open one is taken as far as it is back.
    ///   - dispatch: time that passes besides, microseconds.
    func verdict(open: [CallCohort], isComplete: Bool, dispatch: Double, now: MonotonicInstant) -> Verdict? {
        guard let lower else { return latencies.count > 0 ? .grow : nil }
        var (below, level) = (lower.latencies, latencies)
        below.add(late)
        for cohort in open where cohort.series == lower.series { below.add(cohort.judged(now)) }
        var (all, age) = (sent, Double.infinity)
        if !isComplete {
            guard let first = open.first(where: { $0.series == series }) else { return nil }
            level.add(first.judged(now))
            all += first.sent
            age = first.age(now)
        }
        guard level.known >= 3, below.known > 0 else { return nil }
        // The first calls of a level are sent while the window fills, and wait for half of the others.
        let more = Double(window - lower.window)
        let filled = 1 - min(1, more / (2 * Double(max(1, all))))
        let shift = more * filled * (below.mean + dispatch) / Double(lower.window)
        if age < .infinity {
            let excess = below.excess(of: level, over: shift, until: age)
            if excess < -2 { dbg("early \(window): excess \(r2(excess)) known \(level.known)/\(level.count) below \(below.known)/\(below.count) age \(r2(age)) shift \(r2(shift)) mean \(r2(below.mean))") }
            return excess < -2 ? .grow : nil
        }
        let excess = below.excess(of: level, over: shift)
        dbg("level \(window) over \(lower.window): excess \(r2(excess)) known \(level.known)/\(level.count) below \(below.known)/\(below.count) mean \(r2(level.mean)) \(r2(below.mean)) shift \(r2(shift))")
        if excess < 0 { return .grow }
        guard excess > 3, below.known >= 12, level.known >= 12 else { return .doubt }
        let share = below.share(of: shift, to: level)
        return share > 2.5 ? .doubt : .stop(slots: Double(lower.window) + (1 - min(1, share)) * more)
    }
}
