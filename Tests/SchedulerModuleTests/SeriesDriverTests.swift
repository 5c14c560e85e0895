import Base
import Domain
import EventLoop
import Operations
import Store
import TestKit
import Testing

@testable import SchedulerModule

/// One scheduler before a redis-server of its own, on a loop that the test turns by hand.
private final class SeriesRig {
    let server: RedisServerProcess
    let loop: EventLoop
    let store: Store
    private(set) var driver: SchedulerDriver

    init() throws {
        server = try RedisServerProcess(.init())
        loop = try EventLoop()
        var options = try StoreOptions(url: server.url)
        options.deadline = .seconds(15)  // the machine may be busy with other tests
        store = Store(loop: loop, options: options)
        store.start()
        driver = SchedulerDriver(
            loop: loop, store: Store(loop: loop, options: options), options: options, node: "s", lease: .seconds(3),
            eventsKept: nil, log: SchedulerEvents(log: Log(level: .error, node: "test")))
        driver.start {}
        let leads = loop.turns { [store, driver] in store.isReady && driver.isLeader }
        try #require(leads)
    }

    struct NoAnswer: Error {}

    func answer<Value>(_ call: (@escaping StoreCompletion<Value>) -> Void) throws -> Value {
        var result: Result<Value, StoreFailure>?
        call { result = $0 }
        guard loop.turns(until: { result != nil }), let result else { throw NoAnswer() }
        return try result.get()
    }

    func put(_ name: String, stock: Int64 = 1_000, incarnation: UInt64 = 9) throws -> ItemReference {
        var change = ItemChange()
        (change.stock, change.queueLimit) = (stock, 100_000)
        let keys = ItemKeys(try #require(ItemName(name)))
        _ = try answer {
            store.put(keys, change, incarnation: incarnation, salt: [UInt8](repeating: 1, count: 16), completion: $0)
        }
        return ItemReference(keys, incarnation: incarnation)
    }

    func buy(_ count: Int, of item: ItemReference, _ prefix: String) throws {
        var batch = AdmissionBatch()
        for number in 0..<count {
            let user = "\(prefix)\(number)"
            batch.append(user: user.utf8.span, quantity: 1, keyDigest: 0, ticketKeyID: 1, tag: UInt32(number))
        }
        _ = try answer { store.admit(batch, into: item, completion: $0) }
    }

    func points(of item: ItemReference) throws -> Store.SeriesPage {
        try answer {
            store.series(
                of: item.keys, incarnation: nil, .second, in: 1...Int64(UInt32.max), completion: $0)
        }
    }

    /// Waits for a last point, and returns the arrivals of all.
    func arrivals(of item: ItemReference, until isThere: (SeriesPoint) -> Bool) throws -> Int64 {
        let end = EventLoop.readMonotonicClock() + .seconds(20)
        while EventLoop.readMonotonicClock() < end {
            let page = try points(of: item)
            if let before = page.before, let last = page.points.last, isThere(last) {
                return zip([before] + page.points, page.points).reduce(0) { $0 + $1.1.arrivals(since: $1.0) }
            }
            loop.turn(waitAtMost: .milliseconds(20))
        }
        throw NoAnswer()
    }
}

@Test func `the leader adds a point for what changed, the arrivals add up, and what rests gets none`() throws {
    let rig = try SeriesRig()
    let (busy, idle) = (try rig.put("busy"), try rig.put("idle"))
    for turn in 1...8 { try rig.buy(200, of: busy, "\(turn)-") }
    #expect(try rig.arrivals(of: busy) { $0.waiting == 1_600 } == 1_600)
    #expect(try rig.arrivals(of: idle) { $0.free == 1_000 } == 0)
    let written = rig.driver.seriesPoints
    try rig.buy(1, of: busy, "last")
    #expect(try rig.arrivals(of: busy) { $0.waiting == 1_601 } == 1_601)
    let rested = try rig.points(of: idle).points
    #expect(rig.driver.seriesPoints == written + 1 && rested.count == 1)
}

@Test func `a new term goes on in the same series, also of an item that was made anew meanwhile`() throws {
    let rig = try SeriesRig()
    let (item, other) = (try rig.put("a"), try rig.put("b"))
    try rig.buy(20, of: item, "x")
    #expect(try rig.arrivals(of: item) { $0.waiting == 20 } == 20)
    _ = try rig.arrivals(of: other) { $0.free == 1_000 }
    let terms = rig.driver.figures.terms
    try rig.server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    try rig.server.command("DEL", "sluice:{ctl}:leader")
    let isBack = rig.loop.turns { rig.store.isReady && rig.driver.figures.terms > terms }
    try #require(isBack)
    try rig.buy(5, of: item, "y")
    #expect(try rig.arrivals(of: item) { $0.waiting == 25 } == 25)
    #expect(try rig.answer { rig.store.delete(other, isForced: true, completion: $0) } == .deleted)
    let new = try rig.put("b", stock: 3, incarnation: 10)
    try rig.buy(2, of: new, "z")
    #expect(try rig.arrivals(of: new) { $0.free == 3 && $0.waiting == 2 } == 2)
    #expect(try rig.points(of: new).incarnation == 10)
}
