import Base

// DESIGN
// Which call a reply belongs to is known by the time at which it was sent only, to within the time that grants and
// reports take. So a cohort lasts for a few of those; and once as many are back as were in flight when it began, the
// next ones are its own. A cohort is over when all its calls are back, or when those that are missing have taken longer
// than nine of ten do. Where less than half is back the service became slower, or stands: then there is nothing to
// learn yet, but for a cohort of a larger window, which may be the cause (`isStuck`).

/// The cohort whose calls are sent now, and those of which calls are out.
struct CohortQueue: Sendable {
    private static let mostPending = 16
    private static let fewCalls = 8
    /// Calls that are given back or never reported again and again leave cohorts behind: so many are kept.
    private static let mostKept = 64

    private(set) var current: CallCohort
    private var older = 0  // calls in flight that were sent before `current`
    private(set) var pending: [CallCohort] = []  // all sent, not all back; oldest first
    /// Microseconds after which a missing call counts as late; 0: unknown.
    private(set) var patience = 0.0
    private var recent = RecentMedian()
    private(set) var dispatch = 0.0  // microseconds, smoothed

    init(_ first: CallCohort) { current = first }

    /// The median of the last latencies, microseconds; 0: there are none.
    var median: Double { recent.median }
    var first: CallCohort? { pending.first }

    /// - Parameter inFlight: calls that were sent before.
    mutating func open(_ cohort: CallCohort, inFlight: Int) { (current, older) = (cohort, inFlight) }
    mutating func removeFirst() -> CallCohort { pending.removeFirst() }
    mutating func removeAll() { pending.removeAll(keepingCapacity: true) }
    mutating func keep(series: Int) { pending.removeAll { $0.series != series } }
    func pending(series: Int) -> [CallCohort] { pending.filter { $0.series == series } }

    // MARK: Calls

    /// - Parameter dispatches: times that grants and reports take: a cohort lasts for so many.
    /// - Returns: whether the cohort is complete; another one is to be opened then.
    mutating func sent(_ count: Int, isFull: Bool, dispatches: Double, now: MonotonicInstant) -> Bool {
        guard current.sent(count, isFull: isFull, lastingAtLeast: dispatches * dispatch, now: now) else { return false }
        pending.append(current)
        if pending.count > Self.mostKept { pending.removeFirst() }
        return true
    }

    mutating func finished(microseconds: Double, dispatch: Double, isAnswered: Bool, sentAt: MonotonicInstant) {
        if isAnswered { recent.add(microseconds) }
        self.dispatch += (dispatch - self.dispatch) / 16
        if current.has(sentAt) {
            return current.finished(microseconds: microseconds, isAnswered: isAnswered)
        }
        older -= 1
        // Calls that were sent in the moment in which a cohort ended may be of the next one.
        if let index = pending.lastIndex(where: { $0.has(sentAt) && $0.missing > 0 }) {
            pending[index].finished(microseconds: microseconds, isAnswered: isAnswered)
        } else if older < 0 || pending.last?.has(sentAt) ?? false {
            current.finished(microseconds: microseconds, isAnswered: isAnswered)
        }
    }

    /// Calls whose end will never be reported: the last ones.
    mutating func withdrawn(_ count: Int) {
        var left = count - current.withdrawn(count)
        for index in pending.indices.reversed() where left > 0 { left -= pending[index].withdrawn(left) }
    }

    /// The window was not full for a while.
    mutating func interrupt(now: MonotonicInstant) { current = current.begunAnew(at: now) }

    // MARK: When they are over

    private var isLaterOneHalfBack: Bool { pending.dropFirst().contains(where: \.isHalfBack) }

    /// Whether the oldest one is over.
    ///
    /// - Parameter larger: its window, over the one that `patience` is of; 1 or more.
    func isOver(_ cohort: CallCohort, larger: Double, now: MonotonicInstant) -> Bool {
        let age = cohort.age(now)
        if cohort.missing == 0 { return true }
        if patience == 0 { return cohort.back * 4 >= cohort.sent * 3 || age > 4 * (recent.median + dispatch) }
        if pending.count > Self.mostPending, isLaterOneHalfBack { return true }
        guard age >= patience * larger + dispatch else { return false }
        return cohort.isHalfBack || isLaterOneHalfBack || age >= 8 * patience + 1e6
    }

    /// Whether most of its calls stay out, though its larger window explains it for so long.
    func isStuck(_ cohort: CallCohort, larger: Double, now: MonotonicInstant) -> Bool {
        // The patience of a few calls is known badly.
        let times = cohort.sent < Self.fewCalls ? 4.0 : 1.5
        return patience > 0 && !cohort.isHalfBack && cohort.age(now) >= times * larger * patience + dispatch
    }

    // MARK: Patience

    mutating func forgetPatience() { patience = 0 }
    mutating func wait(atLeast microseconds: Double) { patience = max(patience, microseconds) }

    /// A cohort is over of which nothing came back. What was given back was never waited for.
    mutating func nothingCame(of cohort: CallCohort) { if cohort.missing > 0 { wait(atLeast: 2 * patience) } }

    mutating func learnPatience(from latencies: LatencyHistogram) { patience = Self.patience(latencies) }

    /// A cohort of the usual window is over.
    mutating func learnPatience(from cohort: CallCohort) {
        guard Double(cohort.missing) <= 0.15 * Double(cohort.sent) else {
            let most = 3 * max(cohort.latencies.mean, recent.median)
            return patience = max(patience, min(patience * 1.25, most))
        }
        patience += 0.3 * (Self.patience(cohort.latencies) - patience)
    }

    private static func patience(_ latencies: LatencyHistogram) -> Double { max(100, latencies.quantile(0.9)) * 1.05 }
}
