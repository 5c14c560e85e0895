import Base
import Testing

@testable import Domain

private func counters(head: Int64 = 0, tail: Int64 = 10, free: Int64 = 5, redo: Int64 = 0) -> ItemCounters {
    var counters = ItemCounters()
    (counters.head, counters.tail, counters.free, counters.redo) = (head, tail, free, redo)
    return counters
}

private func second(_ count: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: count * 1_000_000_000) }

extension ProgressWatch {
    fileprivate mutating func look(
        _ now: MonotonicInstant, incarnation: UInt64 = 1, _ items: [(ItemName, ItemCounters)]
    ) {
        begin()
        for (name, counters) in items { see(name, incarnation: incarnation, counters, now: now) }
        end()
    }
}

@Test func `an item that waits with units and capacity free, and does not move, stands still`() throws {
    let (a, b) = (try #require(ItemName("a")), try #require(ItemName("b")))
    var watch = ProgressWatch()
    watch.look(second(0), [(a, counters()), (b, counters(head: 3))])
    watch.look(second(5), [(a, counters()), (b, counters(head: 4))])
    #expect(watch.stalled(now: second(5)).map(\.item) == [a])
    #expect(watch.stalled(a, now: second(5)) == .seconds(5) && watch.stalled(b, now: second(5)) == .zero)
    watch.look(second(9), [(a, counters()), (b, counters(head: 4))])
    #expect(watch.stalled(now: second(9)).map(\.time) == [.seconds(9), .seconds(4)])
    watch.look(second(10), [(a, counters(head: 1)), (b, counters(head: 4))])
    #expect(watch.stalled(now: second(10)).map(\.item) == [b], "a moved")
}

@Test func `who has nothing to wait for, or can't be served, does not stand still`() throws {
    let a = try #require(ItemName("a"))
    var watch = ProgressWatch()
    for still in [counters(tail: 0), counters(free: 0)] {
        watch.look(second(0), [(a, still)])
        watch.look(second(60), [(a, still)])
        #expect(watch.stalled(now: second(60)).isEmpty)
    }
    watch.look(second(0), [(a, counters())])
    watch.look(second(30), [])  // paused, or nobody has room
    watch.look(second(40), [(a, counters())])
    #expect(watch.stalled(a, now: second(41)) == .seconds(1), "the clock begins anew")
    watch.look(second(70), [(a, counters(tail: 0, free: 0, redo: 2))])
    watch.look(second(80), [(a, counters(tail: 0, free: 0, redo: 2))])
    #expect(watch.stalled(a, now: second(80)) == .seconds(10), "what was taken back waits, though no unit is free")
}

@Test func `an item that was made again under its name has not stood still for as long as the one before`() throws {
    let a = try #require(ItemName("a"))
    var watch = ProgressWatch()
    watch.look(second(0), [(a, counters())])
    watch.look(second(60), incarnation: 2, [(a, counters())])
    #expect(watch.stalled(a, now: second(60)) == .zero)
}
