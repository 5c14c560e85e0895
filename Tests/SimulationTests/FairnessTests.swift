import Base
import TestKit
import Testing

@testable import Domain

/// Whether items share the workers, and idle ones cost nothing.
@Suite struct FairnessTests {
    private static func size(slots: Int, purchases: Int64 = 200) -> DrainRun.Size {
        var size = DrainRun.Size()
        size.items = 100
        size.purchases = purchases
        size.stock = 1_000...1_000
        size.largestQuantity = 1
        size.slots = slots
        return size
    }

    /// All items get their purchases at once; returns what each has been served when about half of all is done.
    private static func half(_ run: DrainRun, without paused: Set<Int> = []) -> [Int] {
        for index in run.items.indices { run.admit(run.size.purchases, to: index) }
        let wanted = (run.size.items - paused.count) * Int(run.size.purchases) / 2
        var end = TimeSpan.zero
        while run.items.reduce(0, { $0 + $1.winners.count }) < wanted, end < .seconds(600) {
            end = end + .milliseconds(1)
            run.run(to: end)
        }
        return run.items.indices.filter { !paused.contains($0) }.map { run.items[$0].winners.count }
    }

    @Test(arguments: [0, 4])
    func `a hundred items share the workers alike`(slots: Int) {
        let served = Self.half(DrainRun(seed: 1, size: Self.size(slots: slots, purchases: slots == 0 ? 1_000 : 200)))
        let mean = Double(served.reduce(0, +)) / 100
        let squares = Double(served.reduce(0) { $0 + $1 * $1 }) / 100
        #expect(mean * mean / squares >= 0.99, "Jain's index of \(served)")
        #expect(Double(served.min()!) >= 0.8 * mean, "\(served)")
    }

    @Test func `a paused item stops none of the others`() {
        let run = DrainRun(seed: 1, size: Self.size(slots: 4, purchases: 50))
        for index in run.items.indices { run.admit(50, to: index) }
        run.items[7].pause(true)
        let other = DrainRun(seed: 1, size: Self.size(slots: 4, purchases: 50))
        for index in other.items.indices where index != 7 { other.admit(50, to: index) }
        // 99 x 50 orders of 5 ms in 8 slots: 3.1 s.
        run.run(to: .seconds(4))
        other.run(to: .seconds(4))
        #expect(run.items.indices.allSatisfy { run.items[$0].winners.count == ($0 == 7 ? 0 : 50) })
        #expect(run.calls < other.calls + 20, "the paused item is not asked again and again")
        run.items[7].pause(false)
        run.admit(0, to: 7)
        run.run(to: .seconds(5))
        #expect(run.items[7].winners.count == 50)
    }

    @Test func `no item waits longer than ten of its turns`() {
        let run = DrainRun(seed: 1, size: Self.size(slots: 4, purchases: 50))
        for index in run.items.indices { run.admit(50, to: index) }
        var seen = [Int](repeating: 0, count: 100)
        var since = [Int64](repeating: 0, count: 100)
        var longest: Int64 = 0
        for time in Int64(1)...2_500 {
            run.run(to: .milliseconds(time))
            for index in run.items.indices {
                if run.items[index].winners.count > seen[index] { since[index] = time }
                seen[index] = run.items[index].winners.count
                // From 0.5 s on the windows are open: a turn of 100 items in 8 slots of 5 ms takes 62 ms.
                if time > 500, seen[index] < 50 { longest = max(longest, time - since[index]) }
            }
        }
        #expect(longest <= 620, "\(longest) ms")
    }

    @Test func `a hundred idle items cause no grants, and no calls but the first reads`() {
        let run = DrainRun(seed: 1, size: Self.size(slots: 4))
        run.run(to: .seconds(1))
        let calls = run.calls
        run.run(to: .seconds(60))
        #expect(run.grants == 0 && run.calls == calls)
    }

    @Test(arguments: [0, 4])
    func `nobody has more than the window and a batch, while the windows move`(slots: Int) {
        var size = Self.size(slots: slots)
        size.items = 20
        size.execution = .milliseconds(10)
        let run = DrainRun(seed: 3, size: size)
        run.plan(over: .seconds(2))
        for second in Int64(1)...9 {
            run.run(to: .seconds(second))
            run.slow = second % 2 == 0 ? 5 : 1
        }
        #expect(run.mostBeyondWindow <= Int64(Limits.batch) && run.violations.isEmpty, "\(run.mostBeyondWindow)")
        #expect(run.undrained.isEmpty)
    }

    @Test(arguments: [0, 4])
    func `a purchase alone is taken within a few messages' time`(slots: Int) {
        var size = Self.size(slots: slots)
        size.items = 1
        let run = DrainRun(seed: 1, size: size)
        for turn in Int64(0)..<100 {
            run.run(to: .seconds(1) + .milliseconds(37 * turn))
            run.admit(1, to: 0)
            run.run(to: .seconds(1) + .milliseconds(37 * turn + 2))
            #expect(run.items[0].counters.waiting == 0, "\(turn)")
        }
    }

    @Test func `two workers drain twice as fast as one, and a dead one's share goes to the other`() {
        var size = Self.size(slots: 4)
        size.items = 4
        size.purchases = 4_000
        size.stock = 4_000...4_000
        let run = DrainRun(seed: 1, size: size)
        for index in run.items.indices { run.admit(4_000, to: index) }
        run.run(to: .seconds(2))
        let before = run.items.reduce(0) { $0 + $1.winners.count }
        run.run(to: .seconds(4))
        let both = run.items.reduce(0) { $0 + $1.winners.count } - before
        #expect(both >= 3_100, "2 x 4 slots x 200 a second")
        run.kill(worker: 0)
        run.run(to: .seconds(6))
        let after = run.items.reduce(0) { $0 + $1.winners.count } - before - both
        #expect(after >= 1_550, "the other one works on meanwhile")
        run.run(to: .seconds(25))
        #expect(run.undrained.isEmpty && run.items.allSatisfy { $0.counters.held == 0 && $0.counters.sold == 4_000 })
    }
}
