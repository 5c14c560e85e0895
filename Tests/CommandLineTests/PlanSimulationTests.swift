import Testing

@testable import CommandLineModule

// The plan's formulae against sales that are played out buyer by buyer, with fixed seeds, so that a run is repeatable.

/// Whether `found` is within `bound` of `expected`, or within `slack` where what is expected is near zero.
private func agrees(_ found: Double, _ expected: Double, bound: Double = 0.03, slack: Double = 0) -> Bool {
    abs(found - expected) <= max(bound * expected, slack)
}

// As many buyers as bring the standard deviation of the mean wait to about 1 %, as 40 other seeds showed. Hundreds of
// slots would take many times as many: those are checked by exact values in PlanTests.
@Test(arguments: [
    (1, 0.5, 500_000), (1, 0.8, 1_000_000), (2, 0.75, 1_000_000), (4, 0.8, 1_000_000), (10, 0.7, 1_500_000),
])
func `the long run agrees with a simulation of many buyers`(
    slots: Int, utilisation: Double, buyers: Int
) throws {
    let line = ServiceLine(
        arrivalsPerSecond: utilisation * Double(slots) / 0.02, serviceSeconds: 0.02, slots: slots)
    let endless = SaleConditions(
        arrivalsPerSecond: line.arrivalsPerSecond, stock: 1e9, queueLimit: 1e9, slots: slots, serviceSeconds: 0.02)
    let sale = SimulatedSale(endless, seed: 1, buyers: buyers)
    let waits = sale.waits.sorted()
    let mean = waits.reduce(0, +) / Double(waits.count)
    let waited = Double(waits.count { $0 > 0 }) / Double(waits.count)

    #expect(agrees(waited, line.probabilityOfWaiting))
    #expect(agrees(mean, try #require(line.meanWait)))
    #expect(agrees(sale.meanWaiting, try #require(line.meanQueue)))
    #expect(agrees(sale.meanWaiting + sale.meanBusy, try #require(line.meanInSystem)))
    #expect(agrees(sale.meanBusy, line.load))
    for quantile in [0.5, 0.9, 0.99] {
        let found = waits[Int(quantile * Double(waits.count))]
        // A median near zero is the difference of large numbers: half a percent of a service time is close enough.
        #expect(agrees(found, try #require(line.wait(quantile: quantile)), bound: 0.04, slack: 0.0001), "p\(quantile)")
    }
}

// How many sales: where the end hangs on the slowest of many orders, a mean takes more of them.
private let openings: [(String, UInt64, SaleConditions)] = [
    (
        "the queue fills", 20,
        SaleConditions(
            arrivalsPerSecond: 500, spikeArrivals: 20_000, spikeSeconds: 2, stock: 5_000, queueLimit: 8_000, slots: 50,
            serviceSeconds: 0.02)
    ),
    (
        "the queue holds all", 20,
        SaleConditions(
            arrivalsPerSecond: 1_000, spikeArrivals: 12_000, spikeSeconds: 1, stock: 10_000, queueLimit: 30_000,
            slots: 50, serviceSeconds: 0.02)
    ),
    (
        "orders are slow", 400,
        SaleConditions(
            arrivalsPerSecond: 0, spikeArrivals: 3_000, spikeSeconds: 3, stock: 500, queueLimit: 5_000, slots: 100,
            serviceSeconds: 0.5)
    ),
    (
        "steady overload", 20,
        SaleConditions(arrivalsPerSecond: 5_000, stock: 1_000, queueLimit: 3_000, slots: 4, serviceSeconds: 0.02)
    ),
    (
        "stock stays", 20,
        SaleConditions(
            arrivalsPerSecond: 0, spikeArrivals: 3_000, spikeSeconds: 1, stock: 5_000, queueLimit: 15_000, slots: 10,
            serviceSeconds: 0.02)
    ),
    (
        "the spike is served, and the rest sells slowly", 20,
        SaleConditions(
            arrivalsPerSecond: 500, spikeArrivals: 8_000, spikeSeconds: 1, stock: 12_000, queueLimit: 36_000,
            slots: 50, serviceSeconds: 0.02)
    ),
    (
        "sold out within the spike", 20,
        SaleConditions(
            arrivalsPerSecond: 0, spikeArrivals: 20_000, spikeSeconds: 5, stock: 5_000, queueLimit: 15_000, slots: 50,
            serviceSeconds: 0.02)
    ),
]

@Test(arguments: openings)
func `the opening agrees with the mean of simulated sales`(name: String, count: UInt64, conditions: SaleConditions)
    throws
{
    let course = SaleCourse(conditions)
    let sales = (1...count).map { SimulatedSale(conditions, seed: $0) }
    func mean(_ value: (SimulatedSale) -> Double) -> Double { sales.map(value).reduce(0, +) / Double(sales.count) }

    #expect(agrees(mean { Double($0.peakWaiting) }, course.peakWaiting))
    #expect(agrees(mean { Double($0.admitted) }, course.admitted))
    #expect(agrees(mean { Double($0.refusedFull) }, course.refusedFull))
    #expect(agrees(mean { Double($0.refusedSoldOut) }, course.refusedSoldOut))
    #expect(agrees(mean { Double($0.losers) }, course.losers, slack: 20))
    #expect(sales.allSatisfy { ($0.soldOutSeconds == nil) == (course.soldOutSeconds == nil) })
    #expect(sales.allSatisfy { ($0.fullSeconds == nil) == (course.fullSeconds == nil) })
    if let full = course.fullSeconds { #expect(agrees(mean { $0.fullSeconds ?? 0 }, full)) }
    guard let end = course.soldOutSeconds else { return }
    #expect(agrees(mean { $0.soldOutSeconds ?? 0 }, end))
    // Where nobody has to wait for long, a service time is the grain.
    let wait = try #require(course.lastWinnerWait)
    #expect(agrees(mean { $0.waits.last ?? 0 }, wait, slack: conditions.serviceSeconds))
    if course.losers > 20 {
        let longest = try #require(course.longestLoserWait)
        #expect(agrees(mean { $0.longestLoserWait ?? 0 }, longest, slack: conditions.serviceSeconds))
    }
}
