import Base
import Testing

@testable import Domain

/// A worker that places no orders gets no grants beside workers that do.
@Suite struct SchedulerSinkTests {
    private func report(
        _ worker: String, beat: Int64, places: Bool, presence: WorkerReport.Presence = .working, used: Int64 = 0,
        of allowance: Int64 = 0
    ) -> WorkerReport {
        let lines =
            allowance == 0
            ? []
            : [
                WorkerReport.Line(
                    item: demo, allowance: allowance, used: used, stop: .limitReached, counters: backlog(version: 0))
            ]
        return WorkerReport(
            worker: worker, beat: beat, term: 1, inFlight: 0, completed: 0, executionSum: 0, isComplete: true,
            presence: presence, lines: lines, orders: places ? .init(sink: SinkReport(group: "shop")) : nil)
    }

    private func backlog(version: Int64) -> ItemCounters {
        counters { ($0.tail, $0.free, $0.version) = (9_999, 9_999, version) }
    }

    private func granted(_ scheduler: inout Scheduler, now: MonotonicInstant) -> [String] {
        scheduler.grants(now: now).filter { !$0.grants.isEmpty }.map(\.worker)
    }

    @Test func `a worker without orders gets nothing beside one that places them, whoever comes first`() {
        for order in [["none", "shop"], ["shop", "none"]] {
            var scheduler = leadingScheduler()
            for worker in order {
                scheduler.workerReported(report(worker, beat: 1, places: worker == "shop"), now: at(0))
            }
            scheduler.itemChanged(demo, counters: backlog(version: 1))
            #expect(granted(&scheduler, now: at(1)) == ["shop"])
            #expect(scheduler.takeRefused() == ["none"] && scheduler.takeRefused().isEmpty)
            let resource = scheduler.resources.first { $0.name == "none" }
            #expect(resource?.state.reason == .otherSink && resource?.state.window == 0)
        }
    }

    @Test func `what a worker without orders was granted before goes to those that place them`() {
        var scheduler = leadingScheduler()
        scheduler.workerReported(report("none", beat: 1, places: false), now: at(0))
        scheduler.itemChanged(demo, counters: counters { ($0.tail, $0.free, $0.version) = (2, 2, 1) })
        #expect(granted(&scheduler, now: at(1)) == ["none"])
        scheduler.workerReported(report("shop", beat: 1, places: true), now: at(2))
        #expect(granted(&scheduler, now: at(2)) == ["shop"])
    }

    @Test func `the list of workers says who places orders, before anybody has spoken`() {
        var scheduler = leadingScheduler()
        scheduler.workerRegistered("shop", sink: .webhook, now: at(0))
        scheduler.workerRegistered("old", now: at(0))
        scheduler.itemChanged(demo, counters: backlog(version: 1))
        scheduler.workerReported(report("none", beat: 1, places: false), now: at(1))
        #expect(granted(&scheduler, now: at(1)).isEmpty)
        scheduler.workerReported(report("shop", beat: 1, places: true), now: at(2))
        #expect(granted(&scheduler, now: at(2)) == ["shop"])
    }

    @Test func `a stray worker gets nothing either while all that place orders are started again`() {
        var scheduler = leadingScheduler()
        scheduler.workerReported(report("shop", beat: 1, places: true), now: at(0))
        scheduler.workerReported(report("none", beat: 1, places: false), now: at(0))
        scheduler.itemChanged(demo, counters: backlog(version: 1))
        _ = scheduler.lostWorkers(now: at(0))
        scheduler.workerGone("shop", now: at(100))
        var beat: Int64 = 1
        let end = Limits.ordersHold.wholeMilliseconds
        for time in stride(from: Int64(250), through: end, by: 250) {
            beat += 1
            scheduler.workerReported(report("none", beat: beat, places: false), now: at(time))
            _ = scheduler.lostWorkers(now: at(time))
            #expect(granted(&scheduler, now: at(time)).isEmpty)
        }
        // The service they led to is given up: the store is free for others.
        scheduler.workerReported(report("none", beat: beat + 1, places: false), now: at(end + 200))
        _ = scheduler.lostWorkers(now: at(end + 250))
        #expect(granted(&scheduler, now: at(end + 250)) == ["none"])
    }

    @Test func `workers without orders share among themselves as ever`() {
        var scheduler = leadingScheduler()
        for worker in ["a", "b"] { scheduler.workerReported(report(worker, beat: 1, places: false), now: at(0)) }
        scheduler.itemChanged(demo, counters: backlog(version: 1))
        #expect(granted(&scheduler, now: at(1)) == ["a", "b"] && scheduler.takeRefused().isEmpty)
    }
}
