public import Base
import CLinux
import Glibc

/// What a descriptor may be waited for.
public struct Interest: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let readable = Interest(rawValue: UInt32(CLINUX_READABLE))
    public static let writable = Interest(rawValue: UInt32(CLINUX_WRITABLE))
}

/// What the kernel reports of a descriptor. `failed` covers errors and a full hang-up: read or write to learn which.
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let readable = Readiness(rawValue: UInt32(CLINUX_READABLE))
    public static let writable = Readiness(rawValue: UInt32(CLINUX_WRITABLE))
    public static let failed = Readiness(rawValue: UInt32(CLINUX_ERROR | CLINUX_HANGUP))
}

/// Receives the readiness of one descriptor, on the loop's thread.
public protocol ReadinessHandler: AnyObject {
    func ready(_ readiness: Readiness)
}

/// A system call that failed: which one, and errno.
public struct SystemError: Error, CustomStringConvertible {
    public let call: String
    public let number: Int32

    public init(call: String) {
        self.call = call
        self.number = clinux_errno()
    }

    public var description: String { unsafe "\(call): \(String(cString: strerror(number)))" }
}

// DESIGN
// One thread, one epoll descriptor, callbacks. Measured against tasks on a custom executor: completing a callback
// costs about 15 ns, a task 650-750 ns, an actor hop about 2 us, against 5.5 us for a whole HTTP request (ADR 0002).
// A turn is: wait, dispatch readiness, run what other threads posted, run due timers, run the before-sleep hooks.
// The hooks send batches: whatever arrived in one turn goes out in one call.
// Level-triggered, so a handler may stop reading early and will be called again.

/// One thread's loop over readiness, timers, posted work and before-sleep hooks. The only place where a clock is read.
///
/// Everything but `post` and `stop` belongs to the thread that calls `run`, or to the one that sets the loop up before.
public final class EventLoop {
    private let epoll: Int32
    private let mailbox: Mailbox
    private var handlers = Slab<any ReadinessHandler>()
    private var timers = TimerQueue()
    private var mayPollAgain: (() -> Bool)?
    private var afterEvents = ActionList()
    private var beforeSleepHooks: [() -> Void] = []
    private var beforeSleep = ActionList()
    private var events = [clinux_event](repeating: clinux_event(events: 0, data: 0), count: 256)
    private static let mailboxToken = UInt64.max

    /// The monotonic time at which this turn began.
    public private(set) var now: MonotonicInstant
    /// The civil time at which this turn began.
    public private(set) var wallNow: WallInstant

    /// How late timers ran lately.
    public private(set) var lag: LoopLag

    public init() throws(SystemError) {
        epoll = clinux_epoll_create()
        guard epoll >= 0 else { throw SystemError(call: "epoll_create1") }
        let wakeDescriptor = clinux_eventfd()
        guard wakeDescriptor >= 0 else { throw SystemError(call: "eventfd") }
        mailbox = Mailbox(descriptor: wakeDescriptor)
        guard clinux_epoll_add(epoll, wakeDescriptor, Interest.readable.rawValue, Self.mailboxToken) == 0 else {
            throw SystemError(call: "epoll_ctl")
        }
        now = Self.readMonotonicClock()
        wallNow = Self.readWallClock()
        lag = LoopLag(now: now)
    }

    deinit {
        close(epoll)
    }

    public static func readMonotonicClock() -> MonotonicInstant {
        MonotonicInstant(nanoseconds: clinux_monotonic_ns())
    }

    public static func readWallClock() -> WallInstant { WallInstant(milliseconds: clinux_wall_ns() / 1_000_000) }

    // MARK: Descriptors

    /// Calls `handler` whenever `descriptor` is ready for `interest`; the loop keeps it alive until `deregister`.
    public func register(
        _ descriptor: Int32, for interest: Interest, handler: any ReadinessHandler
    ) throws(SystemError) -> Token {
        let token = handlers.insert(handler)
        guard clinux_epoll_add(epoll, descriptor, interest.rawValue, token.packed) == 0 else {
            let error = SystemError(call: "epoll_ctl")
            handlers.remove(token)
            throw error
        }
        return token
    }

    public func modify(_ descriptor: Int32, token: Token, for interest: Interest) {
        let result = clinux_epoll_modify(epoll, descriptor, interest.rawValue, token.packed)
        precondition(result == 0, "epoll_ctl refused a registered descriptor")
    }

    /// Ends the calls; call it before closing the descriptor. Events already fetched for it are dropped.
    public func deregister(_ descriptor: Int32, token: Token) {
        _ = clinux_epoll_remove(epoll, descriptor)
        handlers.remove(token)
    }

    // MARK: Time

    /// Runs `action` once, in the first turn that begins at `time` or later. O(log timers).
    @discardableResult
    public func schedule(at time: MonotonicInstant, _ action: @escaping () -> Void) -> Token {
        timers.schedule(at: time, action)
    }

    @discardableResult
    public func schedule(after delay: TimeSpan, _ action: @escaping () -> Void) -> Token {
        timers.schedule(at: now + delay, action)
    }

    /// Forgets a timer; nothing happens when it has run already.
    public func cancel(_ timer: Token) { timers.cancel(timer) }

    // MARK: Turns

    /// Runs `action` once, when all events that the kernel reported together have been handed out: for handlers that
    /// take the same step for many descriptors in a row.
    public func afterEventsOnce(_ action: @escaping () -> Void) { afterEvents.append(action) }

    /// Adds a hook that runs at the end of every turn, in order of addition.
    public func beforeSleep(_ hook: @escaping () -> Void) { beforeSleepHooks.append(hook) }

    /// Has short turns poll for what became ready while they ran, before their hooks, as long as `condition` holds: at
    /// most `polls` times, and until `longTurn` events were seen. For hooks that do many things for the price of one.
    public func pollAgain(while condition: @escaping () -> Bool) {
        precondition(mayPollAgain == nil, "one condition a loop")
        mayPollAgain = condition
    }

    public static let polls = 4
    public static let longTurn = 64

    /// Runs `action` once at the end of this turn, after all hooks, so that what the hooks produced can still be sent.
    ///
    /// Actions added by actions run in the same turn. One added between turns makes the next turn not wait.
    public func beforeSleepOnce(_ action: @escaping () -> Void) { beforeSleep.append(action) }

    /// Hands work to the loop's thread; safe from any thread. It runs in a coming turn, in order of posting.
    public func post(_ job: @escaping @Sendable () -> Void) { mailbox.post(job) }

    /// A handle through which other threads may post to this loop.
    public var remote: Remote { Remote(mailbox: mailbox) }

    public struct Remote: Sendable {
        fileprivate let mailbox: Mailbox
        public func post(_ job: @escaping @Sendable () -> Void) { mailbox.post(job) }
        public func stop() { mailbox.stop() }
    }

    /// Ends `run` after the present turn; safe from any thread.
    public func stop() { mailbox.stop() }

    /// Runs turns until `stop`.
    public func run() {
        while !mailbox.isStopped { turn(waitAtMost: nil) }
    }

    /// Runs one turn, waiting at most `limit` for something to do (nil: until there is). For tests and for `run`.
    public func turn(waitAtMost limit: TimeSpan?) {
        var timeout: Int64 = -1
        if let next = timers.earliest { timeout = max(0, (next - Self.readMonotonicClock()).nanoseconds) }
        if let limit { timeout = timeout < 0 ? limit.nanoseconds : min(timeout, limit.nanoseconds) }
        if !beforeSleep.isEmpty { timeout = 0 }
        let count = unsafe clinux_epoll_wait(epoll, &events, Int32(events.count), timeout)
        now = Self.readMonotonicClock()
        wallNow = Self.readWallClock()
        if count > 0 {
            dispatch(first: Int(count))
            pollAgain(after: Int(count))
        } else if count < 0 {
            precondition(clinux_errno() == EINTR, "epoll_pwait2 failed")
        }
        for job in mailbox.takeAll() { job() }
        while let action = timers.popDue(now: now) {
            lag.record(now - timers.lastDue, now: now)
            action()
        }
        for hook in beforeSleepHooks { hook() }
        while let action = beforeSleep.next() { action() }
    }

    private func pollAgain(after first: Int) {
        var dispatched = first
        for _ in 0..<Self.polls where dispatched < Self.longTurn {
            guard let mayPollAgain, mayPollAgain() else { return }
            let count = unsafe clinux_epoll_wait(epoll, &events, Int32(events.count), 0)
            guard count > 0 else { return }
            dispatch(first: Int(count))
            dispatched += Int(count)
        }
    }

    /// Hands out the first `count` events that were fetched, each while its successor's handler comes from memory.
    private func dispatch(first count: Int) {
        for index in 0..<count {
            if index + 1 < count { handlers.prefetch(Token(packed: events[index + 1].data), lines: 3) }
            dispatch(events[index])
        }
        while let action = afterEvents.next() { action() }
    }

    private func dispatch(_ event: clinux_event) {
        if event.data == Self.mailboxToken {
            mailbox.clearSignal()
            return
        }
        handlers[Token(packed: event.data)]?.ready(Readiness(rawValue: event.events))
    }
}
