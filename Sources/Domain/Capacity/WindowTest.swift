import Base

// DESIGN
// Cohorts of both windows alternate (hold, other, other, hold), so that a change of the service touches both alike. A
// queue would lengthen the latencies of the larger window by the calls that it has more, over the rate; half of that is
// what divides a queue from none.

/// A comparison of the window with a larger or a smaller one.
struct WindowTest: Sendable {
    enum Finding: Sendable, Equatable {
        /// The larger window has a queue, and its latencies are longer by this share of what the queue would add.
        case queue(share: Double, isClear: Bool)
        /// No difference is seen: the service has room at the larger window.
        case room(isClear: Bool)
    }

    private static let mostPairs = 6

    let window: Int
    let other: Int
    let number: Int
    private var turn = 0
    private var cohorts = (hold: 0, other: 0)
    private(set) var pools = (hold: LatencyHistogram(), other: LatencyHistogram())

    init(_ window: Int, against other: Int, number: Int) {
        (self.window, self.other, self.number) = (window, other, number)
    }

    var isMore: Bool { other > window }

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

    private var isBalanced: Bool { cohorts.hold == cohorts.other && cohorts.hold > 0 && cohorts.hold % 2 == 0 }
    private var smaller: LatencyHistogram { isMore ? pools.hold : pools.other }
    private var larger: LatencyHistogram { isMore ? pools.other : pools.hold }

    /// What the cohorts show so far; nil: more of them are needed.
    ///
    /// - Parameter dispatch: time that passes besides, microseconds.
    func finding(dispatch: Double) -> Finding? {
        guard isBalanced else { return nil }
        let smallest = Double(min(window, other))
        let shift = Double(abs(window - other)) * (smaller.mean + dispatch) / smallest
        let excess = smaller.excess(of: larger, over: shift)
        let isLong = cohorts.hold >= Self.mostPairs
        dbg("test \(window) \(other): excess \(r2(excess)) \(larger.known)/\(larger.count) \(smaller.known)/\(smaller.count) share \(r2(smaller.share(of: shift, to: larger))) mean \(r2(larger.mean)) \(r2(smaller.mean)) shift \(r2(shift))")
        if excess > 1.5 || isLong && excess > 0.5 {
            return .queue(share: smaller.share(of: shift, to: larger), isClear: excess > 3)
        }
        if excess < -0.7 || isLong { return .room(isClear: excess < -1.5) }
        return nil
    }
}
