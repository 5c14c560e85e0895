import Base
import Domain
import SimulationKit
import TestKit
import Testing

/// Whether items share the workers, and idle ones cost nothing.
@Suite struct FairnessTests {
    private static func size(slots: Int, purchases: Int64 = 200) -> SaleRun.Size {
        var size = SaleRun.Size()
        size.items = 100
        size.purchases = purchases
        size.stock = 1_000...1_000
        size.largestQuantity = 1
        size.slots = slots
        return size
    }

    /// All items get their purchases at once; returns what each has been served when about half of all is done.
    private static func half(_ run: SaleRun, without paused: Set<Int> = []) -> [Int] {
        for index in 0..<run.size.items { run.admit(run.size.purchases, to: index) }
        let wanted = (run.size.items - paused.count) * Int(run.size.purchases) / 2
        var end = TimeSpan.zero
        while run.winners < wanted, end < .seconds(600) {
            end = end + .milliseconds(1)
            run.run(to: end)
        }
        return (0..<run.size.items).filter { !paused.contains($0) }.map { run.store.winners($0) }
    }

    @Test(arguments: [0, 4])
    func `a hundred items share the workers alike`(slots: Int) {
        let served = Self.half(SaleRun(seed: 1, size: Self.size(slots: slots, purchases: slots == 0 ? 1_000 : 200)))
        let mean = Double(served.reduce(0, +)) / 100
        let squares = Double(served.reduce(0) { $0 + $1 * $1 }) / 100
        #expect(mean * mean / squares >= 0.99, "Jain's index of \(served)")
        #expect(Double(served.min()!) >= 0.8 * mean, "\(served)")
    }

    @Test func `a paused item stops none of the others`() {
        let run = SaleRun(seed: 1, size: Self.size(slots: 4, purchases: 50))
        for index in 0..<run.size.items { run.admit(50, to: index) }
        #expect(run.pause(7))
        let other = SaleRun(seed: 1, size: Self.size(slots: 4, purchases: 50))
        for index in 0..<other.size.items where index != 7 { other.admit(50, to: index) }
        // 99 x 50 orders of 5 ms in 8 slots: 3.1 s.
        run.run(to: .seconds(4))
        other.run(to: .seconds(4))
        #expect((0..<100).allSatisfy { run.store.winners($0) == ($0 == 7 ? 0 : 50) })
        #expect(run.calls < other.calls + 20, "the paused item is not read again and again")
        run.resume(7)
        run.run(to: .seconds(5))
        #expect(run.store.winners(7) == 50)
    }

    @Test func `no item waits longer than ten of its turns`() {
        let run = SaleRun(seed: 1, size: Self.size(slots: 4, purchases: 50))
        for index in 0..<run.size.items { run.admit(50, to: index) }
        var seen = [Int](repeating: 0, count: 100)
        var since = [Int64](repeating: 0, count: 100)
        var longest: Int64 = 0
        for time in Int64(1)...2_500 {
            run.run(to: .milliseconds(time))
            for index in 0..<run.size.items {
                if run.store.winners(index) > seen[index] { since[index] = time }
                seen[index] = run.store.winners(index)
                // From 0.5 s on the windows are open: a turn of 100 items in 8 slots of 5 ms takes 62 ms.
                if time > 500, seen[index] < 50 { longest = max(longest, time - since[index]) }
            }
        }
        #expect(longest <= 620, "\(longest) ms")
    }

    @Test func `a hundred idle items cause no grants, and no calls but the first reads`() {
        let run = SaleRun(seed: 1, size: Self.size(slots: 4))
        run.run(to: .seconds(1))
        let calls = run.calls
        run.run(to: .seconds(60))
        #expect(run.grants == 0 && run.calls == calls)
    }

    @Test(arguments: [0, 4])
    func `no worker has more than the window and a batch, while the windows move`(slots: Int) {
        var size = Self.size(slots: slots)
        size.items = 20
        size.execution = .milliseconds(10)
        let run = SaleRun(seed: 3, size: size)
        run.plan(over: .seconds(2))
        var mostBeyond = Int64.min
        for turn in Int64(1)...900 {
            run.run(to: .milliseconds(10 * turn))
            if turn % 100 == 0 { run.slowness = turn / 100 % 2 == 0 ? 5 : 1 }
            let beyond = run.resources.filter { $0.kind == .worker }.map { $0.inFlight - $0.state.window }
            mostBeyond = max(mostBeyond, beyond.max() ?? .min)
        }
        #expect(mostBeyond <= Int64(Limits.batch) && mostBeyond > .min && run.violation == nil, "\(mostBeyond)")
        #expect(run.undrained.isEmpty)
    }

    @Test(arguments: [0, 4])
    func `a purchase alone is taken within a few messages' time`(slots: Int) {
        var size = Self.size(slots: slots)
        size.items = 1
        let run = SaleRun(seed: 1, size: size)
        for turn in Int64(0)..<100 {
            run.run(to: .seconds(1) + .milliseconds(37 * turn))
            run.admit(1, to: 0)
            run.run(to: .seconds(1) + .milliseconds(37 * turn + 2))
            #expect(run.store.counters(0).waiting == 0, "\(turn)")
        }
    }

    @Test func `two workers drain twice as fast as one, and a dead one's share goes to the other`() {
        var size = Self.size(slots: 4)
        size.items = 4
        size.purchases = 4_000
        size.stock = 4_000...4_000
        let run = SaleRun(seed: 1, size: size)
        for index in 0..<run.size.items { run.admit(4_000, to: index) }
        run.run(to: .seconds(2))
        let before = run.winners
        run.run(to: .seconds(4))
        let both = run.winners - before
        #expect(both >= 3_100, "2 x 4 slots x 200 a second")
        run.kill(worker: 0)
        run.run(to: .seconds(6))
        let after = run.winners - before - both
        #expect(after >= 1_550, "the other one works on meanwhile")
        run.run(to: .seconds(25))
        #expect(
            run.undrained.isEmpty
                && (0..<4).allSatisfy { run.store.counters($0).held == 0 && run.store.counters($0).sold == 4_000 })
    }
}
