import Base

// DESIGN
// Slots, service time, variation and factors are drawn so that each doubling is as likely as the next. What a run costs
// is bounded by the calls that its service could serve, 60,000 by default: regimes of fast services are shortened, down
// to 10 s, and where that is too much still, slots are scaled down. So a service of 1 ms has a few slots in this space,
// one of 20 ms up to 60, and 256 slots come with 100 ms and more.

/// Draws a drain from a seed.
public struct DrainSpace {
    private static let meanRange = 1e6...2e9  // nanoseconds
    private static let shortest = TimeSpan.seconds(10)  // of a regime that was shortened
    private static let usual = TimeSpan.seconds(20)

    private var chance: Chance
    private let seed: UInt64
    private let mostCalls: Double

    private init(seed: UInt64, mostCalls: Double) {
        (self.seed, self.mostCalls) = (seed, mostCalls)
        chance = Chance(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ 77)
        for _ in 0..<4 { _ = chance.seed() }
    }

    /// - Parameter mostCalls: that the service could serve from beginning to end, about.
    public static func drain(seed: UInt64, mostCalls: Double = 60_000) -> DrainCase {
        var space = DrainSpace(seed: seed, mostCalls: mostCalls)
        return space.draw()
    }

    private mutating func draw() -> DrainCase {
        let workers = Int(chance.whole(1...8))
        let regimes = bounded(drawRegimes())
        let ramps = regimes.dropFirst().map { regime in
            guard chance.happens(percent: 30) else { return TimeSpan.zero }
            return .nanoseconds(Int64(chance.uniform(0.1...0.4) * Double((regime.to - regime.from).nanoseconds)))
        }
        let last = regimes[regimes.count - 1]
        let faultsEnd = last.from + .nanoseconds((last.to - last.from).nanoseconds / 2)
        var pauses: [(from: TimeSpan, length: TimeSpan)] = []
        if chance.happens(percent: 15) { pauses = [span(before: faultsEnd, lasting: 200...3_000)] }
        var drain = DrainCase(seed: seed, regimes: regimes, ramps: ramps, pauses: pauses)
        drain.workers = workers
        drain.service.model.shape = chance.one(of: ServiceTimes.Shape.allCases)
        drain.service.model.variation = chance.logUniform(0.05...2)
        drain.service.transit = .microseconds(Int64(chance.logUniform(50...2_000)))
        drawArrivals(of: &drain)
        if chance.happens(percent: 20) {
            drain.cap = max(1, Int64(chance.logUniform(0.3...1.2) * regimes[0].rate))
        }
        if chance.happens(percent: 10) {
            let most = Double(drain.service.model.course.mostSlots)
            drain.service.model.collapsesAbove = Int(most * chance.uniform(1.5...4)) + 2
        }
        drawFaults(of: &drain, until: faultsEnd)
        drawActs(of: &drain, until: faultsEnd)
        return drain
    }

    // MARK: The service

    private mutating func drawRegimes() -> [DrainCase.Regime] {
        var mean = chance.logUniform(Self.meanRange)
        var slots = chance.logUniform(1...256.49)
        var regimes: [DrainCase.Regime] = []
        for index in 0...Int(chance.whole(0...3)) {
            if index > 0 {
                let which = chance.whole(1...10)
                if which <= 9 { mean = changed(mean, within: Self.meanRange) }
                if which >= 9 { slots = changed(slots, within: 1...256.49) }
            }
            let from = regimes.last?.to ?? DrainCase.start
            let length = max(Self.usual, .nanoseconds(Int64(mean * 60)))
            regimes.append(
                DrainCase.Regime(
                    from: from, to: from + length, mean: .nanoseconds(Int64(mean)), slots: max(1, Int(slots))))
        }
        return regimes
    }

    /// By a factor of 0.05 to 20; the other way, where the range ends too soon.
    private mutating func changed(_ value: Double, within range: ClosedRange<Double>) -> Double {
        let factor = chance.logUniform(0.05...20)
        let bound = { min(range.upperBound, max(range.lowerBound, $0)) }
        let next = bound(value * factor)
        let isLittle = max(next / value, value / next) < 1.25 && max(factor, 1 / factor) > 1.25
        return isLittle ? bound(value / factor) : next
    }

    private func bounded(_ regimes: [DrainCase.Regime]) -> [DrainCase.Regime] {
        let share = mostCalls / Double(regimes.count)
        var lengths = regimes.map { regime in
            let wanted = regime.to - regime.from
            let least = min(wanted, max(Self.shortest, regime.mean * 60))
            return max(least, min(wanted, TimeSpan.nanoseconds(Int64(1e9 * share / regime.rate))))
        }
        let calls = zip(regimes, lengths).reduce(0) { $0 + $1.0.rate * Double($1.1.nanoseconds) / 1e9 }
        let scale = min(1, mostCalls / calls)
        var from = DrainCase.start
        return regimes.map { regime in
            let length = lengths.removeFirst()
            defer { from = from + length }
            return DrainCase.Regime(
                from: from, to: from + length, mean: regime.mean, slots: max(1, Int(Double(regime.slots) * scale)))
        }
    }

    // MARK: What arrives

    private mutating func drawArrivals(of drain: inout DrainCase) {
        let kind = chance.whole(1...4)
        if kind <= 2 { return }
        let (from, length) = (DrainCase.start, drain.end - DrainCase.start)
        if kind == 3 {
            // As they come, at a share of what the service can do at first, and no more than it could do in all.
            let share = chance.logUniform(0.3...1.5)
            let most = drain.service.model.course.capacity(from: from, to: drain.end)
            let gap = 1e9 / (share * drain.regimes[0].rate)
            var (at, list) = (0.0, [(at: TimeSpan, count: Int64)]())
            while Double(list.count) < 1.5 * most {
                at -= gap * naturalLogarithm(chance.uniform())
                guard at < Double(length.nanoseconds) else { break }
                list.append((from + .nanoseconds(Int64(at)), 1))
            }
            if list.isEmpty { list.append((from, 1)) }
            drain.arrivals = .listed(list)
            drain.arrivalsName = "trickle \(share.text(2))"
        } else {
            let count = chance.whole(2...6)
            let period = TimeSpan.nanoseconds(length.nanoseconds / count)
            drain.arrivals = .listed(
                (0..<count).map { index in
                    let at = from + period * index
                    let capacity = drain.service.model.course.capacity(from: at, to: at + period)
                    return (at, max(1, Int64(capacity * chance.uniform(0.3...1.2))))
                })
            drain.arrivalsName = "\(count) waves"
        }
    }

    // MARK: What goes wrong

    /// Some time of so many milliseconds that ends by then; shorter where there is less time.
    private mutating func span(
        before end: TimeSpan, lasting milliseconds: ClosedRange<Int64>
    ) -> (from: TimeSpan, length: TimeSpan) {
        let room = (end - DrainCase.start).wholeMilliseconds
        let length = min(room, chance.whole(milliseconds))
        return (DrainCase.start + .milliseconds(chance.whole(0...room - length)), .milliseconds(length))
    }

    private mutating func drawFaults(of drain: inout DrainCase, until end: TimeSpan) {
        guard chance.happens(percent: 25) else { return }
        for _ in 0..<chance.whole(1...2) {
            let (from, length) = span(before: end, lasting: 500...5_000)
            let wait = TimeSpan.seconds(chance.whole(1...3))
            let kind = chance.one(
                of: [
                    .failure, .failureAfterwards, .reset, .resetAfterwards, .busy(retryAfter: nil),
                    .busy(retryAfter: wait),
                ] as [ServiceFault.Kind])
            drain.service.model.faults.append(
                ServiceFault(kind, from: from, to: from + length, perMille: chance.whole(50...1_000)))
        }
    }

    private mutating func drawActs(of drain: inout DrainCase, until end: TimeSpan) {
        var kinds: [DrainCase.Act.Kind] = []
        if chance.happens(percent: 15) { kinds.append(chance.happens(percent: 50) ? .leaderStops : .leaderDies) }
        if chance.happens(percent: 15) { kinds.append(.workerDies) }
        if chance.happens(percent: 15) { kinds.append(chance.happens(percent: 50) ? .workerCutOff : .leaderCutOff) }
        for kind in kinds {
            let (at, length) = span(before: end, lasting: 1...2_000)
            drain.acts.append(DrainCase.Act(kind: kind, at: at, length: length, worker: chance.whole(0...1_000)))
        }
        drain.acts.sort { $0.at < $1.at }
    }
}
