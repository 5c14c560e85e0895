import Base
import Domain
import Testing

/// A service of ten slots and 20 ms behind a controller, with errors that have nothing to do with load.
private struct Faulty {
    var controller = LatencyController(now: at(0))
    var random: SplitMix64
    var slots = [Int64](repeating: 0, count: 10)  // when each is free, ms
    var calls: [(ends: Int64, sentAt: Int64, isAnswered: Bool)] = []
    var completed: [Int64] = []  // by second

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// - Parameter percent: of the calls that fail.
    mutating func run(seconds: Int64, failing percent: (Int64) -> Int64) {
        completed = [Int64](repeating: 0, count: Int(seconds))
        for time in 0..<seconds * 1_000 {
            let now = at(time)
            for call in calls where call.ends <= time {
                controller.finished(
                    latency: .milliseconds(time - call.sentAt), isAnswered: call.isAnswered, now: now)
                completed[Int(time / 1_000)] += 1
            }
            calls.removeAll { $0.ends <= time }
            var tokens = min(controller.tokens(now: now), controller.window - Int64(calls.count))
            while tokens > 0 {
                tokens -= 1
                let slot = slots.indices.min { slots[$0] < slots[$1] } ?? 0
                slots[slot] = max(slots[slot], time) + 15 + random.below(11)
                calls.append((slots[slot], time, random.below(100) >= percent(time)))
                controller.sent(1, inFlight: Int64(calls.count), now: now)
            }
        }
    }

    func rate(_ seconds: Range<Int>) -> Int64 { completed[seconds].reduce(0, +) / Int64(seconds.count) }
}

@Test(arguments: [0, 5, 15, 30, 50], 1...5 as ClosedRange<UInt64>)
func `errors that stay however little is sent do not hold the drain down`(percent: Int64, seed: UInt64) {
    var service = Faulty(seed: seed)
    service.run(seconds: 90) { _ in percent }
    #expect(service.rate(60..<90) >= 300, "\(service.rate(60..<90)) of 500, \(service.controller.snapshot)")
}

@Test(arguments: 1...5 as ClosedRange<UInt64>)
func `errors that come and go leave nothing behind`(seed: UInt64) {
    var service = Faulty(seed: seed)
    service.run(seconds: 150) { (20_000..<60_000).contains($0) ? 40 : 0 }
    #expect(service.rate(45..<60) >= 300, "\(service.rate(45..<60)) of 500 while they last")
    #expect(service.rate(120..<150) >= 400, "\(service.rate(120..<150)) of 500 once they are gone")
}

@Test func `where nearly all calls fail single ones go out`() {
    var service = Faulty(seed: 9)
    service.run(seconds: 60) { _ in 95 }
    #expect(service.rate(30..<60) <= 60, "\(service.rate(30..<60)) a second")
    #expect(service.controller.window <= 2)
}

@Test(arguments: 1...5 as ClosedRange<UInt64>)
func `one that was dead from the first call leaves no ceiling`(seed: UInt64) {
    var service = Faulty(seed: seed)
    service.run(seconds: 60) { $0 < 30_000 ? 100 : 0 }
    #expect(service.controller.snapshot.ceiling1000 == nil)
    #expect(service.rate(40..<60) >= 400, "\(service.rate(40..<60)) of 500 once it lives")
}
