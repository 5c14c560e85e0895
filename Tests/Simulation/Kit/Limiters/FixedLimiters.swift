import Base

/// A rate that somebody configured, without feedback.
final class FixedRate: Limiter {
    private let interval: TimeSpan
    private var next = MonotonicInstant(nanoseconds: 0)

    init(perSecond: Double) { interval = .nanoseconds(max(1, Int64(1e9 / perSecond))) }

    var window: Int { .max }
    func wait(now: MonotonicInstant) -> TimeSpan { next > now ? next - now : .zero }
    func began(now: MonotonicInstant) { next = max(next, now) + interval }
}

/// A window that somebody configured, without feedback.
final class FixedWindow: Limiter {
    let window: Int

    init(_ window: Int) { self.window = window }
}
