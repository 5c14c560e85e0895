import Base
import Domain
import Testing

/// Whether what can be served is shared by weight, whoever has little to ask for or may not go on.
@Suite struct DeficitRingTests {
    struct Demand: Sendable {
        var weight: Int64 = 1
        var perSecond: Double
        var cap = Double.infinity
    }

    /// A minute of service in steps of 5 ms; what each got a second, and its longest wait between two services.
    static func serve(perSecond: Double, _ demands: [Demand]) -> (rates: [Double], gaps: [Double]) {
        var ring = DeficitRing()
        var random = SplitMix64(seed: 1)
        // They come one after the other, not all in one moment.
        var waiting = demands.map { _ in Double.random(in: 0..<1, using: &random) }
        var tokens = demands.map { _ in 0.0 }
        var served = tokens
        var last = tokens
        var gaps = tokens
        var credit = 0.0
        for (index, demand) in demands.enumerated() { ring.set(weight: demand.weight, of: index) }
        for step in 1...12_000 {
            let now = Double(step) * 0.005
            credit = min(8, credit + perSecond * 0.005)
            for (index, demand) in demands.enumerated() {
                waiting[index] += demand.perSecond * 0.005
                tokens[index] = min(1, tokens[index] + demand.cap * 0.005)
                if waiting[index] >= 1 { ring.insert(index) }
            }
            var blocked = 0
            while credit >= 1, blocked < ring.count, let (index, deficit) = ring.front(unit: 1) {
                guard waiting[index] >= 1 else {
                    ring.removeFront()
                    continue
                }
                guard tokens[index] >= 1 else {
                    blocked += 1
                    ring.skip()
                    continue
                }
                #expect(deficit >= 1)
                blocked = 0
                ring.take(1)
                waiting[index] -= 1
                credit -= 1
                if demands[index].cap < .infinity { tokens[index] -= 1 }
                if served[index] > 0 { gaps[index] = max(gaps[index], now - last[index]) }
                served[index] += 1
                last[index] = now
            }
        }
        return (served.map { $0 / 60 }, gaps)
    }

    /// Weighted max-min: nobody gets more than asked for, and what is left is shared by weight.
    static func ideal(perSecond: Double, _ demands: [Demand]) -> [Double] {
        var rates = [Double](repeating: -1, count: demands.count)
        var left = perSecond
        while true {
            let open = demands.indices.filter { rates[$0] < 0 }
            let weight = open.reduce(0) { $0 + Double(demands[$1].weight) }
            let full = open.filter {
                min(demands[$0].perSecond, demands[$0].cap) <= left / weight * Double(demands[$0].weight)
            }
            guard !full.isEmpty else {
                for index in open { rates[index] = left / weight * Double(demands[index].weight) }
                return rates
            }
            // What the full ones take is taken of what was there before any of them.
            for index in full { rates[index] = min(demands[index].perSecond, demands[index].cap) }
            left -= full.reduce(0) { $0 + rates[$1] }
        }
    }

    static let cases: [[Demand]] = [
        [.init(perSecond: 5_000), .init(perSecond: 5_000), .init(perSecond: 5_000)],
        [.init(perSecond: 5_000), .init(weight: 2, perSecond: 5_000), .init(weight: 5, perSecond: 5_000)],
        [.init(perSecond: 20_000), .init(perSecond: 50)],
        [.init(perSecond: 20_000)] + [Demand](repeating: .init(perSecond: 2), count: 99),
    ]

    @Test(arguments: cases)
    func `shares by weight within 2 %, and lets nobody wait ten times its turn`(demands: [Demand]) {
        let (rates, gaps) = Self.serve(perSecond: 800, demands)
        let ideal = Self.ideal(perSecond: 800, demands)
        let shares = zip(rates, ideal).map { $0 / $1 }
        #expect(shares.allSatisfy { abs($0 - 1) <= 0.02 }, "\(shares.min() ?? 0) \(shares.max() ?? 0)")
        let jain =
            shares.reduce(0, +) * shares.reduce(0, +) / (Double(shares.count) * shares.reduce(0) { $0 + $1 * $1 })
        #expect(jain >= 0.99)
        let longest = zip(gaps, ideal).map { $0 * $1 }.max() ?? 0
        #expect(longest <= 10, "\(longest) fair gaps")
    }

    @Test func `who is held back by a cap stops nobody, and gets nearly what it may have`() {
        let demands = [
            Demand(perSecond: 5_000), Demand(perSecond: 5_000, cap: 30), Demand(weight: 2, perSecond: 5_000),
        ]
        let (rates, _) = Self.serve(perSecond: 800, demands)
        #expect(rates[1] >= 0.95 * 30 && rates[1] <= 30.1)
        #expect(abs(rates[0] / ((800 - rates[1]) / 3) - 1) <= 0.02 && abs(rates[2] / rates[0] - 2) <= 0.04)
    }

    @Test func `a turn goes on where it was left off, and its quantum is added once`() {
        var ring = DeficitRing()
        ring.set(weight: 3, of: 0)
        ring.insert(0)
        ring.insert(1)
        #expect(ring.front(unit: 1)?.deficit == 3 && ring.front(unit: 1)?.deficit == 3)
        ring.take(2)
        #expect(ring.current == 0 && ring.front(unit: 1)?.deficit == 1)
        ring.take(1)
        #expect(ring.current == 1)
    }

    @Test func `nobody saves up more than four turns, and who leaves loses what was saved`() {
        var ring = DeficitRing()
        ring.insert(0)
        for _ in 0..<9 {
            _ = ring.front(unit: 2)
            ring.skip()
        }
        #expect(ring.front(unit: 2)?.deficit == 8)
        ring.removeFront()
        #expect(ring.isEmpty && ring.weight == 0)
        ring.insert(0)
        #expect(ring.front(unit: 2)?.deficit == 2 && ring.weight == 1)
    }

    @Test func `weights count while somebody is in the ring, and follow a change`() {
        var ring = DeficitRing()
        ring.set(weight: 4, of: 2)
        ring.insert(2)
        ring.insert(2)
        ring.insert(0)
        #expect(ring.weight == 5 && ring.count == 2)
        ring.set(weight: 7, of: 2)
        #expect(ring.weight == 8 && ring.contains(2) && !ring.contains(1) && !ring.contains(99))
    }
}
