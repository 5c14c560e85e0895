import Base

/// Calls in flight, and whether those are back that were in flight when the window was made larger, or when calls
/// stayed out.
struct FlightWatch: Sendable {
    /// Calls in flight.
    private(set) var count = 0
    private var raised: CallWatch?
    private var drain: CallWatch?

    mutating func sent(inFlight: Int) { count = inFlight }

    mutating func withdrawn(_ count: Int) {
        self.count = max(0, self.count - count)
        raised?.withdrawn(count)
        drain?.withdrawn(count)
    }

    mutating func finished(sentAt: MonotonicInstant) {
        count = max(0, count - 1)
        raised?.finished(sentAt: sentAt)
        drain?.finished(sentAt: sentAt)
    }

    /// The window becomes larger.
    mutating func raise(now: MonotonicInstant) { raised = CallWatch(count, at: now) }
    /// Whether most of the calls that were in flight then came back.
    var isRaisedBack: Bool { raised?.isHalfBack ?? true }

    /// Calls stay out.
    mutating func beginDrain(now: MonotonicInstant) { drain = count > 0 ? CallWatch(count, at: now) : nil }
    /// Until the calls are back that were in flight then; what comes back meanwhile shows nothing.
    var isDraining: Bool { drain != nil }
    var isDrained: Bool { drain?.isBack ?? false }
    mutating func endDrain() { drain = nil }
}
