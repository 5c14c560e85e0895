public import Base
import Glibc

// The limiters to compare with, as their authors publish them; with a least limit of 1, since a worker may have one
// slot, and for AIMD a timeout of five times the time without load. Sources: Netflix concurrency-limits (AIMDLimit,
// Gradient2Limit, VegasLimit); see docs/capacity.md.

/// A leaky bucket at a configured rate, without feedback.
public final class FixedRate: Limiter {
    private let interval: Int64
    private var next: Int64 = 0

    public init(perSecond: Double) { interval = Int64(1e9 / perSecond) }

    public var window: Int { .max }
    public func wait(now: MonotonicInstant) -> Int64 { max(0, next - now.nanoseconds) }
    public func sent(inFlight: Int, now: MonotonicInstant) { next = max(next, now.nanoseconds) + interval }
    public func finished(_ reply: Reply, inFlight: Int, now: MonotonicInstant) {}
}

/// One more for each good reply while half of the limit is used, a tenth less after a timeout or an error.
public final class AdditiveIncrease: Limiter {
    private let timeout: TimeSpan
    public private(set) var window = 4

    public init(timeout: TimeSpan) { self.timeout = timeout }

    public func wait(now: MonotonicInstant) -> Int64 { 0 }
    public func sent(inFlight: Int, now: MonotonicInstant) {}
    public func finished(_ reply: Reply, inFlight: Int, now: MonotonicInstant) {
        if !reply.isAnswered || reply.latency > timeout {
            window = window * 9 / 10
        } else if (inFlight + 1) * 2 >= window {
            window += 1
        }
        window = min(1_000, max(1, window))
    }
}

/// The ratio of a long and a short mean of the latency, in windows of one second.
public final class Gradient2: Limiter {
    private var limit = 20.0
    private var count = 0
    private var sum = 0.0
    private var mostInFlight = 0
    private var windowEnds: Int64
    private var long = 0.0
    private var warmUp = 0
    private var warmUpSum = 0.0

    public init(now: MonotonicInstant) { windowEnds = now.nanoseconds + 1_000_000_000 }

    public var window: Int { Int(limit) }
    public func wait(now: MonotonicInstant) -> Int64 { 0 }
    public func sent(inFlight: Int, now: MonotonicInstant) {}
    public func finished(_ reply: Reply, inFlight: Int, now: MonotonicInstant) {
        count += 1
        sum += Double(reply.latency.nanoseconds)
        mostInFlight = max(mostInFlight, inFlight + 1)
        guard now.nanoseconds >= windowEnds, count >= 10 else { return }
        let short = sum / Double(count)
        let most = Double(mostInFlight)
        (count, sum, mostInFlight, windowEnds) = (0, 0, 0, now.nanoseconds + 1_000_000_000)
        if warmUp < 10 {
            warmUp += 1
            warmUpSum += short
            long = warmUpSum / Double(warmUp)
        } else {
            let share = 2.0 / 601
            long = long * (1 - share) + short * share
        }
        if long / short > 2 { long *= 0.95 }
        guard most >= limit / 2 else { return }
        let gradient = max(0.5, min(1, 1.5 * long / short))
        limit = max(1, min(200, limit * 0.8 + (limit * gradient + 4) * 0.2))
    }
}

/// The queue that the smallest latency seen implies, kept between logarithmic bounds.
public final class Vegas: Limiter {
    private var limit = 20.0
    private var base: Int64 = 0  // nanoseconds
    private var replies = 0.0
    private var random: SplitMix64
    private var jitter: Double

    public init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        jitter = Double.random(in: 0.5..<1, using: &random)
    }

    public var window: Int { Int(limit) }
    public func wait(now: MonotonicInstant) -> Int64 { 0 }
    public func sent(inFlight: Int, now: MonotonicInstant) {}
    public func finished(_ reply: Reply, inFlight: Int, now: MonotonicInstant) {
        let latency = reply.latency.nanoseconds
        replies += 1
        if jitter * 30 * limit <= replies {
            jitter = Double.random(in: 0.5..<1, using: &random)
            replies = 0
            base = latency
            return
        }
        if base == 0 || latency < base {
            base = latency
            return
        }
        let step = max(1, log10(max(1, limit)).rounded(.down))
        let queue = (limit * (1 - Double(base) / Double(latency))).rounded(.up)
        var next = limit
        if !reply.isAnswered {
            next -= step
        } else if Double(inFlight + 1) * 2 < limit {
            return
        } else if queue <= step {
            next += 6 * step
        } else if queue < 3 * step {
            next += step
        } else if queue > 6 * step {
            next -= step
        }
        limit = max(1, min(1_000, next))
    }
}

/// The limiters to compare with, as they would be set up for a scenario.
public enum Baseline: String, CaseIterable, Sendable {
    case fixed = "fixed 90 %"
    case aimd = "AIMD"
    case gradient2 = "Gradient2"
    case vegas = "Vegas"

    /// Makes one for each station. The fixed rate is 90 % of what an operator knows the station to do at the start, and
    /// the timeout of AIMD five times the time without load.
    public func maker(_ scenario: Scenario) -> (Int, UInt64, MonotonicInstant) -> any Limiter {
        let stations = scenario.stations
        return { index, seed, now in
            let station = stations[index]
            switch self {
            case .fixed: return FixedRate(perSecond: 0.9 * Double(station.slots) * 1e9 / station.service)
            case .aimd: return AdditiveIncrease(timeout: .nanoseconds(Int64(5 * station.service)))
            case .gradient2: return Gradient2(now: now)
            case .vegas: return Vegas(seed: seed)
            }
        }
    }
}
