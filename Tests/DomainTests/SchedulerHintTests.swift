import Base
import Testing

@testable import Domain

/// Leaders that come and go, breakers that hold grants back, and operators who know better.
@Suite struct SchedulerHintTests {
    private func report(
        _ worker: String = "w", beat: Int64, breaker: BreakerState = .closed, inFlight: Int64 = 0, used: Int64 = 0,
        allowance: Int64 = 0, isComplete: Bool = false, version: Int64 = 1
    ) -> WorkerReport {
        let line = WorkerReport.Line(
            item: demo, allowance: allowance, used: used, stop: .limitReached,
            counters: counters { ($0.tail, $0.free, $0.version) = (10, 10, version) })
        return WorkerReport(
            worker: worker, beat: beat, term: 1, inFlight: inFlight, completed: 0, executionSum: 0,
            isComplete: isComplete,
            lines: allowance > 0 ? [line] : [],
            orders: .init(sink: SinkReport(group: "bank", breaker: breaker), retries: .init(wanted: 0, allowance: 0)))
    }

    private func hints(_ rate1000: Int64) -> [ResourceHint] {
        let hint = CapacityHint(rate1000: rate1000, unloadedMicroseconds: 20_000)
        return [
            ResourceHint(kind: .worker, name: "w", hint: hint), ResourceHint(kind: .group, name: "bank", hint: hint),
        ]
    }

    /// A leader of the first term that began with these hints.
    private func leader(with hints: [ResourceHint], at time: Int64 = 0) -> Scheduler {
        var scheduler = leadingScheduler()
        scheduler.adopt(hints, now: at(time))
        scheduler.workerReported(report(beat: 1), now: at(time))
        return scheduler
    }

    @Test func `a leader passes on the hints of those that have not reported yet`() {
        var scheduler = leadingScheduler()
        scheduler.adopt(hints(400_000), now: at(0))
        let (soon, late) = (scheduler.measure(now: at(500)), scheduler.measure(now: at(10_500)))
        #expect(soon == hints(400_000))
        #expect(late.isEmpty, "not older than they may be")
    }

    @Test func `a process that leads again goes on with what it wrote itself, and not with half of it`() {
        var scheduler = leader(with: hints(400_000))
        let own = scheduler.measure(now: at(1_000))
        scheduler.stepDown(now: at(1_000))
        scheduler.begin(term: 2, now: at(2_000))
        let before = scheduler.resources.map(\.state)
        scheduler.adopt(own, now: at(2_000))
        #expect(scheduler.resources.map(\.state) == before)
    }

    @Test func `a process that leads again believes what another one measured since, before its own memory`() {
        var scheduler = leader(with: hints(400_000))
        _ = scheduler.measure(now: at(1_000))
        scheduler.stepDown(now: at(1_000))
        scheduler.begin(term: 3, now: at(5_000))
        scheduler.adopt(hints(60_000), now: at(5_000))
        #expect(scheduler.resources.map(\.state.rate1000) == [30_000, 30_000])
    }

    @Test func `a process that leads again after a long time has forgotten, as any other one has`() {
        var scheduler = leader(with: hints(400_000))
        scheduler.stepDown(now: at(1_000))
        scheduler.begin(term: 2, now: at(12_000))
        #expect(scheduler.resources.map(\.state.reason) == [.outdated, .outdated])
        #expect(scheduler.resources.map(\.state.window) == [2, 4])
    }

    @Test func `what was granted behind a breaker that opened goes to who can take it`() {
        var scheduler = leadingScheduler()
        scheduler.itemRead(demo, counters: counters { ($0.tail, $0.free, $0.version) = (10, 10, 1) }, boot: "a")
        scheduler.workerReported(report("a", beat: 1, inFlight: 1), now: at(0))
        for time in Int64(0)...200 { _ = scheduler.grants(now: at(time)) }
        #expect(scheduler.fleet.groups[0].inFlight == 4, "the whole window of the group")
        scheduler.workerReported(report("b", beat: 1), now: at(201))
        let none = scheduler.grants(now: at(300))
        #expect(none.isEmpty)
        // It reports what it holds, and can't take it.
        scheduler.workerReported(
            report("a", beat: 2, breaker: .open, inFlight: 1, allowance: 3, isComplete: true), now: at(301))
        var ofB: Int64 = 0
        for time in Int64(301)...600 {
            for outgoing in scheduler.grants(now: at(time)) where outgoing.worker == "b" {
                ofB = outgoing.grants[0].allowance
            }
        }
        #expect(ofB >= 2)
        // Closed again, it says what it still has, and that counts.
        scheduler.workerReported(
            report("a", beat: 3, inFlight: 1, allowance: 3, isComplete: true, version: 2), now: at(601))
        #expect(scheduler.figures.first { $0.id == "a" }?.inFlight == 4)
    }

    @Test(arguments: ["bank", "w"])
    func `an operator's reset forgets the ceiling and the rest, of this name alone`(name: String) throws {
        let hint = CapacityHint(rate1000: 400_000, unloadedMicroseconds: 20_000, ceiling1000: 5_000)
        var scheduler = leader(with: hints(400_000).map { .init(kind: $0.kind, name: $0.name, hint: hint) })
        #expect(scheduler.resources.allSatisfy { $0.state.ceiling1000 == 5_000 && $0.state.brokenAt != nil })
        let isFound = scheduler.reset(name, now: at(10))
        #expect(isFound)
        for resource in scheduler.resources {
            let isReset = resource.name == name
            #expect((resource.state.reason == .reset) == isReset)
            #expect((resource.state.ceiling1000 == nil) == isReset && (resource.state.rate1000 == 0) == isReset)
        }
        let left = scheduler.measure(now: at(20)).map(\.name)
        let isNobodyFound = scheduler.reset("nobody", now: at(20))
        #expect(left == ["w", "bank"].filter { $0 != name } && !isNobodyFound)
    }

    @Test func `a cap holds over a reset`() {
        var controller = LatencyController(cap: 10, now: at(0))
        let first = controller.tokens(now: at(0))
        controller.sent(1, inFlight: 1, now: at(0))
        controller.reset(now: at(1))
        let second = controller.tokens(now: at(2))
        #expect(first == 1 && second == 0 && controller.snapshot.reason == .reset)
    }
}
