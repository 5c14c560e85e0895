import Base
import Domain
import RedisClient
import TestKit
import Testing

@testable import Store

extension Rig {
    fileprivate func delete(_ item: ItemReference, isForced: Bool = false) throws -> Store.Deletion {
        try answer { store.delete(item, isForced: isForced, completion: $0) }
    }

    @discardableResult
    fileprivate func noteArchive(of item: ItemReference, version: Int64? = nil) throws -> Store.ArchiveOutcome {
        let now = try counters(item).version
        return try answer { store.noteArchive(of: item, version: version ?? now, "1 abc file", completion: $0) }
    }

    fileprivate func keys() throws -> Set<String> {
        Set(try raw("KEYS", "*").array?.compactMap { $0.bytes.map { String(decoding: $0, as: UTF8.self) } } ?? [])
    }
}

/// One of everything: sold, refunded, cancelled, sold out, in doubt and resolved, over two ends.
private func pastSale(_ rig: Rig, _ name: String = "item") throws -> ItemReference {
    let item = try rig.item(name, stock: 6) { ($0.closesOnSoldOut, $0.payWindow) = (true, .seconds(60)) }
    try rig.fill(10, into: item, prefix: name)
    try rig.cancel(2, of: item)
    let taken = try rig.deduct(6, from: item, hasSink: true).taken
    try rig.settle(
        taken.map { Settlement(sequence: $0.sequence, attempt: 1, outcome: .confirmed, note: "o") }, of: item)
    try rig.pay(taken.map { Payment(sequence: $0.sequence, outcome: .paid, reference: "p") }, of: item)
    try rig.refund(1, of: item)
    try rig.fill(3, into: item, prefix: "later")
    let more = try rig.deduct(1, from: item, hasSink: true).taken
    try rig.settle(more[0].sequence, .inDoubt, of: item)
    try rig.reap(item)
    try rig.resolve(more[0].sequence, isConfirmed: false, note: "no", of: item)
    try rig.alter(item, .close, key: "k")
    for sequence in 11...13 as ClosedRange<Int64> { try rig.cancel(sequence, of: item) }
    return item
}

@Test func `a deleted item leaves nothing behind but that it was deleted`() throws {
    let rig = try Rig()
    let before = try rig.keys()
    let item = try pastSale(rig)
    #expect(try rig.raw("SISMEMBER", ControlKeys.items, "item").integer == 1)
    #expect(try rig.delete(item) == .notArchived(rig.counters(item)))
    #expect(try rig.noteArchive(of: item) == .noted)
    #expect(try rig.delete(item) == .deleted)
    let left = try rig.keys().subtracting(before)
    #expect(left == ["sluice:{item}:deleted", "sluice:{item}:once:k"], "both of which expire")
    for key in left { #expect(try rig.raw("PTTL", key).integer ?? -1 > 0, "\(key)") }
    #expect(try rig.raw("SISMEMBER", ControlKeys.items, "item").integer == 0)
    #expect(try rig.failure { rig.store.inspect(item.keys, completion: $0) } == .unknownItem)
    #expect(try rig.answer { rig.store.wasDeleted(item.keys, completion: $0) })
    #expect(try rig.failure { rig.store.delete(item, isForced: true, completion: $0) } == .unknownItem)
}

@Test func `a new item of a deleted one's name begins anew, and its tickets are others`() throws {
    let rig = try Rig()
    let item = try pastSale(rig)
    try rig.noteArchive(of: item)
    #expect(try rig.delete(item) == .deleted)
    var change = ItemChange()
    change.stock = 4
    let made = try rig.answer {
        rig.store.put(item.keys, change, incarnation: 99, salt: Rig.salt, completion: $0)
    }
    #expect(made == .created)
    let counters = try rig.counters(item)
    #expect(counters.tail == 0 && counters.sold == 0 && counters.free == 4)
    #expect(try !rig.answer { rig.store.wasDeleted(item.keys, completion: $0) })
    #expect(try rig.raw("SISMEMBER", ControlKeys.items, "item").integer == 1)
    #expect(try rig.failure { rig.store.cancel(sequence: 3, of: item, completion: $0) } == .otherIncarnation)
    let now = ItemReference(item.keys, incarnation: 99)
    #expect(try rig.failure { rig.store.delete(item, isForced: true, completion: $0) } == .otherIncarnation)
    #expect(try rig.admit(Buy("item1"), into: now).map(\.sequence) == [1])
    #expect(try rig.book(of: now).map(\.user) == ["item1"])
}

@Test func `what is not closed, has buyers waiting or units held is deleted by force alone`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    try rig.noteArchive(of: item)
    #expect(try rig.delete(item) == .notEnded(rig.counters(item)))
    try rig.alter(item, .close)
    #expect(try rig.delete(item) == .notArchived(rig.counters(item)), "closing was a change")
    let waiting = try rig.item("waiting", stock: 5)
    try rig.fill(2, into: waiting)
    try rig.alter(waiting, .close)
    try rig.noteArchive(of: waiting)
    #expect(try rig.delete(waiting) == .notEnded(rig.counters(waiting)))
    let held = try rig.item("held", stock: 1)
    try rig.fill(1, into: held)
    try rig.deduct(1, from: held, hasSink: true)
    try rig.alter(held, .close)
    try rig.noteArchive(of: held)
    #expect(try rig.delete(held) == .notEnded(rig.counters(held)))
    for one in [item, waiting, held] { #expect(try rig.delete(one, isForced: true) == .deleted) }
    #expect(try rig.keys().filter { $0.hasPrefix("sluice:{held}:") } == ["sluice:{held}:deleted"])
    // The worker that had it finds no item, and nothing is written.
    let late = try rig.result { completion in
        rig.store.settle(
            [Settlement(sequence: 1, attempt: 1, outcome: .confirmed)], of: held, worker: "w1", completion: completion)
    }
    guard case .failure(.unknownItem) = late else {
        Issue.record("\(late)")
        return
    }
    #expect(try rig.keys().filter { $0.hasPrefix("sluice:{held}:") } == ["sluice:{held}:deleted"])
}

@Test func `an archive counts for the item as it was, and for no later one`() throws {
    let rig = try Rig()
    let item = try pastSale(rig)
    let version = try rig.counters(item).version
    #expect(try rig.noteArchive(of: item, version: version - 1) == .outdated)
    #expect(try rig.noteArchive(of: item) == .noted && rig.counters(item).version == version)
    try rig.refund(3, returnsUnit: false, of: item)
    #expect(try rig.delete(item) == .notArchived(rig.counters(item)))
    #expect(try rig.noteArchive(of: item, version: version) == .outdated)
}

@Test func `what is much is deleted in slices, of which each may be the last for a while`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 1) { $0.closesOnSoldOut = true }
    for number in 0..<150 {
        try rig.admit(Buy("u\(number)"), into: item)
        try rig.deduct(1, from: item)
        try rig.alter(item, .restock(units: 1))
    }
    try rig.skip(to: 65_536 * 130, of: item)
    try rig.alter(item, .close)
    try rig.noteArchive(of: item)
    #expect(try rig.raw("ZCARD", String(decoding: item.keys.past, as: UTF8.self)).integer == 150)
    var deletion: Store.Deletion?
    rig.store.delete(item, isForced: false) { deletion = try? $0.get() }
    var slices = 0
    while deletion == nil, slices < 100 {
        slices += 1
        // Between two slices nobody comes in, and what is deleted already is not missed.
        if let snapshot = try? rig.snapshot(item) {
            #expect(snapshot.settings.isClosed && snapshot.settings.isFrozen || slices == 1)
            let answers = try rig.result { rig.store.admit(AdmissionBatch([Buy("new")]), into: item, completion: $0) }
            if case .success(let reply) = answers { #expect(reply.firstSequence == nil) }
        }
    }
    #expect(deletion == .deleted && slices > 1)
    #expect(try rig.keys().filter { $0.hasPrefix("sluice:{item}:") } == ["sluice:{item}:deleted"])
}

@Test func `everybody is notified of a deletion, so that nobody remembers the item`() throws {
    let rig = try Rig()
    let item = try pastSale(rig)
    let version = try rig.counters(item).version
    let log = try NotificationLog(rig)
    #expect(try rig.delete(item, isForced: true) == .deleted)
    #expect(rig.turns { log.notification.contains { $0.changesSettings && $0.counters.version == version + 1 } })
}

@Test func `after a thousand sales that were archived and deleted the store has the keys that it had`() throws {
    let rig = try Rig()
    let last = try pastSale(rig, "last")
    let before = try rig.keys()
    for number in 0..<1_000 {
        let item = try rig.item("sale\(number)", stock: 2) { $0.closesOnSoldOut = number % 2 == 0 }
        try rig.fill(3, into: item)
        let taken = try rig.deduct(2, from: item, hasSink: number % 3 == 0).taken
        if !taken.isEmpty {
            try rig.settle(taken.map { .init(sequence: $0.sequence, attempt: 1, outcome: .confirmed) }, of: item)
        }
        try rig.alter(item, .close)
        try rig.noteArchive(of: item)
        #expect(try rig.delete(item) == .deleted)
    }
    let left = try rig.keys().subtracting(before)
    #expect(left == Set((0..<1_000).map { "sluice:{sale\($0)}:deleted" }))
    #expect(try left.allSatisfy { try rig.raw("PTTL", $0).integer ?? -1 > 0 }, "what is left expires")
    #expect(try rig.raw("SCARD", ControlKeys.items).integer == 1)
    #expect(try rig.book(of: last).count == 13)
}
