import Base
import Domain
import EventLoop
import TestKit
import Testing

@testable import Store

// put, alter and inspect.

@Test func `a new item has the defaults of the contract`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 100)
    let snapshot = try rig.snapshot(item)
    var settings = ItemSettings()
    settings.queueLimit = 300
    settings.perUserLimit = 1
    settings.edition = 1
    #expect(snapshot.settings == settings)
    #expect(snapshot.incarnation == Rig.incarnation && snapshot.salt == Rig.salt && snapshot.boot == rig.store.runID)
    #expect(snapshot.counters.free == 100 && snapshot.counters.version == 1)
    #expect(abs(snapshot.storeTime.milliseconds - EventLoop.readWallClock().milliseconds) < 60_000)
    let names = try rig.answer { rig.store.itemNames(completion: $0) }
    #expect(names == [item.keys.name])
}

@Test func `what is left out of a change stays`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10) {
        $0.queueLimit = 7
        $0.perUserLimit = 2
        $0.perUserUnits = 3
        $0.opensAt = WallInstant(milliseconds: 4)
        $0.closesAt = WallInstant(milliseconds: 5)
        $0.closesOnSoldOut = true
        $0.weight = 6
    }
    let before = try rig.snapshot(item)
    let outcome = try rig.put(item.keys, ItemChange())
    let after = try rig.snapshot(item)
    #expect(outcome == .updated && after.counters.free == 10)
    var settings = before.settings
    settings.edition += 1
    #expect(after.settings == settings)
    #expect(after.settings.weight == 6 && after.settings.closesOnSoldOut && after.settings.closesAt.milliseconds == 5)
    let again = try rig.answer {
        rig.store.put(item.keys, ItemChange(), incarnation: 99, salt: Array(repeating: 1, count: 16), completion: $0)
    }
    let same = try rig.snapshot(item)
    #expect(again == .updated && same.incarnation == Rig.incarnation && same.salt == Rig.salt)
}

@Test func `the stock can be set down to what is held and sold, which ends the item, and up again`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10)
    try rig.fill(8, into: item)
    try rig.deduct(3, from: item)
    try rig.deduct(2, from: item, hasSink: true)
    var change = ItemChange()
    change.stock = 4
    change.weight = 9
    let refused = try rig.put(item.keys, change)
    #expect(refused == .belowHeldAndSold(5))
    let unchanged = try rig.snapshot(item)
    #expect(unchanged.counters.free == 5 && unchanged.settings.weight == 1)
    change.stock = 5
    try rig.put(item.keys, change)
    let waiting = try rig.counters(item)
    #expect(waiting.free == 0 && waiting.ended == 0 && waiting.waiting == 3)
    try rig.settle([4, 5].map { .init(sequence: $0, attempt: 1, outcome: .confirmed) }, of: item)
    let ended = try rig.counters(item)
    #expect(ended.ended == 1 && ended.endedAt == 8 && ended.sold == 5)
    change.stock = 6
    try rig.put(item.keys, change)
    let reopened = try rig.counters(item)
    #expect(reopened.ended == 0 && reopened.free == 1 && reopened.endedAt == 8)
    try rig.expectLedgerAddsUp(item)
}

@Test func `closing on sold-out, set while all is held, ends who waits`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 2)
    try rig.fill(5, into: item)
    try rig.deduct(2, from: item, hasSink: true)
    let held = try rig.counters(item)
    #expect(held.ended == 0 && held.waiting == 3)
    var change = ItemChange()
    change.closesOnSoldOut = true
    try rig.put(item.keys, change)
    let ended = try rig.counters(item)
    #expect(ended.ended == 1 && ended.endedAt == 5 && ended.held == 2)
}

@Test func `an item without stock is sold out from the start`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 0)
    let counters = try rig.counters(item)
    #expect(counters.ended == 1 && counters.endedAt == 0)
    let answers = try rig.admit(Buy("ann"), into: item)
    #expect(answers.map(\.outcome) == [.soldOut])
    try rig.alter(item, .restock(units: 0))
    let same = try rig.counters(item)
    #expect(same.ended == 1)
    try rig.alter(item, .restock(units: 3))
    let restocked = try rig.counters(item)
    #expect(restocked.ended == 0 && restocked.free == 3)
    let open = try rig.admit(Buy("ann"), into: item)
    #expect(open.map(\.outcome) == [.admitted])
    try rig.expectLedgerAddsUp(item)
}

@Test func `pausing keeps every place`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10)
    try rig.fill(3, into: item)
    try rig.alter(item, .pause)
    let isPaused = try rig.snapshot(item)
    #expect(isPaused.settings.isPaused && isPaused.counters.waiting == 3)
    try rig.alter(item, .resume)
    let resumed = try rig.snapshot(item)
    #expect(!resumed.settings.isPaused && !resumed.settings.isClosed)
    let answers = try rig.admit(Buy("u2"), Buy("new"), into: item)
    #expect(answers.map(\.sequence) == [3, 4])
}
