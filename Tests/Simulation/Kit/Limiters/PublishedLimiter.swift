/// The limiters to compare with, set up for a drain.
public enum PublishedLimiter: String, Sendable, CaseIterable {
    /// Nine tenths of what the service can do at first: what an operator measures once.
    case fixedRate = "fixed rate, 0.9 of what was measured once"
    /// As many as the service has slots at first: an operator who knew them.
    case fixedWindow = "fixed window, the slots as once known"
    case aimd = "AIMD"
    case gradient2 = "Gradient2"
    case vegas = "Vegas"

    func make(for drain: DrainCase) -> any Limiter {
        switch self {
        case .fixedRate: FixedRate(perSecond: 0.9 * drain.regimes[0].rate)
        case .fixedWindow: FixedWindow(drain.regimes[0].slots)
        case .aimd: AdditiveIncrease()
        case .gradient2: Gradient2()
        case .vegas: Vegas(seed: drain.seed)
        }
    }
}
