import Base
import Testing

@testable import Domain

/// The classes of latencies beside the latencies themselves.
@Suite struct LatencyHistogramTests {
    private static func histogram(_ samples: [Double], unknown: Int = 0) -> LatencyHistogram {
        var histogram = LatencyHistogram()
        for sample in samples { histogram.add(microseconds: sample) }
        histogram.addUnknown(unknown, atLeast: 1_000)
        return histogram
    }

    /// Latencies around 20 ms.
    private static func samples(_ count: Int, _ random: inout SplitMix64, mean: Double = 20_000) -> [Double] {
        (0..<count).map { _ in mean * random.gamma(shape: 4) / 4 }
    }

    /// The chance that one of `others` is longer than one of `samples`, less a half.
    private static func rank(_ samples: [Double], _ others: [Double], cut: Double = .infinity) -> Double {
        let wins = others.reduce(0.0) { sum, other in
            samples.reduce(sum) {
                let (mine, theirs) = (min($1, cut), min(other, cut))
                return $0 + (mine < theirs ? 1 : mine == theirs ? 0.5 : 0)
            }
        }
        return wins / Double(samples.count * others.count) - 0.5
    }

    @Test(arguments: 1...20)
    func `mean is exact, and quantiles are right to within a class`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let mean = Double(1 + random.below(1 << (1 + random.below(30))))
        let samples = Self.samples(1 + Int(random.below(400)), &random, mean: mean).map { max(1, $0) }
        let (histogram, sorted) = (Self.histogram(samples), samples.sorted())
        #expect(abs(histogram.mean / (samples.reduce(0, +) / Double(samples.count)) - 1) < 1e-9)
        for share in [0.1, 0.5, 0.9, 0.95, 1] {
            let exact = sorted[max(0, Int((share * Double(sorted.count) - 1e-4).rounded(.up)) - 1)]
            #expect(abs(histogram.quantile(share) / exact - 1) < 0.035, "\(share) of \(samples.count)")
        }
    }

    @Test(arguments: 1...20)
    func `rank is what comparing each with each other gives`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let samples = Self.samples(20 + Int(random.below(80)), &random)
        let others = Self.samples(20 + Int(random.below(80)), &random, mean: 10_000 + Double(random.below(30_000)))
        let (mine, theirs) = (Self.histogram(samples), Self.histogram(others))
        let far = mine.rank(of: theirs, cut: 1e9)
        #expect(abs(far - Self.rank(samples, others)) < 0.02)
        #expect(abs(far + theirs.rank(of: mine, cut: 1e9)) < 1e-6, "the other way round")
        let cut = 25_000.0
        #expect(abs(mine.rank(of: theirs, cut: cut) - Self.rank(samples, others, cut: cut)) < 0.03)
    }

    @Test(arguments: 1...20)
    func `excess counts from half of the shift, in deviations`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let shift = 4_000 + Double(random.below(20_000))
        let share = [0.0, 0.5, 1][Int(seed % 3)]
        let samples = Self.samples(60, &random)
        let others = Self.samples(60, &random).map { $0 + share * shift }
        let cut = samples.sorted()[56] + shift
        let deviation = ((1.0 / 60 + 1.0 / 60) / 12).squareRoot()
        let exact = Self.rank(samples.map { $0 + shift / 2 }, others, cut: cut) / deviation
        let excess = Self.histogram(samples).excess(of: Self.histogram(others), over: shift)
        #expect(abs(excess - exact) < 0.6, "\(excess) \(exact)")
        #expect(share == 0.5 ? abs(excess) < 4 : share == 1 ? excess > 0 : excess < 0, "\(excess)")
    }

    @Test(arguments: 1...20)
    func `latencies that are longer by a share of the shift show that share`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let samples = Self.samples(300, &random)
        let histogram = Self.histogram(samples)
        for share in [0.25, 0.5, 1, 2, 3] {
            let longer = Self.histogram(samples.map { $0 + share * 10_000 })
            #expect(abs(histogram.share(of: 10_000, to: longer) - share) < 0.15, "\(share)")
        }
        #expect(histogram.share(of: 10_000, to: histogram) < 0.1)
        #expect(histogram.share(of: 10_000, to: Self.histogram(samples.map { $0 + 90_000 })) > 3.9, "four at most")
    }

    @Test func `what never came back took longer than all that did`() {
        let (answered, half) = (Self.histogram([1, 2, 3, 1e12]), Self.histogram([1, 1], unknown: 2))
        #expect(answered.rank(of: half, cut: 2e9) > answered.rank(of: Self.histogram([1, 1, 1, 1]), cut: 2e9))
        #expect(Self.histogram([1e12]).rank(of: Self.histogram([], unknown: 1), cut: 1e13) == 0.5)
        #expect(half.known == 2 && half.count == 4 && half.known / half.count == 0.5)
        #expect(abs(half.quantile(0.99) - 1) < 0.05, "quantiles are of those that came back")
        #expect(half.mean == 500.5)
        #expect(half.shifted(by: 5_000).rank(of: Self.histogram([], unknown: 3), cut: 1e13) == 0.25)
        #expect(LatencyHistogram().rank(of: half, cut: 10) == 0 && LatencyHistogram().mean == 0)
    }

    @Test func `two added up are as if all were added to one`() {
        var random = SplitMix64(seed: 1)
        let (some, more) = (Self.samples(50, &random), Self.samples(70, &random, mean: 90_000))
        var sum = LatencyHistogram()
        sum.add(LatencyHistogram())
        #expect(sum.count == 0)
        sum.add(Self.histogram(some, unknown: 3))
        sum.add(Self.histogram(more))
        let all = Self.histogram(some + more, unknown: 3)
        #expect(sum.count == 123 && sum.known == 120 && abs(sum.mean - all.mean) < 1e-6)
        #expect(sum.quantile(0.5) == all.quantile(0.5) && sum.rank(of: all, cut: 1e9) == 0)
    }

    @Test func `one late call in many decides nothing`() {
        var random = SplitMix64(seed: 3)
        let (samples, others) = (Self.samples(40, &random), Self.samples(39, &random))
        let slow = Self.histogram(others + [60_000_000])
        #expect(slow.mean > 50 * 20_000)
        #expect(Self.histogram(samples).excess(of: slow, over: 5_000) < 0)
    }
}
