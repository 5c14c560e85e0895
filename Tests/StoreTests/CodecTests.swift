import Domain
import Store
import Testing

private let demo = ItemName("demo")!

@Suite struct CodecTests {
    private static let counted = ItemCounters([8, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 6])!
    private let report = WorkerReport(
        worker: "worker-1-x", beat: 3, term: 7, inFlight: 5, completed: 9, executionSum: 12_345, isComplete: true,
        presence: .leaving,
        lines: [
            .init(item: demo, allowance: 10, used: 4, stop: .headWaits, counters: Self.counted),
            .init(item: ItemName("b_-9")!, allowance: 0, used: 0, stop: .limitReached, counters: ItemCounters()),
            .init(item: demo, allowance: 1, used: 1, stop: .limitReached, counters: ItemCounters(), incarnation: .max),
        ])

    private var withOrders: WorkerReport {
        var copy = report
        copy.orders = .init(
            times: [5, 0, 1 << 40], residenceSum: 99, failed: 2,
            sink: SinkReport(
                group: "bank", capPerSecond: 30, floorPerSecond: 2, breaker: .halfOpen,
                calls: SinkReport.Result.allCases.map { .init(microseconds: 7, result: $0) }, callCount: 400),
            retries: RetryReport(wanted: 8, allowance: 1 << 50, awaiting: 3))
        return copy
    }

    private func decode(_ text: String) -> WorkerReport? { WorkerReport.decode(Array(text.utf8)) }

    @Test func `a report is read as it was written`() {
        #expect(decode(report.encode()) == report)
        #expect(decode(withOrders.encode()) == withOrders)
        var alone = withOrders
        alone.lines = []
        alone.orders?.sink = nil
        alone.orders?.retries = nil
        #expect(decode(alone.encode()) == alone)
    }

    @Test func `what names no incarnation is written as it was before there were any to name`() {
        let line = WorkerReport.Line(item: demo, allowance: 2, used: 1, stop: .limitReached, counters: ItemCounters())
        var plain = WorkerReport(
            worker: "w", beat: 1, term: 2, inFlight: 0, completed: 0, executionSum: 0, isComplete: false, lines: [line])
        #expect(plain.encode() == "w 1 2 0 0 0 0 0\ndemo 2 1 0 0 0 0 0 0 0 0 0 0 0 0 0")
        plain.knowsIncarnations = true
        #expect(plain.encode().hasPrefix("w 1 2 0 0 0 2 0\n") && decode(plain.encode()) == plain)
        plain.isComplete = true
        #expect(plain.encode().hasPrefix("w 1 2 0 0 0 3 0\n") && decode(plain.encode()) == plain)
        #expect(Grant.encode([Grant(term: 3, item: demo, allowance: 9)]) == "3 demo 9")
    }

    @Test func `a report has no more single times and calls than a frame should hold`() {
        let many = SinkReport(
            group: "g", calls: [SinkReport.Call](repeating: .init(microseconds: 1, result: .answered), count: 99))
        #expect(many.calls.count == Limits.timesReported && many.callCount == 99)
        var report = report
        report.orders = .init(times: [Int64](repeating: 1, count: 99), sink: many)
        #expect(decode(report.encode())?.orders?.times.count == Limits.timesReported)
        #expect(decode(report.encode())?.orders?.sink == many)
        let tooMany = "w 1 1 0 0 0 1 0\n!orders 0 0" + String(repeating: " 1", count: 65)
        #expect(decode(tooMany) == nil)
    }

    @Test func `grants are read as they were written`() {
        let grants = [
            Grant(term: 3, item: demo, allowance: 9), Grant(term: 3, item: ItemName("x")!, allowance: 1 << 50),
            Grant(term: 3, item: demo, allowance: 10, limit: 1),
            Grant(term: 3, item: demo, allowance: 2, incarnation: 0),
            Grant(term: 3, item: demo, allowance: 2, limit: 4, incarnation: 0xfedc_ba98_7654_3210),
        ]
        #expect(Grant.decode(Array(Grant.encode(grants).utf8)) == grants)
        #expect(Grant.decode([]) == [])
    }

    @Test func `a permit for calls is read as it was written, and is no grant to a worker that knows only those`() {
        let retries = RetryGrant(term: 3, allowance: 1 << 50)
        #expect(RetryGrant.decode(Array(retries.encode().utf8)) == retries)
        #expect(Grant.decode(Array(retries.encode().utf8)) == nil)
        for text in ["", "!repeats", "!repeats 1", "!repeats 1 -1", "!repeats 1 1 1", "!repeats 1 1\n2", "3 demo 9"] {
            #expect(RetryGrant.decode(Array(text.utf8)) == nil)
        }
    }

    @Test(arguments: [
        "3 demo", "3 demo 9 x", "3 demo 9 -1", "3 demo 9 9 9", "x demo 9", "3 de.mo 9", "3 demo -1", "-1 demo 1",
        "3 demo 9007199254740993",
        "3 demo 99999999999999999999", "3 demo 9\n4", "3 demo 9 -", "3 demo 9 - -", "3 demo 9 - 7", "3 demo 9 -- 7",
        "3 demo 9 1 000000000000000g", "3 demo 9 - 00000000000000001", "3 demo 9 1 0000000000000001 1",
    ])
    func `a broken grant is nobody's permission`(text: String) {
        #expect(Grant.decode(Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        "w 1 1 0 0 0 1", "w 1 1 0 0 0 1 0 0", "w 1 1 0 0 0 1 3", "w 1 1 0 -1 0 1 0",
        "w 1 1 0 0 9223372036854775807 1 0",
        "w 1 1 x 0 0 1 0", "w 1 1 0 0 0 1 0\ndemo 1 1", "w 1 1 0 0 0 1 0\ndemo -1 1 0 1 2 3 40 5 6 17 8 9 10 1 12",
        "w 1 1 0 0 0 4 0", "w 1 1 0 0 0 1 0\ndemo 1 1 0 1 2 3 40 5 6 17 8 9 10 1 12 7",
        "w 1 1 0 0 0 1 0\nde.mo 1 1 0 1 2 3 40 5 6 17 8 9 10 1 12",
        "w 1 1 0 0 0 1 0\ndemo 1 1 0 1 2 3 40 5 6 17 8 9 10 1 9223372036854775807", "",
    ])
    func `a broken report is none`(text: String) {
        #expect(decode(text) == nil)
    }

    @Test(arguments: [
        "!orders", "!orders 0", "!orders 0 -1", "!orders 0 0 x", "!other 0 0", "!sink bank 0 0 0 0",
        "!orders 0 0\n!orders 0 0", "!orders 0 0\n!sink", "!orders 0 0\n!sink bank 0 0 0",
        "!orders 0 0\n!sink bank 0 0 3 0", "!orders 0 0\n!sink bank 0 0 0 1", "!orders 0 0\n!sink bank 0 0 0 0 a1",
        "!orders 0 0\n!sink bank 0 0 0 1 x1", "!orders 0 0\n!sink bank 0 0 0 1 a",
        "!orders 0 0\n!sink bank 0 0 0 1 a-1",
        "!orders 0 0\n!sink b 0 0 0 0\n!sink b 0 0 0 0", "!orders 0 0\n!sink \u{7f} 0 0 0 0",
        "!orders 0 0\n!repeats 1 1 1", "!orders 0 0\n!sink b 0 0 0 0\n!repeats 1 1",
        "!orders 0 0\n!sink b 0 0 0 0\n!repeats 1 -1 1", "!orders 0 0\n!sink b 0 0 0 0\n!repeats 1 1 1 1",
        "!orders 0 0\n!sink b 0 0 0 0\n!repeats 1 1 1\n!repeats 1 1 1",
    ])
    func `a report with broken orders is none`(lines: String) {
        #expect(decode("w 1 1 0 0 0 1 0\n" + lines) == nil)
    }

    @Test func `a report that was cut is none, or one with fewer lines`() {
        let bytes = Array(withOrders.encode().utf8)
        for length in 0..<bytes.count {
            guard let cut = WorkerReport.decode(Array(bytes[..<length])) else { continue }
            #expect(cut.lines.count <= report.lines.count)
        }
    }
}
