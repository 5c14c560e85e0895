import Foundation
import Testing

@testable import Base

@Test(arguments: [1e-300, 1e-9, 0.5, 0.7071, 0.99999, 1, 1.5, 2, 10, 1e9])
func `the logarithm is that of the library`(x: Double) {
    #expect(abs(naturalLogarithm(x) - log(x)) <= 1e-13 * max(1, abs(log(x))))
}

@Test(arguments: [Int64(10), 50, 100])
func `times have the mean and the spread that were asked for`(variation: Int64) {
    var sampler = GammaSampler(seed: 7)
    let mean = TimeSpan.milliseconds(20)
    let times = (0..<200_000).map { _ in
        Double(sampler.span(mean: mean, variationPercent: variation).nanoseconds) / Double(mean.nanoseconds)
    }
    let average = times.reduce(0, +) / Double(times.count)
    let deviation = (times.map { ($0 - average) * ($0 - average) }.reduce(0, +) / Double(times.count)).squareRoot()
    #expect(abs(average - 1) < 0.01)
    #expect(abs(deviation * 100 - Double(variation)) < 0.02 * Double(variation))
    #expect(times.allSatisfy { $0 > 0 })
}

@Test func `the tail is that of a gamma and of an exponential distribution`() {
    // The 99th percentiles of Gamma(4, 1/4) and of Exp(1), from tables.
    for (variation, expected) in [(Int64(50), 2.511), (100, 4.605)] {
        var sampler = GammaSampler(seed: 11)
        let times = (0..<200_000).map { _ in
            sampler.span(mean: .microseconds(1_000), variationPercent: variation).nanoseconds
        }.sorted()
        #expect(abs(Double(times[198_000]) / 1e6 - expected) < 0.05 * expected)
    }
}

@Test func `without variation the time is the mean, and a seed decides the times`() {
    var (first, second, other) = (GammaSampler(seed: 1), GammaSampler(seed: 1), GammaSampler(seed: 2))
    #expect(first.span(mean: .seconds(3), variationPercent: 0) == .seconds(3))
    let times = (0..<100).map { _ in first.span(mean: .seconds(1), variationPercent: 50) }
    #expect(times == (0..<100).map { _ in second.span(mean: .seconds(1), variationPercent: 50) })
    #expect(times != (0..<100).map { _ in other.span(mean: .seconds(1), variationPercent: 50) })
}
