import Base

/// Checks over a few seconds whether the number in flight equals the rate times the time in flight. Where it does not,
/// one of the three is measured wrongly.
struct LittlesLaw: Sendable {
    private static let span = TimeSpan.seconds(5)
    private static let least: Int64 = 50  // completions

    private var began: MonotonicInstant?
    private var changedAt = MonotonicInstant(nanoseconds: 0)
    private var inFlight: Int64 = 0
    private var area = 0.0  // purchases x microseconds
    private var residence = 0.0  // microseconds
    private var completed: Int64 = 0
    /// |L - rate x W| / L over the last span, per cent; nil while too little was completed.
    private(set) var errorPercent: Double?

    mutating func change(inFlight: Int64, now: MonotonicInstant) {
        settle(now: now)
        self.inFlight = inFlight
    }

    /// `count` purchases came back, after `microseconds` in flight in all.
    mutating func complete(_ count: Int64, microseconds: Int64, now: MonotonicInstant) {
        settle(now: now)
        completed += max(0, count)
        residence += Double(max(0, microseconds))
        guard let began, now - began >= Self.span else { return }
        errorPercent = completed >= Self.least && area > 0 ? min(1_000, 100 * abs(area - residence) / area) : nil
        (self.began, area, residence, completed) = (now, 0, 0, 0)
    }

    private mutating func settle(now: MonotonicInstant) {
        if began == nil { began = now } else { area += Double(inFlight) * Double((now - changedAt).wholeMicroseconds) }
        changedAt = now
    }
}

/// The last execution times of a resource, for their quantiles.
struct RecentTimes: Sendable {
    private static let remembered = 256

    private var times: [Int64] = []  // microseconds
    private var next = 0

    mutating func add(_ microseconds: Int64) {
        if times.count < Self.remembered {
            times.append(microseconds)
        } else {
            times[next] = microseconds
            next = (next + 1) % Self.remembered
        }
    }

    /// p50 and p99; nil when there are none.
    var quantiles: (p50: Int64, p99: Int64)? {
        guard !times.isEmpty else { return nil }
        let sorted = times.sorted()
        return (sorted[sorted.count / 2], sorted[min(sorted.count - 1, sorted.count * 99 / 100)])
    }
}
