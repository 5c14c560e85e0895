import Base
import Domain
import RedisClient
import TestKit
import Testing

@testable import Store

// Sequences that are left out when an item is reopened, since nobody may be alive who knows that they were given.

extension Rig {
    /// As if the store had been restarted: the item belongs to an earlier life of it.
    fileprivate func age(_ item: ItemReference) throws {
        _ = try raw("HSET", "sluice:{\(item.keys.name)}:meta", "boot", "before")
    }

    fileprivate func skips(_ item: ItemReference) throws -> String? {
        try raw("HGET", "sluice:{\(item.keys.name)}:meta", "skips").bytes.map { String(decoding: $0, as: UTF8.self) }
    }
}

@Test func `who waits at a restart is served, then who comes after it, and nobody gets what was left out`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 6)
    try rig.fill(5, into: item)
    try rig.deduct(2, from: item)
    try rig.age(item)
    try rig.reopen(item, skipping: 100)
    let reopened = try rig.counters(item)
    #expect(reopened.tail == 105 && reopened.waiting == 3)
    let answers = try rig.admit(Buy("new1"), Buy("u4"), Buy("new2"), into: item)
    #expect(answers.map(\.sequence) == [106, 5, 107])
    for sequence: Int64 in [6, 50, 105] {
        let cancelled = try rig.cancel(sequence, of: item)
        #expect(cancelled == .unknown)
    }
    let fast = try rig.deduct(2, from: item)
    #expect(fast.winners == 2 && fast.counters.head == 4 && fast.counters.waiting == 3)
    let over = try rig.deduct(9, from: item, hasSink: true)
    #expect(over.taken.map(\.sequence) == [5, 106] && over.counters.free == 0)
    let after = try rig.counters(item)
    #expect(after.cancelled == 0 && after.waiting == 1 && after.head == 106)
    let bytes = try rig.bytes(1...107, of: item)
    #expect(bytes[5..<105].allSatisfy { $0 == .undecided })
    try rig.settle([5, 106].map { .init(sequence: $0, attempt: 1, outcome: .confirmed) }, of: item)
    let ended = try rig.snapshot(item)
    #expect(ended.counters.endedAt == 107 && ended.skipped == SkippedSequences("6:100"))
    try rig.expectLedgerAddsUp(item)
}

@Test func `where nobody waits the head goes along, also past those who have left`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 6)
    try rig.fill(4, into: item)
    try rig.deduct(2, from: item)
    for sequence: Int64 in [3, 4] { try rig.cancel(sequence, of: item) }
    try rig.age(item)
    try rig.reopen(item, skipping: 70_000)
    let reopened = try rig.counters(item)
    #expect(reopened.head == 70_004 && reopened.tail == 70_004 && reopened.cancelled == 0)
    try rig.fill(3, into: item, prefix: "new")
    let taken = try rig.deduct(9, from: item)
    #expect(taken.winners == 3 && taken.counters.head == 70_007)
    let bytes = try rig.bytes(70_005...70_007, of: item)
    #expect(bytes == [.sold, .sold, .sold])
}

@Test func `ranges join where nothing was given between them, and end where sequences do`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 6)
    try rig.fill(1, into: item)
    for _ in 0..<2 {
        try rig.age(item)
        try rig.reopen(item, skipping: 10)
    }
    var skips = try rig.skips(item)
    #expect(skips == "2:20")
    try rig.fill(1, into: item, prefix: "new")
    try rig.age(item)
    try rig.reopen(item, skipping: 10)
    skips = try rig.skips(item)
    #expect(skips == "2:20,23:10")
    let last = Int64(UInt32.max)
    try rig.skip(to: last - 10, of: item)
    for (skipping, tail) in [(Int64(11), last - 10), (10, last), (1, last)] {
        try rig.age(item)
        try rig.reopen(item, skipping: skipping)
        let counters = try rig.counters(item)
        #expect(counters.tail == tail)
    }
}

@Test func `a restart of which nobody is left gives no sequence twice`() throws {
    let rig = try Rig(.init(appendOnly: true, configuration: ["appendfsync always", "auto-aof-rewrite-percentage 0"]))
    let item = try rig.item(stock: 10)
    try rig.fill(3, into: item)
    try rig.server.copyLog()
    try rig.fill(4, into: item, prefix: "lost")
    try rig.rollBack()
    _ = try rig.answer { rig.store.reopen(item.keys, completion: $0) }
    let answers = try rig.admit(Buy("new"), into: item)
    #expect(answers.map(\.sequence) == [4 + Limits.skippedAtRestart])
    let after = try rig.snapshot(item)
    #expect((4...7).allSatisfy { after.skipped.contains($0) } && !after.skipped.contains(3))
    // A durability check after all: what was lost is among what was left out.
    let late = try rig.checkDurability(item, life: String(after.life.prefix(0)) + "?", version: 99, tail: 7)
    guard case .rolledBack = late else {
        Issue.record("\(late)")
        return
    }
    let bytes = try rig.bytes(4...7, of: item)
    #expect(bytes.allSatisfy { $0 == .undecided })
}
