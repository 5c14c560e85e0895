import Base
import Testing

@testable import SimulationKit

/// The published limiters, each as its authors have it.
@Suite struct LimiterTests {
    /// So many calls one after the other, a millisecond apart; returns the time after the last.
    @discardableResult
    private func end(
        _ count: Int, on limiter: any Limiter, latency: TimeSpan = .milliseconds(10), inFlight: Int? = nil,
        isDropped: Bool = false, from start: TimeSpan = .zero
    ) -> TimeSpan {
        var time = start
        for _ in 0..<count {
            time = time + .milliseconds(1)
            limiter.ended(
                EndedCall(latency: latency, inFlight: inFlight ?? limiter.window, isDropped: isDropped),
                now: MonotonicInstant(nanoseconds: time.nanoseconds))
        }
        return time
    }

    @Test func `a fixed rate lets one out in each interval, and saves nothing up`() {
        let limiter = FixedRate(perSecond: 100)
        func at(_ milliseconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: milliseconds * 1_000_000) }
        #expect(limiter.wait(now: at(500)) == .zero)
        limiter.began(now: at(500))
        #expect(limiter.wait(now: at(504)) == .milliseconds(6) && limiter.wait(now: at(510)) == .zero)
        limiter.began(now: at(900))
        #expect(limiter.wait(now: at(900)) == .milliseconds(10))
    }

    @Test func `AIMD adds one for an answer while half is used, and takes a tenth for a drop`() {
        let limiter = AdditiveIncrease()
        end(10, on: limiter)
        #expect(limiter.window == 30)
        end(10, on: limiter, inFlight: 14)
        #expect(limiter.window == 30)
        end(1, on: limiter, isDropped: true)
        #expect(limiter.window == 27)
        end(100, on: limiter, isDropped: true)
        #expect(limiter.window == 1)
        end(2_000, on: limiter)
        #expect(limiter.window == 1_000)
    }

    @Test func `Gradient2 learns once a second, from ten calls or more`() {
        let limiter = Gradient2()
        // The first call ends a span of its own, which is too short; the others are the next one.
        var time = end(1_001, on: limiter)
        #expect(limiter.window == 20)
        time = end(1, on: limiter, from: time)
        // 0.8 x 20 + 0.2 x (20 + 4)
        #expect(limiter.window == 20 && time == .milliseconds(1_002))
        time = end(2_004, on: limiter, from: time)
        #expect(limiter.window == 22)
        // Ten times as long, which is half of the limit at most: a tenth less, and 0.8 more.
        time = end(1_002, on: limiter, latency: .milliseconds(100), from: time)
        #expect(limiter.window == 20 || limiter.window == 21)
        let before = limiter.window
        // Refusals at once are none of its business, nor are nine calls.
        time = end(5_000, on: limiter, latency: .zero, isDropped: true, from: time)
        #expect(limiter.window == before)
        end(9, on: limiter, latency: .seconds(1), from: time + .seconds(2))
        #expect(limiter.window == before)
    }

    @Test func `Vegas grows by six without a queue, by one with a short one, and falls by one with a long one`() {
        let limiter = Vegas(seed: 1)
        end(1, on: limiter)
        #expect(limiter.window == 20)
        end(1, on: limiter)
        #expect(limiter.window == 26)
        // 2 of 26 wait
        end(1, on: limiter, latency: .microseconds(10_700))
        #expect(limiter.window == 27)
        // 4 of 27
        end(1, on: limiter, latency: .microseconds(11_500))
        #expect(limiter.window == 27)
        // 14 of 27
        end(1, on: limiter, latency: .milliseconds(20))
        #expect(limiter.window == 26)
        end(1, on: limiter, isDropped: true)
        #expect(limiter.window == 25)
        // A refusal at once has no time that could be the smallest.
        end(1, on: limiter, latency: .zero, isDropped: true)
        #expect(limiter.window == 24)
        end(1, on: limiter)
        #expect(limiter.window == 30)
        end(1, on: limiter, latency: .milliseconds(10), inFlight: 14)
        #expect(limiter.window == 30)
        // It takes the next time for the smallest one, after 30 x 30 calls at most.
        end(900, on: limiter, latency: .milliseconds(20), inFlight: 1)
        end(1, on: limiter, latency: .milliseconds(20))
        #expect(limiter.window == 36)
    }
}
