import Base
import Domain
import TestKit
import Testing

@testable import Store

@Test func `new purchases get the next sequences in order, and a repeat gets the same tickets`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10)
    let buys = [Buy("ann"), Buy("bob"), Buy("cid")]
    let reply = try rig.reply(to: buys, into: item)
    #expect(reply.firstSequence == 1 && reply.tail == 3 && reply.head == 0 && reply.free == 10 && reply.held == 0)
    let before = try rig.counters(item)
    #expect(before.waiting == 3 && before.version == reply.version)
    let again = try rig.admit([buys[2], buys[0], buys[1]], into: item)
    #expect(again.map(\.outcome) == [.replayed, .replayed, .replayed] && again.map(\.sequence) == [3, 1, 2])
    let after = try rig.counters(item)
    #expect(after == before)
    let next = try rig.reply(to: [Buy("dan")], into: item)
    #expect(next.firstSequence == 4 && next.version == reply.version + 1)
}

@Test func `a repeat gives the quantity and the ticket key of the first time`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10)
    let first = AdmissionBatch([Buy("ann", 3, key: 7)], ticketKeyID: 1)
    _ = try rig.answer { rig.store.admit(first, into: item, completion: $0) }
    let second = AdmissionBatch([Buy("ann", 3, key: 7), Buy("bob", 2)], ticketKeyID: 2)
    let reply = try rig.answer { rig.store.admit(second, into: item, completion: $0) }
    #expect(reply.admission(at: 0) == Admission(outcome: .replayed, sequence: 1, quantity: 3, ticketKeyID: 1))
    #expect(reply.admission(at: 1) == Admission(outcome: .admitted, sequence: 2, quantity: 2, ticketKeyID: 2))
    #expect(reply.admission(at: 2) == nil)
}

@Test func `the same key with another quantity is a mismatch, another key another purchase`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10) { $0.perUserLimit = 2 }
    try rig.admit(Buy("ann", 2, key: 0xFF_FFFF_FFFF_FFFF), into: item)
    let answers = try rig.admit(Buy("ann", 1, key: 0xFF_FFFF_FFFF_FFFF), into: item)
    #expect(answers == [Admission(outcome: .mismatch, sequence: 1, quantity: 2, ticketKeyID: 3)])
    let other = try rig.admit(Buy("ann", 1, key: 0xFF_FFFF_FFFF_FFFE), into: item)
    #expect(other.map(\.outcome) == [.admitted])
    let third = try rig.admit(Buy("ann", 1, key: 5), into: item)
    #expect(third == [Admission(outcome: .limitReached, sequence: 1, quantity: 2, ticketKeyID: 3)])
}

@Test func `units of a user are limited, also those of a newcomer, and the rest of the batch gets in`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 100) {
        $0.perUserLimit = 0
        $0.perUserUnits = 4
    }
    let answers = try rig.admit(Buy("ann", 3), Buy("greedy", 5), Buy("bob", 4), into: item)
    #expect(answers.map(\.outcome) == [.admitted, .limitReached, .admitted])
    #expect(answers.map(\.sequence) == [1, 0, 2])
    let more = try rig.admit(Buy("ann", 2, key: 1), Buy("bob", 1, key: 1), into: item)
    #expect(more.map(\.outcome) == [.limitReached, .limitReached] && more.map(\.sequence) == [1, 2])
    let fitting = try rig.admit(Buy("ann", 1, key: 2), into: item)
    #expect(fitting.map(\.outcome) == [.admitted])
}

/// How a purchase can end without a unit, or not.
enum Ending: CaseIterable {
    case cancelled, rejected, insufficient, soldOut, lost
    case waiting, processing, sold, inDoubt

    var counts: Bool { [.waiting, .processing, .sold, .inDoubt].contains(self) }
}

@Test(arguments: Ending.allCases)
func `a purchase that ended without a unit does not count against the limit of its user`(ending: Ending) throws {
    let rig = try Rig()
    let item = try rig.item(stock: 2) { $0.queueLimit = 100 }
    try rig.admit(Buy("ann", ending == .insufficient ? 3 : 1), into: item)
    switch ending {
    case .waiting: break
    case .cancelled: try rig.cancel(1, of: item)
    case .insufficient, .sold: try rig.deduct(1, from: item)
    case .processing: try rig.deduct(1, from: item, hasSink: true)
    case .rejected:
        try rig.deduct(1, from: item, hasSink: true)
        try rig.settle(1, .refused, of: item)
    case .inDoubt:
        for _ in 1...Limits.losses {
            try rig.deduct(1, from: item, hasSink: true)
            try rig.reap(item)
        }
    case .soldOut:
        var change = ItemChange()
        change.stock = 0
        try rig.put(item.keys, change)
        try rig.alter(item, .restock(units: 2))
    case .lost:
        _ = try rig.raw("SETRANGE", "sluice:{item}:results:0", "1", "\u{9}")
    }
    let answers = try rig.admit(Buy("ann", key: 1), into: item)
    #expect(answers.map(\.outcome) == [ending.counts ? .limitReached : .admitted])
    #expect(answers.map(\.sequence) == [ending.counts ? 1 : 2])
}

/// Why newcomers are refused, in the order in which the reasons are looked at.
enum Closing: UInt8, CaseIterable {
    case frozen = 9, closed = 4, notOpen = 5, soldOut = 6, paused = 7, full = 8

    func apply(_ rig: Rig, _ item: ItemReference) throws {
        var change = ItemChange()
        switch self {
        case .frozen: _ = try rig.raw("HSET", "sluice:{item}:meta", "frozen", "1")
        // Before it opens, as only an older build took it.
        case .closed: _ = try rig.raw("HSET", "sluice:{item}:meta", "closes_at", "1")
        case .notOpen: change.opensAt = WallInstant(milliseconds: 1 << 50)
        case .soldOut: change.stock = 0
        case .paused: try rig.alter(item, .pause)
        case .full: change.queueLimit = 1
        }
        try rig.put(item.keys, change)
    }
}

@Test(arguments: Closing.allCases)
func `a newcomer is refused for its reason, and whoever has a ticket gets it back`(closing: Closing) throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10)
    try rig.admit(Buy("ann"), into: item)
    try closing.apply(rig, item)
    let before = try rig.counters(item)
    let answers = try rig.admit(Buy("bob"), Buy("ann"), Buy("ann2"), into: item)
    #expect(answers.map(\.outcome.rawValue) == [closing.rawValue, 1, closing.rawValue])
    #expect(answers.map(\.sequence) == [0, 1, 0])
    let mismatch = try rig.admit(Buy("ann", 2), into: item)
    let limited = try rig.admit(Buy("ann", key: 1), into: item)
    // A buyer who got "sold out" may try again with a new key, and gets it again.
    #expect(mismatch.map(\.outcome) == [.mismatch])
    #expect(limited.map(\.outcome) == [closing == .soldOut ? .soldOut : .limitReached])
    let alone = try rig.admit(Buy("bob"), into: item)
    #expect(alone.map(\.outcome.rawValue) == [closing.rawValue])
    let after = try rig.counters(item)
    #expect(after == before)
}

@Test func `of several reasons the first in the contract's order is answered`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10)
    try rig.admit(Buy("ann"), into: item)
    for closing in Closing.allCases.reversed() {
        try closing.apply(rig, item)
        let answers = try rig.admit(Buy("bob"), into: item)
        #expect(answers.map(\.outcome.rawValue) == [closing.rawValue])
    }
}

@Test func `closing by hand ends intake, and the store's clock opens and closes`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10)
    let now = try rig.snapshot(item).storeTime.milliseconds
    var change = ItemChange()
    change.opensAt = WallInstant(milliseconds: now - 1)
    change.closesAt = WallInstant(milliseconds: now + 3_600_000)
    try rig.put(item.keys, change)
    let open = try rig.admit(Buy("ann"), into: item)
    #expect(open.map(\.outcome) == [.admitted])
    try rig.alter(item, .close)
    let closed = try rig.admit(Buy("bob"), into: item)
    #expect(closed.map(\.outcome) == [.closed])
    let served = try rig.deduct(1, from: item)
    #expect(served.winners == 1)
}

@Test func `a full queue lets in as many of a batch as there is room for, in order`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 100) { $0.queueLimit = 5 }
    let first = try rig.admit((1...8).map { Buy("a\($0)") }, into: item)
    #expect(first.map(\.outcome) == Array(repeating: .admitted, count: 5) + Array(repeating: .queueFull, count: 3))
    #expect(first.prefix(5).map(\.sequence) == [1, 2, 3, 4, 5])
    try rig.cancel(2, of: item)
    try rig.deduct(1, from: item)
    let second = try rig.admit((1...8).map { Buy("b\($0)") }, into: item)
    #expect(second.filter { $0.outcome == .admitted }.map(\.sequence) == [6, 7])
    let counters = try rig.counters(item)
    #expect(counters.waiting == 5)
}

@Test(arguments: [1, 7, 4_294_967_295, nil] as [Int64?])
func `a guess of the first sequence, right, wrong or none, changes nothing that is stored`(guess: Int64?) throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10)
    let buys = [Buy("a", 2, key: 9), Buy("b"), Buy("c", 3)]
    let reply = try rig.answer {
        rig.store.admit(AdmissionBatch(buys), into: item, expecting: guess, completion: $0)
    }
    #expect(reply.firstSequence == 1)
    // Each user's record is found again, with the sequence that the store gave.
    let repeats = [Buy("c", 3), Buy("new", 5, key: 7), Buy("a", 2, key: 9), Buy("b")]
    let repeated = try rig.answer {
        rig.store.admit(AdmissionBatch(repeats), into: item, expecting: guess, completion: $0)
    }
    let answered = (0..<repeats.count).compactMap { repeated.admission(at: $0) }
    #expect(answered.map(\.outcome) == [.replayed, .admitted, .replayed, .replayed])
    #expect(answered.map(\.sequence) == [3, 4, 1, 2])
    #expect(answered.map(\.quantity) == [3, 5, 2, 1])
    let again = try rig.admit(repeats, into: item)
    #expect(again.map(\.sequence) == [3, 4, 1, 2] && again.allSatisfy { $0.outcome == .replayed })
}

@Test func `the holders are those let in, in order of sequence`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10) { $0.queueLimit = 3 }
    var batch = AdmissionBatch()
    func add(_ user: String, tag: UInt32) {
        batch.append(user: user.utf8.span, quantity: 1, keyDigest: 0, ticketKeyID: 1, tag: tag)
    }
    add("a", tag: 0x0102_0304)
    add("b", tag: 0xFFFF_FFFF)
    _ = try rig.answer { rig.store.admit(batch, into: item, completion: $0) }
    batch.clear()
    for (index, user) in ["c", "a", "d"].enumerated() { add(user, tag: UInt32(10 + index)) }
    _ = try rig.answer { rig.store.admit(batch, into: item, completion: $0) }
    let holders = try rig.answer { rig.store.holders(of: item, skip: 0, completion: $0) }
    #expect(holders == [1, 2, 3, 4, 255, 255, 255, 255, 0, 0, 0, 10])
    let rest = try rig.answer { rig.store.holders(of: item, skip: 2, completion: $0) }
    #expect(rest == [0, 0, 0, 10])
    // Newcomers before, between and behind repeats.
    let wide = try rig.item("wide", stock: 10)
    batch.clear()
    for (index, user) in ["a", "b"].enumerated() { add(user, tag: UInt32(index)) }
    _ = try rig.answer { rig.store.admit(batch, into: wide, completion: $0) }
    batch.clear()
    for (index, user) in ["c", "d", "a", "e", "b", "f"].enumerated() { add(user, tag: UInt32(10 + index)) }
    _ = try rig.answer { rig.store.admit(batch, into: wide, completion: $0) }
    let mixed = try rig.answer { rig.store.holders(of: wide, skip: 2, completion: $0) }
    #expect(mixed == [10, 11, 13, 15].flatMap { [0, 0, 0, $0] })
}

@Test func `the largest quantity let in is remembered, not the largest asked for`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10) { $0.perUserUnits = 20 }
    try rig.admit(Buy("ann", 2), Buy("bob", 7), into: item)
    let first = try rig.snapshot(item)
    #expect(first.settings.largest == 7)
    try rig.admit(Buy("greedy", 1000), Buy("cid", 9), Buy("ann", 2), into: item)
    let second = try rig.snapshot(item)
    #expect(second.settings.largest == 9)
    let mismatch = try rig.admit(Buy("ann", 12), Buy("dan", 3), into: item)
    #expect(mismatch.map(\.outcome) == [.mismatch, .admitted])
    let third = try rig.snapshot(item)
    #expect(third.settings.largest == 9)
    try rig.admit(Buy("ann", 2), Buy("eve", 11), into: item)
    let fourth = try rig.snapshot(item)
    #expect(fourth.settings.largest == 11)
}

@Test func `users of every length are kept apart and found again`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 1000)
    let buys = (1...Limits.userLength).map { Buy(String(repeating: "u", count: $0)) }
    let reply = try rig.reply(to: buys, into: item)
    #expect(reply.firstSequence == 1)
    let again = try rig.admit(buys.reversed(), into: item)
    #expect(again.map(\.sequence) == (1...Int64(Limits.userLength)).reversed())
    #expect(try rig.deduct(128, from: item, hasSink: true).taken.map(\.user) == buys.map(\.user))
}

@Test func `256 users of 128 bytes fit into one call`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 1000)
    let buys = (0..<Limits.batch).map { index in
        Buy(String(repeating: "x", count: Limits.userLength - 3) + "\(100 + index % 900)", 2, key: UInt64(index))
    }
    let reply = try rig.reply(to: buys, into: item)
    #expect(reply.firstSequence == 1)
    let again = try rig.admit(buys, into: item)
    #expect(again.map(\.sequence) == Array(1...256) && again.allSatisfy { $0.outcome == .replayed })
    let taken = try rig.deduct(256, from: item, hasSink: true).taken
    #expect(taken.map(\.user) == buys.map(\.user) && taken.map(\.keyDigest) == buys.map(\.key))
}
