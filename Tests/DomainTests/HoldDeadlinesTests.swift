import Base
import Domain
import Testing

/// Until when reserved purchases must be paid, as a queue process remembers it.
@Suite struct HoldDeadlinesTests {
    private let noon = WallInstant(milliseconds: 43_200_000)

    @Test func `a deadline is believed for as long again as it has been known`() {
        var deadlines = HoldDeadlines()
        #expect(deadlines.believed(1, now: at(0)) == nil)
        deadlines.read(1, noon, now: at(1_000))
        #expect(deadlines.believed(1, now: at(1_000)) == nil && deadlines.last(1) == noon)
        deadlines.read(1, noon, now: at(2_000))
        #expect(deadlines.believed(1, now: at(2_999)) == noon && deadlines.believed(1, now: at(3_000)) == nil)
        deadlines.read(1, noon, now: at(9_000))
        #expect(deadlines.believed(1, now: at(16_999)) == noon && deadlines.believed(1, now: at(17_000)) == nil)
    }

    @Test func `one that was corrected is believed no longer than a new one`() {
        var deadlines = HoldDeadlines()
        deadlines.read(1, noon, now: at(0))
        deadlines.read(1, noon, now: at(60_000))
        let later = noon + .seconds(60)
        deadlines.read(1, later, now: at(60_001))
        #expect(deadlines.believed(1, now: at(60_002)) == nil && deadlines.last(1) == later)
        deadlines.read(1, later, now: at(60_011))
        #expect(deadlines.believed(1, now: at(60_020)) == later && deadlines.believed(1, now: at(60_021)) == nil)
    }

    @Test(arguments: [(2, 1), (1, 3), (2, 1_000_000_000)])
    func `what has ended is remembered no more`(first: Int64, count: Int64) {
        var deadlines = HoldDeadlines()
        for sequence: Int64 in 1...4 { deadlines.read(sequence, noon, now: at(0)) }
        deadlines.end(first: first, count: count)
        for sequence: Int64 in 1...4 {
            let hasEnded = sequence >= first && sequence < first + count
            #expect((deadlines.last(sequence) == nil) == hasEnded, "\(sequence)")
        }
        deadlines.forget()
        #expect(deadlines.count == 0)
    }

    @Test func `no more are remembered than there is room for, and one that is over makes room`() {
        var deadlines = HoldDeadlines(most: 2)
        for sequence: Int64 in 1...3 { deadlines.read(sequence, noon, now: at(0)) }
        #expect(deadlines.count == 2 && deadlines.last(3) == nil)
        deadlines.read(1, noon, now: at(10))
        #expect(deadlines.believed(1, now: at(11)) == noon)
        deadlines.end(first: 1, count: 1)
        deadlines.read(3, noon, now: at(12))
        #expect(deadlines.last(3) == noon)
    }
}
