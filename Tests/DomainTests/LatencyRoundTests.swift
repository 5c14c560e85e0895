import Base
import Testing

@testable import Domain

/// Rounds that do not get what they wait for: each of them ends, or takes its place in the next one.
@Suite struct LatencyRoundTests {
    /// Calls of 20 ms through a window that is used up, 40 at most, 1 ms a step; the calls that ended.
    private func serve(_ controller: inout LatencyController, from start: Int64, to end: Int64) -> Int64 {
        var due: [Int64] = []
        var ended: Int64 = 0
        for time in start..<end {
            for _ in due.prefix(while: { $0 <= time }) {
                controller.finished(latency: .milliseconds(20), isAnswered: true, now: at(time))
                ended += 1
            }
            due.removeAll { $0 <= time }
            let count = min(controller.tokens(now: at(time)), min(40, controller.window) - Int64(due.count))
            guard count > 0 else { continue }
            due += [Int64](repeating: time + 20, count: Int(count))
            controller.sent(count, inFlight: Int64(due.count), now: at(time))
        }
        return ended
    }

    @Test func `calls that were given back before the first answer do not hold it at ten a second`() {
        var controller = LatencyController(now: at(0))
        for time in Int64(1)...15 {
            controller.sent(1, inFlight: 1, now: at(100 * time))
            controller.withdrawn(1, now: at(100 * time + 2))
        }
        #expect(serve(&controller, from: 1_600, to: 4_600) > 600, "\(controller.snapshot)")
    }

    @Test func `a round of which no answer ever comes ends with the answers to later calls`() {
        var controller = LatencyController(now: at(0))
        for time in Int64(1)...15 { controller.sent(1, inFlight: 1, now: at(100 * time)) }
        #expect(serve(&controller, from: 1_600, to: 8_600) > 600, "\(controller.snapshot)")
    }

    @Test func `a round is over when the last call that it waited for is given back`() {
        var controller = LatencyController(now: at(0))
        for time in Int64(1)...10 { controller.sent(1, inFlight: 2, now: at(10 * time)) }
        for time in Int64(1)...9 {
            controller.finished(latency: .milliseconds(200), isAnswered: true, now: at(200 + 10 * time))
        }
        #expect(controller.snapshot.rate1000 == 0)
        controller.withdrawn(1, now: at(300))
        #expect(controller.snapshot.rate1000 > 0 && controller.snapshot.unloadedMicroseconds == 200_000)
    }

    @Test func `a call under way keeps its round, however long it takes`() {
        var controller = LatencyController(now: at(0))
        for time in Int64(1)...10 { controller.sent(1, inFlight: 2, now: at(10 * time)) }
        for time in Int64(1)...10 {
            controller.finished(latency: .seconds(60), isAnswered: true, now: at(60_000 + 10 * time))
        }
        #expect(controller.snapshot.unloadedMicroseconds == 60_000_000)
    }

    @Test func `what was given back was not sent: it is no rate that a collapse can be put down to`() {
        var controller = LatencyController(now: at(0))
        _ = serve(&controller, from: 0, to: 3_000)
        let rate = controller.snapshot.rate1000
        for time in Int64(3_000)..<3_500 {
            controller.sent(20, inFlight: 20, now: at(time))
            controller.withdrawn(20, now: at(time))
        }
        for time in Int64(3_500)..<4_100 {
            controller.sent(1, inFlight: 2, now: at(time))
            controller.finished(latency: .milliseconds(1), isAnswered: false, now: at(time))
        }
        #expect(controller.snapshot.reason == .errors)
        #expect(controller.snapshot.ceiling1000 ?? .max <= rate * 11 / 10, "\(controller.snapshot), \(rate)")
    }

    @Test(arguments: 1...20)
    func `stays within its bounds whatever is given back`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var controller = LatencyController(cap: seed % 2 == 0 ? 50 : nil, now: at(0))
        var now = at(0)
        for _ in 0..<2_000 {
            now = now + .microseconds(random.below(20_000))
            if random.below(2) == 0 { controller.sent(1 + random.below(9), inFlight: random.below(20), now: now) }
            if random.below(3) == 0 { controller.withdrawn(random.below(12), now: now) }
            if random.below(2) == 0 {
                let latency = TimeSpan.microseconds(random.below(1 << (1 + random.below(30))))
                controller.finished(latency: latency, isAnswered: random.below(20) > 0, now: now)
            }
            #expect((1...Int64(LatencyController.largest)).contains(controller.window))
            #expect(controller.pace1000 >= 1_000 && controller.snapshot.rate1000 >= 0)
        }
    }
}
