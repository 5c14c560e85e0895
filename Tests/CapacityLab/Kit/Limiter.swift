public import Base
public import Domain

/// What decides how many purchases one station has, as the laboratory sees it.
public protocol Limiter {
    /// Purchases that may be in flight.
    var window: Int { get }
    /// Nanoseconds until a send is allowed; 0 now.
    mutating func wait(now: MonotonicInstant) -> Int64
    /// A purchase goes out; `inFlight` with it.
    mutating func sent(inFlight: Int, now: MonotonicInstant)
    /// One came back; `inFlight` without it.
    mutating func finished(_ reply: Reply, inFlight: Int, now: MonotonicInstant)
    /// For how often it began anew.
    var isStarting: Bool { get }
}

extension Limiter {
    public var isStarting: Bool { false }
}

/// What is known of a purchase that came back.
public struct Reply {
    public var latency: TimeSpan
    public var execution: TimeSpan  // in its slot, as the station measured it
    public var isAnswered: Bool
}

/// `ExecutionController`, which knows the execution of its own worker.
public struct PaceExecution: Limiter {
    public var controller = ExecutionController()
    private var isFull = false

    public init() {}

    public var window: Int { Int(controller.window) }
    public var isStarting: Bool { if case .start = controller.mode { true } else { false } }

    public mutating func wait(now: MonotonicInstant) -> Int64 {
        guard controller.tokens(now: now) == 0 else { return 0 }
        isFull = true  // held back by the pace
        return max(1, controller.wait.nanoseconds)
    }

    public mutating func sent(inFlight: Int, now: MonotonicInstant) {
        controller.sent(1, now: now)
        isFull = inFlight >= window
    }

    public mutating func finished(_ reply: Reply, inFlight: Int, now: MonotonicInstant) {
        let execution = reply.execution.wholeMicroseconds
        controller.complete(
            count: 1, executionSum: execution, times: CollectionOfOne(execution), failed: reply.isAnswered ? 0 : 1,
            isFull: isFull || inFlight + 1 >= window, now: now)
        isFull = false
    }
}

/// `LatencyController`, which sees calls from outside only.
public struct PaceLatency: Limiter {
    public var controller: LatencyController

    public init(cap: Int64?, now: MonotonicInstant) { controller = LatencyController(cap: cap, now: now) }

    public var window: Int { Int(controller.window) }
    public var isStarting: Bool { controller.mode == .start }

    public mutating func wait(now: MonotonicInstant) -> Int64 {
        controller.tokens(now: now) > 0 ? 0 : max(1, controller.wait.nanoseconds)
    }

    public mutating func sent(inFlight: Int, now: MonotonicInstant) {
        controller.sent(1, inFlight: Int64(inFlight), now: now)
    }

    public mutating func finished(_ reply: Reply, inFlight: Int, now: MonotonicInstant) {
        controller.finished(latency: reply.latency, isAnswered: reply.isAnswered, now: now)
    }
}
