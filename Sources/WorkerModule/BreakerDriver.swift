public import Base
public import Domain
public import EventLoop

/// One circuit breaker on a loop: it asks for the time when the machine wants to probe, and tells of changes.
///
/// Every call of a group to what stands behind it passes here. Belongs to the loop.
public final class BreakerDriver {
    public let group: String
    private let loop: any Loop
    private let log: any WorkerLog
    public private(set) var machine: CircuitBreaker
    private var told: Told
    private var timer: Token?

    private struct Told: Equatable {
        var state = BreakerState.closed
        var isTripped = false
    }

    /// It let calls out, held them back, or began to probe.
    public var onChange: (() -> Void)?

    public init(loop: any Loop, group: String, settings: CircuitBreaker.Settings, log: any WorkerLog) {
        self.loop = loop
        self.group = group
        self.log = log
        machine = CircuitBreaker(settings)
        told = Told()
    }

    deinit { if let timer { loop.cancel(timer) } }

    public var state: BreakerState { machine.state }

    /// Asks for a permit to make one call; nil: not now, `onChange` tells when to ask again; of a half-open
    /// breaker it may be granted when a call ends.
    public func request() -> CircuitBreaker.Permit? {
        let permit = machine.request(now: loop.now)
        tell()
        return permit
    }

    public func ended(_ permit: CircuitBreaker.Permit, isFailure: Bool, duration: TimeSpan) {
        machine.ended(permit, isFailure: isFailure, duration: duration, now: loop.now)
        tell()
    }

    public func cancelled(_ permit: CircuitBreaker.Permit) { machine.cancelled(permit) }

    /// An operator's word.
    public func change(to mode: CircuitBreaker.Mode) {
        machine.change(to: mode, now: loop.now)
        tell()
    }

    /// An operator's word; false, and nothing happens, in another mode than `manual`.
    public func set(isOpen: Bool) -> Bool {
        defer { tell() }
        return machine.set(isOpen: isOpen)
    }

    private func tell() {
        let now = Told(state: machine.state, isTripped: machine.isTripped)
        guard now != told else { return }
        let had = told
        told = now
        if let timer { loop.cancel(timer) }
        timer = machine.probesAt.map { [unowned self] time in
            loop.schedule(at: time) { [unowned self] in
                timer = nil
                machine.advance(now: loop.now)
                tell()
            }
        }
        log.breakerChanged(
            group: group, to: now.state, isTripped: now.isTripped, seen: machine.seen)
        if had.state != now.state { onChange?() }
    }
}
