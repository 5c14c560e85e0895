public import Base

// DESIGN
// The common rule: the breaker opens where enough calls ended in the last minute and a share of them was bad; after a
// while a few calls probe, and all of them must end well. A slow call is as bad as a failed one, since the service is
// overloaded either way. A call that began before a change of state says nothing of the state after it, so a permit
// carries the number of the state in which it was given.

/// Decides whether calls to a service outside may go out. A value: events in, time as an argument.
public struct CircuitBreaker: Sendable {
    public enum Mode: String, Sendable, CaseIterable {
        /// Opens and closes by itself.
        case auto
        /// Reports when it would open, and permits every call.
        case alertOnly = "alert-only"
        /// Opens and closes only where an operator says so.
        case manual
    }

    public struct Settings: Sendable, Equatable {
        public var mode = Mode.auto
        public var window = TimeSpan.seconds(60)
        public var badPercent: Int64 = 30  // 1...100: from this share on it opens
        public var slowAfter = TimeSpan.seconds(1)  // a longer call is bad, however it ended
        public var minimumCalls: Int64 = 20  // with fewer in the window it stays closed
        public var openFor = TimeSpan.seconds(5)  // until it probes
        public var probes = 3  // calls that must all end well

        public init() {}
    }

    /// Permission for one call.
    public struct Permit: Sendable, Equatable {
        fileprivate let generation: Int64
    }

    public private(set) var settings: Settings
    /// Whether calls go out. Always closed in `alertOnly`; see `isTripped`.
    public private(set) var state = BreakerState.closed
    /// Whether the rule opens the breaker, also where the mode permits calls all the same.
    public private(set) var isTripped = false
    /// When it begins to probe; nil where it does not wait for that.
    public private(set) var probesAt: MonotonicInstant?
    public private(set) var opened: Int64 = 0  // how often
    private var window: CallWindow
    private var generation: Int64 = 0  // one up with every change of state
    private var probesOut = 0
    private var probesPassed = 0

    public init(_ settings: Settings) {
        self.settings = settings
        window = CallWindow(length: settings.window)
    }

    /// Calls in the window, and the bad ones among them.
    public var seen: (calls: Int64, bad: Int64) { (window.calls, window.bad) }

    /// Lets time pass: an open breaker begins to probe.
    public mutating func advance(now: MonotonicInstant) {
        window.advance(now: now)
        if isTripped, settings.mode == .alertOnly, !isBad { isTripped = false }
        guard let probesAt, now >= probesAt else { return }
        enter(.halfOpen)
    }

    /// A permit for one call; nil: not now. Each permit ends with `ended` or `cancelled`.
    public mutating func request(now: MonotonicInstant) -> Permit? {
        advance(now: now)
        switch state {
        case .closed: return Permit(generation: generation)
        case .open: return nil
        case .halfOpen:
            guard probesOut + probesPassed < settings.probes else { return nil }
            probesOut += 1
            return Permit(generation: generation)
        }
    }

    /// A call ended.
    ///
    /// - Parameter isFailure: it failed, or the service answered that it is busy.
    public mutating func ended(_ permit: Permit, isFailure: Bool, duration: TimeSpan, now: MonotonicInstant) {
        let wasBad = isFailure || duration > settings.slowAfter
        window.add(isBad: wasBad, now: now)
        guard permit.generation == generation else { return }
        switch state {
        case .closed: judge(now: now)
        case .open: break
        case .halfOpen:
            probesOut -= 1
            precondition(probesOut >= 0, "a permit ended twice")
            if wasBad { return open(now: now) }
            probesPassed += 1
            if probesPassed >= settings.probes { close() }
        }
    }

    /// The call was not made after all.
    public mutating func cancelled(_ permit: Permit) {
        guard permit.generation == generation, state == .halfOpen else { return }
        probesOut -= 1
        precondition(probesOut >= 0, "a permit ended twice")
    }

    // MARK: Operators

    /// Changes the mode. `auto` goes on from the present state, and an open breaker probes after its time; the other
    /// modes begin closed.
    public mutating func change(to mode: Mode, now: MonotonicInstant) {
        guard mode != settings.mode else { return }
        settings.mode = mode
        switch mode {
        case .auto: if state == .open { probesAt = now + settings.openFor }
        case .alertOnly, .manual: close()
        }
    }

    /// Opens or closes the breaker; does nothing, and returns false, in another mode than `manual`.
    public mutating func set(isOpen: Bool) -> Bool {
        guard settings.mode == .manual else { return false }
        if isOpen, state != .open {
            enter(.open)
            isTripped = true
            opened += 1
        } else if !isOpen {
            close()
        }
        return true
    }

    // MARK: The rule

    private var isBad: Bool {
        window.calls >= settings.minimumCalls && window.bad * 100 >= settings.badPercent * window.calls
    }

    private mutating func judge(now: MonotonicInstant) {
        guard settings.mode != .manual else { return }
        guard isBad else {
            isTripped = false
            return
        }
        if settings.mode == .auto {
            open(now: now)
        } else if !isTripped {
            isTripped = true
            opened += 1
        }
    }

    private mutating func open(now: MonotonicInstant) {
        if state == .closed { opened += 1 }
        enter(.open)
        isTripped = true
        probesAt = now + settings.openFor
    }

    /// Forgets what was counted: it does not concern the calls that come now.
    private mutating func close() {
        if state != .closed { enter(.closed) }
        window.clear()
        isTripped = false
    }

    private mutating func enter(_ next: BreakerState) {
        state = next
        generation += 1
        probesAt = nil
        (probesOut, probesPassed) = (0, 0)
    }
}
