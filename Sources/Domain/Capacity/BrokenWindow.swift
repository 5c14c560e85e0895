import Base

/// How many calls at once made a service far slower: not tried again for a while.
struct BrokenWindow: Sendable {
    private static let shortest = TimeSpan.seconds(5)
    private static let longest = TimeSpan.seconds(40)

    private var window = Int.max
    private var until: MonotonicInstant?
    private var length = shortest

    mutating func broke(at window: Int, now: MonotonicInstant) {
        guard window > 1 else { return }
        length = until.map { now < $0 + length } ?? false ? min(Self.longest, length * 2) : Self.shortest
        (self.window, until) = (window, now + length)
    }

    /// Whether it broke a short while ago.
    func isRemembered(now: MonotonicInstant) -> Bool { until.map { now < $0 } ?? false }

    /// The largest window to try.
    func most(now: MonotonicInstant) -> Int {
        isRemembered(now: now) ? max(1, window * 3 / 4) : Int(LatencyController.largest)
    }
}
