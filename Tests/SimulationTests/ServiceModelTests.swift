import Base
import TestKit
import Testing

@testable import SimulationKit

/// The simulated order service: its times, its slots and its queue.
@Suite struct ServiceModelTests {
    @Test(arguments: ServiceTimes.Shape.allCases, [0.05, 0.5, 2])
    func `times have the mean and the variation that they claim`(shape: ServiceTimes.Shape, variation: Double) {
        var times = ServiceTimes(shape, variation: variation, slots: 1, seed: 1)
        let count = 200_000
        let values = (0..<count).map { _ in times.next() }
        let mean = values.reduce(0, +) / Double(count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
        // Correlated ones are as good as a tenth as many.
        let error = (shape == .correlated ? 0.05 : 0.015) * variation
        #expect(abs(mean - 1) < error && values.allSatisfy { $0 > 0 }, "\(mean)")
        // Few values make half of a lognormal's variance.
        #expect(abs(variance.squareRoot() / mean / variation - 1) < (variation > 1 ? 0.12 : 0.03), "\(variance)")
    }

    @Test func `only the correlated times depend on the one before`() {
        for shape in ServiceTimes.Shape.allCases {
            var times = ServiceTimes(shape, variation: 0.5, slots: 4, seed: 2)
            let values = (0..<50_000).map { _ in naturalLogarithm(times.next()) }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let product = zip(values, values.dropFirst()).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - mean) }
            let expected = shape == .correlated ? 0.49 : 0
            #expect(abs(product / variance - expected) < 0.04, "\(shape): \(product / variance)")
        }
    }

    @Test func `the exponential function is the inverse of the logarithm`() {
        for step in -60...60 {
            let x = Double(step) / 3
            #expect(abs(naturalLogarithm(exponential(x)) - x) < 1e-12)
        }
    }

    /// A service with calls of almost the same length, and when each ended.
    private final class Rig {
        let world = VirtualWorld(seed: 1)
        let service: ServiceModel
        var ends: [(call: Int, at: Int64, ending: ServiceModel.Ending)] = []
        private var calls = 0

        init(_ course: ServiceCourse, _ change: (inout ServiceModel.Settings) -> Void = { _ in }) {
            var settings = ServiceModel.Settings(course: course)
            settings.variation = 0.01
            change(&settings)
            service = ServiceModel(world, settings)
        }

        @discardableResult
        func call(_ count: Int) -> [ServiceFault.Kind?] {
            (0..<count).map { _ in
                calls += 1
                return service.call { [unowned self, calls] in
                    ends.append((calls, world.now.nanoseconds / 1_000_000, $0))
                }
            }
        }

        func run(to milliseconds: Int64) { world.run(to: MonotonicInstant(nanoseconds: milliseconds * 1_000_000)) }
    }

    @Test func `as many calls as there are slots are served at once, the others in their order`() {
        let rig = Rig(ServiceCourse(mean: .milliseconds(100), slots: 3))
        rig.call(10)
        #expect(rig.service.busy == 3 && rig.service.waiting == 7)
        rig.run(to: 250)
        #expect(rig.ends.count == 6 && rig.service.busy == 3 && rig.service.waiting == 1)
        rig.run(to: 500)
        #expect(rig.ends.count == 10 && rig.service.busy == 0 && rig.service.mostInside == 10)
        // Ten of one hundredth more or less, three at a time.
        #expect(Set(rig.ends[..<3].map(\.call)) == [1, 2, 3] && rig.ends.last?.call == 10)
        #expect((390...410).contains(rig.ends.last?.at ?? 0), "\(rig.ends)")
    }

    @Test func `a change of speed reaches the calls that are in it, and more slots those that wait`() {
        let change = ServiceChange(at: .milliseconds(50), mean: .milliseconds(1_000), slots: 2)
        let rig = Rig(ServiceCourse(mean: .milliseconds(100), slots: 1, changes: [change]))
        rig.call(2)
        rig.run(to: 60)
        #expect(rig.service.busy == 2 && rig.service.waiting == 0)
        rig.run(to: 2_000)
        // Half of the first is done by then; the second begins there.
        #expect(rig.ends.map(\.call) == [1, 2])
        #expect((530...570).contains(rig.ends[0].at) && (1_020...1_080).contains(rig.ends[1].at), "\(rig.ends)")
    }

    @Test func `nothing ends in a pause, and what was in it ends as much later`() {
        let course = ServiceCourse(
            mean: .milliseconds(100), slots: 2, pauses: [(from: .milliseconds(50), length: .milliseconds(700))])
        let rig = Rig(course)
        rig.call(4)
        rig.run(to: 749)
        #expect(rig.ends.isEmpty)
        rig.run(to: 2_000)
        #expect(rig.ends.count == 4 && (790...810).contains(rig.ends[0].at), "\(rig.ends)")
        #expect((890...910).contains(rig.ends[3].at), "\(rig.ends)")
        #expect(abs(course.capacity(from: .zero, to: .seconds(1)) - 6) < 0.001)
    }

    @Test func `a ramp goes from one speed to the other in steps of one factor`() {
        let change = ServiceChange(at: .seconds(1), mean: .milliseconds(400), slots: 9, ramp: .seconds(16))
        let course = ServiceCourse(mean: .milliseconds(100), slots: 1, changes: [change])
        func at(_ milliseconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: milliseconds * 1_000_000) }
        #expect(course.mean(at: at(999)) == .milliseconds(100) && course.slots(at: at(999)) == 1)
        #expect(abs(course.mean(at: at(8_500)).wholeMilliseconds - 200) <= 1 && course.slots(at: at(8_500)) == 5)
        #expect(course.mean(at: at(17_000)) == .milliseconds(400) && course.slots(at: at(17_000)) == 9)
    }

    @Test func `above its load it collapses, and serves less the more is sent`() {
        func served(inside count: Int) -> Int {
            let rig = Rig(ServiceCourse(mean: .milliseconds(10), slots: 2)) { $0.collapsesAbove = 6 }
            rig.service.onRoom = { [unowned rig] in
                if rig.service.busy + rig.service.waiting < count { rig.call(1) }
            }
            rig.call(count)
            rig.run(to: 2_000)
            return rig.ends.count
        }
        // Where one ends and the next one begins there is one less.
        #expect((390...410).contains(served(inside: 7)))
        #expect((45...55).contains(served(inside: 8)))
    }

    @Test func `faults are a share of the calls, at their time`() {
        let fault = ServiceFault(.failure, from: .milliseconds(1_000), to: .milliseconds(2_000), perMille: 300)
        let busy = ServiceFault(
            .busy(retryAfter: .seconds(1)), from: .milliseconds(2_000), to: .milliseconds(3_000), perMille: 1_000)
        let rig = Rig(ServiceCourse(mean: .milliseconds(1), slots: 1)) { $0.faults = [fault, busy] }
        rig.call(2_000)
        rig.run(to: 2_500)
        let failed = rig.ends.filter { $0.ending != .served }
        #expect(failed.allSatisfy { $0.at >= 1_000 } && (250...350).contains(failed.count), "\(failed.count)")
        #expect(rig.call(1) == [.busy(retryAfter: .seconds(1))])
        rig.run(to: 3_000)
        #expect(rig.call(1) == [nil])
    }
}
