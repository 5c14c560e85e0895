import Base
import Testing

@testable import Domain

/// Which worker gets the next winners, without a scheduler.
@Suite struct AllocatorTests {
    // MARK: Items

    @Test func `items share by weight what workers have room for`() {
        var rig = AllocatorRig(waiting: [1 << 30, 1 << 30, 1 << 30], weights: [1, 2, 5])
        for _ in 0..<3 { rig.addWorker() }
        for turn in Int64(0)..<800 {
            rig.grant(at(turn))
            rig.useAll(now: at(turn))
        }
        let all = rig.byItem.reduce(0, +)
        #expect(all == 800 * 6)
        for (granted, weight) in zip(rig.byItem, [1, 2, 5] as [Int64]) {
            #expect(abs(granted * 8 - all * weight) * 50 <= all * weight, "\(rig.byItem)")
        }
    }

    @Test func `nothing is granted twice: neither a purchase that is granted already, nor a unit that is not there`() {
        for (waiting, free, expected) in [(3, 100, 3), (100, 3, 3), (5, 0, 0)] as [(Int64, Int64, Int64)] {
            var rig = AllocatorRig(waiting: [waiting], free: free)
            for _ in 0..<4 { rig.addWorker() }
            #expect(rig.grant(at(1)).values.reduce(0, +) == expected)
            for slot in 0..<4 { rig.hear(slot, now: at(2)) }
            #expect(rig.grant(at(2)).isEmpty && rig.items[0].unused == expected)
        }
    }

    // MARK: Workers

    @Test func `a worker gets what its window has room for, and is named once`() {
        var rig = AllocatorRig(waiting: [40, 40])
        for window in [2, 5, 9] as [Int64] { rig.addWorker(window: window) }
        for slot in 0..<3 { _ = rig.workers[slot].tokens(now: at(0)) }  // from now on their paces save tokens
        #expect(rig.grant(at(1_000)) == [0: 2, 1: 5, 2: 9])
        #expect(rig.grant(at(1_001)).isEmpty)
        rig.use(1, of: 0, worker: 2, now: at(1_002))
        rig.hear(2, inFlight: 1, now: at(1_002))
        #expect(rig.grant(at(1_002)).isEmpty, "what was taken is in flight")
        rig.hear(2, inFlight: 0, now: at(1_003))
        #expect(rig.grant(at(1_003)) == [2: 1])
    }

    @Test func `the worker with the largest free share of its window is first, of equal ones the lower slot`() {
        var rig = AllocatorRig(waiting: [1])
        for window in [2, 8, 8] as [Int64] { rig.addWorker(window: window) }
        rig.hear(0, inFlight: 1)
        for slot in 1...2 { rig.hear(slot, inFlight: 2) }
        #expect(rig.grant(at(1)) == [1: 1])
        rig.changeWaiting(of: 0, by: 1)
        #expect(rig.grant(at(2)) == [2: 1])
        rig.changeWaiting(of: 0, by: 1)
        rig.hear(0, inFlight: 0)
        #expect(rig.grant(at(3)) == [0: 1], "two of two are free, though others have more room")
    }

    @Test func `workers of a group and workers without one are compared by the same share`() {
        for (busy, first) in [(0, 1), (1, 0)] as [(Int, Int)] {
            var rig = AllocatorRig(waiting: [1])
            let bank = rig.addGroup(window: 5)
            rig.addWorker()
            rig.addWorker(group: bank)
            rig.hear(busy, inFlight: 1)
            #expect(rig.grant(at(1)) == [first: 1])
        }
        var rig = AllocatorRig(waiting: [1])
        rig.addWorker(group: rig.addGroup(window: 5))
        rig.addWorker()
        #expect(rig.grant(at(1)) == [0: 1], "of equal shares the lower slot")
    }

    @Test func `a worker that does not report, or is gone, gets nothing`() {
        var rig = AllocatorRig(waiting: [40])
        rig.addWorker()
        rig.addWorker()
        rig.hear(1, now: at(500))
        #expect(rig.grant(at(3_001)) == [1: 2])
        rig.hear(0, now: at(3_002))
        rig.workers[0].clear()
        rig.allocator.vacate(0)
        rig.workers.remove(0, now: at(3_002))
        // Whoever gets its slot has nothing of it: here neither room without a group nor a group with a token.
        let full = rig.addGroup(cap: 1)
        _ = rig.groups[full].tokens(now: at(3_003))
        rig.groups[full].sent(1, now: at(3_003))
        rig.workers.add("new", hint: nil, now: at(3_003))
        rig.groups.move(rig.workers[0].share, unanswered: 0, from: nil, to: full, now: at(3_003))
        rig.workers[0].enter(group: full)
        rig.hear(0, now: at(3_003))
        #expect(rig.grant(at(3_004)).isEmpty)
    }

    @Test func `what a worker gave back is granted again, once the allocator was notified`() {
        var rig = AllocatorRig(waiting: [2])
        rig.addWorker()
        #expect(rig.grant(at(1)) == [0: 2])
        rig.release(0)
        #expect(rig.items.wanted(0) == 2 && rig.grant(at(2)).isEmpty)
        rig.allocator.freed(0)
        #expect(rig.allocator.grant(&rig.items, &rig.workers, &rig.groups, now: at(3)) == [0])
        #expect(rig.workers[0].ledger.unused == 2 && rig.items[0].unused == 2)
    }

    // MARK: Paces

    @Test func `a worker's pace lets one go after the other, and says when it lets the next one go`() {
        var rig = AllocatorRig(waiting: [3])
        rig.addWorker(window: 2)  // 400 a second
        #expect(rig.grant(at(0)) == [0: 1])
        let next = MonotonicInstant(nanoseconds: 2_500_000)
        #expect(rig.allocator.nextGrantsAt == next)
        #expect(rig.grant(at(2)).isEmpty && rig.allocator.nextGrantsAt == at(2) + Limits.grantGrain)
        #expect(rig.workers[0].isHeldBack, "its rate is what its pace lets through")
        #expect(rig.grant(next) == [0: 1])
        rig.useAll(now: at(20))
        #expect(rig.grant(at(20)) == [0: 1] && rig.allocator.nextGrantsAt == nil, "nobody waits")
    }

    @Test func `a declared cap holds for all workers of the group together`() {
        var rig = AllocatorRig(waiting: [1 << 30])
        let bank = rig.addGroup(cap: 10)
        for _ in 0..<3 { rig.addWorker(group: bank) }
        var sent: [Int64] = []
        for time in Int64(0)..<3_000 {
            let granted = rig.grant(at(time))
            #expect(granted.values.allSatisfy { $0 == 1 } && granted.count <= 1)
            if !granted.isEmpty { sent.append(time) }
            #expect(rig.allocator.nextGrantsAt.map { $0 > at(time) && $0 <= at(time + 101) } == true)
            rig.useAll(now: at(time))
        }
        #expect((29...32).contains(sent.count))
        for first in sent { #expect(sent.count { (first..<first + 1_000).contains($0) } <= 11) }
    }

    @Test func `the window of a group bounds its workers together, others go on`() {
        var rig = AllocatorRig(waiting: [1 << 30])
        let bank = rig.addGroup(window: 5)
        for _ in 0..<3 { rig.addWorker(group: bank) }
        rig.addWorker()
        for time in Int64(0)..<300 { rig.grant(at(time)) }
        #expect(rig.groups[bank].inFlight == 5 && rig.workers[3].outstanding == 2)
        #expect((0..<3).contains { rig.workers[$0].room > 0 && rig.workers[$0].isHeldBack })
        rig.changeWaiting(of: 0, by: 7 - (1 << 30))  // as many as are granted
        rig.grant(at(301))
        #expect((0..<3).allSatisfy { !rig.workers[$0].isHeldBack }, "nobody is held back where nothing is wanted")
    }

    @Test func `a worker that leads to another group takes tokens of that one alone`() {
        var rig = AllocatorRig(waiting: [9])
        let (old, new) = (rig.addGroup(window: 5), rig.addGroup(cap: 1))
        rig.addWorker(group: new)
        #expect(rig.grant(at(0)) == [0: 1], "the token of the second")
        for _ in 0..<2 { rig.addWorker(group: old) }
        rig.hear(2, inFlight: 2, now: at(1))
        rig.allocator.remove(1, fromGroup: old)
        rig.groups.move(rig.workers[1].share, unanswered: 0, from: old, to: new, now: at(1))
        rig.workers[1].enter(group: new)
        rig.hear(1, now: at(1))
        #expect(rig.grant(at(2)).isEmpty)
    }

    // MARK: Retries

    @Test func `permits and purchases take turns at the tokens of a group`() {
        var rig = AllocatorRig(waiting: [1 << 30])
        let bank = rig.addGroup(cap: 100)
        rig.addWorker(group: bank)
        for time in Int64(0)..<1_000 {
            rig.hear(0, retries: 50, now: at(time))
            rig.grant(at(time))
            rig.use(rig.unused(0, 0), of: 0, worker: 0, now: at(time))
        }
        #expect(rig.byItem[0] + rig.permits[0] >= 99 && abs(rig.byItem[0] - rig.permits[0]) <= 1)
    }

    @Test func `of several tokens a retry gets one before the purchases, and what they leave`() {
        for (waiting, permits) in [(9, 1), (1, 2), (0, 3)] as [(Int64, Int64)] {
            var rig = AllocatorRig(waiting: [waiting])
            let bank = rig.addGroup(cap: 600, window: 20)  // of 4 ms no token is lost
            rig.addWorker(window: 9, group: bank)
            _ = rig.workers[0].tokens(now: at(0))
            _ = rig.groups[bank].tokens(now: at(0))
            rig.hear(0, retries: 9, now: at(1_000))
            #expect(rig.grant(at(1_000)).values.reduce(0, +) == 3 - permits)
            #expect(rig.permits == [permits])
        }
    }

    @Test func `workers take turns at permits, which nobody gets who asked for none`() {
        var rig = AllocatorRig(waiting: [0])
        let bank = rig.addGroup(cap: 10)
        for _ in 0..<4 { rig.addWorker(group: bank) }
        for time in Int64(0)..<590 {
            for slot in 0..<3 { rig.hear(slot, retries: 9, now: at(time)) }
            rig.grant(at(time))
        }
        #expect(rig.permits == [2, 2, 2, 0])
    }

    // MARK: Any order of events

    @Test(arguments: UInt64(1)...40)
    func `what was granted adds up after any events, and the same events give the same grants`(seed: UInt64) {
        func run() -> [[Int: Int64]] {
            var random = SplitMix64(seed: seed)
            var rig = AllocatorRig(waiting: [4, 0, 9], weights: [1, 3, 2])
            let groups = [rig.addGroup(window: 3), rig.addGroup(cap: 40)]
            for group in [nil, nil, groups[0], groups[0], groups[1]] {
                rig.addWorker(window: random.below(2) == 0 ? nil : 1 + random.below(9), group: group)
            }
            var trace: [[Int: Int64]] = []
            for step in 0..<400 {
                let now = at(Int64(step) * 7)
                let (slot, item) = (Int(random.below(5)), Int(random.below(3)))
                switch random.below(6) {
                case 0, 1: rig.changeWaiting(of: item, by: random.below(4))
                case 2, 3:
                    for item in 0..<3 {
                        rig.use(random.below(rig.unused(slot, item) + 1), of: item, worker: slot, now: now)
                    }
                default: rig.hear(slot, now: now)
                }
                trace.append(rig.grant(now))
                rig.check(step)
            }
            #expect(rig.byItem.reduce(0, +) > 100)
            return trace
        }
        #expect(run() == run())
    }
}
