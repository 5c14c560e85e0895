import Base
import Domain
import Testing

/// What holds for any replies; how well it finds a group's capacity is for the simulation.
@Suite struct LatencyControllerTests {
    @Test func `begins with two calls in flight and knows nothing`() {
        let controller = LatencyController(now: at(0))
        #expect(controller.window == 2 && controller.snapshot.rate1000 == 0 && controller.snapshot.mode == "start")
        #expect(controller.snapshot.reason == .coldStart && controller.hint(now: at(0)) == nil)
    }

    @Test(arguments: 1...50)
    func `stays within its bounds for any times from 1 µs to 1 h, in any order, doubled or never sent`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let cap: Int64? = seed % 2 == 0 ? 1 + random.below(1 << (1 + random.below(20))) : nil
        var controller = LatencyController(cap: cap, now: at(0))
        var now = at(0)
        for _ in 0..<2_000 {
            let span = random.below(1 << (1 + random.below(42)))
            now = now + .nanoseconds(random.below(4) == 0 ? 0 : span)
            if random.below(2) == 0 { controller.sent(1 + random.below(3), inFlight: random.below(100), now: now) }
            let latency = TimeSpan.nanoseconds(random.below(1 << (1 + random.below(42))) - 5)
            controller.finished(latency: latency, isAnswered: random.below(10) > 0, now: now)
            if random.below(50) == 0 { controller.interruptRound(now: now) }
            if random.below(50) == 0 { controller.charge(random.below(5), now: now) }
            #expect((1...Int64(LatencyController.largest)).contains(controller.window))
            #expect(controller.pace1000 >= 1_000 && controller.pace1000 <= (cap ?? 10_000_000) * 1_000)
            #expect(controller.tokens(now: now) >= 0 && controller.wait >= .zero)
            let state = controller.snapshot
            #expect((0...3_600_000_000).contains(state.unloadedMicroseconds) && state.rate1000 >= 0)
        }
    }

    @Test(arguments: [30, 700, 20_000] as [Int64])
    func `a declared cap holds in every second, whatever the replies say`(cap: Int64) {
        var controller = LatencyController(cap: cap, now: at(0))
        var sends: [Int64] = []
        for time in Int64(0)..<4_000 {
            let tokens = controller.tokens(now: at(time))
            for _ in 0..<tokens { sends.append(time) }
            controller.sent(tokens, inFlight: 0, now: at(time))
            for _ in 0..<tokens { controller.finished(latency: .microseconds(100), isAnswered: true, now: at(time)) }
        }
        var first = 0
        for (index, time) in sends.enumerated() {
            while time - sends[first] > 1_000 { first += 1 }
            if Int64(index - first + 1) > cap + 1 { Issue.record("\(index - first + 1) at \(time)") }
        }
        #expect(Int64(sends.count) >= 4 * cap * 95 / 100, "\(sends.count)")
    }

    @Test func `errors close it to one, and leave a ceiling below what was sent, once an incident`() {
        var controller = LatencyController(now: at(0))
        var time: Int64 = 0
        func pass(_ count: Int, every milliseconds: Int64, isAnswered: Bool) {
            for _ in 0..<count {
                time += milliseconds
                controller.sent(1, inFlight: 2, now: at(time))
                controller.finished(latency: .milliseconds(5), isAnswered: isAnswered, now: at(time + 5))
            }
        }
        pass(400, every: 20, isAnswered: true)  // 50 a second
        pass(3, every: 20, isAnswered: false)
        pass(60, every: 20, isAnswered: false)
        #expect(controller.snapshot.reason == .errors && controller.window == 1)
        // 0.8 of 50, though many more errors came of the same incident.
        #expect((38_000...42_000).contains(controller.snapshot.ceiling1000 ?? 0), "\(controller.snapshot)")
        #expect(controller.pace1000 <= controller.snapshot.ceiling1000 ?? 0)
        pass(40, every: 30, isAnswered: true)
        #expect(controller.snapshot.mode != "relearn" && controller.snapshot.reason != .errors)
        let ceiling = controller.snapshot.ceiling1000 ?? 0
        pass(1_500, every: 20, isAnswered: true)
        let later = controller.snapshot.ceiling1000 ?? 0
        #expect(later > ceiling && later <= ceiling * 12 / 10, "1 % a second after 20 s of calm: \(ceiling) \(later)")
    }

    @Test func `errors that come at any rate do not bring the ceiling down to nothing`() {
        var random = SplitMix64(seed: 1)
        var controller = LatencyController(now: at(0))
        var time: Int64 = 0
        func pass(_ latency: Int64, until end: Int64, failsOneOf: Int64?) {
            while time < end {
                time += 1
                guard controller.tokens(now: at(time)) > 0 else { continue }
                controller.sent(1, inFlight: controller.window, now: at(time))
                time += latency
                let isAnswered = failsOneOf.map { random.below($0) > 0 } ?? true
                controller.finished(latency: .milliseconds(latency), isAnswered: isAnswered, now: at(time))
            }
        }
        pass(10, until: 20_000, failsOneOf: nil)
        // Then a fifth of all calls fails for ten minutes, and it is slow: 2 a second, three errors in many seconds.
        pass(500, until: 620_000, failsOneOf: 5)
        let ceiling = controller.snapshot.ceiling1000  // nil once the errors are known for its own
        #expect(ceiling.map { $0 >= 20_000 } ?? true, "\(ceiling ?? 0)")
    }

    @Test func `errors count also where there is little to send`() {
        var controller = LatencyController(now: at(0))
        for time in Int64(1)...10 {
            controller.sent(1, inFlight: 1, now: at(1_000 * time))
            controller.finished(latency: .milliseconds(5), isAnswered: time % 2 == 0, now: at(1_000 * time + 5))
            controller.interruptRound(now: at(1_000 * time + 6))
        }
        #expect(controller.snapshot.reason == .errors && controller.window == 1)
    }

    @Test func `a group that nobody leads to gets nothing, and begins anew with what broke it in mind`() {
        var controller = LatencyController(now: at(0))
        for time in Int64(1)...100 {
            controller.sent(1, inFlight: 2, now: at(10 * time))
            controller.finished(latency: .milliseconds(5), isAnswered: time <= 50, now: at(10 * time))
        }
        let ceiling = controller.snapshot.ceiling1000
        controller.die()
        #expect(controller.window == 0 && controller.tokens(now: at(1_100)) == 0 && ceiling != nil)
        controller.finished(latency: .milliseconds(5), isAnswered: true, now: at(1_110))
        controller.join(now: at(1_200))
        #expect(controller.window == 2 && controller.snapshot.reason == .joined)
        #expect(controller.snapshot.ceiling1000 == ceiling)
    }

    @Test func `a declared floor holds against what was measured, and the cap against the floor`() {
        var controller = LatencyController(cap: 40, floor: 20, now: at(0))
        for time in Int64(1)...100 {
            controller.sent(1, inFlight: 2, now: at(200 * time))
            controller.finished(latency: .milliseconds(5), isAnswered: time <= 50, now: at(200 * time))
        }
        #expect(controller.pace1000 == 20_000)
        controller.declare(cap: 10, floor: 20)
        #expect(controller.pace1000 == 10_000 && controller.snapshot.reason == .capChanged)
    }

    @Test func `a hint is believed by half, and keeps the ceiling`() {
        let hint = CapacityHint(rate1000: 200_000, unloadedMicroseconds: 100_000, ceiling1000: 150_000)
        let controller = LatencyController(hint: hint, now: at(0))
        #expect(controller.window == 10 && controller.snapshot.reason == .hinted)
        #expect(controller.snapshot.rate1000 == 100_000 && controller.snapshot.ceiling1000 == 150_000)
        #expect(controller.hint(now: at(0)) == hint, "nothing was measured: it is passed on as it came")
    }
}
