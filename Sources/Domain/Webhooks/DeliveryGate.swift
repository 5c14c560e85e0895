import Base

// DESIGN
// A receiver that is down is found by failures in a row, of several tickets, without a success between. Then nothing is
// sent but one probe at a time: what has not been read stays in the feed, no ticket uses its attempts up, and the first
// success lets all go on at once. A probe comes after a twentieth of the time that the receiver has been away, after
// 30 s at the latest, and is for a ticket that was not tried before where there is one: so events that are refused for
// themselves, and no others between them, keep a new ticket waiting for 30 s at most. How much goes out at once begins
// at one call, and grows by one with each success, so that a receiver that came back is not run over.

/// Whether a webhook's receiver is called now, and how often at once.
struct DeliveryGate: Sendable {
    private enum State: Sendable, Equatable {
        case closed
        case open(until: MonotonicInstant)
        case probing
    }

    private var state = State.closed
    private var inRow = 0  // failures without a success between
    /// Since when nothing has succeeded, though something was tried.
    private(set) var failingSince: MonotonicInstant?
    private(set) var window = Limits.webhookCalls

    init() {}

    /// - Parameter failingSince: as an earlier leader saw it; the first call is a probe.
    init(failingSince: MonotonicInstant, now: MonotonicInstant) {
        (self.failingSince, state, inRow, window) = (failingSince, .open(until: now), Limits.webhookRun, 1)
    }

    /// Calls go out without a pause.
    var isClosed: Bool { state == .closed }

    /// When the next probe is due; nil where none is waited for.
    var probeAt: MonotonicInstant? { if case .open(let time) = state { time } else { nil } }

    func mayCall(underWay: Int, now: MonotonicInstant) -> Bool {
        switch state {
        case .closed: underWay < window
        case .open(let time): time <= now
        case .probing: false
        }
    }

    mutating func called() { if !isClosed { state = .probing } }

    /// - Returns: whether the receiver was taken for down, and is back.
    mutating func succeeded() -> Bool {
        defer { (state, inRow, failingSince) = (.closed, 0, nil) }
        window = min(Limits.webhookCalls, isClosed ? window + 1 : 1)
        return !isClosed
    }

    /// - Parameters:
    ///   - lanes: of which calls have failed since the last success.
    ///   - wasProbe: the call went out while the receiver was taken for down.
    ///   - isThrottled: the receiver wants fewer calls.
    ///   - retryAfter: and none for so long.
    mutating func failed(
        lanes: Int, wasProbe: Bool, isThrottled: Bool, retryAfter: TimeSpan?, plan: inout DeliveryPlan,
        now: MonotonicInstant
    ) {
        inRow += 1
        let since = failingSince ?? now
        failingSince = since
        if isThrottled { window = max(1, window / 2) }
        let isRun =
            inRow >= Limits.webhookRun || inRow >= Limits.webhookShortRun && now - since >= Limits.webhookRunTime
        guard isRun && lanes >= Limits.webhookRunLanes || (isThrottled && retryAfter != nil) || wasProbe else { return }
        // Calls that were under way when it was found to be down change nothing more.
        if !isClosed, !wasProbe { return }
        let away = TimeSpan.nanoseconds((now - since).nanoseconds / 20)
        let pause = min(max(away, Limits.webhookProbe.lowerBound), Limits.webhookProbe.upperBound)
        let jittered = plan.draw(.nanoseconds(pause.nanoseconds / 2), pause)
        state = .open(until: now + max(jittered, DeliveryPlan.bounded(retryAfter)))
    }
}
