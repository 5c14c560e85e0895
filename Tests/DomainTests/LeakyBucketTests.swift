import Base
import Domain
import Testing

@Suite struct LeakyBucketTests {
    /// Sends as soon as it may, looking every millisecond; the times of the sends.
    private func sends(pace1000: Int64, burst: Int64, milliseconds: Int64) -> [Int64] {
        var bucket = LeakyBucket()
        var times: [Int64] = []
        for time in 0..<milliseconds {
            let tokens = bucket.tokens(
                pace1000: pace1000, burst: burst, slack: .milliseconds(1), now: at(time))
            times += [Int64](repeating: time, count: Int(tokens))
            bucket.take(tokens)
        }
        return times
    }

    @Test(arguments: [1, 7, 30, 999])
    func `lets out its pace, and in no second more than that and one`(pace: Int64) {
        let times = sends(pace1000: pace * 1_000, burst: 1, milliseconds: 10_000)
        #expect(Int64(times.count) >= pace * 10 * 98 / 100 && Int64(times.count) <= pace * 10 + 1)
        for (index, time) in times.enumerated() {
            let inSecond = times[index...].prefix { $0 - time <= 1_000 }.count
            #expect(inSecond <= pace + 1)
        }
    }

    @Test func `saves no more than a burst over a pause`() {
        var bucket = LeakyBucket()
        _ = bucket.tokens(pace1000: 1_000_000, burst: 5, now: at(0))
        #expect(bucket.tokens(pace1000: 1_000_000, burst: 5, now: at(60_000)) == 5)
        bucket.take(5)
        #expect(bucket.tokens(pace1000: 1_000_000, burst: 5, now: at(60_000)) == 0)
        #expect(bucket.wait(pace1000: 1_000_000) == .milliseconds(1))
        #expect(bucket.wait(for: 5, pace1000: 1_000_000) == .milliseconds(5))
        #expect(bucket.tokens(pace1000: 1_000_000, burst: 5, now: at(60_001)) == 1)
    }

    @Test func `what went out unasked is paid back first`() {
        var bucket = LeakyBucket()
        #expect(bucket.tokens(pace1000: 10_000, burst: 1, now: at(0)) == 1)
        bucket.take(3)
        #expect(bucket.tokens(pace1000: 10_000, burst: 1, now: at(200)) == 0)
        #expect(bucket.tokens(pace1000: 10_000, burst: 1, now: at(300)) == 1)
    }

    @Test func `no number breaks it, and a clock that goes back gives nothing`() {
        var random = SplitMix64(seed: 1)
        var bucket = LeakyBucket()
        for _ in 0..<5_000 {
            let now = MonotonicInstant(nanoseconds: random.below(1 << (1 + random.below(62))))
            let pace = random.below(1 << (1 + random.below(62)))
            let burst = random.below(1 << (1 + random.below(62)))
            let tokens = bucket.tokens(pace1000: pace, burst: burst, now: now)
            #expect((0...LeakyBucket.largestBurst).contains(tokens))
            bucket.take(random.below(1 << (1 + random.below(62))))
            #expect(bucket.wait(pace1000: pace) >= .zero)
        }
        var other = LeakyBucket()
        _ = other.tokens(pace1000: 1_000, burst: 1, now: at(5_000))
        other.take(1)
        #expect(other.tokens(pace1000: 1_000, burst: 1, now: at(0)) == 0)
    }
}
