/// A length of time, or a point in it counted from the machine's monotonic zero. Machines get it as an argument.
public struct Nanoseconds: Sendable, Hashable, Comparable {
    public var count: Int64

    public init(_ count: Int64) { self.count = count }

    public static let zero = Nanoseconds(0)
    public static func milliseconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count * 1_000_000) }
    public static func seconds(_ count: Int64) -> Nanoseconds { Nanoseconds(count * 1_000_000_000) }

    public var wholeMicroseconds: Int64 { count / 1_000 }
    public var wholeMilliseconds: Int64 { count / 1_000_000 }

    public static func < (left: Nanoseconds, right: Nanoseconds) -> Bool { left.count < right.count }
    public static func + (left: Nanoseconds, right: Nanoseconds) -> Nanoseconds {
        Nanoseconds(left.count + right.count)
    }
    public static func - (left: Nanoseconds, right: Nanoseconds) -> Nanoseconds {
        Nanoseconds(left.count - right.count)
    }
}
