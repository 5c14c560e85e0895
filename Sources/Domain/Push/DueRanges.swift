public import Base

/// Ranges of sequences in which something was decided, and whose listeners were not looked at since.
///
/// Bounded: where many wait, they become one that covers them all. To look at a listener too often costs little, to
/// miss one would leave a buyer in the dark.
public struct DueRanges: Sendable {
    private static let most = 64

    private var ranges: [ClosedRange<Int64>] = []  // in order of arrival

    public init() {}

    public var isEmpty: Bool { ranges.isEmpty }

    public mutating func add(_ range: ClosedRange<Int64>) {
        for index in ranges.indices where Self.touch(ranges[index], range) {
            ranges[index] = Self.hull(ranges[index], range)
            return
        }
        ranges.append(range)
        if ranges.count > Self.most { ranges = [ranges.reduce(range, Self.hull)] }
    }

    /// Appends about `limit` listeners of the first range to `found`, and keeps what is left of it.
    public mutating func take(from index: SequenceIndex, atMost limit: Int, into found: inout [Token]) {
        guard let first = ranges.first else { return }
        if let next = index.collect(first, atMost: limit, into: &found) {
            ranges[0] = next...first.upperBound
        } else {
            ranges.removeFirst()
        }
    }

    private static func touch(_ left: ClosedRange<Int64>, _ right: ClosedRange<Int64>) -> Bool {
        left.lowerBound <= right.upperBound &+ 1 && right.lowerBound <= left.upperBound &+ 1
    }

    private static func hull(_ left: ClosedRange<Int64>, _ right: ClosedRange<Int64>) -> ClosedRange<Int64> {
        min(left.lowerBound, right.lowerBound)...max(left.upperBound, right.upperBound)
    }
}
