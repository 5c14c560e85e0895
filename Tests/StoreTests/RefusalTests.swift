import Base
import Domain
import TestKit
import Testing

@testable import Store

private func rig() throws -> Rig { try Rig(.init(configuration: [Rig.debuggable])) }

@Test(arguments: ScriptCall.allCases)
func `a script on an item that is not there says so and writes nothing`(call: ScriptCall) throws {
    let rig = try rig()
    let item = ItemReference(ItemKeys(try #require(ItemName("nobody"))), incarnation: Rig.incarnation)
    let before = try rig.digest()
    switch call {
    case .put:
        let outcome = try rig.put(item.keys, ItemChange())
        #expect(outcome == .stockMissing)
        _ = try rig.raw("DEL", ControlKeys.items)  // the name alone is noted, as a hint
    case .checkDurability:
        let acknowledged = try rig.answer {
            rig.store.checkDurability(item, .forgotten(version: 100, tail: 9), completion: $0)
        }
        #expect(acknowledged == .gone)
    default:
        let failure = try call.failure(rig, item)
        #expect(failure == .unknownItem)
    }
    let after = try rig.digest()
    #expect(after == before)
}

@Test(arguments: ScriptCall.allCases.filter { $0.namesIncarnation || $0 == .checkDurability })
func `a script for another incarnation of the item says so and writes nothing`(call: ScriptCall) throws {
    let rig = try rig()
    let item = try ScriptCall.prepare(rig, "item")
    let other = ItemReference(item.keys, incarnation: 99)
    let before = try rig.digest()
    if call == .checkDurability {
        let acknowledged = try rig.answer {
            rig.store.checkDurability(other, .forgotten(version: 100, tail: 9), completion: $0)
        }
        #expect(acknowledged == .replaced)
    } else {
        let failure = try call.failure(rig, other)
        #expect(failure == .otherIncarnation)
    }
    let after = try rig.digest()
    #expect(after == before)
    let failure = try call.failure(rig, ItemReference(item.keys, incarnation: nil))
    #expect(failure == nil || call == .checkDurability)
}

@Test(arguments: ScriptCall.allCases.filter(\.namesBoot))
func `a script on an item of an earlier life of the store is stale and writes nothing`(call: ScriptCall) throws {
    let rig = try rig()
    let item = try ScriptCall.prepare(rig, "item")
    _ = try rig.raw("HSET", "sluice:{item}:meta", "boot", "before")
    let before = try rig.digest()
    let failure = try call.failure(rig, item)
    #expect(failure == .stale)
    let after = try rig.digest()
    #expect(after == before)
    let snapshot = try rig.snapshot(item)
    #expect(snapshot.boot == "before")
    _ = try rig.answer { rig.store.reopen(item.keys, completion: $0) }
    let later = try call.failure(rig, item)
    #expect(later == nil)
}

@Test(arguments: ScriptCall.allCases)
func `a key of the wrong type is a clean error before the first write`(call: ScriptCall) throws {
    let rig = try rig()
    for (index, suffix) in (["meta"] + call.keys).enumerated() {
        let item = try ScriptCall.prepare(rig, "item\(index)")
        let key = "sluice:{item\(index)}:\(suffix)"
        _ = try rig.raw("DEL", key)
        _ = try rig.raw("SADD", key, "x")
        let before = try rig.digest()
        let failure = try call.failure(rig, item)
        if case .refused(let text) = failure {
            #expect(text.hasPrefix("WRONGTYPE"), "\(suffix): \(text)")
        } else {
            Issue.record("\(suffix): \(String(describing: failure))")
        }
        let after = try rig.digest()
        #expect(after == before, "\(suffix)")
    }
}

@Test func `a second segment of results of the wrong type stops the call before the first is written`() throws {
    let rig = try rig()
    let item = try rig.item(stock: 50)
    try rig.skip(to: 65_530, of: item)
    try rig.fill(20, into: item)
    try rig.deduct(3, from: item, hasSink: true)
    _ = try rig.raw("SADD", "sluice:{item}:results:1", "x")
    let before = try rig.digest()
    let deducted = try rig.failure {
        rig.store.deduct(10, from: item, worker: "w1", hasSink: false, isAlone: false, completion: $0)
    }
    let durabilityChecks = try rig.failure {
        rig.store.checkDurability(item, .forgotten(version: 99, tail: 65_560), completion: $0)
    }
    for failure in [deducted, durabilityChecks] {
        guard case .refused(let text) = failure, text.hasPrefix("WRONGTYPE") else {
            Issue.record("\(String(describing: failure))")
            continue
        }
    }
    let after = try rig.digest()
    #expect(after == before)
}

@Test func `leading with a key of the wrong type is a clean error before the first write`() throws {
    let rig = try rig()
    for key in [ControlKeys.leader, ControlKeys.term] {
        _ = try rig.raw("SADD", key, "x")
        let before = try rig.digest()
        let failure = try rig.failure { rig.store.lead(as: "s1", lease: .seconds(3), completion: $0) }
        guard case .refused(let text) = failure, text.hasPrefix("WRONGTYPE") else {
            Issue.record("\(key): \(String(describing: failure))")
            return
        }
        let after = try rig.digest()
        #expect(after == before)
        _ = try rig.raw("DEL", key)
    }
}
