import Base
import Domain
import Testing

/// Who may be refused from memory.
@Suite struct GateTests {
    private static let holder: UInt32 = 0x0102_0304
    private static let nonHolder: UInt32 = 0x0A0B_0C0D
    private static let tags: [UInt8] = [1, 2, 3, 4]

    private func view(
        settings: ItemSettings = ItemSettings(), _ change: (inout ItemCounters) -> Void = { $0.free = 1 }
    ) -> ItemView {
        ItemView(
            name: demo, snapshot: snapshot(version: 10, notification: 5, settings: settings, change), isFollowed: true,
            now: at(0))
    }

    private func soldOut() -> ItemView {
        view { ($0.tail, $0.head, $0.endedAt, $0.ended, $0.sold) = (1, 1, 1, 1, 1) }
    }

    @Test func `an open item is for the store to decide`() {
        #expect(view().gate(tag: Self.nonHolder, now: at(0)) == .admit)
        #expect(view(settings: rules { $0.isPaused = true }).gate(tag: Self.nonHolder, now: at(0)) == .admit)
    }

    @Test func `after the end non-holders are refused once the holders are known, and holders ask the store`() {
        let view = soldOut()
        #expect(view.gate(tag: Self.nonHolder, now: at(0)) == .admitAndReadHolders)
        view.appendHolders(Self.tags, isLast: true, now: at(1))
        #expect(view.gate(tag: Self.nonHolder, now: at(2)) == .refuse(.soldOut))
        #expect(view.gate(tag: Self.holder, now: at(2)) == .admit)
    }

    @Test func `the sold-out flag resets after a restock`() {
        let view = soldOut()
        view.appendHolders(Self.tags, isLast: true, now: at(1))
        #expect(view.gate(tag: Self.nonHolder, now: at(2)) == .refuse(.soldOut))

        view.apply(
            notification("C", version: 11, notification: 6) { ($0.tail, $0.head, $0.endedAt, $0.free) = (1, 1, 1, 5) },
            now: at(3))
        #expect(view.gate(tag: Self.nonHolder, now: at(3)) == .admit)
        view.apply(
            snapshot(version: 11, notification: 6) { ($0.tail, $0.head, $0.endedAt, $0.free) = (1, 1, 1, 5) },
            isFollowed: true,
            now: at(4))
        #expect(view.gate(tag: Self.nonHolder, now: at(4)) == .admit)
    }

    @Test func `who bought after a restock is no nonHolder after the second end, also when a read hid the restock`() {
        let view = soldOut()
        view.appendHolders(Self.tags, isLast: true, now: at(1))
        view.apply(
            snapshot(version: 20, notification: 9) { ($0.tail, $0.head, $0.endedAt, $0.ended) = (2, 2, 2, 1) },
            isFollowed: true,
            now: at(2))
        #expect(view.gate(tag: Self.nonHolder, now: at(2)) == .admitAndReadHolders)
        #expect(view.holdersKnown == 1)
        view.appendHolders([0x0A, 0x0B, 0x0C, 0x0D], isLast: true, now: at(3))
        #expect(view.gate(tag: Self.nonHolder, now: at(4)) == .admit)
        #expect(view.gate(tag: 5, now: at(4)) == .refuse(.soldOut))
    }

    @Test func `who bought between the opening and the closing is no nonHolder after it`() {
        // Reopened with an opening to come; its holders are read while it is not open yet.
        let view = view(
            settings: rules {
                $0.opensAt = WallInstant(milliseconds: 1_010_000)
                $0.closesAt = WallInstant(milliseconds: 1_020_000)
            }
        ) { ($0.tail, $0.free) = (1, 5) }
        #expect(view.gate(tag: Self.nonHolder, now: at(0)) == .admitAndReadHolders)
        view.appendHolders(Self.tags, isLast: true, now: at(1))
        #expect(view.gate(tag: Self.nonHolder, now: at(2)) == .refuse(.notOpen))
        // Then it is open for a while, and others admit purchases of which no notification comes.
        #expect(view.gate(tag: Self.nonHolder, now: at(15_000)) == .admit)
        #expect(view.gate(tag: Self.nonHolder, now: at(21_000)) == .admitAndReadHolders)
    }

    @Test func `a slice that is not the last, or read while the item was not current, completes nothing`() {
        let view = soldOut()
        view.appendHolders(Self.tags, isLast: false, now: at(1))
        #expect(view.gate(tag: Self.nonHolder, now: at(2)) == .admitAndReadHolders)
        view.expire()
        view.appendHolders([], isLast: true, now: at(3))
        #expect(view.gate(tag: Self.nonHolder, now: at(4)) == .admit)
    }

    @Test func `a gap, an interruption and a change of settings forget that the holders were complete`() {
        let events: [(ItemView) -> Void] = [
            {
                $0.apply(
                    notification(version: 20, notification: 9) { ($0.tail, $0.endedAt, $0.ended) = (1, 1, 1) },
                    now: at(2))
            },
            { $0.interrupt() },
            {
                $0.apply(
                    notification("C", version: 11, notification: 6) { ($0.tail, $0.endedAt, $0.ended) = (1, 1, 1) },
                    now: at(2))
            },
        ]
        for (index, event) in events.enumerated() {
            let view = soldOut()
            view.appendHolders(Self.tags, isLast: true, now: at(1))
            event(view)
            #expect(view.gate(tag: Self.nonHolder, now: at(3)) == .admit, "\(index)")
            view.apply(
                snapshot(version: 30, notification: 10) { ($0.tail, $0.head, $0.endedAt, $0.ended) = (1, 1, 1, 1) },
                isFollowed: true, now: at(4))
            #expect(view.gate(tag: Self.nonHolder, now: at(5)) == .admitAndReadHolders, "\(index)")
        }
    }

    @Test func `a store that came back with less has its holders read from the beginning`() {
        let view = soldOut()
        view.appendHolders(Self.tags, isLast: true, now: at(1))
        view.interrupt()
        view.apply(
            snapshot(version: 5, notification: 3, boot: "b") { ($0.tail, $0.endedAt, $0.ended) = (1, 1, 1) },
            isFollowed: true,
            now: at(2))
        #expect(view.holdersKnown == 0 && view.gate(tag: Self.nonHolder, now: at(3)) == .admitAndReadHolders)
    }

    @Test func `an item without purchases has no holders to read`() {
        let closed = view(settings: rules { $0.isClosed = true })
        #expect(closed.gate(tag: Self.nonHolder, now: at(0)) == .refuse(.closed))
        let empty = view { $0.ended = 1 }
        #expect(empty.gate(tag: Self.nonHolder, now: at(0)) == .refuse(.soldOut))
    }

    @Test func `a frozen item is for the store to decide`() {
        let frozen = view(settings: rules { ($0.isFrozen, $0.isClosed) = (true, true) })
        #expect(frozen.gate(tag: Self.nonHolder, now: at(0)) == .admit)
    }

    /// The item's clock said 1,000,000 at 0; it opens 10 s later and closes 20 s later.
    @Test(arguments: [
        (Int64(0), ItemView.Gate.refuse(.notOpen)), (9_749, .refuse(.notOpen)), (9_751, .admit), (10_249, .admit),
        (15_000, .admit),
        (19_751, .admit), (20_249, .admit), (20_250, .refuse(.closed)), (90_000, .refuse(.closed)),
    ])
    func `near the opening and the closing the store's own clock decides`(milliseconds: Int64, gate: ItemView.Gate) {
        let view = view(
            settings: rules {
                $0.opensAt = WallInstant(milliseconds: 1_010_000)
                $0.closesAt = WallInstant(milliseconds: 1_020_000)
            })
        #expect(view.gate(tag: Self.nonHolder, now: at(milliseconds)) == gate)
    }

    @Test func `near its closing even a sold-out item is for the store to decide`() {
        let view = view(settings: rules { $0.closesAt = WallInstant(milliseconds: 1_020_000) }) { $0.ended = 1 }
        let gates = [19_749, 19_751, 20_249, 20_250].map { view.gate(tag: Self.nonHolder, now: at($0)) }
        #expect(gates == [.refuse(.soldOut), .admit, .admit, .refuse(.closed)])
    }

    @Test func `the reason is the first of closed, not open, sold out`() {
        let all = view(settings: rules { ($0.isClosed, $0.opensAt.milliseconds) = (true, 9_000_000) }) { $0.ended = 1 }
        #expect(all.gate(tag: Self.nonHolder, now: at(0)) == .refuse(.closed))
        let two = view(settings: rules { $0.opensAt.milliseconds = 9_000_000 }) { $0.ended = 1 }
        #expect(two.gate(tag: Self.nonHolder, now: at(0)) == .refuse(.notOpen))
    }
}
