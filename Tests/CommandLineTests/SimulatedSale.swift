import Base
import CommandLineModule
import Glibc

/// A sale buyer by buyer in virtual time: Poisson arrivals, a spike of buyers evenly at random, exponential service,
/// one queue, first come first served. It shares no formula with the plan that it checks.
struct SimulatedSale {
    private(set) var waits: [Double] = []  // seconds of those who were taken, in the order of taking
    private(set) var meanWaiting = 0.0  // purchases, over time
    private(set) var meanBusy = 0.0  // slots, over time
    private(set) var peakWaiting = 0
    private(set) var fullSeconds: Double?
    private(set) var admitted = 0
    private(set) var refusedFull = 0
    private(set) var refusedSoldOut = 0
    private(set) var soldOutSeconds: Double?
    private(set) var losers = 0
    private(set) var longestLoserWait: Double?

    private let conditions: SaleConditions
    private var generator: SplitMix64
    private var now = 0.0
    private var spike: [Double]  // latest first
    private var nextSteady: Double
    private var finishing = EarliestFirst()
    private var queue: [Double] = []  // arrivals, oldest first
    private var head = 0

    /// - Parameter buyers: how many arrivals to look at; a sale with stock for all of them is the long run.
    init(_ conditions: SaleConditions, seed: UInt64, buyers: Int = .max) {
        self.conditions = conditions
        var source = SplitMix64(seed: seed)
        spike = (0..<Int(conditions.spikeArrivals)).map { _ in conditions.spikeSeconds * source.share() }
        spike.sort(by: >)
        nextSteady = .infinity
        generator = source
        scheduleSteady()
        run(buyers: buyers)
        meanWaiting /= now
        meanBusy /= now
    }

    private var waiting: Int { queue.count - head }

    private mutating func run(buyers: Int) {
        var left = buyers
        while soldOutSeconds == nil, left > 0 {
            let arrival = min(spike.last ?? .infinity, nextSteady)
            let end = finishing.earliest ?? .infinity
            guard min(arrival, end) < .infinity else { return }
            pass(to: min(arrival, end))
            if arrival < end {
                left -= 1
                if spike.last == arrival { spike.removeLast() } else { scheduleSteady() }
                arrive()
            } else {
                finishing.removeEarliest()
                finish()
            }
        }
    }

    private mutating func pass(to time: Double) {
        meanWaiting += Double(waiting) * (time - now)
        meanBusy += Double(finishing.count) * (time - now)
        now = time
    }

    private mutating func arrive() {
        let hasStock = Double(waits.count) < conditions.stock
        if finishing.count < conditions.slots, hasStock {
            admitted += 1
            take(arrivedAt: now)
        } else if Double(waiting) < conditions.queueLimit {
            admitted += 1
            queue.append(now)
            peakWaiting = max(peakWaiting, waiting)
            if fullSeconds == nil, Double(waiting) >= conditions.queueLimit { fullSeconds = now }
        } else {
            refusedFull += 1
        }
    }

    private mutating func finish() {
        if Double(waits.count) < conditions.stock {
            guard waiting > 0 else { return }
            head += 1
            take(arrivedAt: queue[head - 1])
        } else if finishing.count == 0 {
            soldOutSeconds = now
            losers = waiting
            if waiting > 0 { longestLoserWait = now - queue[head] }
            refusedSoldOut = spike.count
        }
    }

    private mutating func take(arrivedAt arrival: Double) {
        waits.append(now - arrival)
        finishing.insert(now + exponential(mean: conditions.serviceSeconds))
    }

    private mutating func scheduleSteady() {
        guard conditions.arrivalsPerSecond > 0 else { return }
        nextSteady = now + exponential(mean: 1 / conditions.arrivalsPerSecond)
    }

    private mutating func exponential(mean: Double) -> Double {
        -mean * log(1 - generator.share())
    }
}

extension SplitMix64 {
    /// A number in 0..<1. The library's own costs a debug build three times as much.
    fileprivate mutating func share() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// A binary heap of times.
private struct EarliestFirst {
    private var times: [Double] = []

    var count: Int { times.count }
    var earliest: Double? { times.first }

    mutating func insert(_ time: Double) {
        times.append(time)
        var child = times.count - 1
        while child > 0, times[(child - 1) / 2] > times[child] {
            times.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeEarliest() {
        times.swapAt(0, times.count - 1)
        times.removeLast()
        var parent = 0
        while 2 * parent + 1 < times.count {
            var child = 2 * parent + 1
            if child + 1 < times.count, times[child + 1] < times[child] { child += 1 }
            guard times[child] < times[parent] else { return }
            times.swapAt(child, parent)
            parent = child
        }
    }
}
