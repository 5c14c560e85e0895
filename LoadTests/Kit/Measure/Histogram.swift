/// Counts lengths of time in buckets that widen with the value, so every quantile is at most 1/32 above the truth.
///
/// Fixed memory (about 15 KiB), O(1) to record. Negative values count as zero.
public struct Histogram: Sendable {
    private static let linearBits = 5
    private static let linear = 1 << linearBits  // buckets in each power of two
    private var counts = [UInt64](repeating: 0, count: (64 - linearBits) * linear)
    public private(set) var count: UInt64 = 0
    public private(set) var largest = Nanoseconds.zero

    public init() {}

    public mutating func record(_ value: Nanoseconds) {
        let clamped = max(.zero, value)
        counts[Self.bucket(UInt64(clamped.count))] += 1
        count += 1
        largest = max(largest, clamped)
    }

    /// The value that at least `perMille` of 1,000 recorded ones do not exceed, rounded up to its bucket; 0 when empty.
    public func quantile(perMille: UInt64) -> Nanoseconds { quantile(perMillion: perMille * 1_000) }

    /// The same of 1,000,000, for the far end.
    public func quantile(perMillion: UInt64) -> Nanoseconds {
        let rank = max(1, (count * perMillion + 999_999) / 1_000_000)
        var seen: UInt64 = 0
        for (index, inBucket) in counts.enumerated() {
            seen += inBucket
            if seen >= rank { return min(largest, Self.top(of: index)) }
        }
        return largest
    }

    // Values below 2 * linear stand alone; above, the top six bits choose the bucket.
    private static func bucket(_ value: UInt64) -> Int {
        let shift = max(0, 63 - linearBits - value.leadingZeroBitCount)
        return shift * linear + Int(value >> UInt64(shift))
    }

    private static func top(of bucket: Int) -> Nanoseconds {
        guard bucket >= 2 * linear else { return Nanoseconds(Int64(bucket)) }
        let shift = bucket / linear - 1
        let leading = UInt64(bucket - shift * linear)
        let top = ((leading + 1) << UInt64(shift)) - 1
        return Nanoseconds(Int64(min(top, UInt64(Int64.max))))
    }
}
