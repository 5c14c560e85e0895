/// Counts values in buckets whose width grows with the value, so that every quantile is within 1/16 of the truth.
///
/// Fixed memory (about 8 KiB), O(1) to record. Values below 0 count as 0.
public struct Histogram: Sendable {
    private static let subBuckets = 16
    private var counts = [UInt64](repeating: 0, count: 61 * 16)
    public private(set) var count: UInt64 = 0
    public private(set) var sum: Int64 = 0
    public private(set) var largest: Int64 = 0

    public init() {}

    public mutating func record(_ value: Int64) {
        let clamped = max(0, value)
        counts[Self.bucket(clamped)] += 1
        count += 1
        sum &+= clamped
        largest = max(largest, clamped)
    }

    /// The smallest value below which at least `perMille`/1000 of the recorded values lie; 0 when none was recorded.
    public func quantile(perMille: UInt64) -> Int64 {
        guard count > 0 else { return 0 }
        let rank = max(1, (count * perMille + 999) / 1000)
        var seen: UInt64 = 0
        for (index, bucketCount) in counts.enumerated() {
            seen += bucketCount
            if seen >= rank { return min(largest, Self.upperBound(index)) }
        }
        return largest
    }

    /// How many of the recorded values are surely `limit` or less: those whose whole bucket is.
    public func count(upTo limit: Int64) -> UInt64 {
        var seen: UInt64 = 0
        for (index, bucketCount) in counts.enumerated() {
            guard Self.upperBound(index) <= limit else { break }
            seen += bucketCount
        }
        return seen
    }

    /// Hands out the least and the largest value of every bucket that is not empty, with its count, upwards.
    public func forEachBucket(_ body: (_ least: Int64, _ largest: Int64, _ count: UInt64) -> Void) {
        for (index, bucketCount) in counts.enumerated() where bucketCount > 0 {
            body(index == 0 ? 0 : Self.upperBound(index - 1) + 1, Self.upperBound(index), bucketCount)
        }
    }

    public mutating func merge(_ other: Histogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        sum &+= other.sum
        largest = max(largest, other.largest)
    }

    private static func bucket(_ value: Int64) -> Int {
        guard value >= subBuckets else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount  // 4...62
        let sub = Int((value >> Int64(exponent - 4)) & 15)
        return (exponent - 3) * subBuckets + sub
    }

    private static func upperBound(_ index: Int) -> Int64 {
        guard index >= subBuckets else { return Int64(index) }
        let exponent = index / subBuckets + 3
        let base = Int64(subBuckets + index % subBuckets)
        let shift = Int64(exponent - 4)
        let (upper, overflow) = (base + 1).multipliedReportingOverflow(by: 1 << shift)
        return overflow ? Int64.max : upper - 1
    }
}
