import Base
import Domain
import SimulationKit
import TestKit
import Testing

/// What must not hold the drain down once it is over: restarts, closed items, changes of leader.
@Suite struct StickyDrainTests {
    private static func run(seed: UInt64, workers: Int = 3) -> SaleRun {
        var size = SaleRun.Size()
        size.items = 3
        size.workers = workers
        size.purchases = 10_000
        size.stock = 20_000...20_000
        size.slots = 4
        size.execution = .milliseconds(20)
        size.group = ("bank", nil)
        return SaleRun(seed: seed, size: size)
    }

    private static func begun(_ run: SaleRun, from start: Int64, to end: Int64) -> Int {
        run.ordersBegan.count { (start * 1_000_000..<end * 1_000_000).contains($0.nanoseconds) }
    }

    @Test func `a reboot with buyers waiting reaches the old pace again`() {
        for seed in Seeds.window.prefix(5) {
            let run = Self.run(seed: seed)
            run.run(to: .milliseconds(500))
            for index in 0..<run.size.items { run.admit(10_000, to: index) }
            run.restartStore()
            // The items are of the life before, until the durability checks had their time.
            while run.ordersBegan.isEmpty, run.world.now.nanoseconds < 6_000_000_000 { run.run(for: .milliseconds(10)) }
            #expect(run.grants > 3, "\(run.grants)")
            run.run(to: .seconds(9))
            // 3 workers of 4 slots of 20 ms: 600 a second.
            let late = Self.begun(run, from: 8_000, to: 9_000)
            #expect(late >= 500, "\(late) \(replay(seed))")
        }
    }

    @Test func `items that are closed off for a moment in mid-sale do not hold the drain up`() {
        for seed in Seeds.window.prefix(5) {
            let run = Self.run(seed: seed)
            for index in 0..<run.size.items { run.admit(10_000, to: index) }
            run.run(to: .milliseconds(400))
            run.restartStore()
            run.run(to: .milliseconds(9_000))
            let late = Self.begun(run, from: 8_000, to: 9_000)
            #expect(late >= 500, "\(late) \(replay(seed))")
        }
    }

    @Test(arguments: [300, 700, 1_500] as [Int64])
    func `six changes of leader keep what was measured`(apart: Int64) throws {
        for seed in Seeds.window.prefix(5) {
            let run = Self.run(seed: seed)
            for index in 0..<run.size.items { run.admit(10_000, to: index) }
            run.run(to: .seconds(10))
            let before = Self.begun(run, from: 9_000, to: 10_000)
            for change in Int64(0)..<6 {
                run.stopLeader()
                run.after(.milliseconds(3)) { $0.startScheduler() }
                run.run(to: .milliseconds(10_000 + apart * (change + 1)))
            }
            let end = 10_000 + 6 * apart
            run.run(to: .milliseconds(end + 500))
            let after = Self.begun(run, from: end, to: end + 500)
            #expect(Double(after) >= 0.3 * Double(before) / 2, "\(after) of \(before) a second \(replay(seed))")
            // A second may have a test of fewer calls in it, which costs a part of its rate.
            run.run(to: .milliseconds(end + 8_000))
            let late = Self.begun(run, from: end + 2_000, to: end + 8_000)
            #expect(Double(late) >= 0.9 * Double(before * 6), "\(late) in 6 s, \(before) a second \(replay(seed))")
        }
    }
}
