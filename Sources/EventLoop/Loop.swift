public import Base

/// What a driver needs of the loop that it runs on: the time of this turn, timers, and a call at the end of every turn.
/// `EventLoop` is that of a process; tests have one in virtual time.
public protocol Loop: AnyObject {
    /// The monotonic time at which this turn began.
    var now: MonotonicInstant { get }
    /// The civil time at which this turn began.
    var wallNow: WallInstant { get }
    /// Runs `action` once, in the first turn that begins at `time` or later.
    @discardableResult
    func schedule(at time: MonotonicInstant, _ action: @escaping () -> Void) -> Token
    /// Forgets a timer; nothing happens when it has run already.
    func cancel(_ timer: Token)
    /// Adds a hook that runs at the end of every turn, in order of addition.
    func beforeSleep(_ hook: @escaping () -> Void)
}

extension Loop {
    @discardableResult
    public func schedule(after delay: TimeSpan, _ action: @escaping () -> Void) -> Token {
        schedule(at: now + delay, action)
    }
}

extension EventLoop: Loop {}
