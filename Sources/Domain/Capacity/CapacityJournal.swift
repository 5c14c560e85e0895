public import Base

// DESIGN
// The journal stands beside a controller and reads what it publishes; the controller knows nothing of it. So what it
// counts changes no decision. With 20,000 completions a second of 1,000 workers it costs 14 ns a completion. A
// controller that is steady goes on probing, draining and following for ever: these would push out the ten changes that
// matter. So probes and drains are not recorded (what came of them is, by the window), and of a row of the same moves
// only the first and the last stay. A journal is one process': the next leader begins its own.

/// The last changes that a controller made, the regime that its resource is in, and how long it was below 90 % of it.
public struct CapacityJournal: Sendable, Equatable {
    public struct Change: Sendable, Equatable {
        public let when: MonotonicInstant
        public let reason: CapacityReason
        public let window: Int64  // purchases in flight
        public let rate1000: Int64  // completions per 1,000 s, as measured then; 0 when unknown
    }

    private enum Kind {
        /// Something happened to the resource, or to what is known of it.
        case event
        case growth
        /// The window follows what was measured.
        case rest
        /// It moves the window for a moment.
        case passing
    }

    public static let mostChanges = 10
    private static let pause = TimeSpan.milliseconds(20)  // between two looks at the controller

    /// Oldest first.
    public private(set) var changes: [Change] = []
    public private(set) var regime: CapacityRegime
    private var shortfall = ShortfallMeter()
    private var seen: CapacityReason?
    private var seenAt: MonotonicInstant

    public init(began now: MonotonicInstant) {
        regime = CapacityRegime(since: now)
        seenAt = now
    }

    /// How long work waited and less than 90 % of `rate1000` was completed, in all regimes.
    public var timeBelow: TimeSpan { shortfall.time }
    /// What the present regime has shown, completions per 1,000 s; 0 while unknown.
    public var rate1000: Int64 { shortfall.rate1000 }

    // MARK: Completions

    /// A call was answered after so long; counted where the controller does not grow. A probe moves the window by a
    /// quarter, which is far less than what makes a new regime.
    mutating func took(_ microseconds: Int64) {
        guard let seen, Self.kind(of: seen) != .growth else { return }
        regime.took(microseconds)
    }

    mutating func completed(_ count: Int64) { shortfall.completed(count) }

    // MARK: Decisions

    /// Whether the controller was not looked at for 20 ms: after a report it is looked at no more often.
    func isDue(now: MonotonicInstant) -> Bool { seen == nil || now - seenAt >= Self.pause }

    /// Looks at the controller and at the rate; to be called a few times a second, by the leader.
    ///
    /// - Parameter workWaits: whether work waited for the resource all the time since the last tick.
    mutating func tick(_ state: CapacitySnapshot, workWaits: Bool, now: MonotonicInstant) {
        see(state, now: now)
        shortfall.tick(workWaits: workWaits, variation: regime.variation, now: now)
    }

    /// Looks at the controller.
    mutating func see(_ state: CapacitySnapshot, now: MonotonicInstant) {
        let before = seen
        (seen, seenAt) = (state.reason, now)
        if before == nil {
            regime.open(because: state.reason, now: now)
        } else if before != state.reason, regime.explained(by: state.reason, now: now) {
            shortfall.beginRegime()
        }
        record(state, isNew: before != state.reason, now: now)
        guard let found = regime.compareTimes(now: now) else { return }
        shortfall.beginRegime()
        append(state, because: found, now: now)
    }

    /// - Parameter isNew: whether the reason is another one than when the controller was last seen.
    private mutating func record(_ state: CapacitySnapshot, isNew: Bool, now: MonotonicInstant) {
        let kind = Self.kind(of: state.reason)
        if let last = changes.last {
            let isOther = isNew && (kind == .event ? state.reason != last.reason : Self.stands(kind, after: last))
            guard isOther || Self.hasMoved(from: last.window, to: state.window) else { return }
        }
        if kind != .passing { append(state, because: state.reason, now: now) }
    }

    private mutating func append(_ state: CapacitySnapshot, because reason: CapacityReason, now: MonotonicInstant) {
        let kind = Self.kind(of: reason)
        let continues = kind != .event && changes.suffix(2).count { Self.kind(of: $0.reason) == kind } == 2
        if continues {
            changes.removeLast()
        } else if changes.count == Self.mostChanges {
            changes.removeFirst()
        }
        changes.append(Change(when: now, reason: reason, window: state.window, rate1000: state.rate1000))
    }

    /// Whether a reason of this kind is a change by itself, though the window is as it was.
    private static func stands(_ kind: Kind, after last: Change) -> Bool {
        switch kind {
        case .event: true
        case .growth: self.kind(of: last.reason) == .event
        case .rest: self.kind(of: last.reason) != .rest
        case .passing: false
        }
    }

    /// By more than a quarter, and by more than the one that a window of few changes by again and again.
    private static func hasMoved(from old: Int64, to new: Int64) -> Bool {
        let distance = abs(new - old)
        return distance > 1 && distance * 4 > old
    }

    private static func kind(of reason: CapacityReason) -> Kind {
        switch reason {
        case .probing, .draining: .passing
        case .coldStart, .growing, .gained: .growth
        case .settled, .following, .raisedCeiling: .rest
        default: .event
        }
    }
}
