import Base
import Testing

@testable import Domain

/// A service with slots and a queue behind one worker with a group, in steps of 1 ms.
private struct Service {
    let slots: Int
    private var random: SplitMix64
    private(set) var granted: Int64 = 0
    private var queue: [Int64] = []  // when each call came, milliseconds
    private var busy: [(ends: Int64, came: Int64)] = []

    init(slots: Int, seed: UInt64) {
        self.slots = slots
        random = SplitMix64(seed: seed)
    }

    var inFlight: Int64 { Int64(queue.count + busy.count) }

    /// The worker was granted so many in all, and takes and calls for them at once.
    mutating func granted(_ total: Int64, at time: Int64) {
        for _ in granted..<max(granted, total) { queue.append(time) }
        granted = max(granted, total)
    }

    /// Ends what is due; the times of the calls that ended, milliseconds.
    mutating func step(to time: Int64, mean: Double) -> [Int64] {
        let ended = busy.filter { $0.ends <= time }
        busy.removeAll { $0.ends <= time }
        while busy.count < slots, !queue.isEmpty {
            busy.append((time + max(1, Int64(mean * random.time(variation: 0.5))), queue.removeFirst()))
        }
        return ended.map { time - $0.came }
    }
}

/// What is published of the scheduler's decisions.
@Suite struct SchedulerJournalTests {
    /// - Parameters:
    ///   - mean: of the service times, milliseconds, by the time.
    ///   - waits: whether purchases wait, by the time.
    private func run(
        _ scheduler: inout Scheduler, _ service: inout Service, milliseconds: ClosedRange<Int64>,
        group: String? = "shop", mean: Double = 20, waits: (Int64) -> Bool = { _ in true }
    ) {
        for time in milliseconds {
            let ended = service.step(to: time, mean: mean)
            let counters = counters {
                ($0.tail, $0.free, $0.version) = (waits(time) ? 1_000_000 : 0, 1_000_000, time)
            }
            if !ended.isEmpty || time % 500 == 1 || waits(time) != waits(time - 1) {
                let line = WorkerReport.Line(
                    item: demo, allowance: service.granted, used: service.granted, stop: .limitReached,
                    counters: counters)
                let calls = ended.map { SinkReport.Call(microseconds: $0 * 1_000, result: .answered) }
                let sum = ended.reduce(0, +) * 1_000
                scheduler.workerReported(
                    WorkerReport(
                        worker: "w", beat: time, term: 1, inFlight: service.inFlight, completed: Int64(ended.count),
                        executionSum: sum, isComplete: false, lines: [line],
                        orders: .init(
                            times: ended.map { $0 * 1_000 }, residenceSum: sum,
                            sink: group.map { SinkReport(group: $0, calls: calls) })), now: at(time))
            }
            for grant in scheduler.grants(now: at(time)).flatMap(\.grants) {
                service.granted(grant.allowance, at: time)
            }
            if time % 250 == 0 { scheduler.keepJournals(now: at(time)) }
        }
    }

    private func resource(_ scheduler: Scheduler, _ kind: CapacityResource.Kind) throws -> CapacityResource {
        try #require(scheduler.resources.first { $0.kind == kind })
    }

    @Test(arguments: 1...5) func `a service that becomes ten times slower is in another regime since then`(
        seed: UInt64
    ) throws {
        var (scheduler, service) = (leadingScheduler(), Service(slots: 4, seed: seed))
        run(&scheduler, &service, milliseconds: 1...20_000)
        var changes: [CapacityJournal.Change] = []
        // What is shown every second; in all there are more than ten changes.
        for second in Int64(20)..<40 {
            run(&scheduler, &service, milliseconds: second * 1_000 + 1...second * 1_000 + 1_000, mean: 200)
            let shown = try resource(scheduler, .group).journal.changes
            #expect(shown.count <= CapacityJournal.mostChanges)
            for change in shown where !changes.contains(change) { changes.append(change) }
        }
        let regime = try resource(scheduler, .group).journal.regime
        #expect(regime.changes >= 1 && regime.since > at(20_000))
        #expect(
            changes.contains { $0.reason == .slower && $0.when > at(20_000) && $0.when <= at(40_000) }, "\(changes)")
        // With what waits inside the service.
        let mean = try #require(regime.meanMicroseconds)
        #expect((140_000...1_000_000).contains(mean), "\(mean)")
    }

    @Test func `a worker without a group has its own time below 90 %, one before a group has none`() throws {
        for group in [nil, "shop"] {
            var (scheduler, service) = (leadingScheduler(), Service(slots: 4, seed: 1))
            run(&scheduler, &service, milliseconds: 1...5_000, group: group)
            #expect(try (resource(scheduler, .worker).timeBelow == nil) == (group != nil))
            #expect(try resource(scheduler, .worker).journal.rate1000 > 0 || group != nil)
        }
    }

    @Test func `a service that stands still while purchases wait is below 90 % of what it did`() throws {
        var (scheduler, service) = (leadingScheduler(), Service(slots: 4, seed: 1))
        run(&scheduler, &service, milliseconds: 1...20_000)
        let before = try #require(try resource(scheduler, .group).timeBelow)
        run(&scheduler, &service, milliseconds: 20_001...26_000, mean: 1_000_000)
        let after = try #require(try resource(scheduler, .group).timeBelow)
        #expect((4...6).contains((after - before).wholeMilliseconds / 1_000), "\(before) \(after)")
    }

    @Test func `nothing is below 90 % while no purchase waits`() throws {
        var (scheduler, service) = (leadingScheduler(), Service(slots: 4, seed: 1))
        run(&scheduler, &service, milliseconds: 1...20_000)
        let before = try resource(scheduler, .group).timeBelow
        run(&scheduler, &service, milliseconds: 20_001...30_000) { _ in false }
        // Here nothing waits for a moment now and then, though there is work whenever the rate is looked at.
        run(&scheduler, &service, milliseconds: 30_001...40_000) { !(100..<200).contains($0 % 250) }
        #expect(try resource(scheduler, .group).timeBelow == before)
    }
}
