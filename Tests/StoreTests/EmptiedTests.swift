import Base
import Domain
import RedisClient
import TestKit
import Testing

@testable import Store

// What happens when the store is emptied, or replaced by an empty one, while processes live.

extension Rig {
    fileprivate func put(_ item: ItemReference, stock: Int64, _ creation: Store.Creation) throws -> Store.PutOutcome {
        var change = ItemChange()
        change.stock = stock
        return try answer {
            store.put(
                item.keys, change, incarnation: 99, salt: Self.salt, creation: creation, completion: $0)
        }
    }

    fileprivate func forget(_ item: ItemReference) throws {
        for key in try server.command("KEYS", "sluice:{\(item.keys.name)}:*").split(separator: "\n") {
            _ = try raw("UNLINK", String(key))
        }
    }
}

@Test func `a name of which units were sold is not used again unawares after the store was emptied`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10)
    try rig.fill(5, into: item)
    try rig.deduct(2, from: item)
    try rig.deduct(1, from: item, hasSink: true)
    let seen = try rig.snapshot(item)
    _ = try rig.raw("FLUSHALL")
    let acknowledged = AcknowledgedState(life: seen.life, version: seen.counters.version, tail: seen.counters.tail)
    let found = try rig.answer { rig.store.checkDurability(item, acknowledged, gone: seen.counters, completion: $0) }
    #expect(found == .gone)
    // One who knew less changes nothing.
    var earlier = seen.counters
    (earlier.version, earlier.sold) = (earlier.version - 1, 1)
    let less = AcknowledgedState(life: seen.life, version: earlier.version, tail: 1)
    _ = try rig.answer { rig.store.checkDurability(item, less, gone: earlier, completion: $0) }
    let refused = try rig.put(item, stock: 10, .ofTheFirst)
    #expect(refused == .lostBefore(3))
    let made = try rig.put(item, stock: 7, .asNew)
    #expect(made == .created)
    let again = try rig.put(item, stock: 8, .ofTheFirst)
    #expect(again == .updated)
    let replaced = try rig.answer { rig.store.checkDurability(item, acknowledged, gone: seen.counters, completion: $0) }
    #expect(replaced == .replaced)
}

@Test func `an item that an operator deleted leaves its name free`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10)
    try rig.fill(5, into: item)
    let seen = try rig.snapshot(item)
    try rig.forget(item)
    let found = try rig.checkDurability(item, seen)
    #expect(found == .gone)
    let made = try rig.put(item, stock: 10, .ofTheFirst)
    #expect(made == .created)
}

@Test func `while durability checks may still come, nothing new is made and what is there can be changed`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10)
    let changed = try rig.put(item, stock: 11, .refused)
    #expect(changed == .updated)
    try rig.forget(item)
    let refused = try rig.put(item, stock: 10, .refused)
    #expect(refused == .notYet)
}

@Test func `a store that was emptied counts terms from above what is known`() throws {
    let rig = try Rig()
    func lead(_ node: String, above highest: Int64) throws -> Store.Leadership {
        try rig.answer { rig.store.lead(as: node, lease: .seconds(60), above: highest, completion: $0) }
    }
    for term in 1...5 {
        let leads = try lead("s1", above: 0)
        #expect(leads == .leads(term: Int64(term)))
        _ = try rig.lead("s1", .zero)
    }
    _ = try rig.raw("FLUSHALL")
    let after = try lead("s1", above: 5)
    #expect(after == .leads(term: 6))
    let kept = try lead("s1", above: 6)
    #expect(kept == .leads(term: 6))
    // A worker speaks of a higher one: grants must be above it.
    let raised = try lead("s1", above: 8)
    #expect(raised == .leads(term: 9))
    guard case .follows = try lead("s2", above: 20) else {
        Issue.record("a second one leads")
        return
    }
}

private final class Silence: StoreLog {
    func storeDown(reason: String) {}
    func storeUp() {}
    func rollback(item: ItemName, versions: Int64, sequences: Int64) {}
    func gone(item: ItemName) {}
    func storeEmptied() {}
    func storeImpaired(_ impairment: Impairment) {}
    func storeRestored(_ impairment: Impairment, lasted: TimeSpan) {}
}

@Test func `every process that knew the store notices that it was emptied, once`() throws {
    let rig = try Rig()
    let log = Silence()
    // A store each, as each loop has one.
    let other = Store(loop: rig.loop, options: try Rig.options(rig.server))
    other.start()
    try #require(rig.turns { other.isReady })
    func checkDurability(_ store: Store) -> DurabilityCheck { DurabilityCheck(loop: rig.loop, store: store, log: log) }
    let (first, second) = (checkDurability(rig.store), checkDurability(other))
    var noticed = [0, 0]
    first.onEmptied = {
        noticed[0] += 1
        return []
    }
    second.onEmptied = {
        noticed[1] += 1
        return []
    }
    for durability in [first, second] { durability.storeUp(remembered: []) }
    try #require(rig.turns { first.lifeWatch.name != "" && first.lifeWatch.name == second.lifeWatch.name })
    let before = first.lifeWatch.name
    _ = try rig.raw("FLUSHALL")
    let start = MonotonicInstant.now
    try #require(rig.turns { noticed == [1, 1] })
    #expect(MonotonicInstant.now - start < .seconds(Knobs.slack))
    try #require(rig.turns { first.lifeWatch.name == second.lifeWatch.name && first.lifeWatch.name != "" })
    #expect(first.lifeWatch.name != before && first.lifeWatch.isUnsettled)
    // A restart that keeps the data is none.
    let late = checkDurability(rig.store)
    late.storeUp(remembered: [])
    var isSame: Bool?
    late.lifeWatch.check { isSame = $0 }
    try #require(rig.turns { isSame != nil })
    #expect(isSame == true && noticed == [1, 1])
}

@Test func `an item that was made again after the store was emptied is not gone any more, nor once it is deleted`()
    throws
{
    let rig = try Rig()
    let log = Silence()
    let memories = ItemMemories()
    let durability = DurabilityCheck(loop: rig.loop, store: rig.store, log: log)
    durability.onEmptied = { memories.all }
    durability.storeUp(remembered: memories.all)
    func read(_ item: ItemReference) throws {
        let seen = try rig.snapshot(item)
        durability.itemRead(
            memories.read(
                item.keys.name, incarnation: seen.incarnation, life: seen.life, counters: seen.counters))
    }
    func check() throws {
        var isAnswered = false
        durability.lifeWatch.check { _ in isAnswered = true }
        try #require(rig.turns { isAnswered })
    }
    let item = try rig.item(stock: 10)
    try rig.fill(5, into: item)
    try read(item)
    try #require(rig.turns { durability.lifeWatch.name != "" })
    _ = try rig.raw("FLUSHALL")
    try check()
    #expect(Array(durability.goneItems) == [item.keys.name])
    try #require(rig.turns { (try? rig.raw("EXISTS", "sluice:{item}:gone")) == .integer(1) })

    let made = try rig.put(item, stock: 10, .asNew)
    #expect(made == .created)
    try read(item)
    #expect(durability.goneItems.isEmpty, "it was made again")
    try rig.forget(item)
    if let memory = memories.forget(item.keys.name) { durability.itemGone(memory) }
    try check()
    #expect(durability.goneItems.isEmpty, "an operator deleted it, and the store is the same")
}

@Test func `gone items are bounded, and a message that may be older than the loss proves nothing`() throws {
    var gone = GoneItems()
    let names = (0..<Limits.goneItemsRemembered + 9).map { ItemName("i\($0)")! }
    for name in names { gone.add(ItemReference(ItemKeys(name), incarnation: 7)) }
    #expect(gone.names.count == Limits.goneItemsRemembered)
    gone.wasNotified(of: names[0], incarnation: 7)
    gone.wasNotified(of: names[1], incarnation: 8)
    gone.wasFound(names[2])
    #expect(gone.names.contains(names[0]) && !gone.names.contains(names[1]) && !gone.names.contains(names[2]))
    gone.add(ItemReference(ItemKeys(names[2]), incarnation: 9))
    gone.wasNotified(of: names[2], incarnation: 7)
    #expect(!gone.names.contains(names[2]))
}
