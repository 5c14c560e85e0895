import Base
import Domain
import TestKit
import Testing

/// What must not hold the drain down once it is over: restarts, closed items, changes of leader.
@Suite struct StickyDrainTests {
    private static func run(seed: UInt64, workers: Int = 3) -> DrainRun {
        var size = DrainRun.Size()
        size.items = 3
        size.workers = workers
        size.purchases = 10_000
        size.stock = 20_000...20_000
        size.slots = 4
        size.execution = .milliseconds(20)
        size.group = ("bank", nil)
        return DrainRun(seed: seed, size: size)
    }

    private static func begun(_ run: DrainRun, from start: Int64, to end: Int64) -> Int {
        run.ordersBegan.count { (start * 1_000_000..<end * 1_000_000).contains($0.nanoseconds) }
    }

    @Test func `a reboot with buyers waiting reaches the old pace again`() {
        for seed in Seeds.window.prefix(5) {
            let run = Self.run(seed: seed)
            // The items are of the life before, until the witnesses had their time.
            for index in run.items.indices {
                run.items[index].isClosedOff = true
                run.admit(10_000, to: index)
            }
            run.run(to: .milliseconds(1_500))
            #expect(run.grants > 10 && run.ordersBegan.isEmpty)
            for index in run.items.indices { run.items[index].isClosedOff = false }
            run.run(to: .seconds(6))
            // 3 workers of 4 slots of 20 ms: 600 a second.
            let late = Self.begun(run, from: 5_000, to: 6_000)
            #expect(late >= 500, "\(late) \(replay(seed))")
        }
    }

    @Test func `items that are closed off for a moment in mid-sale do not hold the drain up`() {
        for seed in Seeds.window.prefix(5) {
            let run = Self.run(seed: seed)
            for index in run.items.indices { run.admit(10_000, to: index) }
            run.run(to: .milliseconds(400))
            for index in run.items.indices { run.items[index].isClosedOff = true }
            run.run(to: .milliseconds(3_400))
            for index in run.items.indices { run.items[index].isClosedOff = false }
            run.run(to: .milliseconds(8_000))
            let late = Self.begun(run, from: 7_000, to: 8_000)
            #expect(late >= 500, "\(late) \(replay(seed))")
        }
    }

    @Test(arguments: [300, 700, 1_500] as [Int64])
    func `six changes of leader keep what was measured`(apart: Int64) throws {
        for seed in Seeds.window.prefix(5) {
            let run = Self.run(seed: seed)
            for index in run.items.indices { run.admit(10_000, to: index) }
            run.run(to: .seconds(10))
            let before = Self.begun(run, from: 9_000, to: 10_000)
            for change in Int64(0)..<6 {
                let old = try #require(run.scheduler)
                old.isAlive = false
                run.startScheduler()
                run.scheduler?.adopt(old.measure(in: run), in: run)
                run.run(to: .milliseconds(10_000 + apart * (change + 1)))
            }
            let end = 10_000 + 6 * apart
            run.run(to: .milliseconds(end + 500))
            let after = Self.begun(run, from: end, to: end + 500)
            #expect(Double(after) >= 0.45 * Double(before) / 2, "\(after) of \(before) a second \(replay(seed))")
            run.run(to: .milliseconds(end + 4_000))
            let late = Self.begun(run, from: end + 3_000, to: end + 4_000)
            #expect(Double(late) >= 0.85 * Double(before), "\(late) of \(before) \(replay(seed))")
        }
    }
}
