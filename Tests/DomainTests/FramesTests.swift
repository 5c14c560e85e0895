import Domain
import Testing

@Suite struct FramesTests {
    private let report = WorkerReport(
        worker: "worker-1-x", beat: 3, term: 7, inFlight: 5, completed: 9, executionSum: 12_345, isComplete: true,
        presence: .leaving,
        lines: [
            .init(item: demo, allowance: 10, used: 4, stop: 2, counters: counters { ($0.version, $0.redo) = (8, 6) }),
            .init(item: ItemName("b_-9")!, allowance: 0, used: 0, stop: 0, counters: ItemCounters()),
        ])

    private func decode(_ text: String) -> WorkerReport? { WorkerReport.decode(Array(text.utf8)) }

    @Test func `a report is read as it was written`() {
        #expect(decode(report.encode()) == report)
    }

    @Test func `grants are read as they were written`() {
        let grants = [
            Grant(term: 3, item: demo, allowance: 9), Grant(term: 3, item: ItemName("x")!, allowance: 1 << 50),
        ]
        #expect(Grant.decode(Array(Grant.encode(grants).utf8)) == grants)
        #expect(Grant.decode([]) == [])
    }

    @Test(arguments: [
        "3 demo", "3 demo 9 9", "x demo 9", "3 de.mo 9", "3 demo -1", "-1 demo 1", "3 demo 9007199254740993",
        "3 demo 99999999999999999999", "3 demo 9\n4",
    ])
    func `a broken grant is nobody's permission`(text: String) {
        #expect(Grant.decode(Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        "w 1 1 0 0 0 1", "w 1 1 0 0 0 1 0 0", "w 1 1 0 0 0 1 3", "w 1 1 0 -1 0 1 0",
        "w 1 1 0 0 9223372036854775807 1 0",
        "w 1 1 x 0 0 1 0", "w 1 1 0 0 0 1 0\ndemo 1 1", "w 1 1 0 0 0 1 0\ndemo -1 1 0 1 2 3 4 5 6 7 8 9 10 11 12",
        "w 1 1 0 0 0 1 0\nde.mo 1 1 0 1 2 3 4 5 6 7 8 9 10 11 12",
        "w 1 1 0 0 0 1 0\ndemo 1 1 0 1 2 3 4 5 6 7 8 9 10 11 9223372036854775807", "",
    ])
    func `a broken report is none`(text: String) {
        #expect(decode(text) == nil)
    }

    @Test func `a report that was cut is none, or one with fewer lines`() {
        let bytes = Array(report.encode().utf8)
        for length in 0..<bytes.count {
            guard let cut = WorkerReport.decode(Array(bytes[..<length])) else { continue }
            #expect(cut.lines.count <= report.lines.count)
        }
    }
}
