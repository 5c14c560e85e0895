import Base
import Testing

@testable import Domain

/// The small parts of the search for a window, each by itself.
@Suite struct WindowPartsTests {
    @Test(arguments: 1...20)
    func `the recent median is the middle of the last eight`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var (median, all) = (RecentMedian(), [Double]())
        #expect(median.median == 0)
        for _ in 0..<100 {
            let value = Double(random.below(seed % 2 == 0 ? 4 : 1_000_000))
            median.add(value)
            all.append(value)
            let last = all.suffix(8).sorted()
            #expect(median.median == last[last.count / 2])
        }
    }

    // MARK: A window that broke the service

    @Test func `a window that broke the service is not tried for a while, nor one near it`() {
        var broken = BrokenWindow()
        #expect(broken.most(now: at(99_000)) == Int(LatencyController.largest) && !broken.isRemembered(now: at(99_000)))
        broken.broke(at: 40, now: at(100_000))
        #expect(broken.isRemembered(now: at(104_999)) && broken.most(now: at(104_999)) == 30)
        #expect(!broken.isRemembered(now: at(105_000)) && broken.most(now: at(105_000)) > 40)
    }

    @Test func `each time that it breaks again it is left alone for twice as long, 40 s at most`() {
        var broken = BrokenWindow()
        func length(after time: Int64) -> Int64 {
            broken.broke(at: 40, now: at(time))
            return (1...100).first { !broken.isRemembered(now: at(time + $0 * 1_000)) } ?? 0
        }
        #expect([100_000, 106_000, 117_000, 138_000, 179_000].map(length) == [5, 10, 20, 40, 40])
        #expect(length(after: 900_000) == 5, "long ago: it is as if it were the first time")
    }

    @Test func `one call at a time breaks nothing`() {
        var broken = BrokenWindow()
        broken.broke(at: 1, now: at(0))
        #expect(!broken.isRemembered(now: at(1)))
        broken.broke(at: 2, now: at(0))
        #expect(broken.most(now: at(1)) == 1)
    }

    // MARK: Calls in flight

    @Test func `calls are back when nine of ten are, and half back when those in the slots are`() {
        var watch = CallWatch(20, at: at(100))
        for _ in 0..<8 { watch.finished(sentAt: at(50)) }
        #expect(!watch.isHalfBack)
        watch.finished(sentAt: at(99))
        #expect(watch.isHalfBack && !watch.isBack)
        for _ in 0..<9 { watch.finished(sentAt: at(50)) }
        #expect(watch.isBack)
    }

    @Test func `calls that were sent later do not count, unless so many are back that it hardly matters`() {
        var watch = CallWatch(10, at: at(100))
        for _ in 0..<30 { watch.finished(sentAt: at(100)) }
        #expect(!watch.isHalfBack)
        for _ in 0..<9 { watch.finished(sentAt: at(100)) }
        #expect(watch.isBack, "their own reports were lost")
        watch = CallWatch(10, at: at(100))
        watch.withdrawn(9)
        #expect(watch.isBack, "they were given back")
    }

    @Test func `a drain ends when the calls are back that were out, and nothing is drained where none were`() {
        var flight = FlightWatch()
        flight.beginDrain(now: at(0))
        #expect(!flight.isDraining && flight.isRaisedBack)
        flight.sent(inFlight: 10)
        flight.raise(now: at(10))
        flight.beginDrain(now: at(10))
        #expect(flight.isDraining && !flight.isDrained && !flight.isRaisedBack)
        for _ in 0..<5 { flight.finished(sentAt: at(1)) }
        #expect(flight.isRaisedBack && !flight.isDrained)
        flight.withdrawn(4)
        #expect(flight.isDrained)
        flight.endDrain()
        #expect(!flight.isDraining)
        flight.withdrawn(9)
        flight.beginDrain(now: at(20))
        #expect(!flight.isDraining, "fewer than none are not in flight")
    }

    // MARK: Failures

    @Test func `what it bore before the first of some failures is remembered`() {
        var failures = CallFailures()
        #expect(!failures.isGoingOn && failures.windowBefore == nil)
        failures.begin(window: 40, same: .seconds(10), now: at(20_000))
        failures.begin(window: 20, same: .seconds(10), now: at(20_100))
        #expect(failures.isGoingOn && failures.windowBefore == 40)
        failures.end()
        failures.begin(window: 5, same: .seconds(10), now: at(30_000))
        #expect(failures.windowBefore == 40, "soon after each other they are one")
        failures.end()
        failures.begin(window: 5, same: .seconds(10), now: at(40_000))
        #expect(failures.windowBefore == 5)
        failures.end()
        failures.begin(window: 9, same: .seconds(10), now: at(41_000))
        #expect(failures.windowBefore == 9)
    }

    @Test func `a single failure is remembered for as long as was requested`() {
        var failures = CallFailures()
        #expect(!failures.hadSome(within: 1e9, now: at(0)))
        failures.callFailed(now: at(100))
        #expect(failures.hadSome(within: 2_000, now: at(101)) && !failures.hadSome(within: 2_000, now: at(102)))
        #expect(!failures.isGoingOn)
    }

    // MARK: Measures

    /// The first change that cohorts of this mean are taken for, and after how many; nil: of 20 none.
    private func change(of measures: inout WindowMeasures, to mean: Double) -> WindowMeasures.Change? {
        for _ in 0..<20 {
            let change = measures.learn(mean: mean, window: 4, dispatch: 0, LatencyController.Tuning())
            if let change { return change }
        }
        return nil
    }

    @Test func `calls that take longer are seen once, and so are shorter ones`() {
        var measures = WindowMeasures()
        measures.settle(mean: 20_000)
        #expect(measures.unloaded == 20_000 && measures.mean == 20_000)
        #expect(change(of: &measures, to: 22_000) == nil && change(of: &measures, to: 18_000) == nil)
        #expect(change(of: &measures, to: 200_000) == .longer(from: 20_000))
        for _ in 0..<40 { _ = change(of: &measures, to: 200_000) }
        #expect(change(of: &measures, to: 200_000) == nil && abs(measures.mean / 200_000 - 1) < 0.01)
        #expect(measures.unloaded == 20_000, "that may be a queue")
        measures.settle()
        #expect(abs(measures.unloaded / 200_000 - 1) < 0.01, "and none was found")
        #expect(change(of: &measures, to: 20_000) == .shorter)
    }

    @Test func `one slow cohort is no change`() {
        var measures = WindowMeasures()
        measures.settle(mean: 20_000)
        #expect(measures.learn(mean: 30_000, window: 4, dispatch: 0, LatencyController.Tuning()) == nil)
        #expect(measures.mean > 20_000 && measures.mean < 30_000 && measures.rates.newest > 130_000)
    }

    @Test func `a window that grew shows the rate that it allows`() {
        var measures = WindowMeasures()
        measures.assume(rate1000: 70_000, unloaded: 9_000)
        #expect(measures.unloaded == 9_000 && measures.rates.isAssumed && measures.rates.best == 70_000)
        measures.grew(to: 8, mean: 18_000, dispatch: 2_000)
        #expect(measures.rates.newest == 400_000 && measures.mean == 18_000 && measures.unloaded == 18_000)
        measures.grew(to: 65_536, mean: 0, dispatch: 0)
        #expect(measures.rates.newest == RateMemory.fastest)
    }
}
