import Base
import Domain
import RedisClient
import Testing

@testable import Store

// Keys that the feed reads, and that are gone, trimmed or damaged.

@Test func `an item that was deleted and made again has other events, and the old ones are gone`() throws {
    let rig = try Rig()
    let old = try rig.item(stock: 5)
    try rig.fill(2, into: old)
    try rig.deduct(2, from: old)
    try rig.point([old])
    let cursor = try #require(try rig.events(of: old).first?.cursor)
    for key in [old.keys.meta, old.keys.ledger, old.keys.queue, old.keys.users, old.keys.firstResults] {
        _ = try rig.raw("DEL", String(decoding: key, as: UTF8.self))
    }
    var change = ItemChange()
    change.stock = 5
    _ = try rig.answer {
        rig.store.put(old.keys, change, incarnation: Rig.incarnation + 1, salt: Rig.salt, completion: $0)
    }
    let new = ItemReference(old.keys, incarnation: Rig.incarnation + 1)
    try rig.fill(1, into: new)
    try rig.deduct(1, from: new)
    try rig.point([new])
    let reader = FeedReader(store: rig.store)
    guard case .failure(.gone(let oldest?)) = try rig.page(reader, after: cursor, of: old.keys.name, limit: 9) else {
        throw Rig.NoAnswer()
    }
    #expect(try rig.events(of: new, after: oldest).map(\.sequence) == [1])
    #expect(try rig.events(of: nil).map(\.cursor.incarnation) == [Rig.incarnation + 1])
    // In the feed of all items the old cursor is a place still, with the new item's events behind it.
    #expect(try rig.events(of: nil, after: cursor).count == 1)
}

@Test func `what is too old is removed in slices, the ledger still adds up, and readers are sent to the oldest`() throws
{
    let rig = try Rig()
    let item = try rig.item(stock: 900) { $0.payWindow = .seconds(60) }
    try rig.fill(700, into: item)
    for number in Int64(1)...300 {
        try rig.deduct(2, from: item, hasSink: number % 2 == 0)
        if number % 2 == 0 { try rig.settle(2 * number, .refused, of: item) }
        if number % 4 == 1 { try rig.pay(2 * number, .paid, of: item) }
        if number % 4 == 3 { try rig.cancel(2 * number, of: item) }
    }
    try rig.settle(11, .inDoubt, of: item)
    try rig.point([item])
    let all = try rig.events(of: item)
    let (cut, reader) = (try #require(all.dropFirst(500).first), FeedReader(store: rig.store))
    let before = WallInstant(milliseconds: Int64(cut.cursor.position.id.time))
    var slices = 0
    while true {
        let slice = try rig.answer { rig.store.trim(item, before: before, completion: $0) }
        slices += 1
        #expect(slice.removed <= 256)
        try rig.expectLedgerAddsUp(item)
        if !slice.isMoreLeft { break }
    }
    #expect(slices > 1)
    #expect(try rig.answer { rig.store.trim(item, before: before, completion: $0) }.removed == 0)
    let rest = try rig.events(of: item)
    let removed = all.count - rest.count
    #expect(removed > 300 && rest == Array(all[removed...]) && rest.allSatisfy { $0.time >= before })
    #expect(try rig.events(of: item, after: all[removed].cursor) == Array(all[(removed + 1)...]))
    for feed in [item.keys.name, nil] {
        guard case .failure(.gone(let oldest?)) = try rig.page(reader, after: all[3].cursor, of: feed, limit: 9) else {
            throw Rig.NoAnswer()
        }
        #expect(try rig.events(of: feed, after: oldest) == rest)
    }
}

@Test func `a key of another type fails each script of the feed, and nothing is written`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    try rig.fill(2, into: item)
    try rig.deduct(1, from: item)
    let end = FeedPointing.End(item: item.keys.name, incarnation: Rig.incarnation, last: LedgerID(time: 1, number: 1))
    for key in [ControlKeys.feed, ControlKeys.feedAt] {
        _ = try rig.raw("SET", key, "x")
        _ = try rig.raw("SET", ControlKeys.term, "1")
        #expect(try rig.failure { rig.store.point([end], term: 1, completion: $0) } != nil)
        _ = try rig.raw("DEL", key)
        #expect(try rig.raw("EXISTS", ControlKeys.feed, ControlKeys.feedAt) == .integer(0))
    }
    let ledger = String(decoding: item.keys.ledger, as: UTF8.self)
    _ = try rig.raw("DEL", ledger)
    _ = try rig.raw("SET", ledger, "x")
    #expect(
        try rig.failure {
            rig.store.events(
                of: item.keys, incarnation: nil, after: .beginning, through: nil, limit: 9, completion: $0)
        } != nil)
    #expect(try rig.failure { rig.store.ledgerEnd(of: item.keys, completion: $0) } != nil)
    let later = WallInstant(milliseconds: 1 << 42)
    #expect(try rig.failure { rig.store.trim(item, before: later, completion: $0) } != nil)
    #expect(try rig.failure { rig.store.cancel(sequence: 2, of: item, completion: $0) } != nil)
    let trimmed = try rig.raw("HEXISTS", String(decoding: item.keys.meta, as: UTF8.self), "trimmed")
    #expect(try trimmed == .integer(0) && rig.bytes(2...2, of: item) == [.undecided])
}
