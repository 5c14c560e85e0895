import Base
import Domain
import Testing

/// How a view follows reads and messages that come in any order.
@Suite struct ItemViewTests {
    private func view(_ change: (inout ItemCounters) -> Void = { _ in }) -> ItemView {
        ItemView(name: demo, snapshot: snapshot(version: 10, notification: 5, change), isFollowed: true, now: at(0))
    }

    @Test func `a message in order moves the counters and leaves the view current`() {
        let view = view { $0.tail = 3 }
        view.apply(notification(version: 11, notification: 6) { ($0.tail, $0.head, $0.free) = (3, 1, 9) }, now: at(1))
        #expect(view.isCurrent && view.isTrusted && view.counters.head == 1 && view.counters.free == 9)
    }

    @Test func `a gap in the messages asks for a read, and nothing is believed until one that knows what was lost`() {
        let view = view { $0.tail = 3 }
        view.apply(notification(version: 14, notification: 8) { $0.tail = 20 }, now: at(1))
        #expect(!view.isCurrent && !view.isTrusted)
        #expect(view.locate(2) == .needsBlock(0))

        // This read had begun before the gap, and knows no more than we did.
        view.apply(snapshot(version: 10, notification: 5) { $0.tail = 3 }, isFollowed: true, now: at(2))
        #expect(!view.isTrusted && view.counters.version == 14)
        view.apply(snapshot(version: 14, notification: 8) { $0.tail = 20 }, isFollowed: true, now: at(3))
        #expect(view.isCurrent && view.isTrusted)
        #expect(view.locate(20) == .needsBlock(0))
    }

    @Test func `a lost message that a read hides is noticed all the same`() {
        let view = view { $0.tail = 3 }
        view.apply(snapshot(version: 13, notification: 8) { ($0.tail, $0.head) = (3, 3) }, isFollowed: true, now: at(1))
        #expect(view.isTrusted == true)
        // 6 is lost; 7 comes, and is older than the read.
        view.apply(notification(version: 12, notification: 7) { ($0.tail, $0.head) = (3, 2) }, now: at(2))
        #expect(!view.isTrusted && !view.isCurrent && view.counters.head == 3)
    }

    @Test func `messages older than a read change neither counters nor settings`() {
        let view = view()
        view.apply(snapshot(version: 12, notification: 7) { $0.free = 4 }, isFollowed: true, now: at(1))
        view.apply(notification("C", version: 11, notification: 6) { $0.free = 9 }, now: at(2))
        view.apply(notification(version: 12, notification: 7) { $0.free = 4 }, now: at(3))
        #expect(view.isCurrent && view.isTrusted && view.counters.free == 4)
    }

    @Test func `a read older than the messages changes nothing`() {
        let view = view()
        view.apply(notification(version: 12, notification: 6) { $0.free = 4 }, now: at(1))
        view.apply(snapshot(version: 11, notification: 5) { $0.free = 9 }, isFollowed: true, now: at(2))
        #expect(view.isCurrent && view.counters.free == 4 && view.counters.version == 12)
    }

    @Test func `a doubled message changes nothing`() {
        let view = view()
        let once = notification("C", version: 11, notification: 6) { $0.free = 4 }
        view.apply(once, now: at(1))
        view.apply(snapshot(version: 11, notification: 6) { $0.free = 4 }, isFollowed: true, now: at(2))
        let before = view.counters
        view.apply(once, now: at(3))
        #expect(view.counters == before && view.isTrusted)
    }

    @Test func `a change of settings asks for a read`() {
        let view = view()
        view.apply(notification("C", version: 11, notification: 6), now: at(1))
        #expect(!view.isCurrent && view.isTrusted)
        view.apply(
            snapshot(version: 11, notification: 6, settings: rules { $0.isPaused = true }), isFollowed: true, now: at(2)
        )
        #expect(view.isCurrent && view.settings.isPaused)
    }

    @Test func `a message of another incarnation asks for a read, and the read begins anew`() {
        let view = view { $0.tail = 3 }
        view.apply(notification(version: 11, notification: 6, runs: [(1, 3, .sold)]), now: at(1))
        #expect(view.locate(1) == .decided(.sold))
        view.apply(
            notification(version: 1, notification: 1, incarnation: 8, runs: [(2, 1, .rejected)]) { $0.free = 1 },
            now: at(2))
        #expect(!view.isCurrent && view.counters.version == 11 && view.locate(2) == .decided(.sold))
        view.apply(snapshot(version: 1, notification: 1, incarnation: 8), isFollowed: true, now: at(3))
        #expect(view.isCurrent && view.snapshot.incarnation == 8 && view.counters.version == 1)
        #expect(view.locate(1) == .needsSnapshot)
    }

    @Test func `an admission's reply that overtook a message keeps nothing of the message out`() {
        let view = view { ($0.tail, $0.free) = (3, 5) }
        view.applyAdmission(version: 12, head: 0, tail: 9, free: 0, largest: 1, boot: "a", now: at(1))
        #expect(view.counters.tail == 9 && view.counters.free == 5)
        view.apply(
            notification(version: 11, notification: 6) { ($0.tail, $0.head, $0.free, $0.sold) = (3, 3, 2, 3) },
            now: at(2))
        #expect(view.counters.free == 2 && view.counters.sold == 3 && view.counters.head == 3)
        #expect(view.counters.tail == 9 && view.counters.version == 12)
    }

    @Test func `an admission's reply older than what is known changes nothing`() {
        let view = view { $0.tail = 3 }
        view.applyAdmission(version: 9, head: 0, tail: 99, free: 0, largest: 1, boot: "a", now: at(1))
        #expect(view.counters.tail == 3 && view.counters.version == 10)
    }

    @Test func `an interruption leaves the final results, and a read makes the view whole again`() {
        let view = view { $0.tail = 3 }
        view.apply(
            notification(version: 11, notification: 6, runs: [(1, 1, .sold), (2, 1, .processing)]) { $0.head = 2 },
            now: at(1))
        view.interrupt()
        #expect(!view.isCurrent && !view.isTrusted)
        #expect(view.locate(1) == .decided(.sold) && view.locate(2) == .needsBlock(0))
        // Messages may come before the read does; nothing is believed yet.
        view.apply(notification(version: 30, notification: 25) { ($0.tail, $0.head) = (9, 3) }, now: at(2))
        #expect(view.isTrusted == false)
        view.apply(
            snapshot(version: 28, notification: 23) { ($0.tail, $0.head) = (9, 2) }, isFollowed: true, now: at(3))
        #expect(view.isTrusted == true)
        view.apply(notification(version: 31, notification: 26) { ($0.tail, $0.head) = (9, 3) }, now: at(4))
        #expect(view.isTrusted == true, "26 follows 25: nothing was lost")
    }

    @Test func `a read without messages is answered from, and not trusted`() {
        let view = view { $0.tail = 3 }
        view.interrupt()
        view.apply(snapshot(version: 11, notification: 6) { $0.tail = 4 }, isFollowed: false, now: at(1))
        #expect(view.isCurrent && !view.isTrusted && view.counters.tail == 4)
        #expect(view.locate(4) == .needsBlock(0) && view.locate(5, isFresh: true) == .beyondTail)
    }

    @Test func `another life of the store counts, though it counts lower`() {
        let view = view { ($0.tail, $0.head) = (50, 40) }
        view.interrupt()
        view.apply(
            snapshot(version: 6, notification: 3, boot: "b") { ($0.tail, $0.head) = (30, 20) }, isFollowed: true,
            now: at(1))
        #expect(view.counters.version == 6 && view.counters.tail == 30 && view.isTrusted)
        view.apply(notification(version: 7, notification: 4) { ($0.tail, $0.head) = (30, 21) }, now: at(2))
        #expect(view.counters.head == 21 && view.isTrusted)
    }

    @Test func `another life of the store may count its messages again from a lower number`() {
        let view = view { ($0.tail, $0.head) = (50, 40) }
        view.interrupt()
        // The first read comes before the leader lets the item go on: still the old life, and less than we know.
        view.apply(snapshot(version: 6, notification: 3) { $0.tail = 30 }, isFollowed: true, now: at(1))
        #expect(view.counters.version == 10)
        view.apply(notification("C", version: 7, notification: 4) { $0.tail = 30 }, now: at(2))
        #expect(view.isCurrent == false, "a read will show it")
        view.apply(
            snapshot(version: 7, notification: 4, boot: "b") { ($0.tail, $0.head) = (30, 20) }, isFollowed: true,
            now: at(3))
        view.apply(
            notification(version: 8, notification: 5, runs: [(31, 1, .sold)]) { ($0.tail, $0.head) = (31, 31) },
            now: at(4))
        #expect(view.isTrusted && view.isCurrent && view.counters.head == 31 && view.locate(31) == .decided(.sold))
    }

    @Test func `the store's clock goes on with ours`() {
        let view = view()
        #expect(view.storeTime(now: at(1_500)).milliseconds == 1_001_500)
    }
}
