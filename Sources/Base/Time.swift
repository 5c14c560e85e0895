/// A length of time in whole nanoseconds, negative where something lies in the past.
public struct TimeSpan: Sendable, Hashable, Comparable {
    public var nanoseconds: Int64

    public static func nanoseconds(_ count: Int64) -> TimeSpan { TimeSpan(nanoseconds: count) }
    public static func microseconds(_ count: Int64) -> TimeSpan { TimeSpan(nanoseconds: count * 1_000) }
    public static func milliseconds(_ count: Int64) -> TimeSpan { TimeSpan(nanoseconds: count * 1_000_000) }
    public static func seconds(_ count: Int64) -> TimeSpan { TimeSpan(nanoseconds: count * 1_000_000_000) }
    public static let zero = TimeSpan(nanoseconds: 0)

    public var wholeMicroseconds: Int64 { nanoseconds / 1_000 }
    public var wholeMilliseconds: Int64 { nanoseconds / 1_000_000 }

    public static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.nanoseconds < right.nanoseconds }
    public static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds + right.nanoseconds)
    }
    public static func - (left: TimeSpan, right: TimeSpan) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
    public static func * (left: TimeSpan, right: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds * right)
    }
}

/// A point on this machine's monotonic clock. Machines receive it as `now` and never read a clock themselves.
public struct MonotonicInstant: Sendable, Hashable, Comparable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
    public static func + (left: MonotonicInstant, right: TimeSpan) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: left.nanoseconds + right.nanoseconds)
    }
    public static func - (left: MonotonicInstant, right: MonotonicInstant) -> TimeSpan {
        TimeSpan(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
}

/// A point in civil time, in milliseconds since 1970-01-01T00:00:00Z. For people and sale windows, never for timeouts.
public struct WallInstant: Sendable, Hashable, Comparable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (left: WallInstant, right: WallInstant) -> Bool { left.milliseconds < right.milliseconds }

    /// To the millisecond.
    public static func + (left: WallInstant, right: TimeSpan) -> WallInstant {
        WallInstant(milliseconds: left.milliseconds + right.wholeMilliseconds)
    }

    public static func - (left: WallInstant, right: WallInstant) -> TimeSpan {
        .milliseconds(left.milliseconds - right.milliseconds)
    }
}
