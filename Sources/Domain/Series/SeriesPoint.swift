/// How long the steps of a series are.
public enum SeriesStep: String, Sendable, CaseIterable {
    case second = "1s"
    case minute = "1m"

    public var seconds: Int64 { self == .second ? 1 : 60 }
    /// Points that are kept of an item, at most.
    public var kept: Int { self == .second ? Limits.seriesSeconds : Limits.seriesMinutes }
    /// How far back a series reaches where something changes in every step, in seconds.
    public var reach: Int64 { Int64(kept) * seconds }
}

/// What an item's counters were at the end of one step of its series.
///
/// A step in which nothing changed has no point: what the point before says still held. All figures are absolute, so a
/// point that is written twice, or by two leaders, says the same; what came in a step is a difference of two points.
public struct SeriesPoint: Sendable, Equatable {
    public var second: Int64  // since 1970, when its step began; 0: what was before the first point
    public var arrived: Int64  // purchases since the item was made, but for sequences that were left out
    public var waiting: Int64  // purchases
    public var mostWaiting: Int64  // the most that a look in this step found
    public var sold: Int64  // units
    public var held: Int64  // units
    public var free: Int64  // units

    public init(
        second: Int64, arrived: Int64, waiting: Int64, mostWaiting: Int64, sold: Int64, held: Int64, free: Int64
    ) {
        self.second = second
        self.arrived = arrived
        self.waiting = waiting
        self.mostWaiting = mostWaiting
        self.sold = sold
        self.held = held
        self.free = free
    }

    public var isBeforeAll: Bool { second == 0 }

    /// Purchases that came since the point before. Zero where a store that lost purchases came back with fewer.
    public func arrivals(since before: SeriesPoint) -> Int64 { max(0, arrived - before.arrived) }

    /// The most that waited in the step, with those that waited when it began.
    public func mostWaiting(since before: SeriesPoint) -> Int64 { max(mostWaiting, before.waiting) }
}
