import Base

/// How long a grant to a worker and the report back take: the median of the last few, so that one pause or one lost
/// message does not change it.
struct DispatchLatency: Sendable {
    /// The lower bound, microseconds.
    static let least: Int64 = 1_000
    private static let longest: Int64 = 3_600_000_000  // microseconds
    private static let remembered = 9

    private var samples: [Int64] = []  // microseconds, newest last
    private(set) var microseconds = least

    mutating func add(_ span: TimeSpan) {
        samples.append(min(max(0, span.wholeMicroseconds), Self.longest))
        if samples.count > Self.remembered { samples.removeFirst() }
        microseconds = max(Self.least, samples.sorted()[samples.count / 2])
    }
}
