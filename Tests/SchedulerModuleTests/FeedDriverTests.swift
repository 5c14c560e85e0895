import Base
import Domain
import EventLoop
import Operations
import Store
import TestKit
import Testing

@testable import SchedulerModule

/// Schedulers before a redis-server of their own, on one loop that the test turns by hand.
private final class FeedRig {
    let server: RedisServerProcess
    let loop: EventLoop
    let store: Store
    private var drivers: [SchedulerDriver] = []

    init() throws {
        server = try RedisServerProcess(.init())
        loop = try EventLoop()
        store = Store(loop: loop, options: try Self.options(server))
        store.start()
        let isReady = loop.turns { store.isReady }
        try #require(isReady)
    }

    static func options(_ server: RedisServerProcess) throws -> StoreOptions {
        var options = try StoreOptions(url: server.url)
        options.deadline = .seconds(15)  // the machine may be busy with other tests
        return options
    }

    static var log: SchedulerEvents { SchedulerEvents(log: Log(level: .error, node: "test")) }

    func startScheduler() throws {
        let options = try Self.options(server)
        let driver = SchedulerDriver(
            loop: loop, store: Store(loop: loop, options: options), options: options, node: "s\(drivers.count)",
            lease: .seconds(3),
            eventsKept: nil, log: Self.log)
        drivers.append(driver)
        driver.start {}
        let leads = loop.turns { driver.isLeader }
        try #require(leads)
    }

    /// The leader loses its connection, and its lease.
    func loseLead() throws {
        try server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        try server.command("DEL", "sluice:{ctl}:leader")
        let isLost = loop.turns { !store.isReady }
        let isBack = loop.turns { store.isReady }
        try #require(isLost && isBack)
    }

    struct NoAnswer: Error {}

    func answer<Value>(_ call: (@escaping StoreCompletion<Value>) -> Void) throws -> Value {
        var result: Result<Value, StoreFailure>?
        call { result = $0 }
        guard loop.turns(until: { result != nil }), let result else { throw NoAnswer() }
        return try result.get()
    }

    func item(_ name: String, buyers: Int) throws -> ItemReference {
        var change = ItemChange()
        (change.stock, change.queueLimit) = (1_000, 1_000)
        let keys = ItemKeys(try #require(ItemName(name)))
        _ = try answer {
            store.put(keys, change, incarnation: 9, salt: [UInt8](repeating: 1, count: 16), completion: $0)
        }
        let item = ItemReference(keys, incarnation: 9)
        var batch = AdmissionBatch()
        for number in 0..<buyers {
            batch.append(user: "u\(number)".utf8.span, quantity: 1, keyDigest: 0, ticketKeyID: 1, tag: UInt32(number))
        }
        _ = try answer { store.admit(batch, into: item, completion: $0) }
        return item
    }

    func sell(_ count: Int64, of item: ItemReference) throws {
        _ = try answer {
            store.deduct(count, from: item, worker: "w", hasSink: false, isAlone: true, completion: $0)
        }
    }

    /// What is in the feed of all items.
    func sequences() throws -> [Int64] {
        let reader = FeedReader(store: store)
        var result: Result<EventPage, EventFailure>?
        reader.events(after: nil, of: nil, limit: 1_000) { result = $0 }
        guard loop.turns(until: { result != nil }), let result else { throw NoAnswer() }
        return try result.get().events.map(\.sequence)
    }

    func waitFor(_ wanted: [Int64]) throws {
        var found: [Int64] = []
        let end = EventLoop.readMonotonicClock() + .seconds(20)
        repeat { found = try sequences() } while found != wanted && EventLoop.readMonotonicClock() < end
        #expect(found == wanted)
    }
}

@Test func `the leader puts what happens into the feed of all items, also what happened while nobody led`() throws {
    let rig = try FeedRig()
    let item = try rig.item("demo", buyers: 9)
    try rig.sell(2, of: item)
    #expect(try rig.sequences() == [])
    try rig.startScheduler()
    try rig.waitFor([1, 2])
    for _ in 1...3 { try rig.sell(1, of: item) }
    try rig.waitFor([1, 2, 3, 4, 5])
    // The connection of the leader is lost, and its lease: the same process begins another term.
    try rig.loseLead()
    try rig.sell(2, of: item)
    try rig.waitFor([1, 2, 3, 4, 5, 6, 7])
}

@Test func `what is older than the retention leaves every item, and the feed of all of them`() throws {
    let rig = try FeedRig()
    let items = try ["a", "b"].map { try rig.item($0, buyers: 200) }
    for item in items { for _ in 1...150 { try rig.sell(1, of: item) } }
    try rig.startScheduler()
    try rig.waitFor((1...150).map { $0 } + (1...150).map { $0 })
    let leadership = LeadershipDriver(loop: rig.loop, store: rig.store, node: "s0")
    leadership.connected()
    let leads = rig.loop.turns { leadership.isLeader }
    try #require(leads)
    let trimmer = FeedTrimmer(
        loop: rig.loop, store: rig.store, leadership: leadership, retention: .seconds(-60), period: .milliseconds(1))
    let isDone = rig.loop.turns {
        trimmer.tend(items.map(\.keys.name))
        return trimmer.removed >= 302
    }
    #expect(isDone, "\(trimmer.removed)")
    for item in ["a", "b"] { #expect(try rig.server.command("XLEN", "sluice:{\(item)}:ledger").contains("0")) }
    #expect(try rig.sequences() == [])
}
