import Base
import Domain
import Testing

/// Whether the window finds what a worker can do, in virtual time.
@Suite struct WindowTests {
    static let shapes: [(Int64, Service)] = [1, 4, 5, 16].flatMap { slots in
        [.always(microseconds: 20_000), .gamma(mean: 20_000), .exponential(mean: 20_000)].map { (slots, $0) }
    }

    /// Purchases per second when no slot is ever idle.
    static func ideal(_ run: WindowRun) -> Double { Double(run.slots) * 1e6 / Double(run.service.mean) }

    @Test(arguments: shapes)
    func `finds the slots within 4 s of a cold start and stays at the knee`(slots: Int64, service: Service) {
        for seed in service.seeds(slots: slots) {
            var run = WindowRun(seed: seed, slots: slots, service: service)
            run.run(to: 4)
            // The short rounds of the start know a rate of such orders within a third only.
            let bound = if case .exponential = service { 4 * run.knee } else { run.atMost }
            #expect(run.most <= bound, "\(run.most) \(replay(seed))")
            let found = run.run(to: 5)
            #expect(Double(found) >= 0.8 * Self.ideal(run) * Self.luck(service, over: found), "\(replay(seed))")

            var windows: [Int64] = []
            let before = run.completed
            for tick in 1...50 {
                run.run(to: 5 + Double(tick) * 0.2)
                windows.append(run.window.window)
            }
            let rate = Double(run.completed - before) / 10
            let knee = run.knee
            // One slot that serves very unevenly is mostly left with one purchase: a second would wait far longer than
            // it gains.
            let isAlone = if case .exponential = service { slots == 1 } else { false }
            let least = (isAlone ? 0.9 : 0.95) * Self.ideal(run)
            #expect(rate >= least * Self.luck(service, over: run.completed - before), "\(replay(seed))")
            #expect(
                windows.min()! * 10 >= (isAlone ? 1 : knee) * 9 && windows.max()! <= run.atMost,
                "\(windows) \(replay(seed))")
        }
    }

    @Test(arguments: shapes)
    func `follows a worker that becomes 10 times slower, and 10 times faster again`(slots: Int64, service: Service) {
        for seed in service.seeds(slots: slots) {
            var run = WindowRun(seed: seed, slots: slots, service: service)
            let slow: Service =
                switch service {
                case .always(let mean): .always(microseconds: 10 * mean)
                case .gamma(let mean): .gamma(mean: 10 * mean)
                case .exponential(let mean): .exponential(mean: 10 * mean)
                }
            run.run(to: 5)
            run.service = slow
            run.run(to: 10)
            #expect(run.most <= 2 * slots + 4, "\(run.most) \(replay(seed))")
            let slowly = run.run(to: 40)
            #expect(Double(slowly) >= 0.9 * 30 * Self.ideal(run) * Self.luck(service, over: slowly), "\(replay(seed))")
            #expect(run.most <= run.atMost, "\(run.most) \(replay(seed))")

            run.service = service
            run.run(to: 45)
            let again = run.run(to: 49)
            #expect(Double(again) >= 0.9 * 4 * Self.ideal(run) * Self.luck(service, over: again), "\(replay(seed))")
            #expect(run.most <= run.atMost, "\(run.most) \(replay(seed))")
        }
    }

    /// What few random orders may fall short of their mean: two deviations of the mean of `count`.
    private static func luck(_ service: Service, over count: Int64) -> Double {
        switch service {
        case .always: 1
        case .gamma: 1 - 1 / Double(max(1, count)).squareRoot()
        case .exponential: 1 - 2 / Double(max(1, count)).squareRoot()
        }
    }

    @Test(arguments: [Service.always(microseconds: 20_000), .gamma(mean: 20_000)])
    func `follows a worker that gets more slots, and fewer again`(service: Service) {
        for seed in service.seeds(slots: 4) {
            var run = WindowRun(seed: seed, slots: 4, service: service)
            run.run(to: 5)
            run.slots = 16
            run.run(to: 10)
            let more = run.run(to: 14)
            #expect(
                Double(more) >= 0.95 * 4 * Self.ideal(run) * Self.luck(service, over: more), "\(more) \(replay(seed))")
            run.slots = 4
            run.run(to: 19)
            run.run(to: 25)
            #expect(run.most <= run.atMost, "\(run.most) \(replay(seed))")
        }
    }

    @Test func `a worker with pauses keeps its throughput, and gets no more than before`() {
        for seed in Seeds.window {
            var run = WindowRun(seed: seed, slots: 4, service: .gamma(mean: 20_000))
            run.run(to: 5)
            var frozen = 0.0
            let before = run.completed
            for pause in 0..<10 {
                let length = run.random.below(300) + 200
                run.freeze(.milliseconds(length))
                frozen += Double(length) / 1_000
                run.run(to: 10 + Double(pause) * 5)
                #expect(run.most <= run.atMost, "\(run.most) \(replay(seed))")
            }
            let ideal = Self.ideal(run) * (50 - frozen)
            #expect(Double(run.completed - before) >= 0.93 * ideal, "\(replay(seed))")
        }
    }

    @Test(arguments: [1, 4, 16])
    func `a long dispatch to the worker does not starve it`(slots: Int64) {
        // 3 ms each direction: about what a store in another building costs.
        var run = WindowRun(slots: slots, service: .always(microseconds: 20_000))
        run.link = .milliseconds(3)
        for _ in 0..<9 { run.window.answered(after: .milliseconds(6)) }
        run.run(to: 4)
        let found = run.run(to: 14)
        #expect(Double(found) >= 0.95 * 10 * Self.ideal(run))
        #expect(run.most <= run.atMost)
    }

    @Test(arguments: [500_000, 3_900_000, 20_000_000])
    func `a worker of long orders, fewer than one a second, keeps its slots busy`(execution: Int64) {
        var run = WindowRun(slots: 4, service: .always(microseconds: execution))
        let second = Double(execution) / 1e6
        run.run(to: 40 * second)
        let found = run.run(to: 140 * second)
        #expect(found >= 380, "of 400")
        #expect(run.window.window >= 4 && run.most <= 10)
    }

    @Test func `learns nothing from bursts that are smaller than what the worker could do`() {
        // As many purchases as the window holds, then nothing for a while: the window is used up each time, and yet the
        // worker idles. It can do 200 a second.
        var run = WindowRun(slots: 4, service: .always(microseconds: 20_000))
        run.run(to: 5)
        let (rate, window) = (run.window.rate, run.window.window)
        #expect(rate > 150)
        run.work = 0
        for burst in 0..<200 {
            run.run(to: 6 + Double(burst))
            run.work = window
        }
        #expect(run.window.rate == rate && run.window.window == window)
    }

    @Test func `a cold window learns nothing from bursts either, and opens when there is work`() {
        var run = WindowRun(slots: 4, service: .always(microseconds: 20_000))
        run.work = 0
        for burst in 0..<100 {
            run.run(to: Double(burst))
            run.work = 2
        }
        #expect(run.window.mode == .start(flat: 0) && run.window.window == 2 && run.window.rate == 0)
        run.work = .max
        run.run(to: 102)
        #expect(Double(run.run(to: 112)) >= 0.98 * 10 * Self.ideal(run))
    }
}
