import Base
import Testing

@testable import Domain

/// Which calls a cohort is made of, and what they show.
@Suite struct CallCohortTests {
    /// Sends so many calls, one a millisecond from `time` on, until it is complete.
    private func send(_ cohort: inout CallCohort, _ count: Int, isFull: Bool = true, from time: Int64) -> Bool {
        for call in 0..<Int64(count)
        where cohort.sent(1, isFull: isFull, lastingAtLeast: 0, now: at(time + call)) {
            return true
        }
        return false
    }

    @Test func `a cohort begins when the window is full, and ends with its last call`() {
        var cohort = CallCohort(.hold, window: 4, size: 3, after: at(0))
        #expect(!send(&cohort, 3, isFull: false, from: 1))
        #expect(cohort.sent == 0 && !cohort.has(at(2)), "the window was not full")
        #expect(send(&cohort, 3, from: 10))
        #expect(cohort.sent == 3 && cohort.has(at(10)) && cohort.has(at(12)))
        #expect(!cohort.has(at(9)) && !cohort.has(at(13)), "neither before nor after")
        #expect(cohort.age(at(15)) == 3_000)
    }

    @Test func `a level counts the calls too that fill its window`() {
        var cohort = CallCohort(.level, window: 4, size: 3, countsFilling: true, after: at(0))
        #expect(!send(&cohort, 3, isFull: false, from: 1), "it is not complete before the window is full")
        #expect(cohort.sent == 3 && cohort.has(at(1)) && !cohort.has(at(0)))
        #expect(send(&cohort, 1, from: 4))
        #expect(cohort.sent == 4)
    }

    @Test func `it lasts for as long as was said, though it has its calls`() {
        var cohort = CallCohort(.hold, window: 2, size: 2, after: at(0))
        let calls = [(count: 5, at: 1), (count: 1, at: 10), (count: 1, at: 11)] as [(count: Int, at: Int64)]
        let isComplete = calls.map {
            cohort.sent($0.count, isFull: $0.at == 1, lastingAtLeast: 10_000, now: at($0.at))
        }
        #expect(isComplete == [false, false, true], "10 ms after it was full")
        #expect(cohort.sent == 7)
    }

    @Test func `what is missing counts as long as it is out, four times the mean at most`() {
        var cohort = CallCohort(.hold, window: 4, size: 4, after: at(0))
        _ = send(&cohort, 4, from: 1)
        for _ in 0..<3 { cohort.finished(microseconds: 10_000, isAnswered: true) }
        #expect(cohort.missing == 1 && cohort.isHalfBack)
        let early = cohort.judged(at(24))
        #expect(early.count == 4 && early.known == 3 && abs(early.mean - (30_000 + 26_000) / 4) < 1)
        #expect(abs(cohort.judged(at(10_000)).mean - (30_000 + 40_000) / 4) < 1)
        #expect(cohort.latencies.count == 3, "and it may still come back")
    }

    @Test func `a call that failed took longest`() {
        var cohort = CallCohort(.hold, window: 2, size: 2, after: at(0))
        _ = send(&cohort, 2, from: 1)
        cohort.finished(microseconds: 10, isAnswered: false)
        cohort.finished(microseconds: 10_000, isAnswered: true)
        #expect(cohort.missing == 0 && cohort.failed == 1 && cohort.latencies.known / cohort.latencies.count == 0.5)
        let slow = cohort.latencies
        var answered = LatencyHistogram()
        answered.add(microseconds: 10_000)
        #expect(answered.rank(of: slow, cut: 1e9) == 0.25)
    }

    @Test func `calls that were given back are waited for no more, and no more than are missing`() {
        var cohort = CallCohort(.hold, window: 4, size: 4, after: at(0))
        _ = send(&cohort, 4, from: 1)
        cohort.finished(microseconds: 1_000, isAnswered: true)
        #expect(cohort.withdrawn(2) == 2 && cohort.missing == 1)
        #expect(cohort.withdrawn(9) == 1 && cohort.missing == 0 && cohort.sent == 1)
        #expect(cohort.withdrawn(1) == 0)
    }

    @Test func `a pause makes it begin anew`() {
        var cohort = CallCohort(.other, window: 4, size: 3, series: 7, after: at(0))
        _ = send(&cohort, 2, from: 1)
        cohort.finished(microseconds: 1_000, isAnswered: true)
        var again = cohort.begunAnew(at: at(5))
        #expect(again.role == .other && again.window == 4 && again.series == 7 && again.sent == 0 && again.back == 0)
        #expect(!again.has(at(6)))
        #expect(!send(&again, 2, from: 6))
        #expect(again.has(at(6)) && !again.has(at(5)) && send(&again, 1, from: 8))
    }
}
