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
