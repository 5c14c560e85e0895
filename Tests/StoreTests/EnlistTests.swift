import Base
import Domain
import RedisClient
import TestKit
import Testing

@testable import Store

extension Rig {
    func enlist(_ worker: String, _ sink: SinkKind) throws -> Store.Listing {
        try answer { store.enlist(worker, sink: sink, completion: $0) }
    }

    var sinkOfAll: String? { get throws { try answer { store.sink(completion: $0) } } }
}

@Test func `the sink of the first worker is that of all, and another one is refused with its name`() throws {
    let rig = try Rig()
    #expect(try rig.sinkOfAll == nil)
    let first = try rig.enlist("w1", .webhook)
    let same = try rig.enlist("w2", .webhook)
    let again = try rig.enlist("w1", .webhook)
    #expect(first == .listed && same == .listed && again == .listed)
    for other in [SinkKind.none, .delay, .postgres] {
        guard case .refused("webhook", let holds?) = try rig.enlist("w3", other) else {
            Issue.record("\(other) was let in")
            continue
        }
        #expect(holds > .seconds(30) && holds <= Limits.ordersHold)
    }
    let workers = try rig.answer { rig.store.workers(completion: $0) }.sorted { $0.id < $1.id }
    #expect(workers == [.init(id: "w1", sink: .webhook), .init(id: "w2", sink: .webhook)])
    #expect(try rig.sinkOfAll == "webhook")
}

@Test func `a hold that ends later than any begins was written by a clock that ran ahead, and binds nobody`()
    throws
{
    let rig = try Rig()
    _ = try rig.enlist("w1", .webhook)
    _ = try rig.raw("PEXPIRE", ControlKeys.sink, "\(Limits.ordersHold.wholeMilliseconds * 2)")
    guard case .refused("webhook", _) = try rig.enlist("w2", .postgres) else {
        Issue.record("a hold that may be true was not heeded")
        return
    }
    _ = try rig.raw("PEXPIRE", ControlKeys.sink, "3562000")
    let listed = try rig.enlist("w2", .postgres)
    #expect(listed == .listed)
    #expect(try rig.sinkOfAll == "postgres")
}

@Test func `a worker of an older release is listed without a sink, and holds nothing`() throws {
    let rig = try Rig()
    _ = try rig.raw("HSET", ControlKeys.workers, "old", "1")
    let workers = try rig.answer { rig.store.workers(completion: $0) }
    #expect(workers == [.init(id: "old", sink: nil)])
    let listed = try rig.enlist("w", .none)
    #expect(listed == .listed)
}

@Test func `the last worker without orders that stops leaves the store free, one with orders does not`() throws {
    let rig = try Rig()
    _ = try rig.enlist("w1", .none)
    _ = try rig.enlist("w2", .none)
    try rig.answer { rig.store.retire("w1", sink: .none, completion: $0) }
    #expect(try rig.sinkOfAll == "none")
    try rig.answer { rig.store.retire("w2", sink: .none, completion: $0) }
    try rig.answer { rig.store.retire("w2", sink: .none, completion: $0) }
    #expect(try rig.sinkOfAll == nil)
    let next = try rig.enlist("w3", .postgres)
    #expect(next == .listed)
    try rig.answer { rig.store.retire("w3", sink: .postgres, completion: $0) }
    let workers = try rig.answer { rig.store.workers(completion: $0) }
    #expect(workers.isEmpty)
    guard case .refused("postgres", _) = try rig.enlist("w4", .none) else {
        Issue.record("a stray worker may begin while those that place orders are started again")
        return
    }
}

@Test func `a sink that no worker renews loses the store`() throws {
    let rig = try Rig()
    _ = try rig.enlist("w1", .webhook)
    _ = try rig.raw("PEXPIRE", ControlKeys.sink, "1")
    var now = Store.Listing.refused(by: "", holds: nil)
    while now != .listed { now = try rig.enlist("w2", .none) }
    guard case .refused("none", let holds?) = try rig.enlist("w1", .webhook) else {
        Issue.record("two sinks have the store")
        return
    }
    #expect(holds <= Limits.listingHold)
}

@Test(arguments: [ControlKeys.workers, ControlKeys.sink])
func `a list of workers of another type is an error, and changes nothing`(key: String) throws {
    let rig = try Rig()
    _ = try rig.raw("RPUSH", key, "x")
    let failure = try rig.failure { rig.store.enlist("w1", sink: .none, completion: $0) }
    let leaving = try rig.failure { rig.store.retire("w1", sink: .none, completion: $0) }
    #expect(failure != nil && leaving != nil)
    let other = key == ControlKeys.sink ? ControlKeys.workers : ControlKeys.sink
    #expect(try rig.raw("EXISTS", other) == .integer(0))
}
