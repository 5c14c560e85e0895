import Base
import Testing

@testable import Domain

/// What holds for any calls; how well a window is found is for the simulation.
@Suite struct WindowSearchTests {
    private static let largest = Int(LatencyController.largest)

    private static func search(window: Int = 4) -> WindowSearch {
        WindowSearch(tuning: LatencyController.Tuning.standard, window: window, now: at(0))
    }

    private func cohorts(_ search: WindowSearch) -> Int { search.cohorts.pending.count }

    private func check(_ search: WindowSearch) {
        #expect((1...Self.largest).contains(search.window) && (1...Self.largest).contains(search.hold))
        #expect(search.pace >= 0 && search.pace.isFinite && search.cohorts.patience.isFinite)
        #expect(cohorts(search) <= 100, "\(cohorts(search)) cohorts")
    }

    @Test(arguments: 1...40)
    func `stays within its bounds whatever happens, in any order and at any time`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var search = Self.search(window: 1 + Int(random.below(1 << random.below(17))))
        var now = at(0)
        for step in 0..<2_000 {
            if random.below(3) == 0 { now = now + .nanoseconds(random.below(1 << (1 + random.below(40)))) }
            switch random.below(20) {
            case 0..<7:
                let count = Int(1 + random.below(1 << random.below(17)))
                search.sent(count, inFlight: Int(random.below(70_000)), isFull: random.below(4) > 0, now: now)
            case 7..<16:
                // Also before it was sent: clocks of two machines.
                let latency = random.below(1 << (1 + random.below(50))) - random.below(1_000_000)
                search.finished(
                    microseconds: Double(latency / 1_000), dispatch: Double(random.below(1 << random.below(30))),
                    isAnswered: random.below(8) > 0, sentAt: now + .nanoseconds(-latency), now: now)
            case 16..<18: search.withdrawn(Int(random.below(1 << random.below(33))))
            case 18: search.interrupt(now: now)
            default:
                guard random.below(10) == 0 else { break }
                if random.below(3) > 0 { search.failed(now: now) } else { search.accept(now: now) }
            }
            if step % 20 == 0 { check(search) }
        }
        check(search)
    }

    @Test func `where nothing ever queues it opens to the largest window, and no further`() {
        var search = Self.search()
        var time: Int64 = 0
        for _ in 0..<200 {
            time += 1
            let count = search.window
            search.sent(count, inFlight: count, isFull: true, now: at(time))
            for _ in 0..<count {
                search.finished(
                    microseconds: 1_000, dispatch: 0, isAnswered: true, sentAt: at(time), now: at(time + 1))
            }
            check(search)
            guard search.hold < Self.largest else { break }
        }
        #expect(search.hold == Self.largest && time < 100, "\(search.hold) after \(time) means")
    }

    /// Calls of 20 ms, one at a time of its window, until so many came back.
    private func serve(_ search: inout WindowSearch, _ calls: Int, from start: Int64) -> Int64 {
        var (time, due) = (start, ArraySlice<Int64>())
        var left = calls
        while left > 0 {
            time += 1
            while let first = due.first, first + 20 <= time {
                due.removeFirst()
                left -= 1
                search.finished(
                    microseconds: 20_000, dispatch: 0, isAnswered: true, sentAt: at(first), now: at(time))
            }
            while due.count < search.window, due.count < 500 {
                due.append(time)
                search.sent(1, inFlight: due.count, isFull: due.count >= search.window, now: at(time))
            }
        }
        return time
    }

    @Test func `calls that are given back again and again cost no memory and no patience`() {
        var search = Self.search()
        let time = serve(&search, 200, from: 0)
        let patience = search.cohorts.patience
        for turn in 0..<Int64(20_000) {
            search.sent(search.window, inFlight: search.window, isFull: true, now: at(time + turn))
            search.withdrawn(search.window)
        }
        check(search)
        _ = serve(&search, 50, from: time + 20_000)
        check(search)
        #expect(search.cohorts.patience < 100 * patience, "\(patience) \(search.cohorts.patience)")
    }

    @Test func `calls that are never reported cost no memory`() {
        var search = Self.search()
        let time = serve(&search, 200, from: 0)
        for turn in 0..<Int64(20_000) {
            search.sent(search.window, inFlight: search.window, isFull: true, now: at(time + turn))
        }
        check(search)
    }

    @Test func `calls that fail halve it, again and again, down to one`() {
        var search = Self.search(window: 40)
        var windows: [Int] = []
        for turn in Int64(1)...8 {
            search.failed(now: at(100 * turn))
            windows.append(search.window)
        }
        #expect(windows == [20, 10, 5, 2, 1, 1, 1, 1] && search.isBroken && search.reason == .errors)
    }

    @Test func `where calls fail however little is sent it goes on with half of what it bore`() {
        var search = Self.search(window: 40)
        for turn in Int64(1)...6 { search.failed(now: at(100 * turn)) }
        search.accept(now: at(1_000))
        #expect(search.window == 20 && !search.isBroken)
    }

    @Test func `what another leader measured is gone on with once half of it is borne`() {
        var search = Self.search(window: 16)
        search.assume(rate1000: 1_600_000, unloaded: 20_000, window: 32)
        _ = serve(&search, 120, from: 0)
        #expect(search.hold >= 32 && !search.isGrowing)
    }
}
