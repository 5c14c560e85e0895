import Base
import Domain
import TestKit
import Testing

@testable import Store

// A purchase that ended without a unit doesn't count, and who had it may buy again.

@Test func `of a user's eight records the oldest that ended without a unit makes room for a ninth`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 100) { $0.perUserLimit = 0 }
    try rig.admit(Buy("ann", key: 1), into: item)
    for key in 2...20 as ClosedRange<UInt64> {
        let new = try rig.admit(Buy("ann", key: key), into: item)
        #expect(new.map(\.outcome) == [.admitted] && new.map(\.sequence) == [Int64(key)])
        try rig.cancel(Int64(key), of: item)
    }
    // The first one holds a place; of the others the last seven are known.
    let known = try ([1] + Array(14...20)).map { try rig.admit(Buy("ann", key: $0), into: item)[0] }
    #expect(known.map(\.sequence) == [1] + Array(14...20) && known.allSatisfy { $0.outcome == .replayed })
    let forgotten = try rig.admit(Buy("ann", key: 13), into: item)
    #expect(forgotten.map(\.outcome) == [.admitted] && forgotten.map(\.sequence) == [21])
}

@Test func `a ninth purchase beside eight that hold a place is refused, with the oldest of them`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 100) { $0.perUserLimit = 0 }
    for key in 1...8 as ClosedRange<UInt64> { try rig.admit(Buy("ann", key: key), into: item) }
    let ninth = try rig.admit(Buy("ann", key: 9), into: item)
    #expect(ninth == [Admission(outcome: .limitReached, sequence: 1, quantity: 1, ticketKeyID: 3)])
    try rig.cancel(1, of: item)
    let again = try rig.admit(Buy("ann", key: 9), into: item)
    #expect(again.map(\.outcome) == [.admitted] && again.map(\.sequence) == [9])
    let tenth = try rig.admit(Buy("ann", key: 10), into: item)
    #expect(tenth.map(\.outcome) == [.limitReached] && tenth.map(\.sequence) == [2])
}

@Test func `who cancelled and buys again without a key gets a new place, and repeats find the newest`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 100)
    try rig.admit(Buy("ann", 2), Buy("bob"), into: item)
    try rig.cancel(1, of: item)
    // Another quantity is no mismatch: the purchase that had it is over.
    let again = try rig.admit(Buy("ann"), Buy("bob"), Buy("new"), into: item)
    #expect(again.map(\.outcome) == [.admitted, .replayed, .admitted] && again.map(\.sequence) == [3, 2, 4])
    let repeated = try rig.admit(Buy("ann"), into: item)
    #expect(repeated == [Admission(outcome: .replayed, sequence: 3, quantity: 1, ticketKeyID: 3)])
    try rig.cancel(3, of: item)
    let third = try rig.admit(Buy("ann", 3), into: item)
    #expect(third == [Admission(outcome: .admitted, sequence: 5, quantity: 3, ticketKeyID: 3)])
    let mismatch = try rig.admit(Buy("ann"), into: item)
    #expect(mismatch == [Admission(outcome: .mismatch, sequence: 5, quantity: 3, ticketKeyID: 3)])
}

@Test func `with a key a cancelled ticket is answered again, without one each that ended otherwise`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 100)
    try rig.admit(Buy("ann", key: 7), Buy("bob"), into: item)
    try rig.cancel(1, of: item)
    let keyed = try rig.admit(Buy("ann", key: 7), into: item)
    #expect(keyed == [Admission(outcome: .replayed, sequence: 1, quantity: 1, ticketKeyID: 3)])
    try rig.deduct(1, from: item, hasSink: true)
    try rig.settle(2, .refused, of: item)
    let rejected = try rig.admit(Buy("bob"), into: item)
    #expect(rejected == [Admission(outcome: .replayed, sequence: 2, quantity: 1, ticketKeyID: 3)])
}

@Test func `who cancelled and comes again while the sale is not open is answered why, and keeps what is known`() throws
{
    let rig = try Rig()
    let item = try rig.item(stock: 100)
    try rig.admit(Buy("ann"), into: item)
    try rig.cancel(1, of: item)
    try rig.alter(item, .pause)
    let paused = try rig.admit(Buy("ann"), into: item)
    #expect(paused == [Admission(outcome: .paused, sequence: 0, quantity: 0, ticketKeyID: 0)])
    try rig.alter(item, .resume)
    let open = try rig.admit(Buy("ann"), into: item)
    #expect(open.map(\.sequence) == [2])
}

@Test func `a refusal by the limit never points to a purchase that ended without a unit`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 100) {
        $0.perUserLimit = 0
        $0.perUserUnits = 4
    }
    try rig.admit(Buy("ann", 4, key: 1), into: item)
    try rig.cancel(1, of: item)
    let greedy = try rig.admit(Buy("ann", 5, key: 2), into: item)
    #expect(greedy == [Admission(outcome: .limitReached, sequence: 0, quantity: 0, ticketKeyID: 0)])
}

@Test func `an item whose sequences are used up takes no more purchases, and damages none`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 100) { $0.queueLimit = 100 }
    try rig.skip(to: Limits.sequence.upperBound - 3, of: item)
    let last = try rig.admit(Buy("a"), Buy("b"), into: item)
    #expect(last.map(\.sequence) == [Limits.sequence.upperBound - 2, Limits.sequence.upperBound - 1])
    let beyond = try rig.admit(Buy("c"), Buy("d"), Buy("a"), into: item)
    #expect(beyond.map(\.outcome) == [.admitted, .closed, .replayed])
    #expect(beyond[0].sequence == Limits.sequence.upperBound)
    let none = try rig.admit(Buy("e"), into: item)
    #expect(none.map(\.outcome) == [.closed])
    let counters = try rig.counters(item)
    #expect(counters.tail == Limits.sequence.upperBound && counters.waiting == 3)
}
