import Base
import Domain
import RedisClient
import TestKit
import Testing

@testable import Store

// Who holds something of an item, and what is written while the store is full.

private func fill(_ rig: Rig) throws { _ = try rig.raw("CONFIG", "SET", "maxmemory", "1mb") }

private func holders(_ rig: Rig, _ item: ItemReference) throws -> [String] {
    try rig.answer { rig.store.holders(of: item.keys, completion: $0) }.sorted()
}

@Test func `whoever takes something of an item is written into it, and taken out when all is back`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 9)
    try rig.fill(5, into: item)
    try rig.deduct(1, from: item, worker: "sells", hasSink: false)
    #expect(try holders(rig, item).isEmpty)
    try rig.deduct(1, from: item, worker: "w:1", hasSink: true)
    try rig.deduct(1, from: item, worker: "w:1", hasSink: true)
    try rig.deduct(1, from: item, worker: "w2", hasSink: true)
    #expect(try holders(rig, item) == ["w2", "w:1"])
    let held = try ["w:1", "w2", "w3"].map { worker in
        try rig.answer { rig.store.countHeld(of: item.keys, by: worker, completion: $0) }
    }
    #expect(held == [2, 1, 0])
    try rig.reap(item, worker: "w:1")
    #expect(try holders(rig, item) == ["w2"])
    try rig.settle(4, .inDoubt, of: item, worker: "w2")
    try rig.reap(item, worker: "w2", consumesAttempt: false)
    #expect(try holders(rig, item).isEmpty)
    try rig.revive(item, worker: "w4")
    #expect(try holders(rig, item) == ["w4"])
}

@Test func `a list of holders of the wrong type is a clean error before the first write`() throws {
    let rig = try Rig(.init(configuration: [Rig.debuggable]))
    let item = try rig.item(stock: 9)
    try rig.fill(5, into: item)
    _ = try rig.raw("SET", "sluice:{item}:workers", "x")
    let before = try rig.digest()
    let failure = try rig.failure {
        rig.store.deduct(2, from: item, worker: "w1", hasSink: true, isAlone: false, completion: $0)
    }
    guard case .refused(let text) = failure, text.hasPrefix("WRONGTYPE") else {
        Issue.record("\(String(describing: failure))")
        return
    }
    #expect(try rig.digest() == before)
}

@Test func `a full store takes who works, what is held and what is in doubt, and refuses a new item whole`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 9)
    try rig.fill(5, into: item)
    try fill(rig)
    #expect(try rig.answer { rig.store.enlist("w1", sink: .delay, completion: $0) } == .listed)
    let taken = try rig.deduct(2, from: item, worker: "w1", hasSink: true)
    try rig.answer { rig.store.markDoubts(of: item.keys.name, completion: $0) }
    rig.store.keepReady(item.keys.name)
    rig.store.describeNode("n", json: "{}", now: WallInstant(milliseconds: 1))
    #expect(taken.winners == 2)
    #expect(try holders(rig, item) == ["w1"])
    #expect(try rig.answer { rig.store.workers(completion: $0) }.map(\.id) == ["w1"])
    #expect(try rig.answer { rig.store.itemsInDoubt(completion: $0) } == [item.keys.name])
    #expect(try rig.answer { rig.store.nodes(completion: $0) }.map(\.id) == ["n"])
    #expect(rig.store.impairments.allSatisfy { $0.cause == .memory }, "nothing but newcomers is refused")

    var change = ItemChange()
    change.stock = 3
    let new = ItemKeys(try #require(ItemName("new")))
    let failure = try rig.failure {
        rig.store.put(new, change, incarnation: 1, salt: Rig.salt, completion: $0)
    }
    guard case .refused(let text) = failure, text.hasPrefix("OOM") else {
        Issue.record("\(String(describing: failure))")
        return
    }
    #expect(try rig.raw("EXISTS", "sluice:{new}:meta").integer == 0)
    #expect(try rig.put(item.keys, ItemChange()) == .updated)
    _ = try rig.raw("CONFIG", "SET", "maxmemory", "0")
    #expect(try rig.put(new, change) == .created)
}

@Test func `a note is one of the commands that notes are made of`() throws {
    let rig = try Rig()
    let failure = try rig.failure { (completion: @escaping StoreCompletion<Void>) in
        rig.store.note(["DEL", ControlKeys.term, "x"], completion)
    }
    #expect(failure == .unexpectedReply)
}
