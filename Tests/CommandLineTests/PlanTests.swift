import Base
import Glibc
import Testing

@testable import CommandLineModule

/// Relative difference.
private func error(_ found: Double?, _ expected: Double) -> Double {
    guard let found else { return .infinity }
    return expected == 0 ? abs(found) : abs(found - expected) / expected
}

private struct Textbook {
    let slots: Int
    let load: Double
    let waits: Double  // probability
    let mean: Double  // seconds

    init(_ slots: Int, _ load: Double, _ waits: Double, _ mean: Double) {
        (self.slots, self.load, self.waits, self.mean) = (slots, load, waits, mean)
    }
}

// Exact fractions where they are short; the others from sums of fractions of integers, evaluated once at the end.
// With a service time of 1 s the load is the arrivals a second.
private let textbooks = [
    Textbook(1, 0.5, 1 / 2, 1), Textbook(2, 1.5, 9 / 14, 9 / 7), Textbook(3, 2, 4 / 9, 4 / 9),
    Textbook(4, 2, 4 / 23, 2 / 23), Textbook(5, 4, 128 / 231, 128 / 231),
    Textbook(10, 8, 0.40918015079644354, 0.20459007539822177),
    Textbook(50, 45, 0.3638644672069884, 0.07277289344139767),
    Textbook(100, 95, 0.5064568539130206, 0.10129137078260411),
    Textbook(200, 190, 0.3652638565625464, 0.03652638565625464),
]

@Test func `Erlang C and the mean wait are those of the textbooks`() {
    for book in textbooks {
        let line = ServiceLine(arrivalsPerSecond: book.load, serviceSeconds: 1, slots: book.slots)
        #expect(error(line.probabilityOfWaiting, book.waits) < 1e-12)
        #expect(error(line.meanWait, book.mean) < 1e-12)
        #expect(error(line.meanQueue, book.mean * book.load) < 1e-12)
        #expect(error(line.meanInSystem, book.mean * book.load + book.load) < 1e-12)
    }
}

@Test(arguments: [
    (2, 1.5, [0.5026288565618123, 3.7215046814300137, 8.326674867418102]),
    (3, 2, [0, 1.4916548767777171, 3.7942399697717617]),
    (5, 4, [0.10275973395776894, 1.7121976463918696, 4.014782739385914]),
    (100, 95, [0.0025662073732387763, 0.3244537898600589, 0.7849708084588678]),
])
func `the quantiles of the wait have an exponential tail`(slots: Int, load: Double, expected: [Double]) {
    let line = ServiceLine(arrivalsPerSecond: load, serviceSeconds: 1, slots: slots)
    for (quantile, wait) in zip([0.5, 0.9, 0.99], expected) {
        #expect(error(line.wait(quantile: quantile), wait) < 1e-11)
    }
}

// Reference: the same recurrence with 60 decimal digits.
@Test(arguments: [
    (1_000, 990, 0.659080421880854), (100_000, 99_900, 0.657993511795303), (100_000, 99_999, 0.996045681564411),
    (100_000, 50_000, 0),
])
func `Erlang C holds up to 100,000 slots`(slots: Int, load: Double, waits: Double) {
    let line = ServiceLine(arrivalsPerSecond: load * 50, serviceSeconds: 0.02, slots: slots)
    #expect(error(line.probabilityOfWaiting, waits) < 1e-7)
}

@Test func `at and above capacity there is no mean, only growth`() {
    for arrivals in [200.0, 5_000] {
        let line = ServiceLine(arrivalsPerSecond: arrivals, serviceSeconds: 0.02, slots: 4)
        #expect(!line.isStable)
        #expect(line.growthPerSecond == arrivals - 200)
        #expect(line.meanWait == nil && line.meanQueue == nil && line.meanInSystem == nil)
        #expect(line.wait(quantile: 0.5) == nil)
    }
}

@Test func `more arrivals wait longer, more slots at one utilisation wait less, and quantiles are in order`() throws {
    for slots in [1, 2, 3, 7, 20, 100, 1_000] {
        var last = -1.0
        for percent in stride(from: 0, through: 99, by: 3) {
            let share = Double(percent) / 100
            let line = ServiceLine(arrivalsPerSecond: share * Double(slots), serviceSeconds: 1, slots: slots)
            let twice = ServiceLine(arrivalsPerSecond: share * Double(slots) * 2, serviceSeconds: 1, slots: 2 * slots)
            #expect((0...1).contains(line.probabilityOfWaiting))
            #expect(try #require(line.meanWait) >= last)
            #expect(try #require(twice.meanWait) <= #require(line.meanWait))
            last = try #require(line.meanWait)
            let quantiles = try [0, 0.5, 0.9, 0.99, 0.999].map { try #require(line.wait(quantile: $0)) }
            #expect(quantiles == quantiles.sorted())
            // The mean is the integral of the tail: C / (capacity - arrivals).
            #expect(abs(last * (line.capacityPerSecond - line.arrivalsPerSecond) - line.probabilityOfWaiting) < 1e-12)
        }
    }
}

@Test func `a sale by hand comes out as computed`() {
    // 200 orders a second; 1 s of 1,000 buyers a second; all slots busy after 20 ms x ln(20 / 16).
    let sale = SaleCourse(
        SaleConditions(
            arrivalsPerSecond: 0, spikeArrivals: 1_000, spikeSeconds: 1, stock: 400, queueLimit: 500, slots: 4,
            serviceSeconds: 0.02))
    let ramp = 0.02 * log(20.0 / 16)
    let full = ramp + 500 / 800.0
    let taken = ramp + (400 - 1_000 * ramp) / 200
    let lastArrived = 0.4
    #expect(error(sale.fullSeconds, full) < 1e-9)
    #expect(sale.peakWaiting == 500)
    #expect(error(sale.refusedFull, (1 - full) * 800) < 1e-9)
    #expect(error(sale.lastWinnerWait, taken - lastArrived) < 1e-9)
    #expect(error(sale.soldOutSeconds, taken + 0.02 * (1 + 1.0 / 2 + 1.0 / 3 + 1.0 / 4)) < 1e-9)
    #expect(error(sale.admitted, 1_000 - sale.refusedFull) < 1e-9)
    #expect(error(sale.losers, sale.admitted - 400) < 1e-9)
}

@Test func `no buyer is lost, whatever the conditions`() {
    var generator = SplitMix64(seed: 7)
    for _ in 0..<20_000 {
        func number(_ most: Double) -> Double { exp(Double.random(in: 0...log(most), using: &generator)).rounded() }
        let conditions = SaleConditions(
            arrivalsPerSecond: Bool.random(using: &generator) ? 0 : number(10_000), spikeArrivals: number(1_000_000),
            spikeSeconds: number(1_000) / 100, stock: number(100_000), queueLimit: number(300_000),
            slots: Int(number(1_000)), serviceSeconds: number(10_000) / 1_000)
        let course = SaleCourse(conditions)
        #expect(course.peakWaiting <= conditions.queueLimit)
        #expect(course.fullSeconds == nil || course.peakWaiting == conditions.queueLimit)
        #expect(course.refusedFull >= 0 && course.refusedSoldOut >= 0)
        let tolerance = 1e-6 * (conditions.stock + conditions.spikeArrivals)
        if let end = course.soldOutSeconds {
            let came = conditions.arrivalsPerSecond * max(end, conditions.spikeSeconds) + conditions.spikeArrivals
            #expect(
                abs(course.admitted + course.refusedFull + course.refusedSoldOut - came) < tolerance + 1e-9 * came,
                "\(conditions)")
            #expect(abs(course.admitted - conditions.stock - course.losers) < tolerance, "\(conditions)")
            // No sale is quicker than its slots, and no buyer has an answer before coming.
            let slots = Double(conditions.slots)
            #expect(end * conditions.capacityPerSecond + slots >= conditions.stock - tolerance, "\(conditions)")
        } else {
            #expect(course.admitted < conditions.stock)
            #expect(conditions.arrivalsPerSecond == 0)
            #expect(abs(course.admitted + course.refusedFull - conditions.spikeArrivals) < tolerance)
        }
    }
}

@Test(arguments: [(0, 200), (1, 200), (150, 200), (3_000, 200), (70_000, 200), (1_000_000, 2_500), (5_000, 0.5)])
func `polls are the sum over all places of the pause that each is given`(waiting: Int, perSecond: Double) {
    var (moving, stalled) = (0.0, 0.0)
    for place in 0..<waiting {
        let middle = Double(place) + 0.5
        moving += 1 / min(max(middle / perSecond / 10, 0.1), 30)
        stalled += 1 / (min(100 + middle, 1_000) / 1_000)
    }
    #expect(error(PollRate.moving(waiting: Double(waiting), perSecond: perSecond), moving) < 0.01)
    #expect(error(PollRate.stalled(waiting: Double(waiting)), stalled) < 0.01)
}

@Test(arguments: [
    (0, "0"), (0.0000001, "0"), (0.0123456, "0.0123"), (0.5, "0.5"), (1, "1"), (9.996, "10"), (12.34, "12.3"),
    (99.96, "100"), (123.4, "123"), (999.6, "1,000"), (1_234_567, "1,234,567"), (1e16, "over 10^15"),
])
func `a figure has three digits or more, and no exponent`(value: Double, text: String) {
    #expect(figure(value) == text)
}
