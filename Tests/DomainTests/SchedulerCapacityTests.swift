import Base
import Testing

@testable import Domain

/// What the scheduler makes of groups, paces, breakers, weights and hints.
@Suite struct SchedulerCapacityTests {
    private func report(
        _ worker: String = "w", beat: Int64, inFlight: Int64 = 0, used: Int64 = 0, allowance: Int64 = 0,
        completed: Int64 = 0, sink: SinkReport? = nil, waiting: Int64 = 1_000
    ) -> WorkerReport {
        let line = WorkerReport.Line(
            item: demo, allowance: allowance, used: used, stop: .limitReached,
            counters: counters { ($0.tail, $0.free, $0.version) = (waiting, 1_000, beat) })
        return WorkerReport(
            worker: worker, beat: beat, term: 1, inFlight: inFlight, completed: completed,
            executionSum: completed * 5_000, isComplete: false, lines: allowance > 0 ? [line] : [],
            orders: .init(times: (0..<completed).map { _ in 5_000 }, residenceSum: completed * 5_000, sink: sink))
    }

    private func sink(
        _ group: String = "bank", cap: Int64? = nil, breaker: BreakerState = .closed, calls: Int = 0
    ) -> SinkReport {
        let call = SinkReport.Call(microseconds: 5_000, result: .answered)
        return SinkReport(
            group: group, capPerSecond: cap, breaker: breaker, calls: [SinkReport.Call](repeating: call, count: calls))
    }

    private func granted(_ outgoing: [Scheduler.Outgoing]) -> Int64 {
        outgoing.flatMap { $0.grants.map(\.allowance) }.reduce(0, +)
    }

    private func backlog(_ scheduler: inout Scheduler, _ name: ItemName = demo, weight: Int64? = nil) {
        scheduler.itemRead(
            name, counters: counters { ($0.tail, $0.free, $0.version) = (100_000, 100_000, 1) }, boot: "a",
            weight: weight)
    }

    /// Workers that answer within 5 ms whatever they get, in steps of 1 ms; the times of the grants, milliseconds.
    private func drain(
        _ scheduler: inout Scheduler, workers: [String], cap: Int64?, milliseconds: ClosedRange<Int64>
    ) -> [Int64] {
        var beat = milliseconds.lowerBound
        var allowances: [String: Int64] = [:]
        var due: [(time: Int64, worker: String, count: Int64)] = []
        var sends: [Int64] = []
        var used: [String: Int64] = [:]
        for time in milliseconds {
            for ended in due where ended.time == time {
                used[ended.worker, default: 0] += ended.count
                beat += 1
                let open = due.filter { $0.time > time && $0.worker == ended.worker }.reduce(0) { $0 + $1.count }
                scheduler.workerReported(
                    report(
                        ended.worker, beat: beat, inFlight: open, used: allowances[ended.worker] ?? 0,
                        allowance: allowances[ended.worker] ?? 0, completed: ended.count,
                        sink: sink(cap: cap, calls: Int(ended.count)), waiting: 100_000), now: at(time))
            }
            due.removeAll { $0.time <= time }
            for outgoing in scheduler.grants(now: at(time)) {
                for grant in outgoing.grants {
                    let more = grant.allowance - (allowances[outgoing.worker] ?? 0)
                    allowances[outgoing.worker] = grant.allowance
                    sends += [Int64](repeating: time, count: Int(more))
                    due.append((time + 5, outgoing.worker, more))
                }
            }
        }
        return sends
    }

    @Test func `workers of one group share its cap, however many they are`() {
        var scheduler = leadingScheduler()
        for worker in ["a", "b", "c"] {
            scheduler.workerReported(report(worker, beat: 1, sink: sink(cap: 30)), now: at(0))
        }
        backlog(&scheduler)
        let sends = drain(&scheduler, workers: ["a", "b", "c"], cap: 30, milliseconds: 1...10_000)
        #expect((270...301).contains(sends.count), "\(sends.count)")
        for (index, time) in sends.enumerated() { #expect(sends[index...].prefix { $0 - time <= 1_000 }.count <= 31) }
        let group = scheduler.resources.first { $0.kind == .group }
        #expect(group?.name == "bank" && group?.capPerSecond == 30)
    }

    @Test func `it says when it wants to be asked again, and no sooner than a timer can`() throws {
        var scheduler = leadingScheduler()
        scheduler.workerReported(report(beat: 1, sink: sink(cap: 30)), now: at(0))
        #expect(scheduler.nextGrantsAt == nil)
        backlog(&scheduler)
        #expect(granted(scheduler.grants(now: at(1))) == 1)
        let next = try #require(scheduler.nextGrantsAt)
        #expect(next >= at(33) && next <= at(35), "\(next)")
        #expect(scheduler.grants(now: at(20)).isEmpty && granted(scheduler.grants(now: next)) == 2)
    }

    @Test func `an open breaker stops its worker and nobody else, a half-open one lets two probes through`() {
        var scheduler = leadingScheduler()
        scheduler.workerReported(report("a", beat: 1, sink: sink(breaker: .open)), now: at(0))
        backlog(&scheduler)
        #expect(scheduler.grants(now: at(1)).isEmpty)
        scheduler.workerReported(report("b", beat: 1, sink: sink("shop", cap: 1_000)), now: at(2))
        #expect(scheduler.grants(now: at(2)).map(\.worker) == ["b"])
        scheduler.workerReported(report("a", beat: 2, sink: sink(cap: 1_000, breaker: .halfOpen)), now: at(3))
        var probes: Int64 = 0
        for time in Int64(4)...50 { probes = max(probes, granted(scheduler.grants(now: at(time)))) }
        #expect(probes >= 1 && scheduler.figures.first { $0.id == "a" }?.inFlight == 2)
        #expect(scheduler.resources.first { $0.name == "a" }?.breaker == .halfOpen)
    }

    @Test func `a group that holds back stops no worker of another`() {
        var scheduler = leadingScheduler()
        scheduler.workerReported(report("a", beat: 1, sink: sink("slow", cap: 1)), now: at(0))
        scheduler.workerReported(report("b", beat: 1, sink: sink("fast", cap: 1_000)), now: at(0))
        backlog(&scheduler)
        var ofB: Int64 = 0
        for time in Int64(1)...20 {
            for outgoing in scheduler.grants(now: at(time)) where outgoing.worker == "b" {
                ofB = outgoing.grants[0].allowance
            }
        }
        #expect(ofB >= 2 && scheduler.figures.first { $0.id == "a" }?.inFlight == 1)
    }

    @Test(arguments: [nil, "bank"])
    func `a worker with one uneven slot has prefetch credit, where no group is behind it`(group: String?) throws {
        var scheduler = leadingScheduler()
        scheduler.workerReported(report(beat: 1, sink: group.map { sink($0, cap: 200) }), now: at(0))
        backlog(&scheduler)
        var (time, beat, used, done, allowance) = (Int64(0), Int64(1), Int64(0), Int64(0), Int64(0))
        var limits: [Int64?] = []
        var withCredit: Worker?
        // The worker takes what it may and reports it, as it does when an order ended.
        func ended(_ execution: Int64?) {
            if let limit = limits.last ?? nil {
                used += max(0, min(allowance - used, limit - (used - done)))
            } else {
                used = allowance
            }
            beat += 1
            var report = report(
                beat: beat, inFlight: max(0, used - done), used: used, allowance: allowance,
                completed: execution == nil ? 0 : 1,
                sink: group.map { sink($0, cap: 200) })
            report.executionSum = execution ?? 0
            report.orders?.times = execution.map { [$0] } ?? []
            scheduler.workerReported(report, now: at(time))
            if scheduler.fleet.workers[0].prefetch > 0 { withCredit = scheduler.fleet.workers[0] }
        }
        for order in 0..<800 {
            for grant in scheduler.grants(now: at(time)).flatMap(\.grants) {
                allowance = grant.allowance
                limits.append(grant.limit)
                ended(nil)
            }
            // One order after the other, of 2 and 58 ms in turn.
            let execution: Int64 = order % 2 == 0 ? 2_000 : 58_000
            time += execution / 1_000
            done += 1
            ended(execution)
        }
        // The same worker with a group has none.
        var worker = try #require(group == nil ? withCredit : scheduler.fleet.workers[0])
        #expect(group != nil || worker.prefetch == 1)
        worker.enter(group: 0)
        #expect(worker.prefetch == 0)
        #expect(limits.contains(1) == (group == nil) && limits.allSatisfy { $0 == nil || $0 == 1 })
        #expect(scheduler.figures[0].inFlight <= 2)
    }

    @Test func `items share by weight, whatever the windows are`() {
        var scheduler = leadingScheduler()
        let names = (0..<3).compactMap { ItemName("item-\($0)") }
        for (name, weight) in zip(names, [1, 2, 5] as [Int64]) { backlog(&scheduler, name, weight: weight) }
        var allowance: [ItemName: Int64] = [:]
        var beat: Int64 = 0
        for time in Int64(1)...4_000 {
            beat += 1
            let lines = names.filter { allowance[$0] != nil }.map { name in
                WorkerReport.Line(
                    item: name, allowance: allowance[name] ?? 0, used: allowance[name] ?? 0, stop: .limitReached,
                    counters: counters { ($0.tail, $0.free, $0.version) = (100_000, 100_000, beat + 1) })
            }
            scheduler.workerReported(
                WorkerReport(
                    worker: "w", beat: beat, term: 1, inFlight: 0, completed: 2, executionSum: 2_000,
                    isComplete: false, lines: lines), now: at(time))
            for grant in scheduler.grants(now: at(time)).flatMap(\.grants) { allowance[grant.item] = grant.allowance }
        }
        let all = Double(allowance.values.reduce(0, +))
        for (name, share) in zip(names, [0.125, 0.25, 0.625]) {
            #expect(abs(Double(allowance[name] ?? 0) / all - share) <= 0.02 * share, "\(allowance)")
        }
    }

    private static func isHinted(_ state: CapacitySnapshot) -> Bool {
        state.reason == .hinted || state.reason == .hintedWhole
    }

    @Test func `the next leader begins from what the last one measured, for ten seconds`() throws {
        var old = leadingScheduler()
        old.workerReported(report(beat: 1, sink: sink(cap: 2_000)), now: at(0))
        backlog(&old)
        _ = drain(&old, workers: ["w"], cap: 2_000, milliseconds: 1...8_000)
        let measured = old.measure(now: at(8_000))
        #expect(measured.map(\.kind) == [.worker, .group])
        #expect(ResourceHint.decode(Array(ResourceHint.encode(measured).utf8)) == measured)

        for (wait, isHinted) in [(5, true), (11_000, false)] as [(Int64, Bool)] {
            var new = leadingScheduler()
            new.adopt(measured, now: at(9_000))
            new.workerReported(report(beat: 1, sink: sink(cap: 200)), now: at(9_000 + wait))
            let states = new.resources.map(\.state)
            #expect(states.allSatisfy { Self.isHinted($0) == isHinted }, "\(states)")
            if isHinted {
                for (state, hint) in zip(states, measured) { #expect(state.rate1000 == hint.hint.believed1000) }
            }
        }
        // Those that were there before the hints came follow them too; those that were measured don't.
        var late = leadingScheduler()
        late.workerReported(report(beat: 1, sink: sink(cap: 200)), now: at(0))
        late.adopt(measured, now: at(1))
        #expect(late.resources.allSatisfy { Self.isHinted($0.state) })
        old.adopt(measured, now: at(8_001))
        #expect(old.resources.allSatisfy { !Self.isHinted($0.state) })
    }

    @Test func `a standby takes no errors of what another one grants for its own`() {
        let failed = SinkReport.Call(microseconds: 5_000, result: .unknown)
        let sink = SinkReport(group: "bank", calls: [SinkReport.Call](repeating: failed, count: 20))
        var standby = Scheduler(lease: .seconds(3))
        for beat in Int64(1)...50 { standby.workerReported(report(beat: beat, sink: sink), now: at(20 * beat)) }
        #expect(standby.resources.allSatisfy { $0.state.ceiling1000 == nil && $0.state.reason == .coldStart })
        standby.begin(term: 2, now: at(2_000))
        for beat in Int64(51)...52 { standby.workerReported(report(beat: beat, sink: sink), now: at(20 * beat)) }
        #expect(standby.resources.map(\.state.reason) == [.coldStart, .errors])
    }

    @Test func `a worker lost for a lease has no window, and begins anew when it reports`() {
        var scheduler = leadingScheduler()
        scheduler.workerReported(report(beat: 1), now: at(0))
        for time in stride(from: Int64(250), through: 3_250, by: 250) { _ = scheduler.lostWorkers(now: at(time)) }
        #expect(scheduler.resources.map(\.state.window) == [0] && scheduler.resources[0].state.reason == .dead)
        scheduler.workerReported(report(beat: 2), now: at(3_300))
        #expect(scheduler.resources.map(\.state.window) == [2] && scheduler.resources[0].state.reason == .joined)
    }

    @Test func `in flight of a group is the sum of its workers, also when they change it or go`() {
        var random = SplitMix64(seed: 7)
        var scheduler = leadingScheduler()
        backlog(&scheduler)
        for turn in Int64(1)...2_000 {
            let worker = "w\(random.below(6))"
            if random.below(30) == 0 {
                scheduler.workerGone(worker, now: at(turn))
            } else {
                let group = random.below(4)
                scheduler.workerReported(
                    report(
                        worker, beat: turn, inFlight: random.below(20), completed: random.below(3),
                        sink: group == 0 ? nil : sink("g\(group)", calls: Int(random.below(3)))), now: at(turn))
            }
            _ = scheduler.grants(now: at(turn))
            #expect(scheduler.imbalances.isEmpty)
        }
    }

    @Test func `more groups than are measured cost no grants, and leave no trace when they go`() {
        var scheduler = leadingScheduler()
        for index in 0..<(Limits.groups + 10) {
            scheduler.workerReported(report("w\(index)", beat: 1, sink: sink("g\(index)")), now: at(0))
        }
        #expect(scheduler.resources.filter { $0.kind == .group }.count == Limits.groups)
        backlog(&scheduler)
        #expect(scheduler.grants(now: at(1)).count == Limits.groups + 10)
        for index in 0..<(Limits.groups + 10) { scheduler.workerGone("w\(index)", now: at(2)) }
        #expect(scheduler.resources.isEmpty)
        scheduler.workerReported(report("x", beat: 1, sink: sink("new")), now: at(3))
        #expect(scheduler.resources.map(\.name) == ["x", "new"])
    }
}
