import Base
import Domain
import SimulationKit
import Store
import TestKit
import Testing

/// A store that comes back with less than it had acknowledged, or with nothing (ADR 0008, ADR 0022).
@Suite struct StoreLossTests {
    private func run(_ seed: UInt64, until end: TimeSpan) -> SaleRun {
        var size = SaleRun.Size()
        size.items = 4
        size.stock = 1_000...1_000
        size.refusedPerMille = 100
        let run = SaleRun(seed: seed, size: size)
        run.plan(over: .seconds(6))
        run.run(to: end)
        return run
    }

    private func frozen(_ run: SaleRun) -> [ItemName] {
        run.store.names.filter { run.store[$0]?.settings.isFrozen == true }
    }

    @Test(arguments: Seeds.window.prefix(10))
    func `items of a store that comes back with less are frozen, and drain once they are thawed`(seed: UInt64) {
        let run = run(seed, until: .seconds(2))
        let image = run.store.image
        run.run(to: .seconds(3))
        let lost = run.store.names.filter { image[$0]!.counters.head < run.store[$0]!.counters.head }
        run.restartStore(with: image)
        run.run(to: .seconds(8))
        #expect(!lost.isEmpty && Set(lost).isSubset(of: frozen(run)), "\(frozen(run)) of \(lost) \(replay(seed))")
        let winners = lost.map { run.store[$0]!.item.winners }
        run.run(to: .seconds(12))
        #expect(winners == lost.map { run.store[$0]!.item.winners }, "a frozen item is drained \(replay(seed))")
        #expect(run.unnoticedLoss == nil, "\(replay(seed))")
        run.thaw()
        run.run(to: .seconds(30))
        #expect(
            run.violation == nil && run.undrained.isEmpty, "\(run.violation ?? "") \(run.undrained) \(replay(seed))")
        #expect(run.inDoubt == 0, "\(run.inDoubt) \(replay(seed))")
    }

    @Test(arguments: Seeds.window.prefix(5))
    func `a store that comes back with all that it had freezes nothing`(seed: UInt64) {
        let run = run(seed, until: .seconds(3))
        run.restartStore(with: run.store.image)
        run.run(to: .seconds(20))
        #expect(run.store.freezes.isEmpty && run.undrained.isEmpty, "\(run.store.freezes) \(replay(seed))")
        #expect(run.violation == nil, "\(run.violation ?? "") \(replay(seed))")
    }

    @Test(arguments: Seeds.window.prefix(5))
    func `where all processes end with the store no sequence is given twice`(seed: UInt64) {
        let run = run(seed, until: .seconds(2))
        let image = run.store.image
        run.run(to: .seconds(3))
        while run.workerCount > 0 { run.kill(worker: 0) }
        run.killScheduler()
        run.restartStore(with: image)
        for _ in 0..<2 { run.startWorker() }
        run.startScheduler()
        run.run(to: .seconds(20))
        #expect(run.store.freezes.isEmpty && run.undrained.isEmpty, "no process is left that knows \(replay(seed))")
        #expect(run.violation == nil, "\(run.violation ?? "") \(replay(seed))")
    }

    @Test(arguments: Seeds.window.prefix(5))
    func `a store that was emptied gives nothing out, and no name is used again unawares`(seed: UInt64) {
        let run = run(seed, until: .seconds(3))
        let (term, orders) = (run.term, run.ordersBegan.count)
        let held = run.inDoubt
        run.emptyStore(isRestarted: seed % 2 == 0)
        run.run(to: .seconds(7))
        #expect(run.store.names.isEmpty && run.ordersBegan.count <= orders + Int(held), "\(replay(seed))")
        #expect(run.term > term, "\(run.term) after \(term) \(replay(seed))")
        run.makeItemsAgain()
        let grants = run.grants
        run.run(to: .seconds(14))
        let counters = run.store.names.indices.map { run.store.counters($0) }
        #expect(counters.count == 4 && counters.allSatisfy { $0.waiting == 0 && $0.sold > 0 }, "\(replay(seed))")
        #expect(run.violation == nil, "\(run.violation ?? "") \(replay(seed))")
        #expect(run.grants > grants && run.inDoubt == 0, "\(run.inDoubt) \(replay(seed))")
    }
}
