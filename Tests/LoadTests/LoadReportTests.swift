import Foundation
import LoadKit
import Testing

/// A result of `count` answers of `milliseconds` each, in one second, and what else `change` does.
private func result(
    count: Int = 100, milliseconds: Int64 = 10, _ thresholds: Scenario.Thresholds = .init(), isCut: Bool = false,
    _ change: (inout BuyerPopulation) -> Void = { _ in }
) -> LoadResult {
    var scenario = Scenario()
    scenario.name = "test <&>"
    scenario.arrivals.seconds = 1
    scenario.arrivals.perSecond = Double(count)
    let pages = RequestPages(to: Endpoint(loopbackPort: 80), items: ["i"], stem: "u-")
    var buyers = BuyerPopulation(
        scenario, ledger: SaleLedger(items: [("i", 10)], stem: "u-"), pages: pages, start: .zero)
    for number in 0..<count {
        let due = Nanoseconds.milliseconds(Int64(number) * 900 / Int64(max(1, count)))
        let request = buyers.arrives(.view(item: 0), due: due, pick: { _ in 0 })
        let body: [UInt8] = []
        _ = buyers.receives(
            request, due: due, AnswerHead(status: 200), body: body.span, now: due + .milliseconds(milliseconds))
    }
    change(&buyers)
    return LoadResult(
        buyers, conditions: .init(scenario, isClosed: false, url: "http://127.0.0.1:80", seed: 5),
        arrivalsTook: .seconds(1), elapsed: .milliseconds(1_500), cost: ProcessCost(), reviewed: 0, waiting: 0,
        idleOpen: 0,
        thresholds: thresholds, isCut: isCut)
}

@Test func `a threshold is missed when it is passed and not when it is met`() {
    func missed(_ change: (inout Scenario.Thresholds) -> Void) -> [String] {
        var thresholds = Scenario.Thresholds()
        change(&thresholds)
        return result(thresholds).missed
    }
    #expect(missed { $0.p99Milliseconds = 10 } == [])
    #expect(missed { $0.p99Milliseconds = 9.5 } == ["p99: 10 ms, at most 9.5"])
    #expect(missed { $0.p999Milliseconds = 9.5 } == ["p99.9: 10 ms, at most 9.5"])
    #expect(missed { $0.refusedP99Milliseconds = 1 } == [], "nobody was refused")
    #expect(missed { $0.answeredPerSecond = 100 } == [])
    #expect(missed { $0.answeredPerSecond = 101 } == ["answered: 100 a second, at least 101"])
    #expect(missed { $0.acceptedPerSecond = 1 } == ["accepted: 0 a second, at least 1"])
    #expect(missed { $0.finalWithinSeconds = 0.5 } == [])
    #expect(missed { $0.finalWithinSeconds = 0.4 } == ["all final: 0.5 s after the last arrival, at most 0.4"])
}

@Test func `errors and broken promises fail a result`() {
    #expect(result().isGood)
    let lossy = result { buyers in
        let request = buyers.arrives(.view(item: 0), due: .zero, pick: { _ in 0 })
        _ = buyers.loses(request, due: .zero, .unanswered, now: .seconds(1))
    }
    #expect(lossy.missed == ["errors: 1, at most 0"])
    #expect(!lossy.isGood)
    let broken = result { $0.judge(after: [nil], isCut: false) }
    #expect(!broken.isGood)
    #expect(broken.table.contains { $0.contains("verdict") && $0.contains("FAIL") })
    #expect(broken.table.contains { $0.contains("i could not be read at the end") })
}

@Test func `a test cut short passes and misses nothing, but a broken promise stands`() {
    let cut = result(isCut: true) { $0.judge(after: [nil], isCut: true) }
    #expect(cut.missed.isEmpty)
    #expect(cut.table[0].contains("CUT SHORT"))
    #expect(cut.breaches.map(\.kind) == ["item-disagrees"])
}

@Test func `the report of a knee keeps the highest rate that held, and shows the overload`() {
    var report = KneeReport(scenario: "s", p99Milliseconds: 50)
    let held = report.climbed(to: 100, result(), held: true)
    #expect(held == "  100/s      answered 100/s      p50 10       p99 10       p99.9 10       ms  held")
    #expect(report.climbed(to: 150, result(), held: false).hasSuffix("passed"))
    #expect(report.kneePerS == 100)
    #expect(report.settled(at: 70, result(milliseconds: 9)).hasPrefix("  70 %  70/s "))
    _ = report.settled(at: 70, result(milliseconds: 900))
    _ = report.settled(at: 70, result(count: 0))
    #expect(report.at70Percent?.latency?.p99Ms == 900 && report.at70PercentRuns.count == 3)
    _ = report.settled(at: 70, result(milliseconds: 8))
    _ = report.settled(at: 70, result(milliseconds: 7))
    #expect(report.at70Percent?.latency?.p99Ms == 9)
    let lines = report.overloaded(at: 300, result())
    #expect(lines.count == 2)
    #expect(lines[1].contains("0 refused, 0 unanswered"))
    #expect(report.steps.count == 2)
    #expect(report.at300Percent?.ratePerS == 300)
}

@Test func `the table says what was offered, answered and kept`() {
    let table = result(count: 2_000).table
    #expect(table.first?.contains("PASS") == true)
    #expect(table.contains { $0.contains("test <&>, open loop: 2,000 arrivals in 1 s, 2,000/s, 64 connections") })
    #expect(table.contains { $0.contains("p50 10  p99 10  p99.9 10  max 10 ms") })
    #expect(table.contains { $0.contains("--seed 5") })
}

@Test func `the JSON has the figures under their names`() throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let written = try JSONSerialization.jsonObject(with: encoder.encode(result())) as? [String: Any]
    #expect(written?["answered"] as? Int == 100)
    let all = (written?["latency"] as? [String: Any])?["all"] as? [String: Any]
    #expect(all?["p99_ms"] as? Double == 10)
    let series = written?["series"] as? [[String: Any]]
    #expect(series?.reduce(0) { $0 + ($1["arrivals"] as? Int ?? 0) } == 100)
    #expect(written?["bin_ms"] as? Int == 100)
}

@Test func `the chart is well-formed XML with a curve for each series`() throws {
    let svg = LoadChart(result()).svg
    let parser = XMLCheck(svg)
    #expect(parser.isWellFormed)
    #expect(svg.contains("test &lt;&amp;&gt;"))
    #expect(svg.components(separatedBy: "<polyline").count - 1 == 6)
    #expect(!svg.contains("nan") && !svg.contains("inf"))
    let empty = LoadChart(result(count: 0)).svg
    #expect(XMLCheck(empty).isWellFormed)
    #expect(!empty.contains("nan") && !empty.contains("inf"))
}

/// Whether every tag that opens also closes, in order.
private struct XMLCheck {
    var isWellFormed = true

    init(_ text: String) {
        var open: [Substring] = []
        for piece in text.split(separator: "<").dropFirst(text.hasPrefix("<") ? 0 : 1) {
            guard let end = piece.firstIndex(of: ">") else {
                isWellFormed = false
                return
            }
            let tag = piece[..<end]
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else {
                    isWellFormed = false
                    return
                }
            } else if !tag.hasSuffix("/") {
                open.append(tag.prefix { $0 != " " })
            }
        }
        isWellFormed = open.isEmpty
    }
}

@Test func `axes end in numbers of one digit and zeros`() {
    #expect(Scale.linear(to: 43_000) == [0, 10_000, 20_000, 30_000, 40_000, 50_000])
    #expect(Scale.linear(to: 8.4) == [0, 2, 4, 6, 8, 10])
    #expect(Scale.linear(to: 0) == [0, 1])
    #expect(Scale.logarithmic(from: 0.02, to: 138) == [0.01, 0.1, 1, 10, 100, 1_000])
}

@Test func `a timeline folds into fewer bins and loses nothing`() {
    var timeline = Timeline(start: .seconds(1))
    for tenth in 0..<1_001 as Range<Int64> {
        timeline.note(.seconds(1) + .milliseconds(tenth * 100)) {
            $0.arrivals += 1
            $0.waiting = Int32(tenth)
        }
    }
    timeline.note(.zero) { $0.sold += 1 }
    let (width, bins) = timeline.folded(to: 400)
    #expect(width == .milliseconds(300))
    #expect(bins.count == 334)
    #expect(bins.reduce(0) { $0 + $1.arrivals } == 1_001)
    #expect(bins[0].sold == 1)
    #expect((bins[0].waiting, bins[333].waiting) == (2, 1_000))
}

@Test func `the search for the knee climbs, then closes in from both sides`() {
    func knee(of capacity: Double, from start: Double) -> (knee: Double, steps: Int) {
        var search = KneeSearch(from: start)
        var steps = 0
        while let rate = search.rate, steps < 100 {
            search.step(held: rate <= capacity)
            steps += 1
        }
        return (search.knee, steps)
    }
    for capacity in [900.0, 5_000, 77_000] {
        let found = knee(of: capacity, from: 1_000)
        #expect(found.knee <= capacity && found.knee > capacity * 0.9, "\(capacity): \(found)")
        #expect(found.steps < 20)
    }
    #expect(knee(of: 0, from: 1_000).knee == 0)
    #expect(knee(of: .infinity, from: 1_000).knee > 600_000)
}

@Test func `a step holds when its answers are quick, follow the rate and are all there`() {
    #expect(KneeSearch.held(result(), p99Milliseconds: 10))
    #expect(!KneeSearch.held(result(), p99Milliseconds: 9))
    #expect(!KneeSearch.held(result(milliseconds: 300), p99Milliseconds: 1_000), "a third came too late")
}

@Test func `the progress line shows how far it is`() {
    let line = ProgressLine.load(
        of: 10, elapsed: .seconds(5), SaleLedger(items: [("i", 1)], stem: "u"), arriving: 1_000, answering: 990,
        p99: .milliseconds(3), errors: 2)
    #expect(line.hasPrefix("[##########..........] 1,000/s in  990/s answered"))
    #expect(line.hasSuffix("p99 3.0 ms  errors 2"))
}

@Test(arguments: [(0.0, "0"), (1.5, "1.5"), (2.25, "2.25"), (99.999, "100"), (123.45, "123.5"), (12_345.6, "12,346")])
func `decimals are as short as they may be`(value: Double, text: String) { #expect(Text.decimal(value) == text) }
