import Base

/// What decides how much goes to a service: how many calls may be in flight, and when the next one may begin.
protocol Limiter: AnyObject {
    /// Calls that may be in flight, 1 or more.
    var window: Int { get }
    /// Time until a call may begin; zero: now.
    func wait(now: MonotonicInstant) -> TimeSpan
    /// A call begins.
    func began(now: MonotonicInstant)
    /// A call ended.
    func ended(_ call: EndedCall, now: MonotonicInstant)
}

extension Limiter {
    func wait(now: MonotonicInstant) -> TimeSpan { .zero }
    func began(now: MonotonicInstant) {}
    func ended(_ call: EndedCall, now: MonotonicInstant) {}
}

/// What a limiter is shown of a call that ended.
struct EndedCall {
    var latency: TimeSpan
    var inFlight: Int  // when it began, with itself
    /// Failed, refused, or not answered in time.
    var isDropped: Bool
}
