public import Base
import CLinux

extension MonotonicInstant {
    /// The present on this machine's monotonic clock. For tests only: machines get the time as an argument.
    public static var now: MonotonicInstant { MonotonicInstant(nanoseconds: clinux_monotonic_ns()) }
}

/// The moment a bounded wait gives up.
public struct Deadline: Sendable {
    public let at: MonotonicInstant

    public init(within span: TimeSpan) { at = .now + span }

    /// Zero or less once it has passed.
    public var remaining: TimeSpan { at - .now }
    public var isPast: Bool { remaining <= .zero }

    /// What poll(2) wants: whole milliseconds rounded up, never negative.
    var pollMilliseconds: Int32 {
        Int32(clamping: max(0, (remaining.nanoseconds + 999_999) / 1_000_000))
    }
}
