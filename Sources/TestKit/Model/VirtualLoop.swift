public import Base
public import EventLoop

/// The one clock, the one agenda and the one source of chance of a simulation. Nothing here reads a clock or iterates a
/// dictionary, so a seed replays bit for bit.
public final class VirtualWorld {
    private var time = VirtualTime<() -> Void>()
    private var random: SplitMix64

    public init(seed: UInt64) { random = SplitMix64(seed: seed) }

    public var now: MonotonicInstant { time.now }

    public func after(_ delay: TimeSpan, _ event: @escaping () -> Void) { time.schedule(event, after: delay) }

    /// Runs what is due until `end`.
    public func run(to end: MonotonicInstant) {
        while let event = time.next(until: end) { event() }
    }

    /// Forgets what is planned, so that nothing holds a run in memory that is over.
    public func close() { time = VirtualTime() }

    // MARK: Chance

    /// A value in `0..<bound`; 0 where the bound is not positive.
    public func below(_ bound: Int64) -> Int64 { bound > 0 ? random.below(bound) : 0 }
    public func happens(_ perMille: Int64) -> Bool { perMille > 0 && below(1_000) < perMille }
    public func moment(in span: TimeSpan) -> TimeSpan { .microseconds(below(max(1, span.wholeMicroseconds))) }
    public func seed() -> UInt64 { random.next() }
}

/// The loop of one process in virtual time. What is due at one instant runs in one turn, with the hooks behind it.
public final class VirtualLoop: Loop {
    private let world: VirtualWorld
    private var actions = Slab<() -> Void>()
    private var hooks: [() -> Void] = []
    private var turnEnds = false
    /// The end of the last pause.
    public private(set) var pausedUntil = MonotonicInstant(nanoseconds: 0)
    private var delayed: [Token] = []  // came due in the pause
    public private(set) var isAlive = true
    private var wallAhead = TimeSpan.zero

    public init(_ world: VirtualWorld) { self.world = world }

    public var now: MonotonicInstant { world.now }
    /// Civil time began a while before.
    public var wallNow: WallInstant {
        WallInstant(milliseconds: 1_000_000_000 + world.now.nanoseconds / 1_000_000) + wallAhead
    }
    /// Civil time of this machine is put ahead, or back.
    public func moveWallClock(by span: TimeSpan) { wallAhead = wallAhead + span }

    @discardableResult
    public func schedule(at time: MonotonicInstant, _ action: @escaping () -> Void) -> Token {
        guard isAlive else { return Token(slot: 0, generation: 0) }
        let token = actions.insert(action)
        world.after(time - now) { [weak self] in self?.run(token) }
        return token
    }

    public func cancel(_ timer: Token) { actions.remove(timer) }

    public func beforeSleep(_ hook: @escaping () -> Void) { hooks.append(hook) }

    private func run(_ token: Token) {
        guard pausedUntil <= world.now, delayed.isEmpty else {
            delayed.append(token)
            if delayed.count == 1 { wakeAfterPause() }
            return
        }
        perform(token)
    }

    /// What came due in the pause runs in the order in which it did, also where a longer pause began meanwhile.
    private func wakeAfterPause() {
        world.after(pausedUntil - world.now) { [weak self] in
            guard let self else { return }
            guard pausedUntil <= world.now else { return wakeAfterPause() }
            let due = delayed
            delayed = []
            for token in due { perform(token) }
        }
    }

    private func perform(_ token: Token) {
        guard isAlive, let action = actions.remove(token) else { return }
        action()
        guard !turnEnds else { return }
        turnEnds = true
        world.after(.zero) { [weak self] in self?.endTurn() }
    }

    private func endTurn() {
        turnEnds = false
        guard isAlive else { return }
        for hook in hooks { hook() }
    }

    /// The process stands still: what is due meanwhile runs afterwards, in its order.
    public func pause(for span: TimeSpan) { pausedUntil = max(pausedUntil, now + span) }

    /// The process is gone: nothing of it runs any more.
    public func kill() {
        isAlive = false
        actions = Slab()
        delayed = []
        hooks = []
    }
}
