/// A length of time in whole nanoseconds, negative where something lies in the past.
package struct TimeSpan: Sendable, Hashable, Comparable {
    package var nanoseconds: Int64

    package static func nanoseconds(_ count: Int64) -> TimeSpan { TimeSpan(nanoseconds: count) }
    package static func microseconds(_ count: Int64) -> TimeSpan { TimeSpan(nanoseconds: count * 1_000) }
    package static func milliseconds(_ count: Int64) -> TimeSpan { TimeSpan(nanoseconds: count * 1_000_000) }
    package static func seconds(_ count: Int64) -> TimeSpan { TimeSpan(nanoseconds: count * 1_000_000_000) }
    package static let zero = TimeSpan(nanoseconds: 0)

    package var wholeMicroseconds: Int64 { nanoseconds / 1_000 }
    package var wholeMilliseconds: Int64 { nanoseconds / 1_000_000 }

    package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.nanoseconds < right.nanoseconds }
    package static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds + right.nanoseconds)
    }
    package static func - (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
    package static func * (left: TimeSpan, right: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds * right)
    }
}

/// A point on this machine's monotonic clock. Machines receive it as `now` and never read a clock themselves.
package struct MonotonicInstant: Sendable, Hashable, Comparable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
    package static func + (left: MonotonicInstant, right: TimeSpan) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: left.nanoseconds + right.nanoseconds)
    }
    package static func - (left: MonotonicInstant, right: MonotonicInstant) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
}

/// A point in civil time, in milliseconds since 1970-01-01T00:00:00Z. For people and sale windows, never for timeouts.
package struct WallInstant: Sendable, Hashable, Comparable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (left: WallInstant, right: WallInstant) -> Bool { left.milliseconds < right.milliseconds }
}
