import Base
import Domain
import Testing

@Suite struct SkippedSequencesTests {
    @Test func `ranges are read as the store writes them, and nothing else is`() throws {
        #expect(SkippedSequences("") == SkippedSequences())
        let skipped = try #require(SkippedSequences("4:3,10:2"))
        #expect((1...12).filter { skipped.contains($0) } == [4, 5, 6, 10, 11])
        #expect((1...12).map { skipped.count(upTo: $0) } == [0, 0, 0, 1, 2, 3, 3, 3, 3, 4, 5, 5])
        for text in ["x", "4", "4:", ":4", "4:0", "0:3", "4:-1", "4:3,", ",4:3", "4:3,6:1", "4:3,2:1", "4294967295:2"] {
            #expect(SkippedSequences(text) == nil, "\(text)")
        }
        #expect(SkippedSequences("4294967295:1") != nil)
    }

    /// 1...3 wait in the life before, 4...103 were left out, 104 and 105 came after.
    private func view(head: Int64 = 0) -> ItemView {
        var read = snapshot(version: 9, notification: 3, boot: "b") {
            ($0.head, $0.tail, $0.cancelled, $0.free) = (head, 105, head > 3 ? 0 : 100, 4)
        }
        read.skipped = SkippedSequences("4:100")!
        let view = ItemView(name: demo, snapshot: read, isFollowed: true, now: at(0))
        view.fill(block: 0, with: [])
        return view
    }

    private func position(_ place: ItemView.Place) -> Int64? {
        if case .queued(let position) = place { position } else { nil }
    }

    @Test func `places do not count what was left out, before the gap and behind it`() {
        let view = view()
        #expect([1, 3, 104, 105].map { position(view.locate($0)) } == [1, 3, 4, 5])
        #expect(view.counters.waiting == 5)
        for sequence: Int64 in [4, 50, 103] {
            #expect(view.locate(sequence) == .decided(.lost))
            #expect(view.place(of: sequence, blockReadAfter: 0) == .decided(.lost))
            #expect(view.remembered(sequence) == .decided(.lost))
        }
        #expect(
            view.verdict(104, ahead: 3, quantity: 1) == .certain
                && view.verdict(105, ahead: 4, quantity: 1) == .noChance)
        // The head passes the gap.
        view.apply(
            notification(version: 10, notification: 4) { ($0.head, $0.tail, $0.free) = (104, 105, 0) }, now: at(10))
        #expect(position(view.locate(105)) == 1 && view.locate(50) == .decided(.lost))
    }

    @Test func `what was left out stays lost when the item ends behind it`() {
        let view = view(head: 105)
        view.apply(
            notification(version: 10, notification: 4) {
                ($0.head, $0.tail, $0.endedAt, $0.ended) = (105, 105, 105, 1)
            }, now: at(10))
        #expect(view.locate(50) == .decided(.lost) && view.locate(2) == .soldOut)
    }

    @Test func `a gap that the head passes is no progress of the queue`() {
        let view = view()
        for step in 1...20 {
            let head = Int64(step) <= 3 ? Int64(step) : Int64(step) + 100
            view.apply(
                notification(version: 10 + Int64(step), notification: 3 + Int64(step)) {
                    ($0.head, $0.tail) = (head, 200)
                },
                now: at(100 * Int64(step)))
        }
        let rate = view.drainPerSecond(now: at(2_000)) ?? 0
        #expect(rate > 5 && rate < 15, "\(rate), not 10 a second")
    }

    @Test func `a restart in which nobody waited is no progress of the queue`() {
        let view = ItemView(
            name: demo, snapshot: snapshot(version: 5, notification: 1) { ($0.head, $0.tail) = (3, 3) },
            isFollowed: true,
            now: at(0))
        view.apply(
            notification("C", version: 6, notification: 2) { ($0.head, $0.tail) = (2_000_003, 2_000_003) },
            now: at(1_000))
        var read = snapshot(version: 6, notification: 2, boot: "b") { ($0.head, $0.tail) = (2_000_003, 2_000_003) }
        read.skipped = SkippedSequences("4:2000000")!
        view.apply(read, isFollowed: true, now: at(1_001))
        #expect(view.drainPerSecond(now: at(1_100)) == nil)
    }
}
