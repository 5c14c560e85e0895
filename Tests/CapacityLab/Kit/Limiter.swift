public import Base
public import Domain

/// What decides how many purchases one station has, as the laboratory sees it.
public protocol Limiter: AnyObject {
    /// Purchases that may be in flight.
    var window: Int { get }
    /// Purchases beyond it that may be granted, which the station takes as soon as there is room in the window.
    var prefetch: Int { get }
    /// Nanoseconds until a send is allowed; 0 now.
    func wait(now: MonotonicInstant) -> Int64
    /// A purchase goes out; `inFlight` with it.
    func sent(inFlight: Int, now: MonotonicInstant)
    /// One came back; `inFlight` without it.
    func finished(_ reply: Reply, inFlight: Int, now: MonotonicInstant)
    /// For how often it began anew.
    var isStarting: Bool { get }
}

extension Limiter {
    public var prefetch: Int { 0 }
    public var isStarting: Bool { false }
}

/// What is known of a purchase that came back.
public struct Reply {
    public var latency: TimeSpan
    public var execution: TimeSpan  // in its slot, as the station measured it
    public var isAnswered: Bool
}

/// `ExecutionController`, which knows the execution of its own worker.
public final class PaceExecution: Limiter {
    public private(set) var controller = ExecutionController()
    // Read far more often than they change.
    public private(set) var window: Int
    public private(set) var prefetch = 0
    public private(set) var isStarting = true
    private var isFull = false

    public init() { window = Int(controller.window) }

    public func wait(now: MonotonicInstant) -> Int64 {
        guard controller.tokens(now: now) == 0 else { return 0 }
        isFull = true  // held back by the pace
        return max(1, controller.wait.nanoseconds)
    }

    public func sent(inFlight: Int, now: MonotonicInstant) {
        controller.sent(1, now: now)
        isFull = inFlight >= window
    }

    public func finished(_ reply: Reply, inFlight: Int, now: MonotonicInstant) {
        let execution = reply.execution.wholeMicroseconds
        controller.complete(
            count: 1, executionSum: execution, times: [execution], failed: reply.isAnswered ? 0 : 1,
            isFull: isFull || inFlight + 1 >= window, now: now)
        isFull = false
        window = Int(controller.window)
        prefetch = Int(controller.prefetch)
        if case .start = controller.mode { isStarting = true } else { isStarting = false }
    }
}

/// `LatencyController`, which sees calls from outside only.
public final class PaceLatency: Limiter {
    public private(set) var controller: LatencyController
    public private(set) var window: Int
    public private(set) var isStarting = true

    public init(cap: Int64?, now: MonotonicInstant) {
        controller = LatencyController(cap: cap, now: now)
        window = Int(controller.window)
    }

    public func wait(now: MonotonicInstant) -> Int64 {
        controller.tokens(now: now) > 0 ? 0 : max(1, controller.wait.nanoseconds)
    }

    public func sent(inFlight: Int, now: MonotonicInstant) {
        controller.sent(1, inFlight: Int64(inFlight), now: now)
    }

    public func finished(_ reply: Reply, inFlight: Int, now: MonotonicInstant) {
        controller.finished(latency: reply.latency, isAnswered: reply.isAnswered, now: now)
        window = Int(controller.window)
        isStarting = controller.mode == .start
    }
}
