import Base
import Domain
import Testing

private typealias Pace = DrainRate.Pace

@Test(arguments: [
    nil, Pace(perSecond: 0.2), Pace(perSecond: 30), Pace(perSecond: 900, age: .milliseconds(300)),
    Pace(perSecond: 50_000), Pace(perSecond: 4_000_000),
])
func `the demand in closed form is the sum over all places`(pace: DrainRate.Pace?) {
    let hints = PollPace(pace)
    var sum = 0.0
    var place: Int64 = 0
    for waiting: Int64 in [0, 1, 7, 90, 1_000, 20_000, 300_000] {
        while place < waiting {
            place += 1
            sum += 1_000 / hints.wait(position: place)
        }
        // The closed form is an integral: by less than the first place's share off.
        #expect(abs(hints.demand(waiting: waiting) - sum) <= 11 + sum * 0.02, "\(waiting): \(sum)")
    }
}

@Test func `a rate is believed for as long as it was seen, and never for more than 30 s`() {
    let young = PollPace(Pace(perSecond: 2, age: .milliseconds(500)))
    #expect(young.wait(position: 100_000) == 1_000)
    let older = PollPace(Pace(perSecond: 2, age: .seconds(8)))
    #expect(older.wait(position: 100_000) == 8_000)
    #expect(PollPace(Pace(perSecond: 2, age: .seconds(600))).wait(position: 100_000) == 30_000)
    #expect(PollPace(Pace(perSecond: 1_000_000)).wait(position: 1) == 100)
    #expect(PollPace(nil).wait(position: 1) == 101 && PollPace(nil).wait(position: 1_000_000) == 1_000)
}

/// Polls of each second that a crowd makes, all answered at once at the start and then again at each poll.
private func polls(crowd: Int64, pace: Pace?, budget: PollBudget, seconds: Int) -> [Int] {
    var random = SplitMix64(seed: UInt64(crowd))
    var counts = [Int](repeating: 0, count: seconds)
    let hints = PollPace(pace)
    for place in 1...crowd {
        var time: Int64 = 0
        while true {
            time += max(1, budget.wait(hints.wait(position: place), jitter: &random))
            guard time < Int64(seconds) * 1_000 else { break }
            counts[Int(time / 1_000)] += 1
        }
    }
    return counts
}

@Test(arguments: [nil, Pace(perSecond: 30), Pace(perSecond: 5_000)])
func `a crowd keeps within its budget, from the first wave on`(pace: DrainRate.Pace?) {
    for crowd: Int64 in [2_000, 20_000] {
        var budget = PollBudget(perSecond: 500)
        budget.measure(demand: PollPace(pace).demand(waiting: crowd))
        let counts = polls(crowd: crowd, pace: pace, budget: budget, seconds: 180)
        let mean = Double(counts.reduce(0, +)) / Double(counts.count)
        #expect(mean <= 505, "\(crowd): \(mean) a second")
        let settled = counts[(counts.count / 2)...]
        let later = Double(settled.reduce(0, +)) / Double(settled.count)
        #expect((450...550).contains(later) || crowd == 2_000, "\(crowd): \(later) a second once all have polled")
        #expect(counts.allSatisfy { $0 <= 1_250 }, "\(crowd): \(counts.max() ?? 0) in one second")
    }
}

@Test func `without a budget, or far below it, hints are what they would be`() {
    var random = SplitMix64(seed: 3)
    for limit: Int64? in [nil, 1_000_000] {
        var budget = PollBudget(perSecond: limit)
        budget.measure(demand: 900)
        let waits = (0..<1_000).map { _ in budget.wait(1_000, jitter: &random) }
        #expect(waits.allSatisfy { (800...1_200).contains($0) })
        #expect(waits.min().map { $0 < 830 } == true && waits.max().map { $0 > 1_170 } == true)
    }
}

@Test func `a budget can be changed, and none is so small that a hint overflows`() {
    var random = SplitMix64(seed: 4)
    var budget = PollBudget(perSecond: nil)
    budget.change(to: 1)
    budget.measure(demand: 1e12)
    #expect((1...86_400_000).contains(budget.wait(30_000, jitter: &random)))
    budget.change(to: nil)
    budget.measure(demand: 1e12)
    #expect(budget.wait(1_000, jitter: &random) <= 1_200)
}

@Test func `a place comes up after its share of the rate, and rather later than sooner`() {
    let estimate = WaitEstimate(position: 100, at: Pace(perSecond: 50))
    #expect(estimate == WaitEstimate(p50: 2_000, p90: 2_333))  // 1.28 x (10 places / 50 + 3 % of 2 s)
    #expect(WaitEstimate(position: 1, at: Pace(perSecond: 1_000_000)).p50 == 1)
    let even = WaitEstimate(position: 90_000, at: Pace(perSecond: 30, dispersion: 0.2))
    #expect(even == WaitEstimate(p50: 3_000_000, p90: 3_450_000), "a slow queue's band is at least 15 %")
    let uneven = WaitEstimate(position: 100, at: Pace(perSecond: 50, dispersion: 9))
    #expect(uneven.p50 == 2_000 && uneven.p90 > 2_800)
    let far = WaitEstimate(position: 4_294_967_295, at: Pace(perSecond: 1e-9))
    #expect(far.p50 > 0 && far.p90 >= far.p50)
}
