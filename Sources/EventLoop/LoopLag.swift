public import Base

/// How late a loop's timers ran: the longest of the last ten to twenty seconds. Reading it changes nothing, so several
/// may read it.
public struct LoopLag: Sendable {
    static let window = TimeSpan.seconds(10)

    private var current = TimeSpan.zero
    private var before = TimeSpan.zero
    private var began: MonotonicInstant

    public init(now: MonotonicInstant) { began = now }

    /// A timer ran so long after it was due.
    mutating func record(_ lag: TimeSpan, now: MonotonicInstant) {
        if now - began >= Self.window { turn(now) }
        if lag > current { current = lag }
    }

    /// Zero where no timer ran for so long.
    public func longest(now: MonotonicInstant) -> TimeSpan {
        if now - began >= Self.window * 2 { return .zero }
        return now - began >= Self.window ? current : max(current, before)
    }

    private mutating func turn(_ now: MonotonicInstant) {
        before = now - began < Self.window * 2 ? current : .zero
        current = .zero
        began = now
    }
}
