import Base
import Domain
import Testing

@testable import Store

/// An item with one purchase in doubt, for want of an answer or since its workers were lost.
private func doubtful(isPoisoned: Bool, payWindow: TimeSpan = .zero) throws -> (rig: Rig, item: ItemReference) {
    let rig = try Rig()
    let item = try rig.item(stock: 1) { $0.payWindow = payWindow }
    try rig.fill(2, into: item)
    if isPoisoned {
        for loss in 1...Limits.losses {
            try rig.deduct(1, from: item, worker: "w\(loss)", hasSink: true)
            try rig.reap(item, worker: "w\(loss)")
        }
    } else {
        try rig.deduct(1, from: item, hasSink: true)
        try rig.settle(1, .inDoubt, of: item)
    }
    #expect(try rig.bytes(1...1, of: item) == [.inDoubt])
    return (rig, item)
}

@Test(arguments: [false, true])
func `an operator who found the order ends the doubt as sold`(isPoisoned: Bool) throws {
    let (rig, item) = try doubtful(isPoisoned: isPoisoned)
    #expect(try rig.resolve(1, isConfirmed: true, note: "order 7", of: item) == .done)
    #expect(try rig.resolve(1, isConfirmed: true, of: item) == .before)
    #expect(try rig.resolve(1, isConfirmed: false, of: item) == .notInDoubt)
    let counters = try rig.counters(item)
    #expect(counters.sold == 1 && counters.held == 0 && counters.inDoubt == 0 && counters.hasEnded)
    #expect(String(decoding: try rig.details(of: 1, in: item).order, as: UTF8.self) == "order 7")
    try rig.expectLedgerAddsUp(item)
}

@Test(arguments: [false, true])
func `an operator who found no order gives the unit back, to newcomers where the line has ended`(isPoisoned: Bool)
    throws
{
    let (rig, item) = try doubtful(isPoisoned: isPoisoned)
    #expect(try rig.resolve(1, isConfirmed: false, note: "never arrived", of: item) == .done)
    #expect(try rig.resolve(1, isConfirmed: false, of: item) == .before)
    #expect(try rig.bytes(1...1, of: item) == [.rejected])
    let counters = try rig.counters(item)
    #expect(counters.free == 1 && counters.inDoubt == 0 && !counters.hasEnded)
    #expect(String(decoding: try rig.details(of: 1, in: item).reason, as: UTF8.self) == "never arrived")
    try rig.expectLedgerAddsUp(item)
}

@Test func `a doubt that is resolved as confirmed is to be paid where winners pay`() throws {
    let (rig, item) = try doubtful(isPoisoned: false, payWindow: .seconds(60))
    #expect(try rig.resolve(1, isConfirmed: true, of: item) == .done)
    #expect(try rig.bytes(1...1, of: item) == [.reserved])
    #expect(try rig.pay(1, .paid, of: item) == .sold)
    try rig.expectLedgerAddsUp(item)
}

@Test func `a worker that answers after the operator changes nothing`() throws {
    let (rig, item) = try doubtful(isPoisoned: false)
    try rig.resolve(1, isConfirmed: false, of: item)
    #expect(try rig.settle(1, .confirmed, of: item) == .fenced)
    #expect(try rig.revive(item, includesLost: true).taken == [])
    #expect(try rig.bytes(1...1, of: item) == [.rejected])
}

@Test func `what is under way, waits or is unknown is not resolved`() throws {
    let (rig, item) = try doubtful(isPoisoned: false)
    #expect(try rig.resolve(2, isConfirmed: true, of: item) == .notInDoubt)
    #expect(try rig.resolve(9, isConfirmed: true, of: item) == .unknown)
    try rig.revive(item)
    #expect(try rig.resolve(1, isConfirmed: true, of: item) == .inProgress)
}

@Test func `a decision says what the purchase is now, also where it changed nothing`() throws {
    let (rig, item) = try doubtful(isPoisoned: false)
    let waiting = try rig.resolveReply(2, isConfirmed: true, of: item)
    #expect(waiting.result == .undecided && waiting.endedAt == 2, "its item has ended")
    #expect(try rig.resolveReply(1, isConfirmed: false, of: item).result == .rejected)
    #expect(try rig.resolveReply(1, isConfirmed: true, of: item).result == .rejected)
}

// MARK: The list

@Test func `what is in doubt is listed in order, with its cause, its attempts and its lost workers`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 9)
    try rig.fill(4, into: item)
    for loss in 1...Limits.losses {
        try rig.deduct(1, from: item, worker: "w\(loss)", hasSink: true)
        try rig.reap(item, worker: "w\(loss)")
    }
    try rig.deduct(3, from: item, hasSink: true)
    for sequence in [4, 3] as [Int64] { try rig.settle(sequence, .inDoubt, of: item) }
    let slice = try rig.doubts(of: item)
    #expect(slice.doubts.map(\.record.sequence) == [1, 3, 4] && slice.isLast && slice.counters.inDoubt == 3)
    #expect(slice.doubts.map(\.isUnanswered) == [false, true, true])
    #expect(slice.doubts.map(\.losses) == [Limits.losses, 0, 0])
    #expect(slice.doubts.map(\.record.attempt) == [Limits.losses, 1, 1] && slice.doubts[0].record.user == "u0")
    try rig.resolve(3, isConfirmed: false, of: item)
    try rig.revive(item)
    #expect(try rig.doubts(of: item).doubts.map(\.record.sequence) == [1])
}

@Test func `a list is read in slices of the wanted size, and an item with many purchases in several calls`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 300)
    try rig.fill(40, into: item)
    try rig.deduct(40, from: item, hasSink: true)
    try rig.skip(to: 200_000, of: item)
    try rig.fill(5, into: item, prefix: "late")
    try rig.deduct(5, from: item, hasSink: true)
    let wanted = Array(1...40) + Array(200_001...200_005) as [Int64]
    try rig.settle(wanted.map { Settlement(sequence: $0, attempt: 1, outcome: .inDoubt) }, of: item)
    var (found, calls, after, isLast) = ([] as [Int64], 0, Int64(0), false)
    while !isLast, calls < 100 {
        let slice = try rig.doubts(after: after, limit: 15, of: item)
        #expect(slice.doubts.count <= 15)
        found += slice.doubts.map(\.record.sequence)
        (calls, after, isLast) = (calls + 1, slice.examined, slice.isLast)
    }
    // Three for the first forty, and one for each further 65,536 sequences.
    #expect(found == wanted && calls == 6)
}
