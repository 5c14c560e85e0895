import Base

/// Decides when a connection that only listens must be tested by a PING. A pure machine.
struct Liveness {
    enum Action: Equatable {
        case wait(until: MonotonicInstant)
        case ping
        case giveUp
    }

    let keepAlive: TimeSpan
    let deadline: TimeSpan
    private var lastReceived: MonotonicInstant
    private var pinged: MonotonicInstant?

    init(keepAlive: TimeSpan, deadline: TimeSpan, now: MonotonicInstant) {
        self.keepAlive = keepAlive
        self.deadline = deadline
        lastReceived = now
    }

    /// Anything was received.
    mutating func received(now: MonotonicInstant) {
        lastReceived = now
        pinged = nil
    }

    /// What to do now; after `ping` the deadline of its answer counts from `now`.
    mutating func check(now: MonotonicInstant) -> Action {
        if let pinged { return now >= pinged + deadline ? .giveUp : .wait(until: pinged + deadline) }
        guard now >= lastReceived + keepAlive else { return .wait(until: lastReceived + keepAlive) }
        pinged = now
        return .ping
    }
}
