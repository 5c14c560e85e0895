import Base
import Domain
import EventLoop
import RedisClient
import TestKit
import Testing

@testable import Store

// Who bought what: the books, from the lists that the queue leaves behind.

extension Rig {
    func page(
        after: Int64 = 0, limit: Int = Limits.batch, of item: ItemReference,
        _ change: (inout BookQuery) -> Void = { _ in }
    ) throws -> BookPage {
        var query = BookQuery()
        change(&query)
        return try answer { store.purchases(query, after: after, limit: limit, of: item, completion: $0) }
    }

    /// All purchases, page by page.
    func book(of item: ItemReference, limit: Int = Limits.batch, _ change: (inout BookQuery) -> Void = { _ in }) throws
        -> [BookEntry]
    {
        var (entries, after) = ([BookEntry](), Int64(0))
        while true {
            let page = try page(after: after, limit: limit, of: item, change)
            #expect(page.examined > after || page.isLast && page.entries.isEmpty, "it stands still at \(after)")
            entries += page.entries
            after = page.examined
            if page.isLast { return entries }
        }
    }
}

extension BookEntry {
    fileprivate var words: String { "\(sequence) \(user) \(quantity) \(state.rawValue)" }
}

@Test func `the books show every purchase with its user, whatever became of it`() throws {
    let sale = try PaidItem(stock: 4, waiting: 0)
    let (rig, item) = (sale.rig, sale.item)
    try rig.admit(Buy("ann", 1), Buy("bob", 2, key: 7), into: item)
    try rig.admit(Buy("cid", 9), Buy("dan", 1), Buy("eve", 1), into: item)
    try rig.admit(Buy("fay", 1), into: item)
    try rig.cancel(5, of: item)
    try rig.deduct(3, from: item, hasSink: true)
    try rig.settle(1, .confirmed, of: item)
    try rig.settle(2, .refused, of: item)
    #expect(
        try rig.book(of: item).map(\.words) == [
            "1 ann 1 reserved", "2 bob 2 rejected", "3 cid 9 sold_out", "4 dan 1 processing", "5 eve 1 cancelled",
            "6 fay 1 queued",
        ])
    try rig.pay(1, .paid, "p1", of: item)
    try rig.refund(1, reference: "r1", returnsUnit: false, of: item)
    let first = try rig.page(limit: 1, of: item) { $0.withTickets = true }
    let entry = try #require(first.entries.first)
    #expect(entry.words == "1 ann 1 sold" && entry.reference == "p1" && entry.refund?.reference == "r1")
    #expect(entry.ticketKeyID == 3 && first.examined == 1 && !first.isLast)
    let time = try #require(entry.admittedAt)
    #expect(try sale.storeTime - time < .seconds(20))
    #expect(
        try rig.book(of: item).map(\.reason) == [
            nil, "refused-by-order-sink", "insufficient-stock", nil, nil, nil,
        ])
}

@Test func `the books keep who bought before an end, who came too late, and who came after a reopening`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 3) { $0.closesOnSoldOut = true }
    for wave in 0..<4 {
        try rig.fill(2, into: item, prefix: "a\(wave)-")
        try rig.fill(3, into: item, prefix: "b\(wave)-")
        try rig.deduct(256, from: item)
        #expect(try rig.counters(item).hasEnded)
        try rig.alter(item, .restock(units: 3))
    }
    try rig.fill(2, into: item, prefix: "last")
    let users = (0..<4).flatMap { wave in
        (0..<2).map { "a\(wave)-u\($0)" } + (0..<3).map { "b\(wave)-u\($0)" }
    }
    for limit in [1, 3, 256] {
        let entries = try rig.book(of: item, limit: limit)
        #expect(entries.map(\.sequence) == Array(1...22))
        #expect(entries.prefix(20).map { $0.user.filter { $0 != "u" } } == users.map { $0.filter { $0 != "u" } })
        #expect(
            entries.map(\.state) == (0..<4).flatMap { _ in [.sold, .sold, .sold, .soldOut, .soldOut] } + [
                .queued, .queued,
            ])
    }
    #expect(
        try rig.book(of: item, limit: 2) { $0.states = [.soldOut] }.map(\.sequence) == [4, 5, 9, 10, 14, 15, 19, 20])
    #expect(try rig.book(of: item, limit: 2) { $0.states = [.queued] }.map(\.sequence) == [21, 22])
    #expect(try rig.book(of: item, limit: 3) { $0.states = [.queued, .sold] }.count == 14)
    #expect(try rig.book(of: item) { $0.states = [.expired] }.isEmpty)
}

@Test func `the purchases of one user are found without a walk through the books`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 300) { $0.perUserLimit = 0 }
    try rig.fill(290, into: item)
    try rig.admit([Buy("u7", 2, key: 9)], into: item)
    try rig.deduct(256, from: item)
    let found = try rig.page(of: item) { $0.user = "u7" }
    #expect(found.entries.map(\.words) == ["8 u7 1 sold", "291 u7 2 queued"] && found.isLast)
    #expect(found.entries.allSatisfy { $0.admittedAt != nil })
    #expect(try rig.page(after: 8, of: item) { $0.user = "u7" }.entries.map(\.sequence) == [291])
    #expect(try rig.page(of: item) { ($0.user, $0.states) = ("u7", [.sold]) }.entries.map(\.sequence) == [8])
    #expect(try rig.page(of: item) { $0.user = "nobody" }.entries.isEmpty)
}

@Test func `purchases whose chunks an earlier release dropped are left out, and found by their user`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 600)
    try rig.fill(600, into: item)
    try rig.deduct(256, from: item)
    try rig.deduct(256, from: item)
    _ = try rig.raw("LPOP", String(decoding: item.keys.taken, as: UTF8.self))
    #expect(try rig.book(of: item).map(\.sequence) == Array(257...600))
    let found = try rig.page(of: item) { $0.user = "u3" }
    #expect(found.entries.map(\.words) == ["4 u3 1 sold"] && found.entries[0].admittedAt == nil)
    _ = try rig.raw("DEL", String(decoding: item.keys.taken, as: UTF8.self))
    #expect(try rig.book(of: item).map(\.sequence) == Array(513...600))
}

@Test func `sequences that were left out at a restart are not in the books, and those before them are`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10) { $0.queueLimit = 100 }
    try rig.fill(5, into: item)
    try rig.deduct(2, from: item)
    for sequence in 3...5 as ClosedRange<Int64> { try rig.cancel(sequence, of: item) }
    _ = try rig.raw("HSET", String(decoding: item.keys.meta, as: UTF8.self), "boot", "before")
    try rig.reopen(item, skipping: 40_000)
    try rig.fill(3, into: item, prefix: "v")
    try rig.deduct(1, from: item)
    let entries = try rig.book(of: item)
    #expect(entries.map(\.sequence) == [1, 2, 3, 4, 5, 40_006, 40_007, 40_008])
    #expect(entries.map(\.state) == [.sold, .sold, .cancelled, .cancelled, .cancelled, .sold, .queued, .queued])
}

@Test(arguments: [1, 7, 256])
func `a page anywhere in long books costs the store about a millisecond`(size: Int) throws {
    let rig = try Rig()
    let count = size == 1 ? 20_000 : 60_000
    let item = try rig.item(stock: 100_000) { $0.queueLimit = 1_000_000 }
    for start in stride(from: 0, to: count, by: size) {
        rig.store.admit(
            AdmissionBatch((start..<min(count, start + size)).map { Buy("u\($0)") }), into: item
        ) { if case .failure(let failure) = $0 { Issue.record("\(failure)") } }
        if start % (64 * size) == 0 { rig.loop.turn(waitAtMost: .zero) }
    }
    #expect(try rig.counters(item).tail == Int64(count))
    for _ in 0..<40 { try rig.deduct(256, from: item) }
    _ = try rig.raw("CONFIG", "RESETSTAT")
    var random = SplitMix64(seed: 3)
    for _ in 0..<50 {
        let after = random.below(Int64(count) - 300)
        let page = try rig.page(after: after, of: item)
        #expect(page.entries.map(\.sequence) == Array(after + 1...after + 256))
        #expect(page.entries.allSatisfy { $0.user == "u\($0.sequence - 1)" })
    }
    // Few chunks are read for a page: a search by proportion, then those that follow.
    let stats = try rig.server.command("INFO", "commandstats").split(separator: "\r\n")
    let reads = stats.filter { $0.hasPrefix("cmdstat_lindex") || $0.hasPrefix("cmdstat_lrange") }.compactMap { line in
        line.split(separator: "calls=").dropFirst().first?.split(separator: ",").first.flatMap { Int($0) }
    }.reduce(0, +)
    #expect(reads > 50 && reads <= 50 * 24, "\(reads) reads for 50 pages")
    print(stats.first { $0.hasPrefix("cmdstat_evalsha") } ?? "")
}

@Test func `books whose keys are something else stop no sale`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5) { $0.closesOnSoldOut = true }
    _ = try rig.raw("SET", String(decoding: item.keys.taken, as: UTF8.self), "x")
    _ = try rig.raw("SET", String(decoding: item.keys.past, as: UTF8.self), "x")
    try rig.fill(4, into: item)
    try rig.fill(4, into: item, prefix: "v")
    let done = try rig.deduct(10, from: item)
    #expect(done.winners == 5 && done.stop == .itemEnded)
    #expect(try rig.raw("EXISTS", String(decoding: item.keys.queue, as: UTF8.self)).integer == 0)
    try rig.expectLedgerAddsUp(item)
}
