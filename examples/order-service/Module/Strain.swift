import Base

/// Counts the calls of every second, and breaks when one has too many.
struct Strain: Sendable {
    private static let second = TimeSpan.seconds(1)

    private var calls = Line<MonotonicInstant>()  // of the last second, as of the last call
    private var strainedUntil: MonotonicInstant?  // the last second with more calls than are calm ended here
    private var brokenUntil: MonotonicInstant?  // nil while it holds; moves on with every strained second
    private(set) var busiestSecond = 0  // calls
    private(set) var collapses = 0
    private var brokenSince: MonotonicInstant?
    private var brokenFor = TimeSpan.zero  // in collapses that are over

    /// Takes one call; `now` never goes back.
    mutating func call(_ settings: ServiceSettings, now: MonotonicInstant) {
        recover(now)
        calls.append(now)
        while let first = calls[0], now - first >= Self.second { _ = calls.popFirst() }
        busiestSecond = max(busiestSecond, calls.count)
        // Until the call is a second old with which the calm number was passed, the present second is strained.
        if let passed = calls[calls.count - settings.calmPerSecond - 1] { strainedUntil = passed + Self.second }
        if let limit = settings.collapseAbove, calls.count > limit, brokenUntil == nil {
            collapses += 1
            brokenSince = now
            brokenUntil = now + settings.calm
        }
        if let strainedUntil, let until = brokenUntil { brokenUntil = max(until, strainedUntil + settings.calm) }
    }

    func isBroken(at time: MonotonicInstant) -> Bool { brokenUntil.map { time < $0 } ?? false }

    /// Time broken up to `now`.
    func brokenTime(_ now: MonotonicInstant) -> TimeSpan {
        guard let brokenSince, let brokenUntil else { return brokenFor }
        return brokenFor + (min(now, brokenUntil) - brokenSince)
    }

    mutating func resetFigures(now: MonotonicInstant) {
        recover(now)
        (busiestSecond, collapses, brokenFor) = (0, 0, .zero)
        if brokenSince != nil { brokenSince = now }
    }

    private mutating func recover(_ now: MonotonicInstant) {
        guard let brokenSince, let until = brokenUntil, until <= now else { return }
        brokenFor = brokenFor + (until - brokenSince)
        self.brokenSince = nil
        brokenUntil = nil
    }
}
