import Base
import Testing

@testable import Domain

/// What is known of items, and whose turn it is.
@Suite struct ItemTableTests {
    private func waits(_ waiting: Int64, free: Int64 = 100, version: Int64 = 1) -> ItemCounters {
        counters { ($0.tail, $0.free, $0.version) = (waiting, free, version) }
    }

    /// Items of these lengths, read in this order.
    private func table(_ waiting: [Int64]) -> ItemTable {
        var table = ItemTable()
        for (number, count) in waiting.enumerated() {
            let index = table.index(of: ItemName("item-\(number)")!)
            _ = table.read(index, incarnation: 7, counters: waits(count), life: "a", weight: nil)
        }
        return table
    }

    private func line(_ stop: DeductStop, version: Int64, waiting: Int64 = 9) -> WorkerReport.Line {
        .init(
            item: ItemName("item-0")!, allowance: 0, used: 0, stop: stop,
            counters: waits(waiting, version: version), incarnation: 7)
    }

    @Test func `only those that want something have a turn`() {
        var table = table([0, 3, 2])
        #expect(table.next() == 1 && table.hasDemand)
        table.take(table.turn(room: 6) ?? 0)
        #expect(table.next() == 2)
        table.add(unused: 2, to: 2)
        #expect(table.next() == 1, "two of two are granted")
        table.add(unused: 3, to: 1)
        #expect(table.next() == nil && !table.hasDemand && !table.hasBacklog)
        table.add(unused: -1, to: 2)
        #expect(table.next() == 2 && table.wanted(2) == 1)
    }

    @Test func `an item that can give nothing has no turn until it changes`() {
        var table = table([9])
        table.reported(line(.headWaits, version: 1), of: 0, now: at(0))
        #expect(table.next() == nil && table[0].isBlocked)
        table.changed(0, waits(9, version: 1))
        #expect(table.next() == nil, "nothing new")
        table.changed(0, waits(9, version: 2))
        #expect(table.next() == 0)
    }

    @Test func `an item whose taking failed is read, and has its turn again a little later`() {
        var table = table([9])
        table.reported(line(.callFailed, version: 1), of: 0, now: at(0))
        #expect(table.next() == nil && table.hasBacklog)
        #expect(table.takeToRead() == [ItemName("item-0")!] && table.takeToRead().isEmpty)
        #expect(table.wakesAt == at(0) + Limits.failedItemPause)
        table.wake(now: at(99))
        #expect(table.next() == nil)
        table.wake(now: at(100))
        #expect(table.next() == 0 && table.wakesAt == nil)
    }

    @Test func `the first incarnation that is named is believed, others are read`() {
        var table = ItemTable()
        let index = table.index(of: demo)
        #expect(table.judge(nil, of: index) == .same && table.takeToRead().isEmpty)
        #expect(table.judge(5, of: index) == .first && table.takeToRead() == [demo])
        #expect(table.judge(5, of: index) == .same && table.judge(6, of: index) == .other)
        #expect(table[index].incarnation == 5 && table.takeToRead() == [demo])
        let isOther = table.read(index, incarnation: 6, counters: waits(1), life: "a", weight: nil)
        let isSame = !table.read(index, incarnation: 6, counters: waits(1), life: "a", weight: nil)
        #expect(isOther && isSame && table[index].incarnation == 6)
    }

    @Test func `a read of another life of the store holds, though it counts lower`() {
        var table = table([9])
        table.changed(0, waits(9, version: 50))
        _ = table.read(0, incarnation: 7, counters: waits(1, version: 4), life: "a", weight: nil)
        #expect(table[0].counters.version == 50)
        _ = table.read(0, incarnation: 7, counters: waits(1, version: 4), life: "b", weight: nil)
        #expect(table[0].counters.version == 4)
    }

    @Test func `more used than was granted is a mistake`() async {
        await #expect(processExitsWith: .failure) {
            var table = ItemTable()
            table.add(unused: -1, to: table.index(of: ItemName("demo")!))
        }
    }
}
