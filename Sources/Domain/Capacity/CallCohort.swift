import Base

/// Calls that were sent one after the other while one window was full.
struct CallCohort: Sendable {
    enum Role: Sendable {
        /// Of a level of the growth.
        case level
        /// While the window was as usual, and while it was the other one of a test.
        case hold, other
    }

    let role: Role
    let window: Int
    let series: Int  // number of the level or test that it belongs to; 0: none
    private let size: Int  // calls
    private let countsFilling: Bool  // also calls that fill the window
    private var begin: MonotonicInstant
    private var end: MonotonicInstant?  // when the last call of it was sent
    private var isFull = false  // whether the window was full since `begin`
    private(set) var sent = 0
    private(set) var back = 0
    private(set) var failed = 0
    private(set) var latencies = LatencyHistogram()

    init(
        _ role: Role, window: Int, size: Int, series: Int = 0, countsFilling: Bool = false, after now: MonotonicInstant
    ) {
        (self.role, self.window, self.size, self.series) = (role, window, size, series)
        (self.countsFilling, begin) = (countsFilling, now + .nanoseconds(1))
    }

    /// Whether it has calls, or may have some.
    private var isOpen: Bool { isFull || countsFilling }
    var missing: Int { max(0, sent - back) }
    var isHalfBack: Bool { back * 2 >= sent }

    // MARK: Calls

    /// - Parameters:
    ///   - isFull: as many are in flight now as the window allows.
    ///   - span: that it lasts at least, microseconds.
    /// - Returns: whether it is complete now.
    mutating func sent(_ count: Int, isFull: Bool, lastingAtLeast span: Double, now: MonotonicInstant) -> Bool {
        if isFull, !self.isFull {
            self.isFull = true
            if !countsFilling { begin = now }
        }
        guard isOpen else { return false }
        sent += count
        guard self.isFull, sent >= size, (now - begin).microseconds >= span else { return false }
        end = now
        return true
    }

    /// Whether a call that was sent at this time is one of it.
    func has(_ sentAt: MonotonicInstant) -> Bool { isOpen && begin <= sentAt && end.map { sentAt <= $0 } ?? true }

    mutating func finished(microseconds: Double, isAnswered: Bool) {
        guard back < sent else { return }
        back += 1
        if isAnswered {
            latencies.add(microseconds: microseconds)
        } else {
            failed += 1
            latencies.addUnknown(1, atLeast: microseconds)
        }
    }

    /// The end of some calls will never be reported.
    ///
    /// - Returns: how many of them are taken for calls of this cohort.
    mutating func withdrawn(_ count: Int) -> Int {
        let taken = min(count, missing)
        sent -= taken
        return taken
    }

    /// The window was not full for a while: the cohort begins anew.
    func begunAnew(at now: MonotonicInstant) -> CallCohort {
        CallCohort(role, window: window, size: size, series: series, countsFilling: countsFilling, after: now)
    }

    // MARK: What they show

    /// Microseconds since its last call was sent; 0 while it is not complete.
    func age(_ now: MonotonicInstant) -> Double { end.map { (now - $0).microseconds } ?? 0 }

    /// The latencies of all its calls; those that are missing took longest.
    func judged(_ now: MonotonicInstant) -> LatencyHistogram {
        var all = latencies
        let most = latencies.known > 0 ? 4 * latencies.mean : .infinity
        all.addUnknown(missing, atLeast: min(most, 1.3 * age(now)))
        return all
    }
}

extension TimeSpan {
    var microseconds: Double { Double(nanoseconds) / 1_000 }
}
