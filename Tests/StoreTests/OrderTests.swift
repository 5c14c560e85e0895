import Base
import Domain
import RedisClient
import TestKit
import Testing

@testable import Store

// What an order service's answers leave behind: notes, doubts, and the way out of a doubt.

private func processing(_ rig: Rig, _ count: Int, stock: Int64 = 5) throws -> ItemReference {
    let item = try rig.item(stock: stock)
    try rig.fill(count, into: item)
    try rig.deduct(Int64(count), from: item, hasSink: true)
    return item
}

@Test func `references and reasons are kept, once, and announced with the first message that could need them`() throws {
    let rig = try Rig()
    let notification = try NotificationLog(rig)
    let item = try processing(rig, 4)
    try rig.settle([.init(sequence: 1, attempt: 1, outcome: .confirmed)], of: item)
    let plain = try rig.snapshot(item)
    #expect(!plain.settings.hasOrders)
    let ends: [Settlement] = [
        .init(sequence: 2, attempt: 1, outcome: .confirmed, note: "order 2"),
        .init(sequence: 3, attempt: 1, outcome: .refused, note: "no such user"),
    ]
    try rig.settle(ends, of: item)
    let noted = try rig.snapshot(item)
    #expect(noted.settings.hasOrders)
    // A repeat with another note changes nothing.
    let again = try rig.settle([.init(sequence: 2, attempt: 1, outcome: .confirmed, note: "other")], of: item)
    #expect(again == [.repeated])
    try rig.settle([.init(sequence: 4, attempt: 1, outcome: .confirmed, note: "order 4")], of: item)
    let kept = try [2, 3, 4, 1, 9].map { try rig.details(of: $0, in: item) }
    #expect(kept.map(\.order) == ["order 2", "", "order 4", "", ""].map { Array($0.utf8) })
    #expect(kept.map(\.reason) == ["", "no such user", "", "", ""].map { Array($0.utf8) })
    let seen = try notification.all(of: item).filter { !$0.runs.isEmpty && $0.counters.held < 4 }
    #expect(seen.map(\.changesSettings) == [false, true, false])
    try rig.expectLedgerAddsUp(item)
}

@Test func `a purchase in doubt keeps its unit, lets the item end, and is settled when an answer comes`() throws {
    let rig = try Rig()
    let item = try processing(rig, 2, stock: 2)
    try rig.fill(3, into: item, prefix: "late")
    let doubt = Settlement(sequence: 1, attempt: 1, outcome: .inDoubt)
    let first = try rig.settle([doubt, doubt, .init(sequence: 2, attempt: 1, outcome: .confirmed)], of: item)
    #expect(first == [.settled, .repeated, .settled])
    let ended = try rig.counters(item)
    #expect(ended.held == 1 && ended.inDoubt == 1 && ended.sold == 1 && ended.free == 0)
    #expect(ended.ended == 1 && ended.endedAt == 5)
    let early = try rig.settle(1, .confirmed, of: item)
    #expect(early == .unknown)

    let revived = try rig.revive(item, worker: "w2")
    #expect(revived.taken.map(\.sequence) == [1] && revived.taken.map(\.attempt) == [2] && revived.left == 0)
    #expect(revived.taken[0].user == "u0" && revived.counters.inDoubt == 0 && revived.counters.held == 1)
    let bytes = try rig.bytes(1...1, of: item)
    #expect(bytes == [.processing])
    let late = try rig.settle([doubt, .init(sequence: 1, attempt: 1, outcome: .refused)], of: item)
    #expect(late == [.fenced, .fenced])
    let flight = try rig.recall(item, worker: "w2")
    #expect(flight == revived.taken)
    let settled = try rig.settle(1, .confirmed, attempt: 2, of: item, worker: "w2")
    #expect(settled == .settled)
    let counters = try rig.counters(item)
    #expect(counters.sold == 2 && counters.held == 0 && counters.inDoubt == 0 && counters.ended == 1)
    let nothing = try rig.revive(item)
    #expect(nothing.taken.isEmpty && nothing.counters == counters)
    try rig.expectLedgerAddsUp(item)
}

@Test func `a refusal after a doubt gives the unit back and opens the item again`() throws {
    let rig = try Rig()
    let item = try processing(rig, 1, stock: 1)
    try rig.settle(1, .inDoubt, of: item)
    try rig.revive(item)
    try rig.settle(1, .refused, attempt: 2, of: item)
    let counters = try rig.counters(item)
    #expect(counters.free == 1 && counters.held == 0 && counters.ended == 0)
    try rig.expectLedgerAddsUp(item)
}

@Test func `what lost workers left in doubt is taken up at an operator's word only`() throws {
    let rig = try Rig()
    let item = try processing(rig, 2)
    try rig.settle(2, .inDoubt, of: item)
    for _ in 1..<Limits.losses {
        try rig.reap(item)
        try rig.deduct(1, from: item, hasSink: true)
    }
    try rig.reap(item)
    let doubtful = try rig.counters(item)
    #expect(doubtful.inDoubt == 2 && doubtful.redo == 0)
    let byItself = try rig.revive(item)
    #expect(byItself.taken.map(\.sequence) == [2] && byItself.left == 0)
    let asOperator = try rig.revive(item, includesLost: true)
    #expect(asOperator.taken.map(\.sequence) == [1] && asOperator.taken.map(\.attempt) == [Limits.losses + 1])
    // Given back in order it goes on; lost once more it is in doubt at once.
    try rig.reap(item, consumesAttempt: false)
    let redone = try rig.counters(item)
    #expect(redone.redo == 2 && redone.inDoubt == 0)
    try rig.deduct(2, from: item, hasSink: true)
    try rig.reap(item)
    let lost = try rig.counters(item)
    #expect(lost.redo == 1 && lost.inDoubt == 1)
    try rig.expectLedgerAddsUp(item)
}

@Test func `a doubt is taken up in slices, and any number of times: 1 follows 255`() throws {
    let rig = try Rig()
    let item = try processing(rig, 5)
    try rig.settle((1...5).map { .init(sequence: $0, attempt: 1, outcome: .inDoubt) }, of: item)
    let slice = try rig.revive(item, limit: 2)
    #expect(slice.taken.count == 2 && slice.left == 3)
    let rest = try rig.revive(item)
    #expect(rest.taken.count == 3 && rest.left == 0)
    var attempt: Int64 = 2
    for _ in 1...600 {
        let fenced = try rig.settle(1, .confirmed, attempt: attempt == 1 ? 255 : attempt - 1, of: item)
        let answer = try rig.settle(1, .inDoubt, attempt: attempt, of: item)
        #expect(fenced == .fenced && answer == .settled)
        attempt = attempt % 255 + 1
        let revived = try rig.revive(item)
        #expect(revived.taken.map(\.attempt) == [attempt])
    }
    let sold = try rig.settle(1, .confirmed, attempt: attempt, of: item)
    let counters = try rig.counters(item)
    #expect(sold == .settled && counters.sold == 1 && counters.held == 4 && counters.inDoubt == 0)
}

@Test func `the tickets of taken purchases are written with what the store knows of them`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 9)
    try rig.admit(Buy("ann", 2, key: 1), Buy("bob"), into: item)
    try rig.alter(item, .restock(units: 5))
    _ = try rig.answer {
        rig.store.admit(AdmissionBatch([Buy("cid")], ticketKeyID: 250), into: item, completion: $0)
    }
    var change = ItemChange()
    change.perUserLimit = 5
    try rig.put(item.keys, change)
    try rig.admit(Buy("ann", 1, key: 2), into: item)
    var records = try rig.deduct(9, from: item, hasSink: true).taken
    #expect(records.map(\.user) == ["ann", "bob", "cid", "ann"])
    records.append(records[0])
    records[4].sequence = 77
    let found = try rig.identify(records, of: item)
    #expect(found.incarnation == Rig.incarnation && found.salt == Rig.salt && found.keyIDs == [3, 3, 250, 3, nil])
}

@Test func `items with doubts are listed until they are taken off`() throws {
    let rig = try Rig()
    let name = try #require(ItemName("item"))
    try rig.answer { rig.store.markDoubts(of: name, completion: $0) }
    let listed = try rig.answer { rig.store.itemsInDoubt(completion: $0) }
    rig.store.unmarkDoubts(of: name)
    let after = try rig.answer { rig.store.itemsInDoubt(completion: $0) }
    #expect(listed == [name] && after == [])
}
