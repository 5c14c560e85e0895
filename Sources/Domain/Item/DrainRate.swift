public import Base

/// How fast a queue has been moving, measured by its head.
///
/// A fall shows fast, a rise slowly: r = 0.3 x rate(2 s) + 0.7 x rate(10 s), and the smaller one alone where the last
/// two seconds were below 0.7 of the last ten. Where that lasts and chance does not explain it, what was counted before
/// the fall is forgotten: else it would count again as soon as the rate of the ten seconds had fallen too. Buckets of
/// 0.5 s; O(1) to observe.
public struct DrainRate: Sendable {
    private static let bucket: Int64 = 500_000_000  // nanoseconds
    private static let buckets = 20
    private static let recent: Int64 = 4  // buckets
    private static let fall = 0.7
    private static let stillFallen = 0.8
    private var counts = [Int64](repeating: 0, count: 20)
    private var currentBucket: Int64 = 0
    private var firstProgress: MonotonicInstant?
    /// What was counted before is forgotten; later than `firstProgress` where the queue became slower since.
    private var remembersFrom: MonotonicInstant?
    /// A fall was seen: what the recent buckets were expected to count, and the bucket in which the fall is judged.
    private var fallen: (expected: Double, judgedIn: Int64)?
    private var lastHead: Int64?
    private var lastProgress: MonotonicInstant?
    /// The pace as measured last, and when: the same in one turn of a loop.
    private var measured: (at: MonotonicInstant, pace: Pace?)?

    /// How a queue moves.
    public struct Pace: Sendable, Equatable {
        public var perSecond: Double  // above 0
        /// Variance over mean of what moved in half a second, over the last ten: 1 for orders that come by chance.
        public var dispersion: Double
        /// For how long it has been moving.
        public var age: TimeSpan

        public init(perSecond: Double, dispersion: Double = 1, age: TimeSpan = .seconds(10)) {
            self.perSecond = perSecond
            self.dispersion = dispersion
            self.age = age
        }
    }

    public init() {}

    public mutating func observe(head: Int64, now: MonotonicInstant) {
        advance(to: now)
        defer { lastHead = max(lastHead ?? head, head) }
        guard let lastHead, head > lastHead else { return }
        if firstProgress == nil { (firstProgress, remembersFrom) = (now, now) }
        counts[Int(currentBucket % Int64(Self.buckets))] += head - lastHead
        lastProgress = now
        measured = nil
    }

    /// Purchases per second; nil where nothing moved for 2 to 3 s, since any number would be a guess then.
    public mutating func perSecond(now: MonotonicInstant) -> Double? { pace(now: now)?.perSecond }

    /// The rate, how even it is, and for how long the queue has been moving; nil where nothing moved for 2 to 3 s.
    public mutating func pace(now: MonotonicInstant) -> Pace? {
        if let measured, measured.at == now { return measured.pace }
        advance(to: now)
        let pace = measure(now: now)
        measured = (now, pace)
        return pace
    }

    private func measure(now: MonotonicInstant) -> Pace? {
        guard let firstProgress, let remembersFrom, let lastProgress, now - lastProgress < .seconds(3) else {
            return nil
        }
        let short = rate(over: Self.recent, since: remembersFrom, now)
        let long = rate(over: Int64(Self.buckets), since: remembersFrom, now)
        let isSlower = short < (fallen == nil ? Self.fall : 1) * long
        let blended = isSlower ? short : 0.3 * short + 0.7 * long
        guard blended > 0 else { return nil }
        return Pace(perSecond: blended, dispersion: dispersion(since: remembersFrom), age: now - firstProgress)
    }

    /// A bucket has ended. A fall of more than three deviations of chance that lasts until all recent buckets are newer
    /// than it is a new rate.
    private mutating func forgetBeforeFall() {
        guard let remembersFrom else { return }
        let end = MonotonicInstant(nanoseconds: (currentBucket + 1) * Self.bucket)
        let begin = MonotonicInstant(nanoseconds: (currentBucket + 1 - Self.recent) * Self.bucket)
        guard remembersFrom < begin else { return }
        let seconds = Double(Self.recent * Self.bucket) / 1e9
        let counted = rate(over: Self.recent, since: remembersFrom, end) * seconds
        if let fallen {
            guard currentBucket >= fallen.judgedIn else { return }
            self.fallen = nil
            if counted < Self.stillFallen * fallen.expected { forget(before: begin) }
        } else {
            let expected = rate(over: Int64(Self.buckets), since: remembersFrom, end) * seconds
            guard counted < Self.fall * expected, expected - counted > 3 * expected.squareRoot() else { return }
            fallen = (expected, currentBucket + Self.recent - 1)
        }
    }

    private mutating func forget(before begin: MonotonicInstant) {
        remembersFrom = begin
        for back in Self.recent..<min(Int64(Self.buckets), currentBucket + 1) {
            counts[Int((currentBucket - back) % Int64(Self.buckets))] = 0
        }
    }

    /// Of the buckets that have ended since the first progress; 1 while there are too few.
    private func dispersion(since first: MonotonicInstant) -> Double {
        let oldest = max(first.nanoseconds / Self.bucket + 1, currentBucket - Int64(Self.buckets) + 1)
        guard currentBucket - oldest >= 4 else { return 1 }
        let sample = (oldest..<currentBucket).map { Double(counts[Int($0 % Int64(Self.buckets))]) }
        let mean = sample.reduce(0, +) / Double(sample.count)
        guard mean > 0 else { return 1 }
        let squares = sample.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return max(0.2, squares / Double(sample.count - 1) / mean)
    }

    /// Over the last `count` buckets, of which the newest has not ended yet; never over less than one bucket's time.
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
        forgetBeforeFall()
        let steps = min(target - currentBucket, Int64(Self.buckets))
        for step in 0..<steps { counts[Int((target - step) % Int64(Self.buckets))] = 0 }
        currentBucket = target
    }
}
