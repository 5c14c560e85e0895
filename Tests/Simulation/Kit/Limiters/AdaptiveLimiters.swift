import Base

// DESIGN
// Ported from Netflix concurrency-limits as of January 2026 (github.com/Netflix/concurrency-limits: AIMDLimit,
// Gradient2Limit under WindowedLimit, VegasLimit), with the numbers that its authors set, but for three. The least
// limit is 1 and not 20, since a service may have one slot. The largest is 1,000 for all, as Vegas has it, and not 200,
// since a service may have 256 slots. AIMD's timeout is that of the calls. A refusal at once takes no time here:
// Gradient2 leaves out what takes less than 100 us, as it is published; Vegas, which would fail on it, takes it as a
// drop without a time.

/// One more for each good answer while half of the limit is used, a tenth less after a drop.
final class AdditiveIncrease: Limiter {
    private(set) var window = 20

    func ended(_ call: EndedCall, now: MonotonicInstant) {
        if call.isDropped {
            window = window * 9 / 10
        } else if call.inFlight * 2 >= window {
            window += 1
        }
        window = min(1_000, max(1, window))
    }
}

/// The ratio of a long and a short mean of the latency, in spans of a second that have ten calls or more.
final class Gradient2: Limiter {
    private struct Span {
        var count = 0
        var sum = 0.0  // nanoseconds
        var mostInFlight = 0
    }

    private static let warmUp = 10

    private var limit = 20.0
    private var span = Span()
    private var spanEnds = MonotonicInstant(nanoseconds: 0)
    private var long = 0.0  // nanoseconds
    private var warmedUp = 0
    private var warmUpSum = 0.0

    var window: Int { Int(limit) }

    func ended(_ call: EndedCall, now: MonotonicInstant) {
        guard call.latency >= .microseconds(100) else { return }
        span.count += 1
        span.sum += Double(call.latency.nanoseconds)
        span.mostInFlight = max(span.mostInFlight, call.inFlight)
        guard now > spanEnds else { return }
        let ended = span
        (span, spanEnds) = (Span(), now + .seconds(1))
        if ended.count >= 10 { learn(short: ended.sum / Double(ended.count), most: Double(ended.mostInFlight)) }
    }

    private func learn(short: Double, most: Double) {
        if warmedUp < Self.warmUp {
            warmedUp += 1
            warmUpSum += short
            long = warmUpSum / Double(warmedUp)
        } else {
            let share = 2.0 / 601
            long = long * (1 - share) + short * share
        }
        let ratio = long / short
        if ratio > 2 { long *= 0.95 }
        guard most >= limit / 2 else { return }
        let gradient = max(0.5, min(1, 1.5 * ratio))
        limit = max(1, min(1_000, limit * 0.8 + (limit * gradient + 4) * 0.2))
    }
}

/// The queue that the smallest latency seen implies, kept between logarithmic bounds.
final class Vegas: Limiter {
    private var limit = 20.0
    private var base: Int64 = 0  // nanoseconds
    private var calls = 0.0  // since the base was taken anew
    private var random: SplitMix64
    private var jitter: Double

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        jitter = 0.5 + random.uniform() / 2
    }

    var window: Int { Int(limit) }

    func ended(_ call: EndedCall, now: MonotonicInstant) {
        let latency = call.latency.nanoseconds
        guard latency > 0 else { return change(by: -step) }
        calls += 1
        if jitter * 30 * limit <= calls {
            jitter = 0.5 + random.uniform() / 2
            calls = 0
            base = latency
            return
        }
        if base == 0 || latency < base {
            base = latency
            return
        }
        let queue = (limit * (1 - Double(base) / Double(latency))).rounded(.up)
        if call.isDropped {
            change(by: -step)
        } else if Double(call.inFlight) * 2 < limit {
            return
        } else if queue <= step {
            change(by: 6 * step)
        } else if queue < 3 * step {
            change(by: step)
        } else if queue > 6 * step {
            change(by: -step)
        }
    }

    /// The logarithm to base 10, rounded down, and at least 1.
    private var step: Double { limit < 100 ? 1 : limit < 1_000 ? 2 : 3 }

    private func change(by count: Double) { limit = max(1, min(1_000, limit + count)) }
}
