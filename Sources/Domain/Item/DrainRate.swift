public import Base

/// How fast a queue has been moving, from the places its head was seen at.
///
/// Bad news fast, good news slow: r = 0.3 x rate(2 s) + 0.7 x rate(10 s), and the smaller one alone when the last two
/// seconds were below 0.7 of the last ten. Buckets of 0.5 s; O(1) to observe.
public struct DrainRate: Sendable {
    private static let bucket: Int64 = 500_000_000  // nanoseconds
    private static let buckets = 20
    private var counts = [Int64](repeating: 0, count: 20)
    private var currentBucket: Int64 = 0
    private var firstProgress: MonotonicInstant?
    private var lastHead: Int64?
    private var lastProgress: MonotonicInstant?
    /// The rate as told last, and when: everybody who asks in the same turn of a loop is told the same.
    private var told: (at: MonotonicInstant, rate: Double?)?

    public init() {}

    public mutating func observe(head: Int64, now: MonotonicInstant) {
        advance(to: now)
        defer { lastHead = max(lastHead ?? head, head) }
        guard let lastHead, head > lastHead else { return }
        if firstProgress == nil { firstProgress = now }
        counts[Int(currentBucket % Int64(Self.buckets))] += head - lastHead
        lastProgress = now
        told = nil
    }

    /// Purchases per second, or nil when nothing moved for 2 to 3 s, so that no honest number exists.
    public mutating func perSecond(now: MonotonicInstant) -> Double? {
        if let told, told.at == now { return told.rate }
        advance(to: now)
        let rate = measure(now: now)
        told = (now, rate)
        return rate
    }

    private func measure(now: MonotonicInstant) -> Double? {
        guard let firstProgress, let lastProgress, now - lastProgress < .seconds(3) else { return nil }
        let short = rate(over: 4, since: firstProgress, now)
        let long = rate(over: Int64(Self.buckets), since: firstProgress, now)
        let blended = short < 0.7 * long ? short : 0.3 * short + 0.7 * long
        return blended > 0 ? blended : nil
    }

    /// Over the last `count` buckets, of which the newest is not over yet; never over less than one bucket's time.
    private func rate(over count: Int64, since first: MonotonicInstant, _ now: MonotonicInstant) -> Double {
        var sum: Int64 = 0
        for back in 0..<min(count, currentBucket + 1) {
            sum += counts[Int((currentBucket - back) % Int64(Self.buckets))]
        }
        let began = max(first.nanoseconds, (currentBucket - count + 1) * Self.bucket)
        return Double(sum) * 1_000_000_000 / Double(max(Self.bucket, now.nanoseconds - began))
    }

    private mutating func advance(to now: MonotonicInstant) {
        let target = now.nanoseconds / Self.bucket
        guard target > currentBucket else { return }
        let steps = min(target - currentBucket, Int64(Self.buckets))
        for step in 0..<steps { counts[Int((target - step) % Int64(Self.buckets))] = 0 }
        currentBucket = target
    }
}
