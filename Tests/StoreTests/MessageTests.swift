import Base
import Domain
import TestKit
import Testing

@testable import Store

private func run(_ first: Int64, _ count: Int64, _ byte: ResultByte) -> [Int64] {
    [first, count, Int64(byte.rawValue)]
}

/// Runs `change` and expects one message with these runs, the item's counters, and the next number.
private func expectNotification(
    _ rig: Rig, _ log: NotificationLog, _ item: ItemReference, settings: Bool = false, _ runs: [[Int64]],
    sourceLocation: SourceLocation = #_sourceLocation, _ change: () throws -> Void
) throws {
    let before = try log.all(of: item)
    try change()
    let counters = try rig.counters(item)
    let notification = try log.all(of: item).dropFirst(before.count)
    #expect(notification.count == 1, sourceLocation: sourceLocation)
    guard let last = notification.last else { return }
    #expect(last.counters == counters, sourceLocation: sourceLocation)
    #expect(last.changesSettings == settings && last.incarnation == Rig.incarnation, sourceLocation: sourceLocation)
    #expect(last.runs.map { [$0.first, $0.count, Int64($0.byte)] } == runs, sourceLocation: sourceLocation)
    #expect(last.counters.notification == (before.last?.counters.notification ?? 0) + 1, sourceLocation: sourceLocation)
}

@Test func `every script notifies the listeners of what it changed`() throws {
    let rig = try Rig()
    let log = try NotificationLog(rig)
    let item = try rig.item(stock: 12) { $0.queueLimit = 100 }
    try expectNotification(rig, log, item, []) { try rig.fill(1, into: item) }
    // Nobody needs to wake up for more of the same; the version says that something is newer.
    try rig.fill(12, into: item, prefix: "more")
    try expectNotification(rig, log, item, [run(1, 2, .sold)]) { try rig.deduct(2, from: item) }
    try expectNotification(rig, log, item, [run(3, 2, .processing)]) { try rig.deduct(2, from: item, hasSink: true) }
    try expectNotification(rig, log, item, [run(3, 1, .sold), run(4, 1, .rejected)]) {
        try rig.settle(
            [.init(sequence: 3, attempt: 1, outcome: .confirmed), .init(sequence: 4, attempt: 1, outcome: .refused)],
            of: item)
    }
    try expectNotification(rig, log, item, [run(6, 1, .cancelled)]) { try rig.cancel(6, of: item) }
    for attempt in 1...Limits.losses {
        let runs = attempt == 1 ? [run(5, 1, .processing)] : []
        try expectNotification(rig, log, item, runs) { try rig.deduct(1, from: item, hasSink: true) }
        let reaped = attempt == Limits.losses ? [run(5, 1, .inDoubt)] : []
        try expectNotification(rig, log, item, reaped) { try rig.reap(item) }
    }
    try expectNotification(rig, log, item, settings: true, []) { try rig.put(item.keys, ItemChange()) }
    try expectNotification(rig, log, item, settings: true, []) { try rig.alter(item, .pause) }
    try expectNotification(rig, log, item, settings: true, []) { try rig.alter(item, .resume) }
    // 8 units for the 7 who wait, then one for the first newcomer who is not too large, and the end.
    try expectNotification(rig, log, item, [run(7, 7, .sold)]) { try rig.deduct(100, from: item) }
    try expectNotification(rig, log, item, settings: true, []) {
        try rig.admit(Buy("big", 9), Buy("fit", 1), Buy("late", 1), into: item)
    }
    try expectNotification(rig, log, item, [run(14, 1, .insufficientStock), run(15, 1, .sold)]) {
        try rig.deduct(100, from: item)
    }
    let ended = try rig.counters(item)
    #expect(ended.ended == 1 && ended.endedAt == 16)
    try expectNotification(rig, log, item, settings: true, []) { try rig.alter(item, .restock(units: 1)) }
    // A newcomer among replays is announced as well.
    try expectNotification(rig, log, item, []) { try rig.admit(Buy("fit", 1), Buy("again"), Buy("big", 9), into: item) }
    try expectNotification(rig, log, item, settings: true, [run(18, 3, .lost)]) {
        let seen = try rig.snapshot(item)
        _ = try rig.answer {
            let (version, tail) = (seen.counters.version + 1, seen.counters.tail + 3)
            rig.store.checkDurability(
                item, AcknowledgedState(life: seen.life, version: version, tail: tail), completion: $0)
        }
    }
    _ = try rig.raw("HSET", "sluice:{item}:meta", "boot", "before")
    try expectNotification(rig, log, item, settings: true, []) {
        _ = try rig.answer { rig.store.reopen(item.keys, completion: $0) }
    }
    #expect(log.unreadable == 0)
}

@Test func `changes are received by listeners of the same database, and by no others`() throws {
    let rig = try Rig()
    let other = try Rig(on: rig.server, database: 2)
    let (log, otherLog) = (try NotificationLog(rig), try NotificationLog(other))
    for (rig, log) in [(rig, log), (other, otherLog)] {
        let item = try rig.item(stock: 5)
        try rig.fill(2, into: item)  // the fast path announces it
        try rig.admit(Buy("u0"), Buy("more", 2), into: item)  // a larger quantity than before
        try rig.deduct(4, from: item)
        let last = try rig.counters(item)
        try #require(log.wait { log.notification.last?.counters == last })
    }
    #expect(
        log.notification.map(\.counters.notification) == [1, 2, 3, 4]
            && otherLog.notification.map(\.counters.notification) == [1, 2, 3, 4])
}

@Test func `what changes nothing announces nothing`() throws {
    let rig = try Rig()
    let log = try NotificationLog(rig)
    let item = try rig.item(stock: 5)
    try rig.fill(2, into: item)
    try rig.deduct(2, from: item, hasSink: true)
    try rig.settle([.init(sequence: 1, attempt: 1, outcome: .confirmed)], of: item)
    let before = try log.all(of: item)
    let version = try rig.counters(item).version
    try rig.admit(Buy("u0"), Buy("u1"), into: item)
    try rig.deduct(3, from: item)
    try rig.settle([.init(sequence: 1, attempt: 1, outcome: .confirmed)], of: item)
    try rig.reap(item, worker: "nobody")
    try rig.cancel(1, of: item)
    _ = try rig.recall(item)
    _ = try rig.answer { rig.store.reopen(item.keys, completion: $0) }
    let silent = try rig.counters(item)
    #expect(silent.version == version)
    try rig.alter(item, .pause)
    let after = try log.all(of: item)
    #expect(after.count == before.count + 1)
}

@Test func `reports and grants reach whom they are for, and garbage reaches nobody`() throws {
    let rig = try Rig()
    let log = try NotificationLog(rig, topics: [.changes, .reports, .grants(worker: "w1")])
    let name = try #require(ItemName("item"))
    var counters = ItemCounters()
    counters.version = 7
    let report = WorkerReport(
        worker: "w1", beat: 1, term: 2, inFlight: 3, completed: 4, executionSum: 5, isComplete: true,
        lines: [.init(item: name, allowance: 6, used: 5, stop: .headWaits, counters: counters)])
    for channel in [ControlKeys.changes(database: 0), ControlKeys.reports(database: 0), ControlKeys.grants(to: "w1")] {
        _ = try rig.raw("PUBLISH", channel, "garbage\nof some lines")
    }
    rig.store.publish(report: report)
    rig.store.publish(RetryGrant(term: 2, allowance: 4), to: "w1")
    let grants = [Grant(term: 2, item: name, allowance: 9), Grant(term: 2, item: name, allowance: 10)]
    rig.store.publish(grants, to: "w1")
    rig.store.publish(grants, to: "w2")
    let hasCome = log.wait { !log.grants.isEmpty && !log.reports.isEmpty && log.unreadable > 0 }
    #expect(log.retries == [RetryGrant(term: 2, allowance: 4)])
    #expect(
        hasCome && log.reports == [report] && log.grants == [grants] && log.unreadable == 1 && log.notification == [])
}

@Test func `a larger quantity than any before is announced as a change of settings, and every answer has it`() throws {
    let rig = try Rig()
    let log = try NotificationLog(rig)
    let item = try rig.item(stock: 100) { $0.queueLimit = 100 }
    var largest: [Int64] = []
    func buy(_ buys: Buy...) throws { largest.append(try rig.reply(to: buys, into: item).largest) }
    try expectNotification(rig, log, item, []) { try buy(Buy("a")) }
    // The fast path, beside those who wait already.
    try expectNotification(rig, log, item, settings: true, []) { try buy(Buy("b", 3), Buy("c", 2)) }
    let before = try log.all(of: item).count
    try buy(Buy("d", 3), Buy("a"))
    #expect(try log.all(of: item).count == before, "no larger one")
    // The full path: a known user with another key is refused, and its quantity counts for nothing.
    try expectNotification(rig, log, item, settings: true, []) { try buy(Buy("a", 9, key: 1), Buy("e", 5)) }
    try buy(Buy("a", 9, key: 1))
    // Into an empty queue.
    try rig.deduct(100, from: item)
    try expectNotification(rig, log, item, settings: true, []) { try buy(Buy("f", 6)) }
    try rig.deduct(100, from: item)
    try expectNotification(rig, log, item, settings: true, []) { try buy(Buy("a", 9, key: 1), Buy("g", 7)) }
    #expect(largest == [1, 3, 3, 5, 5, 6, 7])
    #expect(try rig.snapshot(item).settings.largest == 7)
}
