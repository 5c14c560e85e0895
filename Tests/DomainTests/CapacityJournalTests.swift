import Base
import Testing

@testable import Domain

/// What operators see of a controller's decisions.
@Suite struct CapacityJournalTests {
    private func state(_ reason: CapacityReason, window: Int64 = 8, rate1000: Int64 = 0) -> CapacitySnapshot {
        CapacitySnapshot(
            mode: "hold", reason: reason, window: window, pace1000: nil, rate1000: rate1000, unloadedMicroseconds: 0,
            ceiling1000: nil, brokenAt: nil)
    }

    /// A journal that saw these reasons with these windows, a second apart.
    private func journal(_ seen: [(CapacityReason, Int64)]) -> CapacityJournal {
        var journal = CapacityJournal(began: at(0))
        for (second, (reason, window)) in seen.enumerated() {
            journal.see(state(reason, window: window, rate1000: window * 10), now: at(Int64(second) * 1_000))
        }
        return journal
    }

    private func reasons(_ journal: CapacityJournal) -> [CapacityReason] { journal.changes.map(\.reason) }

    @Test func `a change has its moment, reason, window and rate`() {
        let journal = journal([(.coldStart, 2), (.settled, 8)])
        #expect(
            journal.changes == [
                .init(when: at(0), reason: .coldStart, window: 2, rate1000: 20),
                .init(when: at(1_000), reason: .settled, window: 8, rate1000: 80),
            ])
    }

    @Test func `the first regime begins with the first decision that this process sees`() {
        var journal = CapacityJournal(began: at(0))
        journal.see(state(.hinted), now: at(60_000))
        #expect(journal.regime.since == at(60_000) && journal.regime.changes == 0)
    }

    @Test func `an hour of probes that bring nothing pushes no change out`() {
        let steady: [(CapacityReason, Int64)] = [
            (.probing, 12), (.draining, 4), (.following, 8), (.gained, 9), (.settled, 8),
        ]
        let start: [(CapacityReason, Int64)] = [(.coldStart, 2), (.errors, 1), (.recovered, 1), (.settled, 8)]
        let journal = journal(start + (0..<720).flatMap { _ in steady })
        #expect(reasons(journal) == [.coldStart, .errors, .recovered, .settled])
    }

    @Test func `a window that moves far is a change, though the reason stays`() {
        #expect(reasons(journal([(.following, 8), (.following, 10)])) == [.following])
        #expect(reasons(journal([(.following, 8), (.following, 11)])) == [.following, .following])
        #expect(reasons(journal([(.following, 1), (.following, 2), (.following, 1)])) == [.following])
    }

    @Test func `a long growth is its first and its last window`() {
        let growth: [(CapacityReason, Int64)] = [4, 8, 16, 32, 64, 128, 256].map { (.growing, $0) }
        let journal = journal([(.reset, 2)] + growth + [(.settled, 256)])
        #expect(reasons(journal) == [.reset, .growing, .growing, .settled])
        #expect(journal.changes.map(\.window) == [2, 4, 256, 256])
    }

    @Test func `ten changes are kept, the newest`() {
        let journal = journal((0..<20).flatMap { _ in [(CapacityReason.errors, Int64(1)), (.recovered, 1)] })
        #expect(journal.changes.count == CapacityJournal.mostChanges && journal.changes.last?.when == at(39_000))
        #expect(journal.changes.first?.when == at(30_000))
    }

    @Test func `a report looks at the controller every 20 ms at most`() {
        var journal = CapacityJournal(began: at(0))
        #expect(journal.isDue(now: at(0)))
        journal.see(state(.coldStart), now: at(5))
        #expect(!journal.isDue(now: at(24)) && journal.isDue(now: at(25)))
    }

    // MARK: Regimes

    @Test func `a regime begins where the controller found the service to be another one`() {
        for reason in [CapacityReason.slower, .faster, .errors, .dead, .outdated, .reset, .hinted, .joined, .faulty] {
            let journal = journal([(.settled, 8), (reason, 4), (.growing, 8), (.settled, 8)])
            #expect(journal.regime.changes == 1 && journal.regime.since == at(1_000), "\(reason)")
        }
        for reason in [CapacityReason.growing, .probing, .gained, .following, .draining, .capChanged, .raisedCeiling] {
            #expect(journal([(.settled, 8), (reason, 20), (.settled, 8)]).regime.changes == 0, "\(reason)")
        }
        #expect(journal([(.hinted, 8), (.settled, 8)]).regime.changes == 0, "how it began is no change")
    }

    @Test func `a slow-down that is measured again from few calls is one change, an end of errors is another one`() {
        #expect(journal([(.settled, 8), (.slower, 2), (.recovered, 3), (.growing, 4)]).regime.changes == 1)
        #expect(journal([(.settled, 8), (.errors, 1), (.recovered, 3), (.growing, 4)]).regime.changes == 2)
    }

    /// Calls with this mean and coefficient of variation, one a tick of 50 ms, while the controller says `settled`.
    private func serve(
        _ journal: inout CapacityJournal, calls: Int, milliseconds: Double, variation: Double, seed: UInt64,
        from start: Int64 = 0, because reason: CapacityReason = .settled
    ) {
        var random = SplitMix64(seed: seed)
        for call in 0..<calls {
            journal.took(Int64(random.time(variation: variation) * milliseconds * 1_000))
            journal.see(state(reason), now: at(start + Int64(call) * 50))
        }
    }

    @Test(arguments: [0.05, 0.5, 1, 2])
    func `a steady service stays in its regime, however uneven it is`(variation: Double) {
        var changes: Int64 = 0
        for seed in UInt64(1)...100 {
            var journal = CapacityJournal(began: at(0))
            serve(&journal, calls: 3_200, milliseconds: 20, variation: variation, seed: seed)
            changes += journal.regime.changes
        }
        #expect(changes <= (variation > 1 ? 10 : 0), "\(changes) in 100 regimes of 100 blocks of 32 calls")
    }

    @Test(arguments: [0.1, 0.4, 2.5, 10])
    func `a service that becomes slower or faster is seen by its calls, though the controller keeps its window`(
        factor: Double
    ) {
        for seed in UInt64(1)...50 {
            var journal = CapacityJournal(began: at(0))
            serve(&journal, calls: 500, milliseconds: 20, variation: 0.5, seed: seed)
            #expect(journal.regime.changes == 0)
            serve(&journal, calls: 96, milliseconds: 20 * factor, variation: 0.5, seed: seed + 1_000, from: 25_000)
            #expect(journal.regime.changes == 1, "seed \(seed)")
            #expect(reasons(journal).last == (factor > 1 ? .slower : .faster))
            let mean = Double(journal.regime.meanMicroseconds ?? 0)
            #expect((0.6...1.4).contains(mean / (20_000 * factor)), "seed \(seed): \(mean)")
        }
    }

    @Test func `times of growth are not compared, since calls wait for each other there`() {
        var journal = CapacityJournal(began: at(0))
        serve(&journal, calls: 500, milliseconds: 20, variation: 0.5, seed: 1)
        for reason in [CapacityReason.gained, .growing] {
            journal.see(state(reason), now: at(25_000))
            serve(&journal, calls: 500, milliseconds: 60, variation: 0.5, seed: 2, from: 25_000, because: reason)
        }
        #expect(journal.regime.changes == 0)
    }

    @Test func `a slow-down that calls and controller both show is one change`() {
        var journal = CapacityJournal(began: at(0))
        serve(&journal, calls: 500, milliseconds: 20, variation: 0.5, seed: 1)
        serve(&journal, calls: 40, milliseconds: 200, variation: 0.5, seed: 2, from: 25_000)
        serve(&journal, calls: 40, milliseconds: 200, variation: 0.5, seed: 3, from: 27_000, because: .slower)
        #expect(journal.regime.changes == 1 && reasons(journal) == [.settled, .slower])
    }

    // MARK: Time below 90 %

    /// Completions as a service with so many slots has them, and a tick every 250 ms.
    private func complete(
        _ meter: inout ShortfallMeter, seconds: Int64, perSecond: Double, variation: Double, seed: UInt64,
        from start: Int64 = 0, workWaits: (Int64) -> Bool = { _ in true }
    ) {
        var random = SplitMix64(seed: seed)
        var next = random.time(variation: variation) / perSecond
        for tick in 1...seconds * 4 {
            while next < Double(tick) / 4 {
                meter.completed(1)
                next += random.time(variation: variation) / perSecond
            }
            let now = at(start + tick * 250)
            meter.tick(workWaits: workWaits(start + tick * 250), variation: variation, now: now)
        }
    }

    @Test(arguments: [0.5, 5, 20, 300])
    func `a steady service is hardly ever below 90 %`(perSecond: Double) {
        for variation in [0.05, 0.5, 1] {
            var meter = ShortfallMeter()
            complete(&meter, seconds: 2_000, perSecond: perSecond, variation: variation, seed: 7)
            let share = Double(meter.time.wholeMilliseconds) / 2_000_000
            #expect(share < 0.05, "\(variation): \(share)")
        }
    }

    @Test func `time below 90 % counts while work waits`() {
        var meter = ShortfallMeter()
        complete(&meter, seconds: 60, perSecond: 100, variation: 0.05, seed: 1)
        #expect(meter.time == .zero && (95_000...105_000).contains(meter.rate1000))
        complete(&meter, seconds: 10, perSecond: 50, variation: 0.05, seed: 2, from: 60_000)
        #expect((9...11).contains(meter.time.wholeMilliseconds / 1_000), "\(meter.time)")
        let before = meter.time
        complete(&meter, seconds: 10, perSecond: 50, variation: 0.05, seed: 3, from: 70_000) { _ in false }
        complete(&meter, seconds: 10, perSecond: 50, variation: 0.05, seed: 3, from: 80_000) { $0 % 1_000 != 0 }
        #expect(meter.time == before, "nothing waits, or not all the time")
        meter.tick(workWaits: true, variation: 0.05, now: at(200_000))
        #expect(meter.time == before, "nobody looked for two minutes")
        meter.beginRegime()
        complete(&meter, seconds: 60, perSecond: 50, variation: 0.05, seed: 4, from: 200_000)
        #expect(meter.time == before, "a new regime has its own rate")
    }

    /// A second of it, 100 or 10 completions and a tick every 250 ms.
    private func second(
        _ journal: inout CapacityJournal, _ second: Int64, perTick: Int64, because reason: CapacityReason
    ) {
        for tick in Int64(1)...4 {
            journal.completed(perTick)
            for _ in 0..<perTick { journal.took(perTick > 10 ? 20_000 : 200_000) }
            journal.tick(state(reason), workWaits: true, now: at(second * 1_000 + tick * 250))
        }
    }

    @Test(arguments: [CapacityReason.settled, .errors])
    func `a slower service is below 90 % until it is known to be another one`(reason: CapacityReason) {
        var journal = CapacityJournal(began: at(0))
        for time in Int64(0)..<30 { second(&journal, time, perTick: 25, because: .settled) }
        #expect(journal.timeBelow == .zero && journal.rate1000 == 100_000)
        for time in Int64(30)..<90 { second(&journal, time, perTick: 3, because: reason) }
        #expect(journal.regime.changes == 1 && journal.rate1000 == 12_000)
        #expect(journal.timeBelow <= .seconds(4), "\(journal.timeBelow)")
    }
}
