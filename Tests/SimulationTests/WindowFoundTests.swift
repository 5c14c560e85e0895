import Base
import Domain
import Testing

@testable import SimulationKit

/// The window that the controller of groups finds by itself before a service of slots and a queue.
@Suite struct WindowFoundTests {
    private typealias Regime = (seconds: Int64, milliseconds: Int64, slots: Int)

    private static let seeds = 1...4 as ClosedRange<UInt64>

    /// Runs one regime after the other, and returns what was chosen.
    private func run(
        _ regimes: [Regime], variation: Double = 0.5, seed: UInt64,
        pauses: [(from: TimeSpan, length: TimeSpan)] = [], _ change: (inout ServiceModel.Settings) -> Void = { _ in }
    ) -> ControllerRun {
        var (changes, end) = ([ServiceChange](), TimeSpan.seconds(regimes[0].seconds))
        for regime in regimes.dropFirst() {
            changes.append(ServiceChange(at: end, mean: .milliseconds(regime.milliseconds), slots: regime.slots))
            end = end + .seconds(regime.seconds)
        }
        var settings = ServiceModel.Settings(
            course: ServiceCourse(
                mean: .milliseconds(regimes[0].milliseconds), slots: regimes[0].slots, changes: changes,
                pauses: pauses))
        (settings.variation, settings.seed) = (variation, seed)
        change(&settings)
        let run = ControllerRun(settings)
        run.run(to: end)
        return run
    }

    /// Whether nearly all slots are busy, and no more calls wait than as many again and a few.
    private func isRight(_ window: Int, slots: Int) -> Bool { window * 10 >= slots * 8 && window <= slots * 2 + 6 }

    @Test(arguments: [(4, 20), (32, 20), (200, 30)] as [(Int, Int64)], [0.05, 0.5])
    func `finds the slots of a service that nothing is known of`(
        service: (slots: Int, seconds: Int64), variation: Double
    ) {
        for seed in Self.seeds {
            let found = run([(service.seconds, 100, service.slots)], variation: variation, seed: seed)
            let end = Int(service.seconds) * 1_000
            let window = found.median(end * 3 / 4..<end)
            #expect(isRight(window, slots: service.slots), "\(window) \(replay(seed))")
        }
    }

    @Test(arguments: seeds)
    func `calls that all take the same time show all slots within 30 of them`(seed: UInt64) {
        for slots in [4, 32, 200] {
            let found = run([(5, 100, slots)], variation: 0.05, seed: seed)
            #expect(found.median(3_000..<5_000) * 10 >= slots * 8, "\(found.median(3_000..<5_000)) \(replay(seed))")
        }
    }

    @Test(arguments: seeds)
    func `a service of one slot is not flooded`(seed: UInt64) {
        let found = run([(60, 100, 1)], seed: seed)
        #expect(found.median(30_000..<60_000) <= 16 && found.most(0..<60_000) <= 32, "\(replay(seed))")
    }

    @Test(arguments: seeds)
    func `keeps its window through a service ten times slower and ten times faster`(seed: UInt64) {
        let found = run([(10, 20, 8), (20, 200, 8), (15, 20, 8)], seed: seed)
        for time in [5_000..<10_000, 15_000..<30_000, 32_000..<45_000] as [Range<Int>] {
            #expect(isRight(found.median(time), slots: 8), "\(found.median(time)) at \(time) \(replay(seed))")
        }
        #expect(found.least(5_000..<45_000) >= 4, "\(found.least(5_000..<45_000)) \(replay(seed))")
    }

    @Test(arguments: seeds)
    func `finds more where there are eight times as many slots`(seed: UInt64) {
        let found = run([(10, 50, 4), (20, 50, 32)], seed: seed)
        #expect(found.median(5_000..<10_000) < 16)
        #expect(isRight(found.median(20_000..<30_000), slots: 32), "\(found.median(20_000..<30_000)) \(replay(seed))")
    }

    @Test(arguments: seeds)
    func `finds fewer where there is an eighth of the slots`(seed: UInt64) {
        let found = run([(10, 20, 32), (60, 20, 4)], seed: seed)
        #expect(found.median(5_000..<10_000) > 24)
        #expect(found.median(50_000..<70_000) <= 20, "\(found.median(50_000..<70_000)) \(replay(seed))")
    }

    @Test(arguments: seeds)
    func `most calls failing close it, and answers bring it back`(seed: UInt64) {
        let found = run([(30, 50, 20)], seed: seed) {
            $0.faults = [ServiceFault(.failure, from: .seconds(10), to: .seconds(14), perMille: 800)]
        }
        let before = found.median(5_000..<10_000)
        #expect(before >= 18 && found.least(10_000..<14_000) * 4 <= before, "\(replay(seed))")
        #expect(found.median(12_000..<14_000) * 2 <= before, "\(found.median(12_000..<14_000)) \(replay(seed))")
        #expect(found.reasons.contains(.errors))
        #expect(isRight(found.median(17_000..<30_000), slots: 20), "\(found.median(17_000..<30_000)) \(replay(seed))")
    }

    @Test(arguments: seeds)
    func `a tenth of the calls failing changes nothing`(seed: UInt64) {
        let found = run([(25, 50, 20)], seed: seed) {
            $0.faults = [ServiceFault(.failure, from: .seconds(10), to: .seconds(20), perMille: 100)]
        }
        #expect(!found.reasons.contains(.errors))
        #expect(found.least(8_000..<25_000) >= 12, "\(found.least(8_000..<25_000)) \(replay(seed))")
    }

    @Test(arguments: seeds)
    func `a window that breaks the service is left, and not tried again for a while`(seed: UInt64) {
        let found = run([(40, 50, 32)], seed: seed) { $0.collapsesAbove = 48 }
        #expect(found.most(0..<10_000) > 48, "it grows until it breaks")
        #expect(found.percent(above: 48, 5_000..<40_000) <= 10, "\(replay(seed))")
        #expect(isRight(found.median(10_000..<40_000), slots: 32), "\(found.median(10_000..<40_000)) \(replay(seed))")
    }

    @Test(arguments: seeds)
    func `a pause costs no window`(seed: UInt64) {
        let pause = (from: TimeSpan.seconds(10), length: TimeSpan.milliseconds(1_500))
        let found = run([(20, 100, 16)], seed: seed, pauses: [pause])
        #expect(isRight(found.median(7_000..<10_000), slots: 16))
        #expect(found.least(10_000..<20_000) >= 8, "\(found.least(10_000..<20_000)) \(replay(seed))")
    }
}
