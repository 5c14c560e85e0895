import Base
import Domain
import SimulationKit
import TestKit
import Testing

/// The scheduler, real frames and several workers before one group.
@Suite struct GroupDrainTests {
    private static func size(
        workers: Int = 3, slots: Int = 4, execution: TimeSpan = .milliseconds(20)
    ) -> SaleRun.Size {
        var size = SaleRun.Size()
        size.items = 3
        size.workers = workers
        size.purchases = 5_000
        size.stock = 5_000...5_000
        size.slots = slots
        size.execution = execution
        return size
    }

    private static func run(cap: Int64?, seed: UInt64, size: SaleRun.Size = size()) -> SaleRun {
        var size = size
        size.group = ("bank", cap)
        let run = SaleRun(seed: seed, size: size)
        for index in 0..<size.items { run.admit(size.purchases, to: index) }
        return run
    }

    /// Orders begun in the busiest second.
    private static func most(_ times: [MonotonicInstant]) -> Int {
        var (most, first) = (0, 0)
        for (index, time) in times.enumerated() {
            while time - times[first] > .seconds(1) { first += 1 }
            most = max(most, index - first + 1)
        }
        return most
    }

    @Test(arguments: [30, 300] as [Int64])
    func `three workers keep the cap that their group declared, and nearly use it up`(cap: Int64) {
        for seed in Seeds.window.prefix(3) {
            let run = Self.run(cap: cap, seed: seed)
            run.run(to: .seconds(12))
            #expect(Self.most(run.ordersBegan) <= Int(cap) + 1, "\(replay(seed))")
            let late = run.ordersBegan.filter { $0.nanoseconds > 5_000_000_000 }
            #expect(Double(late.count) >= 0.9 * 7 * Double(cap), "\(late.count) \(replay(seed))")
        }
    }

    @Test(arguments: [1, 2, 5])
    func `workers and a slow group open each other, however many workers there are`(workers: Int) {
        // 30 a second of 200 ms each: six in flight, of which no worker sees more than its own.
        var all: [Int] = []
        for seed in Seeds.window.prefix(5) {
            var size = Self.size(workers: workers, slots: 64, execution: .milliseconds(200))
            size.unevenPercent = 80
            let run = Self.run(cap: 30, seed: seed, size: size)
            run.run(to: .seconds(20))
            let late = run.ordersBegan.count { $0.nanoseconds > 10_000_000_000 }
            all.append(late)
            #expect(late >= 225, "\(late) \(replay(seed))")
            let inFlight = run.resources.filter { $0.kind == .worker }.map(\.inFlight)
            #expect(inFlight.allSatisfy { $0 <= 24 }, "\(inFlight)")
        }
        // Of 300. Each waiting for the other to open, they stayed at 180.
        #expect(all.reduce(0, +) >= 255 * all.count, "\(all)")
    }

    @Test func `the window of a group that declared nothing grows as far as the workers go`() {
        // 3 workers of 4 slots of 20 ms: 600 a second, and none of it waits in the group.
        var all: [Int] = []
        for seed in Seeds.window.prefix(8) {
            let run = Self.run(cap: nil, seed: seed)
            run.run(to: .seconds(8))
            let late = run.ordersBegan.count { $0.nanoseconds > 3_000_000_000 }
            all.append(late)
            // Of 3,000. A controller that tries what fewer calls would do dips once in a while.
            #expect(late >= 2_550, "\(late) \(replay(seed))")
            let group = run.resources.first { $0.kind == .group }
            #expect(group?.name == "bank" && group?.breaker == .closed, "\(replay(seed))")
        }
        #expect(all.reduce(0, +) >= 2_850 * all.count, "\(all)")
    }

    @Test func `in flight, rate and time agree, for workers and for the group`() throws {
        let run = Self.run(cap: 300, seed: 2)
        run.run(to: .seconds(30))
        let resources = run.resources
        #expect(resources.count == 4)
        for resource in resources {
            let error = try #require(resource.littlesLawErrorPercent)
            #expect(error <= 5, "\(resource)")
        }
    }

    @Test func `what a dead worker held is given again within its lease and one and a half seconds`() throws {
        let run = Self.run(cap: nil, seed: 3, size: Self.size(execution: .milliseconds(100)))
        run.run(to: .seconds(10))
        run.kill(worker: 0)
        let redo = { (0..<run.size.items).reduce(Int64(0)) { $0 + run.store.counters($1).redo } }
        var redone: TimeSpan?
        var seen: Int64 = 0
        var end = TimeSpan.seconds(10)
        while redone == nil, end < .seconds(20) {
            end = end + .milliseconds(10)
            run.run(to: end)
            seen = max(seen, redo())
            if seen > 0, redo() == 0 { redone = end - .seconds(10) }
        }
        #expect(seen > 0)
        let span = try #require(redone)
        // Some wait for a slot in the other workers, which have few.
        #expect(span <= SaleRun.lease + .milliseconds(1_500), "\(span)")
    }

    @Test func `a new leader drains at full pace at once with what the last one left behind`() {
        var size = Self.size()
        (size.largestQuantity, size.purchases, size.stock) = (1, 10_000, 10_000...10_000)
        let run = Self.run(cap: nil, seed: 4, size: size)
        run.run(to: .seconds(15))
        let before = run.ordersBegan.count { $0.nanoseconds > 14_000_000_000 }
        run.stopLeader()
        run.after(.milliseconds(3)) { $0.startScheduler() }
        run.run(to: .milliseconds(16_000))
        let after = run.ordersBegan.count { $0.nanoseconds > 15_000_000_000 }
        #expect(Double(after) >= 0.7 * Double(before), "\(after) of \(before)")
    }
}
