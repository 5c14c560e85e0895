import Base
import Testing

@testable import Domain

/// A worker before a group: the group bounds its calls, and its own window keeps out of the way.
@Suite struct WorkerBeforeGroupTests {
    /// - Parameter waited: time that each of the completed waited inside the worker, microseconds.
    private func report(
        beat: Int64, inFlight: Int64, completed: Int64 = 10, waited: Int64 = 0, failed: Int64 = 0,
        presence: WorkerReport.Presence = .working
    ) -> WorkerReport {
        let executed = completed * 20_000
        var report = WorkerReport(
            worker: "w", beat: beat, term: 1, inFlight: inFlight, completed: completed, executionSum: executed,
            isComplete: false, lines: [],
            orders: .init(
                residenceSum: executed + completed * waited, failed: failed, sink: SinkReport(group: "bank")))
        report.presence = presence
        return report
    }

    private func worker(group: Int? = 0) -> Worker {
        var worker = Worker(id: "w", hint: nil, now: at(0))
        worker.enter(group: group)
        return worker
    }

    /// The window after reports of so many in flight, one after the other.
    private func window(of worker: Worker, after reports: [WorkerReport]) -> Int64 {
        var worker = worker
        for (index, report) in reports.enumerated() {
            let now = at(100 * Int64(index + 1))
            worker.received(report, now: now)
            _ = worker.learn(from: report, share: 0, now: now)
        }
        return worker.controller.window
    }

    @Test func `its window is twice what it has in flight, and does not close again`() {
        #expect(window(of: worker(), after: []) == 2)
        #expect(window(of: worker(), after: [report(beat: 1, inFlight: 10)]) == 22)
        #expect(window(of: worker(), after: [report(beat: 1, inFlight: 10), report(beat: 2, inFlight: 3)]) == 22)
        #expect(window(of: worker(), after: [report(beat: 1, inFlight: 10), report(beat: 2, inFlight: 22)]) == 46)
        let between = [report(beat: 1, inFlight: 10), report(beat: 2, inFlight: 20, completed: 0)]
        #expect(window(of: worker(), after: between) == 42)
    }

    @Test func `before it completed anything it is opened by a few only, however many leaders there are`() {
        #expect(window(of: worker(), after: [report(beat: 1, inFlight: 8, completed: 0)]) == 18)
        #expect(window(of: worker(), after: [report(beat: 1, inFlight: 9, completed: 0)]) == 2)
    }

    @Test func `it stays as it is while purchases wait inside the worker, which has no slot for more`() {
        #expect(window(of: worker(), after: [report(beat: 1, inFlight: 10, waited: 20_000)]) == 2)
        // A quarter of the time of a call, and a millisecond, is none.
        #expect(window(of: worker(), after: [report(beat: 1, inFlight: 10, waited: 5_900)]) == 22)
        #expect(window(of: worker(), after: [report(beat: 1, inFlight: 10, waited: 6_100)]) == 2)
        let silent = [1, 2, 3].map { report(beat: $0, inFlight: 10, completed: $0 == 1 ? 10 : 0, waited: 20_000) }
        #expect(window(of: worker(), after: silent) == 2, "reports that complete nothing show nothing else")
    }

    @Test func `a worker without a group is measured by what it completes, and not opened by what it has`() {
        #expect(window(of: worker(group: nil), after: [report(beat: 1, inFlight: 10)]) == 2)
    }

    @Test func `no number of a report opens it beyond its largest window`() {
        let reports = [report(beat: 1, inFlight: 1 << 19), report(beat: 2, inFlight: 1 << 40)]
        #expect(window(of: worker(), after: reports) == ExecutionController.largest)
    }

    @Test func `errors of the group are not its own`() {
        let reports = (1...20).map { report(beat: $0, inFlight: 10, failed: 10) }
        #expect(window(of: worker(), after: reports) == 22)
        #expect(window(of: worker(group: nil), after: reports) == 1, "without a group they are")
    }

    @Test func `one that is silent for far longer than its calls take counts no more for its group, until it reports`()
    {
        var scheduler = leadingScheduler()
        scheduler.workerReported(report(beat: 1, inFlight: 4, completed: 0), now: at(0))
        #expect(scheduler.fleet.groups[0].inFlight == 4)
        for time in [500, 990] as [Int64] { #expect(scheduler.lostWorkers(now: at(time)).isEmpty) }
        #expect(scheduler.fleet.groups[0].inFlight == 4)
        #expect(scheduler.lostWorkers(now: at(1_100)).isEmpty, "it is not lost for that")
        #expect(scheduler.fleet.groups[0].inFlight == 0 && scheduler.fleet.workers[0].room == 0)
        scheduler.workerReported(report(beat: 2, inFlight: 4, completed: 0), now: at(1_200))
        #expect(scheduler.fleet.groups[0].inFlight == 4 && scheduler.fleet.workers[0].room > 0)
    }
}
