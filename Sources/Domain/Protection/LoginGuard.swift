public import Base

// DESIGN
// The right token always passes: an operator who shares an address with a scraper that has an old token must still be
// able to close the sale, and a secret of 256 bits can't be guessed at any rate. So failures are slowed. An address has
// five failures a minute at full speed. Each further one is answered late or, where too many wait for that, turned
// away. A late answer is the same 401, so a client that mistypes learns what is wrong and not that it is too fast.

/// Decides how failed logins are answered, by the network that they come from. Pure and bounded.
public struct LoginGuard: Sendable {
    public enum Verdict: Equatable, Sendable {
        case refuse
        /// Refuse after this time, and call `answeredLate` then.
        case refuseLate(TimeSpan)
        /// Too many failures wait for a late answer already.
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
    private var late = 0  // failures that wait for a late answer
    private var unreported: UInt64 = 0
    private var reportedAt: MonotonicInstant?

    public init(visitorsAtMost: Int = Limits.failedLoginNetworks) {
        precondition(visitorsAtMost > 0)
        self.visitorsAtMost = visitorsAtMost
    }

    /// Failed logins from all networks, since the start.
    public private(set) var failures: UInt64 = 0

    /// A login from `network` failed.
    public mutating func failed(from network: String, now: MonotonicInstant) -> Verdict {
        failures += 1
        unreported += 1
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

    /// A late refusal was sent.
    public mutating func answeredLate() {
        precondition(late > 0, "a late answer that was never due")
        late -= 1
    }

    /// Failures since the last report, for the log, at most once a second; nil: not now.
    public mutating func takeReport(now: MonotonicInstant) -> UInt64? {
        guard unreported > 0 else { return nil }
        if let reportedAt, now - reportedAt < .seconds(1) { return nil }
        reportedAt = now
        defer { unreported = 0 }
        return unreported
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
