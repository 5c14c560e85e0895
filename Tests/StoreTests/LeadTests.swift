import Base
import Domain
import EventLoop
import TestKit
import Testing

@testable import Store

extension Rig {
    func lead(_ node: String, _ lease: TimeSpan) throws -> Store.Leadership {
        try answer { store.lead(as: node, lease: lease, completion: $0) }
    }
}

@Test func `one leads and keeps it, the others learn how long`() throws {
    let rig = try Rig()
    let first = try rig.lead("s1", .seconds(60))
    let second = try rig.lead("s2", .seconds(90))
    let kept = try rig.lead("s1", .seconds(120))
    #expect(first == .leads(term: 1) && kept == .leads(term: 1))
    guard case .follows(let early) = second, case .follows(let late) = try rig.lead("s2", .seconds(60)) else {
        Issue.record("two lead")
        return
    }
    #expect(early > .seconds(30) && early <= .seconds(60) && late > .seconds(90) && late <= .seconds(120))
}

@Test func `a lease that ends makes way for another, with the next term`() throws {
    let rig = try Rig()
    let first = try rig.lead("s1", .milliseconds(40))
    #expect(first == .leads(term: 1))
    var seen = try rig.lead("s2", .seconds(60))
    while case .follows(let leaseEnds) = seen {
        #expect(leaseEnds <= .milliseconds(40))
        var isOver = false
        rig.loop.schedule(after: leaseEnds + .milliseconds(1)) { isOver = true }
        _ = rig.turns { isOver }
        seen = try rig.lead("s2", .seconds(60))
    }
    #expect(seen == .leads(term: 2))
    guard case .follows = try rig.lead("s1", .seconds(60)) else {
        Issue.record("the old leader leads again")
        return
    }
}

@Test func `giving up is for the leader alone, and its own next time is a new term`() throws {
    let rig = try Rig()
    _ = try rig.lead("s1", .seconds(60))
    _ = try rig.lead("s2", .zero)
    let kept = try rig.lead("s1", .seconds(60))
    #expect(kept == .leads(term: 1))
    let given = try rig.lead("s1", .zero)
    #expect(given == .follows(leaseEnds: .zero))
    let again = try rig.lead("s1", .seconds(60))
    #expect(again == .leads(term: 2))
    _ = try rig.lead("s1", .zero)
    let other = try rig.lead("s2", .seconds(60))
    #expect(other == .leads(term: 3))
}

@Test(arguments: ["3562000", "never"])
func `a lease that ends when none can, since a clock was set back, is taken at once`(left: String) throws {
    let rig = try Rig()
    let first = try rig.lead("s1", Limits.leaderLease)
    let follows = try rig.lead("s2", Limits.leaderLease)
    #expect(first == .leads(term: 1))
    guard case .follows = follows else {
        Issue.record("two lead")
        return
    }
    // What a clock that was set back by an hour leaves.
    try rig.server.command("PEXPIRE", ControlKeys.leader, left == "never" ? "60000" : left)
    if left == "never" { try rig.server.command("PERSIST", ControlKeys.leader) }
    let taken = try rig.lead("s2", Limits.leaderLease)
    #expect(taken == .leads(term: 2))
    guard case .follows(let leaseEnds) = try rig.lead("s1", Limits.leaderLease) else {
        Issue.record("two lead")
        return
    }
    #expect(leaseEnds <= Limits.leaderLease)
}

@Test func `hints that live on since a clock was set back say nothing`() throws {
    let rig = try Rig()
    let hint = ResourceHint(
        kind: .worker, name: "w", hint: CapacityHint(rate1000: 1_000, unloadedMicroseconds: 5, ceiling1000: nil))
    rig.store.save([hint])
    let fresh = try rig.answer { rig.store.hints(completion: $0) }
    try rig.server.command("PEXPIRE", ControlKeys.hints, "3562000")
    let old = try rig.answer { rig.store.hints(completion: $0) }
    #expect(fresh.count == 1 && old.isEmpty)
}

@Test func `nodes are as old as the store's clock says, also those from before it was set back`() throws {
    let rig = try Rig()
    rig.store.describeNode("now", json: #"{"id":"now"}"#, now: WallInstant(milliseconds: 0))
    let time = try rig.answer { rig.store.nodes(completion: $0) }[0].describedAt.milliseconds
    try rig.server.command("HSET", ControlKeys.nodes, "ahead", "abc \(time + 3_600_000) {}")
    try rig.server.command("HSET", ControlKeys.nodes, "old", "abc \(time - 3_600_000) {}")
    try rig.server.command("HSET", ControlKeys.nodes, "odd", "abc 99999999999999999 {}")
    let nodes = try rig.answer { rig.store.nodes(completion: $0) }
    let ages = Dictionary(uniqueKeysWithValues: nodes.map { ($0.id, $0.age) })
    #expect(ages.count == 3)
    #expect(try #require(ages["now"]) < .seconds(60) && #require(ages["ahead"]) > .seconds(3_500))
    #expect(try #require(ages["old"]) >= .seconds(3_600))
}

@Test func `a full store still takes the notes that ending work needs`() throws {
    let rig = try Rig()
    let name = try #require(ItemName("a"))
    try rig.server.command("CONFIG", "SET", "maxmemory", "1mb")
    let listing = try rig.enlist("w1", .delay)
    try rig.answer { rig.store.markDoubts(of: name, completion: $0) }
    rig.store.describeNode("n1", json: "{}", now: WallInstant(milliseconds: 5))
    let workers = try rig.answer { rig.store.workers(completion: $0) }
    let doubts = try rig.answer { rig.store.itemsInDoubt(completion: $0) }
    let nodes = try rig.answer { rig.store.nodes(completion: $0) }
    #expect(listing == .listed && workers.map(\.id) == ["w1"] && doubts == [name] && nodes.map(\.id) == ["n1"])
}

@Test func `hints come back as they were given`() throws {
    let rig = try Rig()
    let names = try ["a", "b"].map { try #require(ItemName($0)) }
    for name in names {
        rig.store.markReady(name)
        _ = try rig.raw("SADD", ControlKeys.flights(of: "w1"), name.description)
    }
    #expect(try rig.answer { rig.store.unmarkReady(names[0], completion: $0) })
    _ = try rig.enlist("w1", .delay)
    rig.store.describeNode("n1", json: "{}", now: WallInstant(milliseconds: 5))
    let ready = try rig.answer { rig.store.readyItems(completion: $0) }
    let flights = try rig.answer { rig.store.itemsInFlight(of: "w1", completion: $0) }
    let workers = try rig.answer { rig.store.workers(completion: $0) }
    let nodes = try rig.answer { rig.store.nodes(completion: $0) }
    #expect(ready == [names[1]] && flights.sorted { $0.description < $1.description } == names)
    #expect(workers.map(\.id) == ["w1"])
    let node = try #require(nodes.first)
    let skew = 5 - node.describedAt.milliseconds
    #expect(nodes.map(\.id) == ["n1"] && node.json == "{\"clock_skew_ms\":\(skew)}" && skew < -1_000_000_000_000)
    #expect(node.firstRunID == rig.store.runID && node.age < .seconds(60))
    try rig.answer { rig.store.removeWorker("w1", completion: $0) }
    rig.store.removeNode("n1")
    let noWorkers = try rig.answer { rig.store.workers(completion: $0) }
    let noFlights = try rig.answer { rig.store.itemsInFlight(of: "w1", completion: $0) }
    let noNodes = try rig.answer { rig.store.nodes(completion: $0) }
    #expect(noWorkers.isEmpty && noFlights == [] && noNodes.isEmpty)
}

@Test func `a store that keeps what a 202 promises is taken, one that says less is named`() throws {
    func check(_ configuration: String..., appendOnly: Bool, isStrict: Bool) throws -> Store.PromiseCheck {
        let rig = try Rig(.init(appendOnly: appendOnly, configuration: configuration))
        return try rig.answer { completion in
            rig.store.checkPromise(isStrict: isStrict) { completion(.success($0)) }
        }
    }
    #expect(try check("appendfsync everysec", appendOnly: true, isStrict: false) == .kept)
    #expect(try check(appendOnly: false, isStrict: false).warning?.contains("append-only") == true)
    #expect(try check("appendfsync always", appendOnly: true, isStrict: true) == .kept)
    #expect(try check("appendfsync everysec", appendOnly: true, isStrict: true).problem?.contains("always") == true)
    #expect(
        try check("maxmemory-policy allkeys-lru", appendOnly: true, isStrict: false).problem?.contains("lru") == true)
}
