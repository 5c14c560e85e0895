import Base

// DESIGN
// Cohorts of both windows alternate (hold, other, other, hold), so that a change of the service touches both alike. A
// queue would lengthen the latencies of the larger window by the calls that it has more, over the rate; half of that is
// what divides a queue from none. Where nothing is clear after some pairs, the service has room: too large a window
// costs latency, and shows; too small a one costs rate, and hides.

/// A comparison of the window with a larger or a smaller one.
struct WindowTest: Sendable {
    enum Finding: Sendable, Equatable {
        /// The larger window has a queue: its latencies are longer by this share of what a queue would add.
        case queue(share: Double)
        /// No difference is seen: the service has room at the larger window.
        case room(isClear: Bool)
    }

    let window: Int
    let other: Int
    let series: Int
    private let shared: Shared<LatencyController.Tuning>
    private var tuning: LatencyController.Tuning { shared.value }
    /// Whether it decides between two levels of the growth.
    private(set) var isOfGrowth = false
    private var turn = 0
    private var cohorts = (hold: 0, other: 0)
    private var pools = (hold: LatencyHistogram(), other: LatencyHistogram())

    init(_ window: Int, against other: Int, series: Int, _ tuning: Shared<LatencyController.Tuning>) {
        (self.window, self.other, self.series, shared) = (window, other, series, tuning)
    }

    /// Goes on with what a level showed beside the one below.
    ///
    /// - Parameters:
    ///   - hold: what calls took at the window.
    ///   - other: at the other one.
    mutating func begin(with hold: LatencyHistogram, _ other: LatencyHistogram) {
        (pools.hold, pools.other) = (hold, other)
        (cohorts.hold, cohorts.other, turn) = (1, 1, 2)
        isOfGrowth = true
    }

    var isMore: Bool { other > window }
    /// What calls took at the other window.
    var otherLatencies: LatencyHistogram { pools.other }

    /// The role of the next cohort.
    mutating func next() -> CallCohort.Role {
        defer { turn += 1 }
        return (turn + 1) / 2 % 2 == 1 ? .other : .hold
    }

    mutating func add(_ latencies: LatencyHistogram, of role: CallCohort.Role) {
        if role == .hold {
            pools.hold.add(latencies)
            cohorts.hold += 1
        } else {
            pools.other.add(latencies)
            cohorts.other += 1
        }
    }

    private var pairs: Int { min(cohorts.hold, cohorts.other) }

    /// Whether as many of each window came early as late; where one got lost, they may never be in balance again.
    private var isBalanced: Bool {
        cohorts.hold == cohorts.other && pairs > 0 && pairs % 2 == 0 || pairs >= tuning.mostPairs
    }

    /// What the cohorts show so far; nil: more of them are needed.
    ///
    /// - Parameter dispatch: time that passes besides, microseconds.
    func finding(dispatch: Double) -> Finding? {
        guard isBalanced else { return nil }
        let (smaller, larger) = isMore ? (pools.hold, pools.other) : (pools.other, pools.hold)
        let shift = Double(abs(window - other)) * (smaller.mean + dispatch) / Double(min(window, other))
        let excess = smaller.excess(of: larger, over: shift)
        let isLong = pairs >= tuning.mostPairs
        if excess > tuning.queueExcess || isLong && excess > tuning.queueExcess / 3 {
            return .queue(share: smaller.share(of: shift, to: larger))
        }
        return excess < -tuning.roomExcess || isLong ? .room(isClear: excess < -tuning.queueExcess) : nil
    }

    /// A window of so many slots and a small queue.
    static func window(slots: Double) -> Int { max(1, Int((slots * 1.04 + 0.3).rounded(.up))) }

    /// The window to go on with after a queue was found.
    ///
    /// - Parameter share: of what a queue would add.
    func window(share: Double) -> Int {
        let between = Double(abs(other - window)) * (1 - min(1, share))
        if !isMore { return max(1, min(window, Self.window(slots: Double(other) + between))) }
        // The slots may be between the windows, where these are far apart.
        guard share < 1, other - window >= 2, (other - window) * 2 >= window else { return window }
        return min(other, max(window, Self.window(slots: Double(window) + between)))
    }
}
