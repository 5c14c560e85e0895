import Base
import Testing

@testable import Domain

/// A comparison of two windows of a service that has slots and a queue.
@Suite struct WindowTestTests {
    /// Cohorts of calls of a service with so many slots, pair after pair, until the test finds something.
    private struct Comparison {
        var test: WindowTest
        var random: SplitMix64
        let slots: Double
        var calls = 40  // of a cohort
        var variation = 0.3
        private(set) var cohorts = 0

        init(_ window: Int, against other: Int, slots: Double, seed: UInt64 = 1) {
            test = WindowTest(window, against: other, series: 1, LatencyController.Tuning.standard)
            (self.slots, random) = (slots, SplitMix64(seed: seed))
        }

        /// - Parameter mean: of a call without a queue, microseconds.
        mutating func add(mean: Double = 20_000) {
            let role = test.next()
            let window = Double(role == .hold ? test.window : test.other)
            var latencies = LatencyHistogram()
            for _ in 0..<calls {
                let time = random.time(variation: variation) + max(0, window - slots) / slots
                latencies.add(microseconds: mean * time)
            }
            test.add(latencies, of: role)
            cohorts += 1
        }

        mutating func finding(most: Int = 40) -> WindowTest.Finding? {
            while cohorts < most {
                add()
                if let finding = test.finding(dispatch: 0) { return finding }
            }
            return nil
        }
    }

    private func share(_ finding: WindowTest.Finding?) -> Double? {
        guard case .queue(let share) = finding else { return nil }
        return share
    }

    @Test func `cohorts of both windows alternate, so that a trend touches both alike`() {
        var test = WindowTest(4, against: 5, series: 1, LatencyController.Tuning.standard)
        let roles = (0..<8).map { _ in test.next() }
        #expect(roles == [.hold, .other, .other, .hold, .hold, .other, .other, .hold])
    }

    @Test func `a test ends though a cohort of it got lost`() {
        var test = WindowTest(4, against: 5, series: 1, LatencyController.Tuning.standard)
        var latencies = LatencyHistogram()
        for _ in 0..<4 { latencies.add(microseconds: 20_000) }
        _ = test.next()
        var ended = false
        for _ in 0..<40 where !ended {
            test.add(latencies, of: test.next())
            ended = test.finding(dispatch: 0) != nil
        }
        #expect(ended)
    }

    @Test(arguments: 1...10)
    func `a queue is found on both sides, with the share of it`(seed: UInt64) {
        var more = Comparison(20, against: 25, slots: 20, seed: seed)
        let queue = more.finding()
        #expect(abs((share(queue) ?? 0) - 1) < 0.6, "\(queue as Any)")
        var less = Comparison(20, against: 15, slots: 10, seed: seed)
        let other = less.finding()
        // The smaller window has a queue too, so calls take 1.5 times as long there.
        #expect(abs((share(other) ?? 0) - 1) < 0.6, "\(other as Any)")
    }

    @Test(arguments: 1...10)
    func `room is found where the slots suffice for both`(seed: UInt64) {
        for (window, other) in [(20, 25), (20, 15), (4, 5)] {
            var comparison = Comparison(window, against: other, slots: 30, seed: seed)
            let finding = comparison.finding()
            guard case .room = finding else {
                Issue.record("\(window) \(other) \(finding as Any)")
                continue
            }
        }
    }

    @Test func `nothing is found before both windows had the same share of cohorts, twice`() {
        var comparison = Comparison(20, against: 40, slots: 20)
        for _ in 0..<3 {
            comparison.add()
            #expect(comparison.test.finding(dispatch: 0) == nil)
        }
        comparison.add()
        #expect(comparison.test.finding(dispatch: 0) != nil)
    }

    @Test(arguments: 1...10)
    func `a service that becomes slower in between has no queue`(seed: UInt64) {
        var comparison = Comparison(20, against: 25, slots: 30, seed: seed)
        var finding: WindowTest.Finding?
        for turn in 0..<24 where finding == nil {
            comparison.add(mean: 20_000 * (1 + 0.05 * Double(turn)))
            finding = comparison.test.finding(dispatch: 0)
        }
        #expect(finding != nil && share(finding) == nil, "\(finding as Any)")
    }

    @Test func `a test ends, and doubt goes to the larger window`() {
        // Calls of the larger window take longer by less than half of what a queue adds: 0.1 of 0.25.
        var room = 0
        for seed in UInt64(1)...20 {
            var comparison = Comparison(20, against: 25, slots: 22.7, seed: seed)
            comparison.calls = 8
            let finding = comparison.finding()
            #expect(comparison.cohorts <= 2 * LatencyController.Tuning().mostPairs + 4 && finding != nil)
            if case .room = finding { room += 1 }
        }
        #expect(room >= 12, "\(room) of 20")
    }

    @Test func `the window after a test for less is the slots that its share shows, and a small queue`() {
        func window(share: Double) -> Int { Comparison(40, against: 30, slots: 1).test.window(share: share) }
        #expect(window(share: 1) >= 30 && window(share: 1) <= 33)
        #expect(window(share: 0.5) >= 35 && window(share: 0.5) <= 38)
        #expect(window(share: 0) <= 40 && window(share: 3) == window(share: 1), "never more than it was")
        #expect(Comparison(2, against: 1, slots: 1).test.window(share: 1) >= 1)
    }

    @Test func `after a test for more it stays, but where the slots are between two windows far apart`() {
        func window(_ other: Int, share: Double) -> Int {
            Comparison(20, against: other, slots: 1).test.window(share: share)
        }
        #expect(window(25, share: 0.6) == 20 && window(40, share: 1) == 20 && window(40, share: 2) == 20)
        #expect(window(40, share: 0.5) >= 30 && window(40, share: 0.5) <= 33)
        #expect(window(40, share: 0) == 40, "never more than was tried")
    }

    @Test(arguments: [1.0, 4, 32, 200, 5_000])
    func `a window has all slots and a queue of few calls`(slots: Double) {
        let window = WindowTest.window(slots: slots)
        #expect(Double(window) >= slots && Double(window) <= slots * 1.1 + 2)
    }
}
