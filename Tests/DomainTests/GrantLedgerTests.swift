import Base
import Testing

@testable import Domain

/// What a worker was granted and has not used, item by item.
@Suite struct GrantLedgerTests {
    private func ledger(_ counts: [Int: Int64]) -> GrantLedger {
        var ledger = GrantLedger()
        for (item, count) in counts.sorted(by: { $0.key < $1.key }) {
            ledger.grant(count, of: item, measures: false, now: at(0))
        }
        return ledger
    }

    private func changes(_ changes: [GrantLedger.Change]) -> [Int: Int64] {
        Dictionary(uniqueKeysWithValues: changes.map { ($0.item, $0.unused) })
    }

    @Test func `grants are sent once, with all that was granted in the term`() {
        var ledger = ledger([3: 2])
        ledger.grant(5, of: 3, measures: false, now: at(1))
        ledger.grant(1, of: 0, measures: false, now: at(1))
        #expect(ledger.hasFresh && ledger.unused == 8)
        let fresh = ledger.takeFresh()
        #expect(fresh.map(\.item) == [3, 0] && fresh.map(\.granted) == [7, 1])
        #expect(ledger.takeFresh().isEmpty && !ledger.hasFresh)
    }

    @Test func `use is believed upwards only, and what the worker has beyond our memory counts`() {
        var ledger = ledger([0: 4])
        #expect(ledger.reported(0, allowance: 4, used: 3, now: at(1)).change == .init(item: 0, unused: -3))
        #expect(ledger.reported(0, allowance: 2, used: 1, now: at(2)).change.unused == 0, "an older report")
        #expect(ledger.reported(0, allowance: 9, used: 3, now: at(3)).change.unused == 5)
        #expect(ledger.reported(0, allowance: 9, used: 11, now: at(4)).change.unused == -6)
        #expect(ledger.unused == 0)
    }

    @Test func `the first report that knows of a measured grant says how long it was on its way`() {
        var ledger = GrantLedger()
        ledger.grant(2, of: 0, measures: true, now: at(10))
        ledger.grant(2, of: 0, measures: true, now: at(15))
        #expect(ledger.reported(0, allowance: 1, used: 0, now: at(16)).dispatch == nil)
        #expect(ledger.reported(0, allowance: 2, used: 0, now: at(17)).dispatch == .milliseconds(7))
        #expect(ledger.reported(0, allowance: 4, used: 0, now: at(18)).dispatch == nil, "once")
    }

    @Test func `what is not reported a beat after it was granted never arrived`() {
        var ledger = ledger([0: 4, 1: 2])
        _ = ledger.reported(0, allowance: 4, used: 1, now: at(100))
        #expect(ledger.forgetLostGrants(now: at(400)) { _ in nil }.isEmpty, "it may be on its way")
        let lost = ledger.forgetLostGrants(now: at(600)) { $0 == 0 ? 2 : nil }
        #expect(changes(lost) == [0: -2, 1: -2] && ledger.unused == 1)
    }

    @Test func `a worker that takes nothing more gives back all it has not used`() {
        var ledger = ledger([0: 4, 1: 2])
        _ = ledger.reported(0, allowance: 4, used: 3, now: at(1))
        #expect(changes(ledger.release()) == [0: -1, 1: -2] && ledger.unused == 0)
        ledger.grant(1, of: 0, measures: false, now: at(2))
        #expect(ledger.takeFresh().first { $0.item == 0 }?.granted == 4, "it counts on from what was used")
    }

    @Test func `another item of the name begins at zero, and so does each item in a new term`() {
        var ledger = ledger([0: 4])
        #expect(ledger.forget(0) == .init(item: 0, unused: -4) && ledger.forget(7) == nil)
        ledger.grant(1, of: 0, measures: false, now: at(1))
        #expect(ledger.takeFresh().map(\.granted) == [1])
        #expect(changes(ledger.forgetAll()) == [0: -1])
        ledger.grant(3, of: 0, measures: false, now: at(2))
        ledger.beginTerm()
        #expect(ledger.unused == 0 && !ledger.hasFresh && ledger.unusedOfItems.isEmpty)
    }

    @Test(arguments: UInt64(1)...50)
    func `the sum is that of its items, and every change is returned`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var ledger = GrantLedger()
        var mirror = [Int64](repeating: 0, count: 4)
        for step in Int64(1)...400 {
            let (item, now) = (Int(random.below(4)), at(100 * step))
            var returned: [GrantLedger.Change] = []
            switch random.below(8) {
            case 0, 1, 2:
                let count = 1 + random.below(5)
                ledger.grant(count, of: item, measures: random.below(2) == 0, now: now)
                mirror[item] += count
            case 3, 4:
                returned = [ledger.reported(item, allowance: random.below(60), used: random.below(60), now: now).change]
            case 5: returned = ledger.forgetLostGrants(now: now) { _ in random.below(2) == 0 ? nil : random.below(60) }
            case 6: returned = random.below(3) == 0 ? ledger.release() : ledger.forget(item).map { [$0] } ?? []
            default: returned = random.below(9) == 0 ? ledger.forgetAll() : []
            }
            for change in returned { mirror[change.item] += change.unused }
            for (item, unused) in ledger.unusedOfItems { #expect(unused == mirror[item] && unused >= 0) }
            #expect(ledger.unused == mirror.reduce(0, +))
        }
    }
}
