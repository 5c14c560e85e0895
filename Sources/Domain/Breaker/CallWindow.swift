public import Base

/// How many calls ended within a sliding window, and how many of them were bad. A fixed number of buckets, whatever the
/// rate.
public struct CallWindow: Sendable {
    public static let buckets = 60

    private struct Bucket: Sendable {
        var index: Int64 = -1  // of its span of time
        var calls: Int64 = 0
        var bad: Int64 = 0
    }

    private let bucket: Int64  // nanoseconds
    private var ring = [Bucket](repeating: Bucket(), count: CallWindow.buckets)
    private var newest: Int64 = -1
    public private(set) var calls: Int64 = 0
    public private(set) var bad: Int64 = 0

    /// - Parameter length: at least 60 ns.
    public init(length: TimeSpan) {
        bucket = max(1, length.nanoseconds / Int64(Self.buckets))
    }

    /// Counts one call that ended now. O(1), and O(buckets) after a silence.
    public mutating func add(isBad: Bool, now: MonotonicInstant) {
        advance(now: now)
        let slot = Int(newest % Int64(Self.buckets))
        ring[slot].calls += 1
        calls += 1
        if isBad {
            ring[slot].bad += 1
            bad += 1
        }
    }

    /// Forgets what is older than the window. A clock that stands still forgets nothing.
    public mutating func advance(now: MonotonicInstant) {
        let index = max(newest, now.nanoseconds / bucket)
        guard index > newest else { return }
        let first = max(newest + 1, index - Int64(Self.buckets) + 1)
        for passed in first...index {
            let slot = Int(passed % Int64(Self.buckets))
            calls -= ring[slot].calls
            bad -= ring[slot].bad
            ring[slot] = Bucket(index: passed)
        }
        newest = index
        assert(0 <= bad && bad <= calls, "the sums are those of the buckets")
    }

    public mutating func clear() {
        for slot in ring.indices { ring[slot] = Bucket() }
        (calls, bad) = (0, 0)
    }
}
