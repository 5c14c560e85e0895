import Base
import Testing

@testable import Domain

/// The cohorts that are out: which of them a reply is of, and when one is over.
@Suite struct CohortQueueTests {
    /// Cohorts of four calls, the n-th of them sent from n * 100 ms on, one call a millisecond.
    private static func queue(_ count: Int, window: Int = 4) -> CohortQueue {
        var queue = CohortQueue(cohort(0, window: window))
        for number in 0..<Int64(count) {
            send(&queue, at: number)
            queue.open(cohort(number + 1, window: window), inFlight: 1_000)
        }
        return queue
    }

    private static func cohort(_ number: Int64, window: Int) -> CallCohort {
        CallCohort(.hold, window: window, size: 4, series: Int(number), after: at(number * 100 - 1))
    }

    private static func send(_ queue: inout CohortQueue, at number: Int64) {
        for call in Int64(0)..<4 {
            let isComplete = queue.sent(1, isFull: true, dispatches: 0, now: at(number * 100 + call))
            precondition(isComplete == (call == 3))
        }
    }

    private func finish(_ queue: inout CohortQueue, _ calls: [Int64], after milliseconds: Double = 50) {
        for call in calls {
            queue.finished(microseconds: milliseconds * 1_000, dispatch: 0, isAnswered: true, sentAt: at(call))
        }
    }

    private func isOver(_ queue: CohortQueue, larger: Double = 1, _ time: Int64) -> Bool {
        queue.isOver(queue.first!, larger: larger, now: at(time))
    }

    @Test func `a reply counts where its call was sent, whatever came back before`() {
        var queue = Self.queue(3)
        finish(&queue, [201, 0, 3, 103, 150])
        let found = queue.pending
        #expect(found.map(\.back) == [2, 1, 1] && found.map(\.series) == [0, 1, 2], "one was of none")
        #expect(queue.current.series == 3 && queue.current.back == 0)
        _ = queue.sent(1, isFull: true, dispatches: 0, now: at(300))
        finish(&queue, [300])
        #expect(queue.current.back == 1 && queue.median == 50_000)
    }

    @Test func `calls are taken back from the newest cohort first`() {
        var queue = Self.queue(2)
        _ = queue.sent(1, isFull: true, dispatches: 0, now: at(200))
        queue.withdrawn(6)
        #expect(queue.current.sent == 0)
        #expect(queue.pending.map(\.missing) == [3, 0])
    }

    @Test func `a cohort is over when all its calls are back`() {
        var queue = Self.queue(1)
        finish(&queue, [0, 1])
        #expect(!isOver(queue, 60))
        finish(&queue, [2, 3])
        #expect(isOver(queue, 60))
    }

    @Test func `while nothing is known, three of four calls are enough, or four medians`() {
        var queue = Self.queue(1)
        finish(&queue, [0])
        #expect(!isOver(queue, 3 + 200) && isOver(queue, 3 + 201))
        finish(&queue, [1, 2])
        #expect(isOver(queue, 60))
    }

    @Test func `with half of its calls back it waits for as long as nine of ten take`() {
        var queue = Self.queue(1)
        queue.wait(atLeast: 100_000)
        finish(&queue, [0, 1])
        #expect(!isOver(queue, 102) && isOver(queue, 103))
        #expect(!isOver(queue, larger: 2, 202) && isOver(queue, larger: 2, 203), "of a larger window longer")
    }

    @Test func `with less of them back it is not over before a later one is half back, or very late`() {
        var queue = Self.queue(2)
        queue.wait(atLeast: 100_000)
        finish(&queue, [0])
        #expect(!isOver(queue, 1_000))
        finish(&queue, [100, 101])
        #expect(isOver(queue, 1_000))
        queue = Self.queue(1)
        queue.wait(atLeast: 100_000)
        #expect(!isOver(queue, 1_700) && isOver(queue, 1_900))
    }

    @Test func `a larger window of a few calls is stuck where most are out for four times as long as it explains`() {
        var queue = Self.queue(1)
        #expect(!queue.isStuck(queue.first!, larger: 2, now: at(9_000)), "nothing is known")
        queue.wait(atLeast: 100_000)
        #expect(!queue.isStuck(queue.first!, larger: 2, now: at(802)))
        #expect(queue.isStuck(queue.first!, larger: 2, now: at(803)))
        finish(&queue, [0, 1])
        #expect(!queue.isStuck(queue.first!, larger: 2, now: at(803)), "half of them are back")
    }

    @Test func `patience follows what nine of ten take, and grows slowly while calls stay out`() {
        var queue = Self.queue(1)
        finish(&queue, [0, 1, 2, 3])
        queue.learnPatience(from: queue.first!.latencies)
        #expect(abs(queue.patience / 52_500 - 1) < 0.03)
        queue = Self.queue(1)
        queue.wait(atLeast: 10_000)
        finish(&queue, [0, 1, 2, 3])
        queue.learnPatience(from: queue.first!)
        #expect(queue.patience > 12_000 && queue.patience < 40_000, "\(queue.patience)")
        queue = Self.queue(1)
        queue.wait(atLeast: 100_000)
        finish(&queue, [0, 1])
        for _ in 0..<9 { queue.learnPatience(from: queue.first!) }
        #expect(queue.patience == 150_000, "three times the mean at most")
        queue.forgetPatience()
        #expect(queue.patience == 0)
    }

    @Test func `a cohort lasts for several times that grants and reports take`() {
        var queue = CohortQueue(CallCohort(.hold, window: 4, size: 4, after: at(0)))
        for _ in 0..<200 { queue.finished(microseconds: 5_000, dispatch: 2_000, isAnswered: true, sentAt: at(0)) }
        #expect(abs(queue.dispatch - 2_000) < 20)
        let isComplete = [1, 15, 18].map { queue.sent(9, isFull: true, dispatches: 8, now: at($0)) }
        #expect(isComplete == [false, false, true])
    }

    @Test func `an interruption forgets the cohort that is open, and no other`() {
        var queue = Self.queue(1)
        _ = queue.sent(3, isFull: true, dispatches: 0, now: at(100))
        queue.interrupt(now: at(110))
        #expect(queue.current.sent == 0 && queue.first?.sent == 4)
    }
}
