import Base
import Domain
import Testing

/// Where a ticket stands: the reading rule, from memory.
@Suite struct LocateTests {
    /// 10 admitted and 4 taken before this process began to follow, 5 more since.
    private func view(_ change: (inout ItemCounters) -> Void = { _ in }) -> ItemView {
        let first = snapshot(version: 10, notification: 5) {
            ($0.tail, $0.head, $0.free) = (10, 4, 50)
            change(&$0)
        }
        let view = ItemView(name: demo, snapshot: first, isFollowed: true, now: at(0))
        view.applyAdmission(
            version: 11, head: 4, tail: 15, free: first.counters.free, largest: 1, boot: "a", now: at(1))
        return view
    }

    @Test func `a waiting ticket has a place behind the head, and behind what lost workers left`() {
        #expect(view().locate(11) == .queued(position: 7))
        #expect(view { $0.redo = 3 }.locate(11) == .queued(position: 10))
    }

    @Test func `what was there before messages were followed must be read once`() {
        let view = view()
        #expect(view.locate(7) == .needsBlock(0))
        view.fill(block: 0, with: [0, 1, 1, 6, 1])
        #expect(view.locate(7) == .queued(position: 3))
        #expect(view.locate(3) == .decided(.cancelled) && view.locate(4) == .decided(.sold))
    }

    @Test func `a ticket above the known tail says that this memory is behind, or that it was never given`() {
        #expect(view().locate(16) == .needsSnapshot)
        #expect(view().locate(16, isFresh: true) == .beyondTail)
    }

    @Test(arguments: [
        ResultByte.sold, .processing, .reserved, .rejected, .expired, .cancelled, .insufficientStock, .inDoubt, .lost,
    ])
    func `a decided ticket is shown as decided, before and after the end`(byte: ResultByte) {
        let view = view()
        view.apply(
            notification(version: 12, notification: 6, runs: [(12, 1, byte)]) { ($0.tail, $0.head) = (15, 12) },
            now: at(2))
        #expect(view.locate(12) == .decided(byte))
        view.apply(
            notification(version: 13, notification: 7) { ($0.tail, $0.head, $0.endedAt, $0.ended) = (15, 15, 15, 1) },
            now: at(3))
        #expect(view.locate(12) == .decided(byte) && view.locate(13) == .soldOut)
    }

    @Test func `a ticket that was taken, and whose message is still on the way, is read from the store`() {
        let view = view()
        view.applyAdmission(version: 14, head: 12, tail: 20, free: 0, largest: 1, boot: "a", now: at(2))
        #expect(view.locate(12) == .needsBlock(0) && view.locate(13) == .queued(position: 1))
        view.fill(block: 0, with: [UInt8](repeating: 1, count: 13))
        #expect(view.place(of: 12, blockReadAfter: 0) == .decided(.sold))
    }

    @Test func `a winner is never shown as sold out when a read of the item overtakes the message with the result`() {
        let view = view()
        let end = { (counters: inout ItemCounters) in
            (counters.tail, counters.head, counters.endedAt, counters.ended) = (15, 15, 15, 1)
        }
        view.apply(snapshot(version: 13, notification: 7, end), isFollowed: true, now: at(2))
        #expect(view.locate(12) == .needsBlock(0), "the end is known, the winners are not")
        view.apply(
            notification(version: 12, notification: 6, runs: [(5, 8, .sold)]) { ($0.tail, $0.head) = (15, 12) },
            now: at(3))
        #expect(view.locate(12) == .decided(.sold) && view.locate(13) == .needsBlock(0))
        view.apply(notification(version: 13, notification: 7, end), now: at(4))
        #expect(view.locate(12) == .decided(.sold) && view.locate(13) == .soldOut)
    }

    @Test func `a winner is never shown as sold out when the end overtakes the read of the results`() {
        let view = view()
        view.interrupt()
        let endedAt = view.counters.endedAt
        // The block is read (nothing decided yet); then 12 wins that no message shows; the end is received first.
        view.apply(
            notification(version: 20, notification: 15) { ($0.tail, $0.head, $0.endedAt, $0.ended) = (15, 15, 15, 1) },
            now: at(2))
        view.fill(block: 0, with: [UInt8](repeating: 0, count: 16))
        #expect(view.place(of: 12, blockReadAfter: endedAt) == .needsBlock(0))
        view.fill(block: 0, with: [UInt8](repeating: 0, count: 12) + [1])
        #expect(view.place(of: 12, blockReadAfter: view.counters.endedAt) == .decided(.sold))
        #expect(view.place(of: 13, blockReadAfter: view.counters.endedAt) == .soldOut)
    }

    @Test func `sold out stays sold out after a restock, and who comes later waits`() {
        let view = view()
        view.fill(block: 0, with: [])
        view.apply(
            notification(version: 12, notification: 6) { ($0.tail, $0.head, $0.endedAt, $0.ended) = (15, 15, 15, 1) },
            now: at(2))
        view.apply(
            notification("C", version: 13, notification: 7) {
                ($0.tail, $0.head, $0.endedAt, $0.free) = (15, 15, 15, 9)
            }, now: at(3))
        view.applyAdmission(version: 14, head: 15, tail: 16, free: 0, largest: 1, boot: "a", now: at(4))
        #expect(view.locate(15) == .soldOut && view.locate(7) == .soldOut && view.locate(16) == .queued(position: 1))
    }

    @Test func `results never go back from final, whatever comes late`() {
        let view = view()
        view.apply(notification(version: 12, notification: 6, runs: [(12, 1, .sold)]) { $0.tail = 15 }, now: at(2))
        view.apply(
            notification(version: 11, notification: 5, runs: [(12, 1, .processing)]) { $0.tail = 15 }, now: at(3))
        view.fill(block: 0, with: [UInt8](repeating: 0, count: 20))
        view.apply(
            snapshot(version: 10, notification: 5) { ($0.tail, $0.head) = (10, 4) }, isFollowed: true, now: at(4))
        view.interrupt()
        view.apply(
            notification(version: 40, notification: 40) { ($0.tail, $0.head, $0.endedAt, $0.ended) = (15, 15, 15, 1) },
            now: at(5))
        #expect(view.locate(12) == .decided(.sold) && view.remembered(12) == .decided(.sold))
    }

    @Test func `while the store is away, what is known is shown and nothing is guessed`() {
        let view = view()
        view.apply(
            notification(version: 12, notification: 6, runs: [(5, 1, .sold)]) { ($0.tail, $0.head) = (15, 6) },
            now: at(2))
        view.interrupt()
        #expect(view.remembered(5) == .decided(.sold))
        #expect(view.remembered(9) == .queued(position: 3) && view.remembered(15) == .queued(position: 9))
        #expect(view.remembered(6) == nil, "taken, and nobody knows how it ended")
        #expect(view.remembered(16) == nil)
    }

    @Test func `the verdict knows the stock`() {
        let view = view {
            ($0.free, $0.held, $0.inDoubt) = (5, 4, 1)
        }
        func verdict(ahead: Int64, _ quantity: Int64 = 1) -> ItemView.Verdict {
            view.verdict(5 + ahead, ahead: ahead, quantity: quantity)
        }
        #expect(verdict(ahead: 4) == .certain)
        #expect(verdict(ahead: 5) == .possible, "held units may come back")
        #expect(verdict(ahead: 7) == .possible)
        #expect(verdict(ahead: 8) == .noChance)
        #expect(verdict(ahead: 0, 9) == .noChance, "more than there can ever be")
    }

    @Test func `the verdict takes everybody ahead for the largest quantity admitted`() {
        let fresh = snapshot(settings: rules { $0.largest = 3 }) { ($0.tail, $0.free) = (9, 10) }
        let view = ItemView(name: demo, snapshot: fresh, isFollowed: true, now: at(0))
        #expect(view.verdict(4, ahead: 3, quantity: 1) == .certain)
        #expect(view.verdict(4, ahead: 3, quantity: 2) == .possible)
    }

    @Test func `nothing is certain by a head that is newer than the units`() {
        let view = view { $0.free = 6 }
        #expect(view.verdict(10, ahead: 5, quantity: 1) == .certain)
        #expect(view.verdict(11, ahead: 6, quantity: 1) != .certain)
        // Four were taken, with their units; the message is still on the way.
        view.applyAdmission(version: 14, head: 8, tail: 15, free: 2, largest: 1, boot: "a", now: at(2))
        #expect(view.locate(11) == .queued(position: 3))
        #expect(view.verdict(10, ahead: 1, quantity: 1) == .certain)
        #expect(view.verdict(11, ahead: 2, quantity: 1) != .certain, "two units, and two purchases before it")
        // The message of the first two of them: older, and of one moment too.
        view.apply(notification(version: 12, notification: 6) { ($0.tail, $0.head, $0.free) = (15, 6, 4) }, now: at(3))
        #expect(view.verdict(11, ahead: 2, quantity: 1) != .certain)
    }

    @Test func `nothing is certain behind those whose quantities are not known`() {
        let view = view { $0.free = 40 }
        // A message that says where the queue ends, and no change of settings: nobody asked for more than before.
        view.apply(notification(version: 12, notification: 6) { ($0.tail, $0.head, $0.free) = (20, 4, 40) }, now: at(2))
        #expect(view.verdict(20, ahead: 15, quantity: 1) == .certain)
        // Somebody before sequence 25 asked for more than anybody before; a read will show how much.
        view.apply(
            notification("C", version: 13, notification: 7) { ($0.tail, $0.head, $0.free) = (25, 4, 40) }, now: at(3))
        view.apply(notification(version: 14, notification: 8) { ($0.tail, $0.head, $0.free) = (26, 4, 40) }, now: at(3))
        #expect(view.verdict(26, ahead: 21, quantity: 1) == .possible)
        #expect(view.verdict(21, ahead: 16, quantity: 1) == .certain)
        view.apply(
            snapshot(version: 14, notification: 8, settings: rules { $0.largest = 2 }) {
                ($0.tail, $0.head, $0.free) = (26, 4, 40)
            }, isFollowed: true, now: at(4))
        #expect(view.verdict(24, ahead: 19, quantity: 2) == .certain)
        #expect(view.verdict(25, ahead: 20, quantity: 1) == .possible)
        // The answer to an admission says it too, at once.
        view.applyAdmission(version: 20, head: 4, tail: 30, free: 40, largest: 30, boot: "a", now: at(5))
        #expect(view.verdict(6, ahead: 1, quantity: 10) == .certain)
        #expect(view.verdict(7, ahead: 2, quantity: 1) == .possible)
    }

    @Test func `nothing is certain once the head has passed it`() {
        let view = view { $0.free = 6 }
        view.fill(block: 0, with: [])
        view.applyAdmission(version: 14, head: 12, tail: 15, free: 3, largest: 9, boot: "a", now: at(2))
        // It may have asked for more than there was.
        #expect(view.place(of: 12, blockReadAfter: 0) == .queued(position: 1))
        #expect(view.verdict(12, ahead: 0, quantity: 1) == .possible)
    }
}
