public import Base

// DESIGN
// The right token always passes: whoever shares an address with a scraper that holds an old one must still be able to
// close the sale, and a secret of 256 bits isn't found at any rate. So what is slowed is the failure. An address has
// five failures a minute at full speed; each one more is answered late, and where too many wait for that, turned away.
// A late answer is the same 401, so a client that mistypes learns what is wrong and not that it is too fast.

/// Decides how failed logins are answered, by the network they come from. Pure and bounded.
public struct LoginGuard: Sendable {
    public enum Verdict: Equatable, Sendable {
        case refuse
        /// Refuse after this time, then call `answeredLate`.
        case refuseLate(TimeSpan)
        /// Too many are being slowed already.
        case turnAway(retryAfter: TimeSpan)
    }

    private struct Visitor {
        let network: String
        var failures: [MonotonicInstant] = []  // the last ones, oldest first
    }

    private let visitorsAtMost: Int
    private var visitors: [Visitor] = []  // a ring once it is full
    private var places: [String: Int] = [:]
    private var oldest = 0
    private var late = 0
    private var untold: UInt64 = 0
    private var toldAt: MonotonicInstant?

    public init(visitorsAtMost: Int = Limits.failedLoginNetworks) {
        precondition(visitorsAtMost > 0)
        self.visitorsAtMost = visitorsAtMost
    }

    /// Failed logins of all, since the start.
    public private(set) var failures: UInt64 = 0

    /// A login from `network` failed.
    public mutating func failed(from network: String, now: MonotonicInstant) -> Verdict {
        failures += 1
        untold += 1
        let place = place(of: network)
        visitors[place].failures.removeAll { now - $0 >= Limits.failedLoginPeriod }
        let isSlow = visitors[place].failures.count >= Limits.failedLogins
        let first = visitors[place].failures.first
        if isSlow { visitors[place].failures.removeFirst() }
        visitors[place].failures.append(now)
        guard isSlow, let first else { return .refuse }
        guard late < Limits.lateRefusals else {
            return .turnAway(retryAfter: Limits.failedLoginPeriod - (now - first))
        }
        late += 1
        return .refuseLate(Limits.lateRefusal)
    }

    /// A refusal that was to be late has been given.
    public mutating func answeredLate() { late -= 1 }

    /// How many failures the log is to be told of now, at most once a second; nil: not now.
    public mutating func takeReport(now: MonotonicInstant) -> UInt64? {
        guard untold > 0 else { return nil }
        if let toldAt, now - toldAt < .seconds(1) { return nil }
        toldAt = now
        defer { untold = 0 }
        return untold
    }

    private mutating func place(of network: String) -> Int {
        if let known = places[network] { return known }
        if visitors.count < visitorsAtMost {
            visitors.append(Visitor(network: network))
            places[network] = visitors.count - 1
            return visitors.count - 1
        }
        let place = oldest
        oldest = (oldest + 1) % visitorsAtMost
        places[visitors[place].network] = nil
        visitors[place] = Visitor(network: network)
        places[network] = place
        return place
    }
}
