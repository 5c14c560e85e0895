import Base
import Testing

@testable import Domain

/// What the scheduler lets out of the calls that no purchase's grant pays for.
@Suite struct SchedulerRetryTests {
    private func report(
        _ worker: String, beat: Int64, wanted: Int64?, allowance: Int64 = 0, awaiting: Int64 = 0, inFlight: Int64 = 0,
        cap: Int64? = 10, failed: Int = 0, isComplete: Bool = false, term: Int64 = 1
    ) -> WorkerReport {
        let call = SinkReport.Call(microseconds: 5_000, result: .unknown)
        let calls = [SinkReport.Call](repeating: call, count: failed)
        return WorkerReport(
            worker: worker, beat: beat, term: term, inFlight: inFlight, completed: 0, executionSum: 0,
            isComplete: isComplete, lines: [],
            orders: .init(
                sink: SinkReport(group: "bank", capPerSecond: cap, calls: calls),
                retries: wanted.map { RetryReport(wanted: $0, allowance: allowance, awaiting: awaiting) }))
    }

    private func backlog(_ scheduler: inout Scheduler) {
        scheduler.itemRead(demo, counters: counters { ($0.tail, $0.free, $0.version) = (9_999, 9_999, 1) }, boot: "a")
    }

    @Test func `workers get permits in turn, one token of the group each`() {
        var scheduler = leadingScheduler()
        for worker in ["a", "b", "c"] { scheduler.workerReported(report(worker, beat: 1, wanted: 9), now: at(0)) }
        var turns: [String] = []
        for time in Int64(0)...590 {
            for outgoing in scheduler.grants(now: at(time)) {
                #expect(outgoing.grants.isEmpty && outgoing.retries?.term == 1)
                turns.append(outgoing.worker)
                #expect(scheduler.fleet.groups[0].inFlight == 1)
                // The call was made, and has ended.
                let seen = outgoing.retries?.allowance ?? 0
                scheduler.workerReported(
                    report(outgoing.worker, beat: time + 2, wanted: 9 - seen, allowance: seen), now: at(time))
                #expect(scheduler.fleet.groups[0].inFlight == 0)
            }
        }
        #expect(turns == ["a", "b", "c", "a", "b", "c"])
        // It wants to be asked again when the next token comes.
        #expect(scheduler.nextGrantsAt.map { $0 > at(590) && $0 <= at(601) } == true)
    }

    @Test func `purchases and retries take turns`() {
        var scheduler = leadingScheduler()
        backlog(&scheduler)
        scheduler.workerReported(report("a", beat: 1, wanted: 50, cap: 100), now: at(0))
        var (first, repeated): (Int64, Int64) = (0, 0)
        for time in Int64(0)...1_000 {
            for outgoing in scheduler.grants(now: at(time)) {
                if let grant = outgoing.grants.first { first = grant.allowance }
                repeated = outgoing.retries?.allowance ?? repeated
            }
            // Whatever was let out has ended, and was seen.
            var received = report("a", beat: time + 2, wanted: 50, allowance: repeated, cap: 100)
            received.lines = [
                .init(
                    item: demo, allowance: first, used: first, stop: .limitReached,
                    counters: counters { ($0.tail, $0.free, $0.version) = (9_999, 9_999, 2 + time) })
            ]
            scheduler.workerReported(received, now: at(time))
        }
        #expect(abs(first - repeated) <= 1 && (98...101).contains(first + repeated), "\(first), \(repeated)")
    }

    @Test func `a message that was lost is forgotten after a beat, one that is late counts once`() {
        var scheduler = leadingScheduler()
        scheduler.workerReported(report("a", beat: 1, wanted: 1), now: at(0))
        #expect(scheduler.grants(now: at(0)).first?.retries == RetryGrant(term: 1, allowance: 1))
        scheduler.workerReported(report("a", beat: 2, wanted: 1), now: at(200))
        #expect(scheduler.grants(now: at(200)).isEmpty, "it is on its way")
        scheduler.workerReported(report("a", beat: 3, wanted: 1, isComplete: true), now: at(600))
        #expect(scheduler.grants(now: at(600)).first?.retries == RetryGrant(term: 1, allowance: 1))
        scheduler.workerReported(report("a", beat: 4, wanted: 1, allowance: 1), now: at(700))
        #expect(scheduler.grants(now: at(700)).first?.retries == RetryGrant(term: 1, allowance: 2))
        #expect(scheduler.fleet.groups[0].inFlight == 1)
    }

    @Test func `a new term counts from zero, and asks nobody to say again what it wants`() {
        var scheduler = leadingScheduler()
        scheduler.workerReported(report("a", beat: 1, wanted: 5), now: at(0))
        _ = scheduler.grants(now: at(0))
        scheduler.begin(term: 2, now: at(1_000))
        scheduler.workerReported(report("a", beat: 2, wanted: 5, allowance: 1), now: at(1_000))
        #expect(scheduler.grants(now: at(1_000)).first?.retries == RetryGrant(term: 2, allowance: 1))
    }

    @Test func `the window of the group holds for them too, but what only awaits a retry does not fill it`() {
        var scheduler = leadingScheduler()
        scheduler.workerReported(report("a", beat: 1, wanted: 50, inFlight: 4, cap: nil), now: at(0))
        #expect(scheduler.grants(now: at(0)).isEmpty, "four of four are in flight")
        scheduler.workerReported(report("a", beat: 2, wanted: 50, awaiting: 900, inFlight: 901, cap: nil), now: at(100))
        #expect(scheduler.grants(now: at(100)).first?.retries?.allowance == 1)
        scheduler.workerGone("a", now: at(200))
        #expect(scheduler.fleet.groups[0].inFlight == 0 && scheduler.fleet.groups[0].awaitingRetry == 0)
    }

    @Test func `failed calls are charged to a group for those workers alone that make them again without a permit`() {
        for asks in [true, false] {
            var scheduler = leadingScheduler()
            backlog(&scheduler)
            scheduler.workerReported(
                report("a", beat: 1, wanted: asks ? 0 : nil, cap: 10, failed: 2), now: at(0))
            let count = scheduler.grants(now: at(150)).count
            #expect(count == (asks ? 1 : 0))
        }
    }
}
