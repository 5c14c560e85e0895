import Base
import Domain
import Testing

/// What holds for any replies; how well it finds a group's capacity is for the simulation.
@Suite struct LatencyControllerTests {
    @Test func `begins with four calls in flight and knows nothing`() {
        let controller = LatencyController(now: at(0))
        #expect(controller.window == 4 && controller.snapshot.rate1000 == 0 && controller.snapshot.mode == "start")
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
            #expect(controller.tokens(now: now) >= 0 && controller.wait() >= .zero)
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

    @Test func `calls that fall due within four milliseconds go out together, and a slow pace lets each go alone`() {
        var lots: [Int64] = []
        for cap in [100, 2_000] as [Int64] {
            var controller = LatencyController(cap: cap, now: at(0))
            for time in Int64(0)..<400 {
                let tokens = controller.tokens(now: at(time))
                if tokens == 0 { #expect(controller.wait() > .zero && controller.wait() <= .milliseconds(10)) }
                controller.sent(tokens, inFlight: 0, now: at(time))
                if time >= 300, tokens > 0 { lots.append(tokens) }
            }
            // Ten of a hundred milliseconds; then at most one in four milliseconds, of which few are lost.
            #expect(
                cap == 100
                    ? lots == Array(repeating: 1, count: lots.count) && lots.count >= 9 : lots.allSatisfy { $0 >= 7 })
            lots.removeAll()
        }
        var controller = LatencyController(cap: 2_000, now: at(0))
        _ = controller.tokens(now: at(0))
        controller.sent(1, inFlight: 0, now: at(0))
        #expect(controller.tokens(room: 2, now: at(2)) >= 2, "a window with room for fewer waits for no more")
    }

    @Test func `errors of more than half of the calls halve the window, and answers double it back`() {
        for seed in 1...5 as ClosedRange<UInt64> {
            var service = FaultyService(seed: seed)
            service.run(to: 10_000)
            let before = service.controller.window
            #expect((8...16).contains(before), "\(before)")
            service.run(while: { $0.controller.snapshot.reason != .errors }, failing: 100)
            #expect((before / 4...before * 5 / 8).contains(service.controller.window), "\(service.controller.window)")
            #expect(service.controller.snapshot.reason == .errors && service.controller.mode == .relearn)
            service.run(to: service.time + 1_000) { _ in 100 }
            #expect(service.controller.window == 1, "it goes on until single calls go out")
            service.run(to: service.time + 1_500)
            #expect(service.controller.window >= before * 3 / 4, "\(service.controller.window) of \(before)")
            #expect(service.controller.mode != .relearn)
        }
    }

    /// - Parameter errors: when all calls fail for 200 ms, milliseconds.
    private func ceiling(after errors: [Int64], seed: UInt64 = 1) -> Int64? {
        var service = FaultyService(seed: seed)
        service.run(to: errors[errors.count - 1] + 300) { time in
            errors.contains { ($0..<$0 + 200).contains(time) } ? 100 : 0
        }
        return service.controller.snapshot.ceiling1000
    }

    @Test func `a ceiling is left by failures alone that come again, at the same rate and within half a minute`() {
        for seed in 1...5 as ClosedRange<UInt64> {
            #expect(ceiling(after: [10_000], seed: seed) == nil, "once is chance")
            #expect(ceiling(after: [10_000, 13_000], seed: seed) == nil, "they are one")
            #expect(ceiling(after: [10_000, 50_000], seed: seed) == nil, "they have nothing to do with each other")
            // 0.8 of the calls of the busiest second.
            let ceiling = ceiling(after: [10_000, 20_000], seed: seed) ?? 0
            #expect((300_000...700_000).contains(ceiling), "\(ceiling)")
        }
    }

    @Test func `the pace keeps to the ceiling, which rises by a quarter a second once it is calm for five`() throws {
        var service = FaultyService(seed: 1)
        service.run(to: 20_200) { (10_000..<10_200).contains($0) || $0 >= 20_000 ? 100 : 0 }
        service.run(to: 24_500)
        let ceiling = try #require(service.controller.snapshot.ceiling1000)
        #expect(service.controller.pace1000 <= ceiling && service.rate(22..<24) * 1_000 <= ceiling * 105 / 100)
        service.run(to: 29_000)
        let later = service.controller.snapshot.ceiling1000 ?? 0
        #expect((ceiling * 19 / 10...ceiling * 4).contains(later), "from 25 s on: \(ceiling) \(later)")
    }

    @Test func `the pace without a cap is four times what the window allows`() {
        var service = FaultyService(seed: 1)
        service.run(to: 10_000)
        let allowed = service.controller.window * 1_000_000 * 1_000 / service.controller.snapshot.unloadedMicroseconds
        let pace = service.controller.pace1000
        #expect((allowed * 3...allowed * 5).contains(pace), "\(pace) of \(allowed)")
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `errors that come at any rate do not bring the ceiling down to nothing`(seed: UInt64) {
        var service = FaultyService(seed: seed)
        service.run(to: 20_200) { (10_000..<10_200).contains($0) || $0 >= 20_000 ? 100 : 0 }
        let ceiling = service.controller.snapshot.ceiling1000 ?? 0
        #expect(ceiling > 0)
        // Too many to be accepted as the service's own, and single ones are answered in between.
        service.run(to: 140_000) { _ in 95 }
        let later = service.controller.snapshot.ceiling1000 ?? 0
        #expect(later >= ceiling / 4, "\(ceiling) \(later)")
    }

    @Test func `errors count also where there is little to send`() {
        var controller = LatencyController(now: at(0))
        for time in Int64(1)...10 {
            controller.sent(1, inFlight: 1, now: at(1_000 * time))
            controller.finished(latency: .milliseconds(5), isAnswered: time % 5 == 0, now: at(1_000 * time + 5))
            controller.interruptRound(now: at(1_000 * time + 6))
        }
        #expect(controller.snapshot.reason == .errors && controller.window <= 2)
    }

    @Test func `a group that nobody leads to gets nothing, and begins anew with what broke it in mind`() {
        var service = FaultyService(seed: 1)
        service.run(to: 20_200) { (10_000..<10_200).contains($0) || $0 >= 20_000 ? 100 : 0 }
        var controller = service.controller
        let ceiling = controller.snapshot.ceiling1000
        controller.die()
        let tokens = controller.tokens(now: at(21_100))
        #expect(controller.window == 0 && tokens == 0 && ceiling != nil)
        controller.finished(latency: .milliseconds(5), isAnswered: true, now: at(21_110))
        controller.join(now: at(21_200))
        #expect(controller.window == 4 && controller.snapshot.reason == .joined)
        #expect(controller.snapshot.ceiling1000 == ceiling)
    }

    @Test func `a declared floor holds against what was measured, and the cap against the floor`() throws {
        var service = FaultyService(seed: 1)
        service.run(to: 20_200) { (10_000..<10_200).contains($0) || $0 >= 20_000 ? 100 : 0 }
        var controller = service.controller
        let measured = try #require(controller.snapshot.ceiling1000)
        #expect(controller.pace1000 <= measured)
        controller.declare(cap: nil, floor: 900)
        #expect(controller.pace1000 == 900_000 && measured < 900_000)
        controller.declare(cap: 10, floor: 900)
        #expect(controller.pace1000 == 10_000 && controller.snapshot.reason == .capChanged)
    }

    @Test func `a hint is believed by half, and keeps the ceiling`() {
        let hint = CapacityHint(rate1000: 200_000, unloadedMicroseconds: 100_000, ceiling1000: 150_000)
        let controller = LatencyController(hint: hint, now: at(0))
        #expect(controller.window == 10 && controller.snapshot.reason == .hinted)
        #expect(controller.snapshot.rate1000 == 100_000 && controller.snapshot.ceiling1000 == 150_000)
        #expect(controller.hint(now: at(0)) == hint, "nothing was measured: it is passed on as it came")
    }

    @Test func `a new leader takes all of the window once half of it is seen to work`() {
        // What a service of ten slots and 20 ms can do.
        let hint = CapacityHint(rate1000: 500_000, unloadedMicroseconds: 20_000)
        var service = FaultyService(seed: 1, LatencyController(hint: hint, now: at(0)))
        #expect(service.controller.window == 5)
        service.run(while: { $0.controller.window == 5 }, failing: 0)
        #expect(service.controller.window == 10 && service.time <= 200, "\(service.controller.window) \(service.time)")
    }
}
