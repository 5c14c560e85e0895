import Base
import Domain
import Store
import TestKit
import Testing

@testable import QueueModule

private let leader = #"""
    {"id":"s1","role":"scheduler","version":"1","commit":"a","ready":true,"reasons":[],"addresses":[{"x":[1]}],
     "figures":{"leads":1,"workers":1},"resources":[{"kind":"worker","name":"w1","breaker":"open"},
     {"kind":"group","name":"shop","window":2,"breaker":"half_open"},{"kind":"group","name":"b","breaker":"closed"}],
     "stalled":[{"item":"demo","ms":61000}]}
    """#

extension QueueRig {
    func health() throws -> (isOK: Bool?, codes: [String], texts: [String]) {
        let body = try object(administer("GET", "/admin/v1/health").body)
        let troubles = body["troubles"] as? [[String: Any]] ?? []
        return (
            body["ok"] as? Bool, troubles.compactMap { $0["code"] as? String },
            troubles.compactMap { $0["text"] as? String }
        )
    }

    /// A scheduler that leads and a worker, as they would describe themselves.
    fileprivate func populate() throws {
        publicServer.describe(
            node: "s1", json: leader.replacing("half_open", with: "closed").replacing("61000", with: "0"))
        publicServer.describe(node: "w1", json: #"{"id":"w1","role":"worker","version":"1","commit":"a","ready":true}"#)
        let term = try result { other.lead(as: "s1", lease: .seconds(60), completion: $0) }
        #expect(term == .leads(term: 1))
    }
}

@Test func `what a process reports of itself is read, and what is unknown in it skipped`() throws {
    let node = try #require(ClusterFacts.Node(json: leader, isAlive: true))
    #expect(node.id == "s1" && node.role == .scheduler && node.leads && node.liveWorkers == 1 && node.isReady)
    #expect(node.groups == [.init(name: "shop", isShut: true), .init(name: "b", isShut: false)])
    #expect(node.stalled == [.init(item: "demo", milliseconds: 61_000)])
    for broken in ["", "{", "[]", "{}", #"{"id":7}"#] { #expect(ClusterFacts.Node(json: broken, isAlive: true) == nil) }
    let unlike = ClusterFacts.Node(
        json: #"{"id":"q","role":"of tomorrow","fingerprints":{"a":"ab"},"keys":["k"],"store":"s","reasons":["why"]}"#,
        isAlive: false)
    #expect(unlike?.role == nil && unlike?.fingerprints == [.init("a", "ab"), .init("the store", "s")])
    #expect(unlike?.keys == ["k"] && unlike?.reasons == ["why"])
}

@Test func `health names who is missing, and is fine when all are there`() throws {
    let rig = try QueueRig()
    #expect(try rig.health().codes == ["no-leader", "no-worker"])
    try rig.populate()
    let fine = try rig.health()
    #expect(fine.isOK == true && fine.codes.isEmpty, "\(fine)")
    rig.publicServer.describe(node: "s1", json: leader)
    try rig.put()
    _ = try rig.buy("ann")
    #expect(try rig.health().codes == ["breaker-open", "stalled"])
}

@Test func `while the store is away nodes and items are shown as they were, and the cause is named`() throws {
    let rig = try QueueRig(deadline: .milliseconds(300))
    try rig.populate()
    try rig.put("demo", #"{"stock":7}"#)
    _ = try rig.buy("ann")
    #expect(try rig.health().isOK == true)
    rig.server.kill9()
    try #require(rig.turns { !rig.publicServer.store.isReady })
    let health = try rig.health()
    #expect(health.isOK == false && health.codes == ["store-away"])
    let nodes = try rig.administer("GET", "/admin/v1/nodes")
    let body = try object(nodes.body)
    #expect(nodes.status == 200 && body["stale"] as? Bool == true && body["age_ms"] is Int)
    let ids = (body["nodes"] as? [[String: Any]])?.compactMap { $0["id"] as? String }
    #expect(ids == ["s1", "w1"])
    let items = try object(rig.administer("GET", "/admin/v1/items").body)
    #expect(items["stale"] as? Bool == true)
    #expect((items["items"] as? [[String: Any]])?.first?["stock_total"] as? Int == 7)
}

@Test func `items that were never requested have figures from the start`() throws {
    let rig = try QueueRig()
    for name in ["a", "b"] {
        let random: [UInt8] = Array(repeating: 1, count: 16)
        var change = ItemChange()
        change.stock = 5
        _ = try rig.result {
            rig.other.put(ItemKeys(ItemName(name)!), change, incarnation: 7, salt: random, completion: $0)
        }
    }
    #expect(rig.publicServer.itemFigures.isEmpty)
    rig.adminServer.watch.start()
    #expect(rig.turns { rig.publicServer.itemFigures.count == 2 })
    #expect(rig.publicServer.itemFigures.allSatisfy { $0.counters.free == 5 && $0.counters.waiting == 0 })
}

@Test func `an item's figures are those of the loop that knows the newest`() throws {
    func figures(_ name: String, version: Int64, waiting: Int64, doubt: Int64 = 0) throws -> ItemFigures {
        var counters = ItemCounters()
        (counters.version, counters.tail, counters.inDoubt) = (version, waiting, doubt)
        return ItemFigures(try #require(ItemName(name)), counters, ItemSettings())
    }
    let merged = ItemFigures.merged([
        [try figures("a", version: 3, waiting: 1), try figures("b", version: 1, waiting: 9)],
        [try figures("a", version: 5, waiting: 4), try figures("c", version: 1, waiting: 0, doubt: 1)], [],
    ])
    #expect(merged.map(\.name.description) == ["c", "b", "a"])
    #expect(merged.last?.counters.waiting == 4)
    let many = try (0..<200).map { try figures("i\($0)", version: 1, waiting: Int64($0)) }
    let shown = ItemFigures.merged([many])
    #expect(shown.count == Limits.itemsWatched && shown.first?.counters.waiting == 199)
}
