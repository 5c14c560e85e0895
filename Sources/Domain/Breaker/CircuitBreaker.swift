public import Base

// DESIGN
// The rule is put in words that users know from elsewhere: of the calls that ended in the last minute, at least so many
// and a share of so much bad ones opens it; after a while a few calls probe, all of which must end well. A slow call is
// as bad as a failed one: what stands behind is drowning either way. Calls that began before a change of state say
// nothing of the state after it, so a permit carries the number of the state it was given in.

/// Decides whether calls to something outside may go out. A value: events in, time as an argument.
public struct CircuitBreaker: Sendable {
    public enum Mode: String, Sendable, CaseIterable {
        /// Opens and closes by itself.
        case auto
        /// Says when it would open, and lets every call out.
        case alertOnly = "alert-only"
        /// Opens and closes by an operator's word alone.
        case manual
    }

    public struct Settings: Sendable, Equatable {
        public var mode = Mode.auto
        public var window = TimeSpan.seconds(60)
        public var badPercent: Int64 = 30  // 1...100: from this share on it opens
        public var slowAfter = TimeSpan.seconds(1)  // a longer call is bad, however it ended
        public var minimumCalls: Int64 = 20  // fewer in the window say nothing
        public var openFor = TimeSpan.seconds(5)  // until it probes
        public var probes = 3  // calls that must end well, one after the other or at once

        public init() {}
    }

    /// Permission for one call.
    public struct Permit: Sendable, Equatable {
        fileprivate let generation: Int64
    }

    public private(set) var settings: Settings
    /// Whether calls go out. `alertOnly` is always closed; see `isTripped`.
    public private(set) var state = BreakerState.closed
    /// What the rule says, also where the mode lets calls out all the same.
    public private(set) var isTripped = false
    /// When it will probe; nil where no time is awaited.
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

    /// Asks for a permit to make one call; nil: not now. Each one ends with `ended` or `cancelled`.
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
    /// - Parameter isFailure: it failed, or was told that there is no room for it.
    public mutating func ended(_ permit: Permit, isFailure: Bool, duration: TimeSpan, now: MonotonicInstant) {
        let wasBad = isFailure || duration > settings.slowAfter
        window.add(isBad: wasBad, now: now)
        guard permit.generation == generation else { return }
        switch state {
        case .closed: judge(now: now)
        case .open: break
        case .halfOpen:
            probesOut -= 1
            assert(probesOut >= 0, "a permit ended twice")
            if wasBad { return open(now: now) }
            probesPassed += 1
            if probesPassed >= settings.probes { close() }
        }
    }

    /// The call was not made after all.
    public mutating func cancelled(_ permit: Permit) {
        guard permit.generation == generation, state == .halfOpen else { return }
        probesOut -= 1
    }

    // MARK: An operator's word

    /// Another mode from now on. In `auto` it goes on from where it is: an open one probes after its time; the others
    /// begin closed.
    public mutating func change(to mode: Mode, now: MonotonicInstant) {
        guard mode != settings.mode else { return }
        settings.mode = mode
        switch mode {
        case .auto: if state == .open { probesAt = now + settings.openFor }
        case .alertOnly, .manual: close()
        }
    }

    /// Opens or closes it by hand; false, and nothing happens, in another mode than `manual`.
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

    /// What was counted before says nothing of what comes now.
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
