public import Base

// DESIGN
// One scheduler of several leads: the store keeps its name under a lease. Two leaders at once would cost no unit, since
// workers ignore grants of an older term, but they would grant twice. Three rules keep them apart. The lease counts
// from the moment of the claim, however late the answer comes. A leader that has not renewed it for a while stops
// granting long before it expires (fenced), by its own clock, whatever else happens. And a term ends with the first gap
// in the messages: the process gives the lease back (yielding) and never leads in the same term again, so a late answer
// to an older claim brings no term back.

/// Decides whether this process leads the schedulers. A value: events in, actions out, time as an argument.
public struct Leadership: Sendable {
    public enum State: Sendable, Equatable {
        /// Another process leads, or none.
        case standby
        /// This process leads.
        case leading(term: Int64)
        /// This process leads as far as it knows, but its lease may soon have expired: it grants nothing.
        case fenced(term: Int64)
        /// This process has given the leadership up, and the store has not confirmed it.
        case yielding
        /// This process stops: it leads no more.
        case stopped
    }

    public enum Event: Sendable, Equatable {
        /// The store takes calls, and its messages are followed.
        case connected
        /// The store or its messages are lost, or the store has other data than before.
        case disconnected
        /// The time of the last `wake` has come.
        case woken
        /// The store answered the claim that was made at `since`.
        case claimed(since: MonotonicInstant, Answer)
        /// The call of a `yield` has ended.
        case yielded(isConfirmed: Bool)
        case stopped
    }

    /// The store's answer to a claim.
    public enum Answer: Sendable, Equatable {
        case leads(term: Int64)
        /// Another process leads; its lease ends after this time unless it renews it.
        case follows(leaseEnds: TimeSpan)
        /// The call failed.
        case failed
    }

    public enum Action: Sendable, Equatable {
        /// Claim the leadership in the store, with a lease of `Limits.leaderLease`. Cancels the last `wake`.
        case claim(since: MonotonicInstant)
        /// Give the leadership back to the store.
        case yield
        /// Call with `woken` at this time. Replaces the last `wake`.
        case wake(at: MonotonicInstant)
        /// This process leads, and its term begins.
        case begin(term: Int64)
        /// The term is over.
        case stepDown(isOvertaken: Bool)  // whether another process leads
    }

    private struct Lead: Sendable {
        let term: Int64
        let began: MonotonicInstant
        var renewedAt: MonotonicInstant  // the lease counts from then
    }

    private enum Role: Sendable {
        case standby, yielding, stopped
        case leader(Lead)
    }

    static let retry = TimeSpan.milliseconds(100)  // after a claim that failed
    static let afterLease = TimeSpan.milliseconds(5)  // the lease of another leader has expired for certain

    private var role = Role.standby
    private var isConnected = false
    private var awaitsWake = false
    private var claims = 0  // made and not answered
    private var yields = 0  // made and not answered
    private var lastTerm: Int64 = 0  // the last term in which this process led

    public init() {}

    public func state(now: MonotonicInstant) -> State {
        switch role {
        case .standby: .standby
        case .yielding: .yielding
        case .stopped: .stopped
        case .leader(let lead):
            now - lead.renewedAt < Limits.leaderSelfFence ? .leading(term: lead.term) : .fenced(term: lead.term)
        }
    }

    /// Whether this process leads, fenced or not.
    public var isLeader: Bool { lead != nil }

    /// Whether grants may go out at this moment.
    public func mayGrant(now: MonotonicInstant) -> Bool {
        if case .leading = state(now: now) { true } else { false }
    }

    /// How long the present term has lasted; zero where this process does not lead.
    public func ledFor(now: MonotonicInstant) -> TimeSpan { lead.map { now - $0.began } ?? .zero }

    private var lead: Lead? { if case .leader(let lead) = role { lead } else { nil } }

    /// - Returns: what to do, in this order.
    public mutating func handle(_ event: Event, now: MonotonicInstant) -> [Action] {
        switch event {
        case .connected:
            isConnected = true
            return compete(now: now)
        case .disconnected:
            isConnected = false
            return isLeader ? [.stepDown(isOvertaken: false)] + giveBack() : []
        case .woken:
            precondition(awaitsWake, "woken without a wake")
            awaitsWake = false
            return compete(now: now)
        case .claimed(let since, let answer):
            precondition(claims > 0 && since <= now, "an answer to no claim")
            claims -= 1
            return answered(answer, since: since, now: now)
        case .yielded(let isConfirmed):
            precondition(yields > 0, "an answer to no yield")
            yields -= 1
            if isConfirmed, case .yielding = role { role = .standby }
            return []
        case .stopped:
            let actions = isLeader ? giveBack() : []
            role = .stopped
            return actions
        }
    }

    /// A process that follows no messages does not compete: it would take all workers for lost.
    private mutating func compete(now: MonotonicInstant) -> [Action] {
        if case .stopped = role { return [] }
        guard isConnected else { return [] }
        var actions: [Action] = []
        if case .yielding = role, yields == 0 { actions = giveBack() }
        awaitsWake = false
        claims += 1
        return actions + [.claim(since: now)]
    }

    private mutating func giveBack() -> [Action] {
        role = .yielding
        yields += 1
        return [.yield]
    }

    private mutating func wake(after span: TimeSpan, now: MonotonicInstant) -> [Action] {
        guard isConnected else { return [] }  // it competes when it is connected again
        awaitsWake = true
        return [.wake(at: now + span)]
    }

    private mutating func answered(_ answer: Answer, since: MonotonicInstant, now: MonotonicInstant) -> [Action] {
        if case .stopped = role { return [] }
        switch answer {
        case .leads(let term): return mayLead(term, since: since, now: now)
        case .follows(let leaseEnds):
            let actions: [Action] = isLeader ? [.stepDown(isOvertaken: true)] : []
            role = .standby
            return actions + wake(after: min(Limits.leaderRenewal, leaseEnds + Self.afterLease), now: now)
        case .failed: return wake(after: Self.retry, now: now)
        }
    }

    private mutating func mayLead(_ term: Int64, since: MonotonicInstant, now: MonotonicInstant) -> [Action] {
        if var lead, lead.term >= term {
            // An answer of an older term was overtaken by one of this term, and renews nothing.
            if lead.term == term { lead.renewedAt = max(lead.renewedAt, since) }
            role = .leader(lead)
            return wake(after: Limits.leaderRenewal, now: now)
        }
        guard isConnected, term > lastTerm else { return giveBack() + wake(after: Self.retry, now: now) }
        lastTerm = term
        role = .leader(Lead(term: term, began: now, renewedAt: since))
        return wake(after: Limits.leaderRenewal, now: now) + [.begin(term: term)]
    }
}
