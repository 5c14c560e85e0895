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
    guard case .follows(let early) = second, case .follows(let late) = try rig.lead("s2", .seconds(1)) else {
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

@Test func `hints come back as they were given`() throws {
    let rig = try Rig()
    let names = try ["a", "b"].map { try #require(ItemName($0)) }
    for name in names {
        rig.store.markReady(name)
        _ = try rig.raw("SADD", ControlKeys.flights(of: "w1"), name.description)
    }
    rig.store.unmarkReady(names[0])
    _ = try rig.enlist("w1", .delay)
    rig.store.describeNode("n1", json: "{}", now: WallInstant(milliseconds: 5))
    let ready = try rig.answer { rig.store.readyItems(completion: $0) }
    let flights = try rig.answer { rig.store.itemsInFlight(of: "w1", completion: $0) }
    let workers = try rig.answer { rig.store.workers(completion: $0) }
    let nodes = try rig.answer { rig.store.nodes(completion: $0) }
    #expect(ready == [names[1]] && flights.sorted { $0.description < $1.description } == names)
    #expect(workers.map(\.id) == ["w1"])
    #expect(nodes.map(\.id) == ["n1"] && nodes.map(\.json) == ["{}"])
    #expect(nodes.map(\.firstRunID) == [rig.store.runID] && nodes.map(\.describedAt.milliseconds) == [5])
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
