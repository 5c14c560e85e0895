import Base
import Domain
import TestKit
import Testing

@testable import Store

// What happens when the store comes back, with all it had acknowledged or with less.

private func rig() throws -> Rig {
    // Every write is in the file when it is acknowledged, so that a copy of it is a point in history.
    try Rig(.init(appendOnly: true, configuration: ["appendfsync always", "auto-aof-rewrite-percentage 0"]))
}

extension Rig {
    /// Kills the server, puts the copy of its log back, and starts it again.
    func rollBack() throws { try restart(killed: true) { try server.restoreLog() } }

    func checkDurability(_ item: ItemReference, life: String, version: Int64, tail: Int64) throws -> Store.Finding {
        let acknowledged = AcknowledgedState(life: life, version: version, tail: tail)
        return try answer { store.checkDurability(item, acknowledged, completion: $0) }
    }

    func checkDurability(_ item: ItemReference, _ seen: ItemSnapshot) throws -> Store.Finding {
        try checkDurability(item, life: seen.life, version: seen.counters.version, tail: seen.counters.tail)
    }

    @discardableResult
    func reopen(_ item: ItemReference, skipping: Int64 = 0) throws -> Bool {
        try answer { store.reopen(item.keys, skipping: skipping, completion: $0) }
    }
}

@Test func `after a restart an item is stale until it is reopened, and nothing is missing`() throws {
    let rig = try rig()
    let item = try rig.item(stock: 3)
    try rig.fill(5, into: item)
    try rig.deduct(1, from: item)
    try rig.deduct(1, from: item, hasSink: true)
    let seen = try rig.snapshot(item)
    try rig.restart(killed: true)
    for call in ScriptCall.allCases where call.namesBoot {
        let failure = try call.failure(rig, item)
        #expect(failure == .stale, "\(call)")
    }
    let acknowledged = try rig.checkDurability(item, seen)
    #expect(acknowledged == .nothingLost)
    let unchanged = try rig.counters(item)
    #expect(unchanged == seen.counters)
    let (first, second) = (try rig.reopen(item), try rig.reopen(item))
    #expect(first && !second)
    let after = try rig.snapshot(item)
    #expect(after.boot == rig.store.runID && after.boot != seen.boot)
    #expect(!after.settings.isFrozen && after.counters.version == seen.counters.version + 1)
    let late = try rig.checkDurability(item, seen)
    #expect(late == .nothingLost)
    let repeated = try rig.admit(Buy("u0"), Buy("u4"), Buy("new"), into: item)
    #expect(repeated.map(\.outcome) == [.replayed, .replayed, .admitted])
    #expect(repeated.map(\.sequence) == [1, 5, 6])
    let recalled = try rig.recall(item)
    #expect(recalled.map(\.sequence) == [2])
    let answer = try rig.settle(2, .confirmed, of: item)
    #expect(answer == .settled)
    try rig.expectLedgerAddsUp(item)
}

/// An item of 4 units that was rolled back: 3 waited and 1 was sold then; 6 were admitted and 2 sold before it broke.
private func rolledBack() throws -> (rig: Rig, item: ItemReference, seen: ItemSnapshot) {
    let rig = try rig()
    let item = try rig.item(stock: 4)
    try rig.fill(4, into: item)
    try rig.deduct(1, from: item)
    try rig.server.copyLog()
    try rig.fill(2, into: item, prefix: "later")
    try rig.deduct(1, from: item)
    let seen = try rig.snapshot(item)
    try rig.rollBack()
    return (rig, item, seen)
}

@Test func `a store that came back with less freezes the item and answers lost for what is missing`() throws {
    let (rig, item, seen) = try rolledBack()
    let acknowledged = try rig.checkDurability(item, seen)
    #expect(acknowledged == .rolledBack(versions: 2, sequences: 2))
    let repeated = try rig.checkDurability(item, seen)
    #expect(repeated == .nothingLost)
    try rig.reopen(item)
    let after = try rig.snapshot(item)
    #expect(after.settings.isFrozen && after.counters.tail == seen.counters.tail)
    #expect(after.counters.version > seen.counters.version && after.counters.waiting == 3)
    let bytes = try rig.bytes(1...6, of: item)
    #expect(bytes == [.sold, .undecided, .undecided, .undecided, .lost, .lost])
    let cancelled = try rig.cancel(5, of: item)
    #expect(cancelled == .unknown)
    let answers = try rig.admit(Buy("u1"), Buy("new"), into: item)
    #expect(answers.map(\.outcome) == [.replayed, .frozen])
    let taken = try rig.deduct(4, from: item)
    #expect(taken.stop == .itemHalted && taken.winners == 0)
    try rig.expectLedgerAddsUp(item)
}

@Test func `lost sequences are never given again, and stock is not oversold once an operator thaws the item`() throws {
    let (rig, item, seen) = try rolledBack()
    _ = try rig.checkDurability(item, seen)
    try rig.reopen(item)
    let frozen = try rig.snapshot(item)
    #expect(frozen.freeze?.seenVersion == seen.counters.version && frozen.freeze?.sequencesLost == 2)
    #expect(frozen.freeze?.life == seen.life && frozen.freeze?.keptVersion == seen.counters.version - 2)
    try rig.alter(item, .thaw)
    let thawed = try rig.snapshot(item)
    #expect(!thawed.settings.isFrozen && thawed.freeze == nil)
    // The operator says that one more unit is sold than the store knows.
    var change = ItemChange()
    change.stock = 3
    try rig.put(item.keys, change)
    let answers = try rig.admit(Buy("new1", 1), Buy("later0", 2), into: item)
    #expect(answers.map(\.outcome) == [.admitted, .admitted] && answers.map(\.sequence) == [7, 8])
    for hasSink in [true, false, false] { try rig.deduct(1, from: item, hasSink: hasSink) }
    let bytes = try rig.bytes(1...8, of: item)
    #expect(bytes == [.sold, .processing, .sold, .undecided, .lost, .lost, .undecided, .undecided])
    try rig.settle(2, .refused, of: item)
    try rig.alter(item, .restock(units: 1))
    let last = try rig.deduct(9, from: item, hasSink: true)
    #expect(last.taken.map(\.sequence) == [4, 7] && last.taken.map(\.user) == ["u3", "new1"])
    #expect(last.taken.map(\.quantity) == [1, 1] && last.counters.cancelled == 0 && last.counters.head == 7)
    try rig.settle([4, 7].map { .init(sequence: $0, attempt: 1, outcome: .confirmed) }, of: item)
    let after = try rig.counters(item)
    #expect(after.sold == 4 && after.free == 0 && after.endedAt == 8)
    let final = try rig.bytes(1...8, of: item)
    #expect(final == [.sold, .rejected, .sold, .sold, .lost, .lost, .sold, .undecided])
    try rig.expectLedgerAddsUp(item)
}

@Test func `the whole queue can be lost behind an item that had ended`() throws {
    let rig = try rig()
    let item = try rig.item(stock: 1) { $0.queueLimit = 100 }
    try rig.fill(3, into: item)
    try rig.deduct(1, from: item)
    try rig.server.copyLog()
    try rig.alter(item, .restock(units: 5))
    try rig.fill(4, into: item, prefix: "later")
    let seen = try rig.snapshot(item)
    try rig.rollBack()
    let acknowledged = try rig.checkDurability(item, seen)
    #expect(acknowledged == .rolledBack(versions: 2, sequences: 4))
    let after = try rig.counters(item)
    #expect(after.waiting == 0 && after.cancelled == 0 && after.head == 7 && after.tail == 7 && after.endedAt == 3)
    let bytes = try rig.bytes(1...7, of: item)
    #expect(bytes == [.sold, .undecided, .undecided, .lost, .lost, .lost, .lost])
}

@Test func `a durability check that comes after the item was reopened still freezes it`() throws {
    let (rig, item, seen) = try rolledBack()
    try rig.reopen(item)
    // More happens than was lost, so that the present version says nothing any more.
    try rig.fill(9, into: item, prefix: "after")
    for sequence in 6...9 { try rig.cancel(Int64(sequence), of: item) }
    let grown = try rig.counters(item)
    #expect(grown.version > seen.counters.version && grown.tail > seen.counters.tail)
    let acknowledged = try rig.checkDurability(item, seen)
    #expect(acknowledged == .rolledBack(versions: 2, sequences: 2))
    let after = try rig.snapshot(item)
    #expect(after.settings.isFrozen && after.counters.tail == grown.tail)
    #expect(after.counters.version > grown.version)
}

@Test func `the second durability check of a rollback adds what the first had not seen`() throws {
    let (rig, item, seen) = try rolledBack()
    let counters = seen.counters
    let first = try rig.checkDurability(item, life: seen.life, version: counters.version - 1, tail: counters.tail - 1)
    #expect(first == .rolledBack(versions: 1, sequences: 1))
    try rig.reopen(item)
    let second = try rig.checkDurability(item, seen)
    #expect(second == .rolledBack(versions: 1, sequences: 1))
    let bytes = try rig.bytes(5...6, of: item)
    #expect(bytes == [.lost, .lost])
}

@Test func `a durability check of the life before the last still freezes the item`() throws {
    let (rig, item, seen) = try rolledBack()
    try rig.reopen(item)
    try rig.fill(9, into: item, prefix: "after")
    try rig.restart()
    try rig.reopen(item)
    let acknowledged = try rig.checkDurability(item, seen)
    #expect(acknowledged == .rolledBack(versions: 2, sequences: 2))
}

@Test func `a durability check of a life that the store has forgotten freezes the item`() throws {
    let rig = try rig()
    let item = try rig.item(stock: 4)
    try rig.server.copyLog()
    try rig.restart()
    try rig.reopen(item)
    try rig.fill(2, into: item)
    let seen = try rig.snapshot(item)
    try rig.rollBack()
    try rig.reopen(item)
    try rig.fill(9, into: item, prefix: "after")
    for sequence in 3...6 { try rig.cancel(Int64(sequence), of: item) }
    let acknowledged = try rig.checkDurability(item, seen)
    guard case .rolledBack = acknowledged else {
        Issue.record("\(acknowledged)")
        return
    }
    let after = try rig.snapshot(item)
    #expect(after.settings.isFrozen)
}

@Test func `a loss over the border of segments is recorded in both`() throws {
    let rig = try rig()
    let item = try rig.item(stock: 4)
    try rig.skip(to: 65_530, of: item)
    try rig.fill(2, into: item)
    let seen = try rig.snapshot(item)
    let acknowledged = try rig.checkDurability(
        item, life: seen.life, version: seen.counters.version + 5, tail: seen.counters.tail + 65_536 + 10)
    #expect(acknowledged == .rolledBack(versions: 5, sequences: 65_546))
    let bytes = try rig.bytes(65_531...131_080, of: item)
    #expect(bytes.prefix(2) == [.undecided, .undecided] && bytes[2..<65_548].allSatisfy { $0 == .lost })
    #expect(bytes.suffix(2) == [.undecided, .undecided])
}
