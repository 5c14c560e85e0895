public import Base
public import Domain
public import EventLoop

/// One circuit breaker on a loop: it schedules the machine's probes, and announces changes.
///
/// Every call to the service behind a group needs a permit from here. Belongs to the loop.
public final class BreakerDriver {
    public let group: String
    private let loop: any Loop
    private let log: any WorkerLog
    public private(set) var machine: CircuitBreaker
    private var announced = Announced()
    private var timer: Token?

    private struct Announced: Equatable {
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
    }

    deinit { if let timer { loop.cancel(timer) } }

    public var state: BreakerState { machine.state }

    /// Permits one call; nil: not now, try again at `onChange`. A half-open breaker may also permit one when a call
    /// ends. Each permit ends with `ended` or `cancelled`.
    public func request() -> CircuitBreaker.Permit? {
        let permit = machine.request(now: loop.now)
        announce()
        return permit
    }

    public func ended(_ permit: CircuitBreaker.Permit, isFailure: Bool, duration: TimeSpan) {
        machine.ended(permit, isFailure: isFailure, duration: duration, now: loop.now)
        announce()
    }

    public func cancelled(_ permit: CircuitBreaker.Permit) { machine.cancelled(permit) }

    /// An operator sets the mode.
    public func change(to mode: CircuitBreaker.Mode) {
        machine.change(to: mode, now: loop.now)
        announce()
    }

    /// An operator opens or closes it; false, and nothing happens, in another mode than `manual`.
    public func set(isOpen: Bool) -> Bool {
        defer { announce() }
        return machine.set(isOpen: isOpen)
    }

    private func announce() {
        let now = Announced(state: machine.state, isTripped: machine.isTripped)
        guard now != announced else { return }
        let before = announced
        announced = now
        if let timer { loop.cancel(timer) }
        timer = machine.probesAt.map { [unowned self] time in
            loop.schedule(at: time) { [unowned self] in
                timer = nil
                machine.advance(now: loop.now)
                announce()
            }
        }
        log.breakerChanged(
            group: group, to: now.state, isTripped: now.isTripped, seen: machine.seen)
        if before.state != now.state { onChange?() }
    }
}
