import Base
import Domain
import RedisClient
import TestKit
import Testing

@testable import Store

@Test func `winners are taken from the head in order, with their units`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 10)
    try rig.fill(5, into: item)
    let first = try rig.deduct(2, from: item)
    #expect(first.winners == 2 && first.taken == [] && first.stop == .limitReached)
    #expect(first.counters.free == 8 && first.counters.sold == 2 && first.counters.head == 2)
    let rest = try rig.deduct(9, from: item)
    #expect(rest.winners == 3 && rest.stop == .queueEmpty)
    let bytes = try rig.bytes(1...6, of: item)
    #expect(bytes == [.sold, .sold, .sold, .sold, .sold, .undecided])
    let nobody = try rig.deduct(9, from: item)
    #expect(nobody.winners == 0 && nobody.stop == .queueEmpty && nobody.counters.version == rest.counters.version)
    try rig.expectLedgerAddsUp(item)
}

/// The four layouts of a chunk: with and without quantities, with and without key digests.
@Test(arguments: [(1, 0), (2, 0), (1, 9), (2, 9)] as [(Int64, UInt64)])
func `a worker with a sink gets the whole purchase, from wherever in the chunk`(quantity: Int64, key: UInt64) throws {
    let rig = try Rig()
    let item = try rig.item(stock: 100)
    let buys = (1...7).map { Buy("user-\($0)" + String(repeating: "x", count: $0), quantity, key: key) }
    let earliest = try rig.snapshot(item).storeTime
    try rig.admit(buys, into: item)
    let latest = try rig.snapshot(item).storeTime
    var taken: [FlightRecord] = []
    for count in [3, 1, 3] { taken += try rig.deduct(Int64(count), from: item, hasSink: true).taken }
    #expect(taken.map(\.sequence) == Array(1...7) && taken.map(\.user) == buys.map(\.user))
    #expect(taken.allSatisfy { $0.attempt == 1 && $0.quantity == quantity && $0.keyDigest == key })
    #expect(taken.allSatisfy { $0.admittedAt >= earliest && $0.admittedAt <= latest })
    let recalled = try rig.recall(item)
    #expect(recalled == taken)
    let counters = try rig.counters(item)
    #expect(counters.held == 7 * quantity && counters.sold == 0)
    let bytes = try rig.bytes(1...7, of: item)
    #expect(bytes.allSatisfy { $0 == .processing })
}

@Test func `a purchase of 3 with 2 left ends for want of stock, and a later one of 2 gets them`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 2)
    try rig.admit(Buy("ann", 3), Buy("bob", 2), Buy("cid", 1), into: item)
    let taken = try rig.deduct(5, from: item)
    #expect(taken.winners == 1 && taken.stop == .itemEnded && taken.counters.sold == 2 && taken.counters.free == 0)
    let bytes = try rig.bytes(1...3, of: item)
    #expect(bytes == [.insufficientStock, .sold, .undecided])
    #expect(taken.counters.endedAt == 3)
    try rig.expectLedgerAddsUp(item)
}

@Test func `the head waits for units that may come back, and nobody passes it`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 4)
    try rig.admit(Buy("ann", 2), Buy("bob", 3), Buy("cid", 1), into: item)
    try rig.deduct(1, from: item, hasSink: true)
    let blocked = try rig.deduct(5, from: item, hasSink: true)
    #expect(blocked.stop == .headWaits && blocked.winners == 0 && blocked.counters.free == 2)
    try rig.settle(1, .refused, of: item)
    let served = try rig.deduct(5, from: item, hasSink: true)
    #expect(served.taken.map(\.sequence) == [2, 3])
    try rig.settle(2, .confirmed, of: item)
    let ended = try rig.deduct(5, from: item, hasSink: true)
    #expect(ended.stop == .queueEmpty && ended.counters.ended == 0)
    try rig.settle(3, .confirmed, of: item)
    let counters = try rig.counters(item)
    #expect(counters.sold == 4 && counters.ended == 1 && counters.endedAt == 3)
}

@Test func `the head ends for want of stock once what it waited for is sold`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 4)
    try rig.admit(Buy("ann", 2), Buy("bob", 3), Buy("cid", 1), into: item)
    try rig.deduct(1, from: item, hasSink: true)
    try rig.settle(1, .confirmed, of: item)
    let served = try rig.deduct(5, from: item, hasSink: true)
    #expect(served.taken.map(\.sequence) == [3])
    let byte = try rig.bytes(2...2, of: item)
    #expect(byte == [.insufficientStock])
}

@Test func `an item that closes when sold out waits for nothing, and reopens for newcomers`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 2) {
        $0.closesOnSoldOut = true
        $0.queueLimit = 100
    }
    try rig.admit(Buy("ann", 1), Buy("bob", 2), Buy("cid", 1), Buy("dan", 1), into: item)
    let taken = try rig.deduct(2, from: item, hasSink: true)
    #expect(taken.taken.map(\.sequence) == [1, 3] && taken.stop == .itemEnded && taken.counters.endedAt == 4)
    let bytes = try rig.bytes(1...4, of: item)
    #expect(bytes == [.processing, .insufficientStock, .processing, .undecided])
    let refused = try rig.admit(Buy("eve"), into: item)
    #expect(refused.map(\.outcome) == [.soldOut])
    try rig.settle(1, .refused, of: item)
    let reopened = try rig.admit(Buy("eve"), Buy("dan"), into: item)
    #expect(reopened.map(\.outcome) == [.admitted, .replayed] && reopened.map(\.sequence) == [5, 4])
    let last = try rig.deduct(2, from: item, hasSink: true)
    #expect(last.taken.map(\.sequence) == [5] && last.counters.endedAt == 5)
    try rig.settle(
        [.init(sequence: 3, attempt: 1, outcome: .confirmed), .init(sequence: 5, attempt: 1, outcome: .confirmed)],
        of: item)
    let counters = try rig.counters(item)
    #expect(counters.sold == 2 && counters.held == 0 && counters.ended == 1)
    try rig.expectLedgerAddsUp(item)
}

@Test func `a paused or frozen item gives nothing, and goes on where it was`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    try rig.fill(3, into: item)
    try rig.alter(item, .pause)
    let paused = try rig.deduct(2, from: item)
    #expect(paused.stop == .itemHalted && paused.winners == 0 && paused.counters.waiting == 3)
    try rig.alter(item, .resume)
    _ = try rig.raw("HSET", "sluice:{item}:meta", "frozen", "1")
    let frozen = try rig.deduct(2, from: item)
    #expect(frozen.stop == .itemHalted && frozen.winners == 0)
    _ = try rig.raw("HSET", "sluice:{item}:meta", "frozen", "0")
    let resumed = try rig.deduct(2, from: item)
    #expect(resumed.winners == 2 && resumed.counters.head == 2)
}

@Test(arguments: [false, true])
func `who has left costs no allowance`(hasSink: Bool) throws {
    let rig = try Rig()
    let item = try rig.item(stock: 900)
    try rig.fill(600, into: item)
    for sequence in 1...600 where sequence % 200 != 0 { try rig.cancel(Int64(sequence), of: item) }
    let taken = try rig.deduct(3, from: item, hasSink: hasSink)
    #expect(taken.winners == 3 && taken.stop == .queueEmpty && taken.counters.cancelled == 0)
    let bytes = try rig.bytes(1...600, of: item)
    #expect(bytes.indices.filter { bytes[$0] != .cancelled } == [199, 399, 599])
}

@Test func `10,000 who cannot be served end in ten calls, without an allowance being used`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 2) { $0.queueLimit = 20_000 }
    for start in stride(from: 0, to: 10_000, by: 250) {
        try rig.admit((start..<start + 250).map { Buy("u\($0)", 3) }, into: item)
    }
    try rig.admit(Buy("last", 2), into: item)
    var calls: [Deduction] = []
    while calls.last?.winners != 1, calls.count < 20 { calls.append(try rig.deduct(1, from: item)) }
    #expect(calls.count == 10 && calls.dropLast().allSatisfy { $0.stop == .limitReached && $0.winners == 0 })
    #expect(calls.map(\.counters.head).prefix(2) == [1024, 2048] && calls.last?.counters.head == 10_001)
    let bytes = try rig.bytes(1...10_001, of: item)
    #expect(bytes.dropLast().allSatisfy { $0 == .insufficientStock } && bytes.last == .sold)
}

@Test(arguments: [false, true], [[], [1, 129, 130, 131, 256, 257, 299, 300, 512, 600]] as [[Int64]])
func `results go on over the borders of segments and chunks`(hasSink: Bool, leaving: [Int64]) throws {
    let rig = try Rig()
    for base in [65_536 - 130, 2 * 65_536 - 300] as [Int64] {
        let item = try rig.item("item\(base)", stock: 1000)
        try rig.skip(to: base, of: item)
        try rig.fill(600, into: item)  // chunks of 256, 256 and 88
        let left = leaving.map { base + $0 }
        for sequence in left { try rig.cancel(sequence, of: item) }
        var taken: [FlightRecord] = []
        for _ in 0..<100 {
            let call = try rig.deduct(7, from: item, hasSink: hasSink)
            taken += call.taken
            if call.stop == .queueEmpty { break }
        }
        let counters = try rig.counters(item)
        #expect(counters.waiting == 0 && counters.head == base + 600)
        #expect(counters.held + counters.sold == 600 - Int64(left.count))
        let bytes = try rig.bytes(base + 1...base + 601, of: item)
        for (sequence, byte) in zip((base + 1)..., bytes.dropLast()) {
            #expect(byte == (left.contains(sequence) ? .cancelled : hasSink ? .processing : .sold), "\(sequence)")
        }
        #expect(bytes.last == .undecided)
        let expected = hasSink ? (base + 1...base + 600).filter { !left.contains($0) } : []
        #expect(taken.map(\.sequence) == expected)
        #expect(taken.map(\.user) == expected.map { "u\($0 - base - 1)" })
        try rig.expectLedgerAddsUp(item)
    }
}

@Test func `the end is one watermark, and a restock is for newcomers only`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 2) { $0.queueLimit = 1000 }
    try rig.fill(500, into: item)
    let last = try rig.deduct(5, from: item)
    #expect(
        last.stop == .itemEnded && last.counters.endedAt == 500 && last.counters.head == 500
            && last.counters.waiting == 0)
    let queue = try rig.raw("EXISTS", "sluice:{item}:queue")
    #expect(queue == .integer(0))
    try rig.alter(item, .restock(units: 1))
    let answers = try rig.admit(Buy("u400"), Buy("new"), into: item)
    #expect(answers.map(\.sequence) == [401, 501] && answers.map(\.outcome) == [.replayed, .admitted])
    let next = try rig.deduct(5, from: item)
    #expect(next.winners == 1 && next.counters.endedAt == 501)
    let bytes = try rig.bytes(1...501, of: item)
    #expect(bytes.indices.filter { bytes[$0] == .sold } == [0, 1, 500])
}
