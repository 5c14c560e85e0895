import Base
import Domain
import Testing

/// What the scheduler hands out, event by event.
@Suite struct SchedulerTests {
    private static let lease = TimeSpan.seconds(3)

    private func scheduler(workers: [String] = ["w"]) -> Scheduler {
        var scheduler = Scheduler(lease: Self.lease)
        scheduler.begin(term: 1, now: at(0))
        for worker in workers { scheduler.workerReported(report(worker, beat: 1), now: at(0)) }
        return scheduler
    }

    private func report(
        _ worker: String = "w", beat: Int64, term: Int64 = 1, inFlight: Int64 = 0, completed: Int64 = 0,
        isComplete: Bool = false, presence: WorkerReport.Presence = .working, _ lines: [WorkerReport.Line] = []
    ) -> WorkerReport {
        WorkerReport(
            worker: worker, beat: beat, term: term, inFlight: inFlight, completed: completed,
            executionSum: completed * 20_000, isComplete: isComplete, presence: presence, lines: lines)
    }

    private func line(
        _ used: Int64, of allowance: Int64, stop: DeductStop = .limitReached, version: Int64, waiting: Int64,
        free: Int64 = 100
    ) -> WorkerReport.Line {
        .init(
            item: demo, allowance: allowance, used: used, stop: stop, counters: waits(waiting, free, version: version))
    }

    private func waits(_ waiting: Int64, _ free: Int64 = 100, version: Int64) -> ItemCounters {
        counters { ($0.tail, $0.free, $0.version) = (waiting, free, version) }
    }

    private func allowances(_ outgoing: [Scheduler.Outgoing]) -> [Int64] {
        outgoing.flatMap { $0.grants.map(\.allowance) }
    }

    @Test func `a worker begins with a window of two, and its grants are cumulative`() {
        var scheduler = scheduler()
        scheduler.itemChanged(demo, counters: waits(50, version: 1))
        let outgoing = scheduler.grants(now: at(1))
        #expect(outgoing.map(\.worker) == ["w"])
        #expect(outgoing.map(\.grants) == [[Grant(term: 1, item: demo, allowance: 2)]])
        #expect(scheduler.grants(now: at(2)).isEmpty, "the window is full")
        scheduler.workerReported(report(beat: 2, completed: 1, [line(1, of: 2, version: 2, waiting: 49)]), now: at(3))
        #expect(allowances(scheduler.grants(now: at(3))) == [3])
    }

    @Test func `no more is granted than waits, than is in stock, and than lost workers left`() {
        for (waiting, free, redo, expected) in [(1, 9, 0, [1]), (9, 1, 0, [1]), (9, 0, 0, []), (0, 0, 1, [1])]
            as [(Int64, Int64, Int64, [Int64])]
        {
            var scheduler = scheduler()
            scheduler.itemChanged(
                demo, counters: counters { ($0.tail, $0.free, $0.redo, $0.version) = (waiting, free, redo, 1) })
            #expect(allowances(scheduler.grants(now: at(1))) == expected, "\(waiting) \(free) \(redo)")
        }
    }

    @Test func `a worker that was only registered gets nothing before it has spoken`() {
        var scheduler = scheduler(workers: [])
        scheduler.workerRegistered("w", now: at(0))
        scheduler.itemChanged(demo, counters: waits(50, version: 1))
        #expect(scheduler.grants(now: at(1)).isEmpty && scheduler.hasBacklog)
    }

    @Test func `older counters change nothing, neither by message nor by a read that was overtaken`() {
        var scheduler = scheduler()
        scheduler.itemRead(demo, counters: waits(0, version: 4), boot: "a")
        scheduler.itemChanged(demo, counters: waits(50, version: 5))
        scheduler.itemChanged(demo, counters: waits(0, version: 3))
        scheduler.itemRead(demo, counters: waits(0, version: 4), boot: "a")
        #expect(allowances(scheduler.grants(now: at(1))) == [2])
    }

    @Test func `a read of another life of the store holds, though it counts lower`() {
        var scheduler = scheduler()
        scheduler.itemRead(demo, counters: waits(0, version: 9), boot: "a")
        scheduler.itemRead(demo, counters: waits(1, version: 4), boot: "b")
        #expect(allowances(scheduler.grants(now: at(1))) == [1])
    }

    @Test(arguments: [DeductStop.headWaits, .itemHalted])
    func `an item that can give nothing is left alone until it changes`(stop: DeductStop) {
        var scheduler = scheduler()
        scheduler.itemChanged(demo, counters: waits(50, version: 1))
        _ = scheduler.grants(now: at(1))
        scheduler.workerReported(report(beat: 2, [line(2, of: 2, stop: stop, version: 1, waiting: 50)]), now: at(2))
        #expect(scheduler.grants(now: at(2)).isEmpty && !scheduler.hasBacklog)
        scheduler.itemChanged(demo, counters: waits(50, version: 2))
        #expect(allowances(scheduler.grants(now: at(3))) == [4])
    }

    @Test func `a notification that overtook the report of a blocked item keeps it awake`() {
        var scheduler = scheduler()
        scheduler.itemChanged(demo, counters: waits(50, version: 1))
        _ = scheduler.grants(now: at(1))
        scheduler.itemChanged(demo, counters: waits(50, version: 2))
        scheduler.workerReported(
            report(beat: 2, [line(2, of: 2, stop: .itemHalted, version: 1, waiting: 50)]), now: at(2))
        #expect(allowances(scheduler.grants(now: at(2))) == [4])
    }

    @Test func `a store that fails is not asked in a loop`() {
        var scheduler = scheduler()
        scheduler.itemChanged(demo, counters: waits(50, version: 1))
        _ = scheduler.grants(now: at(1))
        let failed = line(2, of: 2, stop: .callFailed, version: 0, waiting: 0)
        scheduler.workerReported(report(beat: 2, [failed]), now: at(2))
        #expect(scheduler.grants(now: at(2)).isEmpty && scheduler.hasBacklog)
        scheduler.itemChanged(ItemName("b")!, counters: waits(1, version: 1))
        #expect(scheduler.grants(now: at(3)).flatMap(\.grants).map(\.item) == [ItemName("b")!])
        #expect(allowances(scheduler.grants(now: at(2) + Limits.failedItemPause)) == [3])
    }

    @Test func `what was granted to a worker that is gone goes to others at once`() {
        var scheduler = scheduler(workers: ["a"])
        scheduler.itemChanged(demo, counters: waits(2, version: 1))
        _ = scheduler.grants(now: at(1))
        #expect(!scheduler.hasBacklog)
        scheduler.workerReported(report("b", beat: 1), now: at(2))
        #expect(scheduler.grants(now: at(2)).isEmpty)
        scheduler.workerGone("a", now: at(3))
        #expect(scheduler.grants(now: at(3)).map(\.worker) == ["b"])
    }

    @Test func `a worker that leaves gets nothing more, and its grants go to others at once`() {
        var scheduler = scheduler(workers: ["a"])
        scheduler.itemChanged(demo, counters: waits(50, version: 1))
        _ = scheduler.grants(now: at(1))
        scheduler.workerReported(report("b", beat: 1), now: at(2))
        let leaving = report(
            "a", beat: 2, inFlight: 1, isComplete: true, presence: .leaving, [line(0, of: 2, version: 1, waiting: 50)])
        scheduler.workerReported(leaving, now: at(2))
        #expect(scheduler.grants(now: at(2)).map(\.worker) == ["b"])
        #expect(scheduler.figures.map(\.inFlight) == [1, 2])
        #expect(scheduler.lostWorkers(now: at(2)).isEmpty, "it is still watched")
        scheduler.workerReported(report("a", beat: 3, presence: .gone), now: at(3))
        #expect(scheduler.figures.map(\.id) == ["b"])
    }

    @Test func `a lost grant is forgotten a beat later, and granted again`() {
        var scheduler = scheduler()
        scheduler.itemChanged(demo, counters: waits(2, version: 1))
        #expect(allowances(scheduler.grants(now: at(1))) == [2])
        scheduler.workerReported(report(beat: 2, isComplete: true), now: at(400))
        #expect(scheduler.grants(now: at(400)).isEmpty, "it may be on its way")
        scheduler.workerReported(report(beat: 3, isComplete: true), now: at(900))
        #expect(allowances(scheduler.grants(now: at(900))) == [2])
    }

    @Test func `a lost report of what was used is repaired without granting twice for ever`() {
        var scheduler = scheduler()
        scheduler.itemChanged(demo, counters: waits(10, version: 1))
        _ = scheduler.grants(now: at(1))
        // The worker took both and said so in a report that was lost; its complete ones have no line of the item.
        scheduler.workerReported(report(beat: 3, isComplete: true), now: at(900))
        #expect(allowances(scheduler.grants(now: at(900))) == [2])
        // It is granted less than it knows of, and reports it.
        scheduler.workerReported(report(beat: 4, [line(2, of: 2, version: 5, waiting: 8)]), now: at(901))
        #expect(allowances(scheduler.grants(now: at(901))) == [4])
    }

    @Test func `a worker that has more from us than we remember is not granted beyond its window`() {
        var scheduler = scheduler()
        scheduler.itemChanged(demo, counters: waits(50, version: 1))
        scheduler.workerReported(
            report(beat: 2, isComplete: true, [line(1, of: 9, version: 2, waiting: 49)]), now: at(1))
        #expect(scheduler.figures.first?.inFlight == 8 && scheduler.grants(now: at(1)).isEmpty)
    }

    @Test func `a doubled or overtaken report counts nothing twice and moves no number back`() {
        var scheduler = scheduler()
        scheduler.itemChanged(demo, counters: waits(50, version: 1))
        _ = scheduler.grants(now: at(1))
        let first = report(beat: 2, inFlight: 2, [line(1, of: 2, version: 2, waiting: 49)])
        let second = report(beat: 3, inFlight: 0, [line(2, of: 2, version: 3, waiting: 48)])
        scheduler.workerReported(second, now: at(2))
        let figures = scheduler.figures.map(\.inFlight)
        scheduler.workerReported(first, now: at(3))
        scheduler.workerReported(second, now: at(4))
        #expect(figures == [0] && scheduler.figures.map(\.inFlight) == [0])
        #expect(allowances(scheduler.grants(now: at(5))) == [4])
    }

    @Test func `reports of another term count no grants`() {
        var scheduler = scheduler()
        scheduler.itemChanged(demo, counters: waits(50, version: 1))
        _ = scheduler.grants(now: at(1))
        scheduler.begin(term: 2, now: at(2))
        scheduler.workerReported(report(beat: 2, term: 1, [line(2, of: 2, version: 2, waiting: 48)]), now: at(2))
        #expect(scheduler.grants(now: at(2)).map(\.grants) == [[Grant(term: 2, item: demo, allowance: 2)]])
    }

    @Test func `a new term grants at once what the last one had granted and lost`() {
        var scheduler = scheduler()
        scheduler.itemChanged(demo, counters: waits(2, version: 1))
        _ = scheduler.grants(now: at(1))
        scheduler.begin(term: 2, now: at(2))
        #expect(allowances(scheduler.grants(now: at(2))) == [2])
    }

    @Test func `a silent worker gets nothing, is lost after the lease, and comes back with its next beat`() {
        var scheduler = scheduler()
        scheduler.itemChanged(demo, counters: waits(50, version: 1))
        for time in stride(from: Int64(250), through: 3_000, by: 250) {
            #expect(scheduler.lostWorkers(now: at(time)).isEmpty)
        }
        #expect(scheduler.lostWorkers(now: at(3_250)) == ["w"] && scheduler.grants(now: at(3_250)).isEmpty)
        scheduler.workerReported(report(beat: 1), now: at(3_300))
        #expect(scheduler.lostWorkers(now: at(3_400)) == ["w"], "the same beat once more is no life")
        scheduler.workerReported(report(beat: 2), now: at(3_500))
        #expect(scheduler.lostWorkers(now: at(3_500)).isEmpty && allowances(scheduler.grants(now: at(3_500))) == [2])
    }

    @Test func `a scheduler that slept does not take its workers for dead`() {
        var scheduler = scheduler()
        #expect(scheduler.lostWorkers(now: at(250)).isEmpty)
        #expect(scheduler.lostWorkers(now: at(60_000)).isEmpty)
        var lost: [String] = []
        for time in stride(from: Int64(60_250), through: 63_250, by: 250) {
            lost = scheduler.lostWorkers(now: at(time))
        }
        #expect(lost == ["w"], "it stays silent after that, too")
    }

    @Test func `the emptiest worker comes first, in shares of its window`() {
        var scheduler = scheduler(workers: ["a", "b"])
        scheduler.workerReported(report("a", beat: 2, inFlight: 1), now: at(1))
        scheduler.itemChanged(demo, counters: waits(1, version: 1))
        #expect(scheduler.grants(now: at(1)).map(\.worker) == ["b"])
    }

    @Test func `nothing is learnt while there is not enough work`() {
        var scheduler = scheduler()
        // Two at a time, all done within 1 ms, then 100 ms of nothing: 20 a second is what comes, not what can be done.
        var allowance: Int64 = 0
        for turn in Int64(1)...200 {
            let start = turn * 100
            scheduler.itemChanged(demo, counters: waits(2, version: 2 * turn))
            allowance += 2
            #expect(allowances(scheduler.grants(now: at(start))) == [allowance])
            let done = line(allowance, of: allowance, stop: .queueEmpty, version: 2 * turn + 1, waiting: 0)
            scheduler.workerReported(report(beat: turn + 1, completed: 2, [done]), now: at(start + 1))
            #expect(scheduler.grants(now: at(start + 1)).isEmpty)
        }
        #expect(scheduler.figures.map(\.rate) == [0] && scheduler.figures.map(\.window) == [2])
    }

    @Test func `a standby learns nothing from what another one grants`() {
        var standby = Scheduler(lease: Self.lease)
        for beat in Int64(1)...200 {
            standby.workerReported(report(beat: beat, inFlight: 4, completed: 1), now: at(beat))
        }
        #expect(standby.figures.map(\.rate) == [0] && standby.figures.map(\.window) == [2])
    }

    @Test func `a hundred idle items cause no grants, whatever is said of them`() {
        var scheduler = scheduler()
        for index in 0..<100 {
            let name = ItemName("idle-\(index)")!
            scheduler.itemChanged(name, counters: waits(0, 50, version: 1))
            scheduler.itemRead(name, counters: waits(0, 50, version: 2), boot: "a")
            scheduler.itemChanged(name, counters: waits(5, 0, version: 3))
        }
        #expect(scheduler.grants(now: at(1)).isEmpty && !scheduler.hasBacklog)
    }
}
