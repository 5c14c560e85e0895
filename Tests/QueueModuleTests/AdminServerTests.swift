import Base
import Domain
import Store
import TestKit
import Testing

@testable import QueueModule

@Test func `no request passes without the token, whatever the path`() throws {
    let rig = try QueueRig()
    let wrong: [[(name: String, value: String)]] = [
        [], [("Authorization", "")], [("Authorization", "Bearer ")], [("Authorization", "Bearer x")],
        [("Authorization", QueueRig.token)], [("Authorization", "Basic \(QueueRig.token)")],
        [("Authorization", "Bearer \(QueueRig.token)x")], [("Authorization", "Bearer \(QueueRig.token.dropLast())")],
    ]
    let targets = ["/metrics", "/admin/v1/items", "/admin/v1/items/demo/pause", "/nothing"]
    for (index, headers) in wrong.enumerated() {
        // Wrong tokens are slowed after a few: each is shown at one path, no token at every one.
        for target in headers.isEmpty ? targets : [targets[index % targets.count]] {
            let reply = try rig.administer("GET", target, headers: headers)
            #expect(reply.status == 401 && reply.code == "unauthorized", "\(headers) \(target)")
            #expect(reply.header("WWW-Authenticate") == "Bearer")
        }
    }
    #expect(
        try rig.administer("GET", "/metrics", headers: [("Authorization", "bearer \(QueueRig.token)")]).status == 200)
}

@Test func `an item is made, changed and shown with all its counters`() throws {
    let rig = try QueueRig()
    #expect(try rig.administer("PUT", "/admin/v1/items/demo", json: "{}").code == "invalid-request")
    #expect(try rig.administer("GET", "/admin/v1/items/demo").code == "unknown-item")
    let made = try rig.administer("PUT", "/admin/v1/items/demo", json: #"{"stock":10}"#)
    #expect(made.status == 201)
    let body = try made.json(TestKit.ItemBody.self)
    #expect(body.stockTotal == 10 && body.queueLimit == 30 && body.state == "open")
    let changed = try rig.administer(
        "PUT", "/admin/v1/items/demo",
        json: #"{"queue_limit":5,"per_user_limit":null,"on_sold_out":"close","weight":2}"#)
    #expect(changed.status == 200)
    let shown = try object(try rig.administer("GET", "/admin/v1/items/demo").body)
    #expect(shown["queue_limit"] as? Int == 5 && shown["stock_total"] as? Int == 10 && shown["weight"] as? Int == 2)
    #expect(shown["on_sold_out"] as? String == "close" && shown["per_user_limit"] is String == false)
    _ = try rig.buy("ann", quantity: 4)
    try rig.deduct(1)
    let below = try rig.administer("PUT", "/admin/v1/items/demo", json: #"{"stock":3}"#)
    #expect(below.status == 409 && below.code == "below-held-and-sold" && below.problem?.detail?.contains("4") == true)
    #expect(rig.log.lines.contains("create demo") && rig.log.lines.contains("update demo"))
}

@Test func `an item is paused, resumed, restocked and closed`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":1}"#)
    func act(_ action: String, _ json: String? = nil) throws -> HTTPReply {
        try rig.administer("POST", "/admin/v1/items/demo/\(action)", json: json)
    }
    #expect(try act("pause").json(TestKit.ItemBody.self).state == "paused")
    #expect(try act("pause").json(TestKit.ItemBody.self).state == "paused")
    #expect(try act("resume").json(TestKit.ItemBody.self).state == "open")
    #expect(try act("restock", #"{"units":4}"#).json(TestKit.ItemBody.self).stockTotal == 5)
    #expect(try act("restock", "{}").status == 400)
    #expect(try act("close").json(TestKit.ItemBody.self).state == "closed")
    #expect(try rig.administer("POST", "/admin/v1/items/ghost/pause").code == "unknown-item")
    #expect(try rig.administer("POST", "/admin/v1/items/a%20b/pause").code == "invalid-request")
    for action in ["pause", "resume", "restock", "close"] { #expect(rig.log.lines.contains("\(action) demo")) }
}

@Test func `a frozen item shows what was compared, is thawed by an operator, and that is written down`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":5}"#)
    _ = try rig.buy("ann")
    let snapshot = try rig.result { rig.other.inspect(try! rig.reference().keys, completion: $0) }
    let reference = ItemReference(try rig.reference().keys, incarnation: snapshot.incarnation)
    let seen = AcknowledgedState(
        life: snapshot.life, version: snapshot.counters.version + 3, tail: snapshot.counters.tail + 2)
    _ = try rig.result { rig.other.checkDurability(reference, seen, completion: $0) }
    let frozen = try object(rig.administer("GET", "/admin/v1/items/demo").body)
    let compared = try #require(frozen["frozen_by"] as? [String: Any])
    #expect(frozen["state"] as? String == "frozen" && compared["sequences_lost"] as? Int == 2)
    #expect(
        compared["seen_version"] as? Int64 == seen.version && compared["kept_version"] as? Int64 == seen.version - 3)
    let thawed = try object(rig.administer("POST", "/admin/v1/items/demo/thaw").body)
    #expect(thawed["state"] as? String == "open" && thawed["frozen_by"] == nil)
    #expect((thawed["thawed"] as? [String: Any])?["sequences_lost"] as? Int == 2)
    let again = try object(rig.administer("POST", "/admin/v1/items/demo/thaw").body)
    #expect(again["state"] as? String == "open" && again["thawed"] == nil)
    let audits = rig.log.audits.filter { $0.action == "thaw" }
    #expect(audits.count == 2 && audits.first?.after == "frozen=false frozen_by=nothing")
    #expect(audits.first?.before?.hasSuffix("kept:\(seen.version - 3),sequences_lost:2") == true)
    #expect(try rig.buy("bob").status == 202)
    #expect(try rig.administer("POST", "/admin/v1/items/ghost/thaw").code == "unknown-item")
}

@Test func `a restock whose outcome is unknown is not called safe to retry`() throws {
    let rig = try QueueRig(deadline: .milliseconds(300))
    try rig.put()
    rig.server.pause()
    defer { rig.server.resume() }
    let restock = try rig.administer("POST", "/admin/v1/items/demo/restock", json: #"{"units":4}"#)
    #expect(restock.status == 503 && restock.code == "store-unavailable")
    #expect(restock.problem?.detail?.contains("safe") == false && restock.header("Retry-After") == nil)
}

@Test func `items are listed by name, a page at a time`() throws {
    let rig = try QueueRig()
    #expect(try object(rig.administer("GET", "/admin/v1/items").body)["items"] as? [String] == [])
    let names = (0..<105).map { "item-\(1000 + $0)" }
    for name in names.reversed() { try rig.put(name, #"{"stock":1}"#) }
    func page(_ query: String) throws -> (names: [String], next: String?) {
        let page = try object(rig.administer("GET", "/admin/v1/items\(query)").body)
        let items = try #require(page["items"] as? [[String: Any]])
        return (items.compactMap { $0["item"] as? String }, page["next_cursor"] as? String)
    }
    let first = try page("")
    #expect(first.names == Array(names[..<100]) && first.next == names[99])
    let second = try page("?cursor=\(names[99])")
    #expect(second.names == Array(names[100...]) && second.next == nil)
    #expect(try page("?cursor=zzz").names.isEmpty)
}

@Test func `nodes are listed as they describe themselves`() throws {
    let rig = try QueueRig()
    #expect(try object(rig.administer("GET", "/admin/v1/nodes").body)["nodes"] as? [String] == [])
    rig.publicServer.describe(node: "queue-1", json: #"{"id":"queue-1","role":"queue"}"#)
    let nodes = try object(rig.administer("GET", "/admin/v1/nodes").body)["nodes"] as? [[String: Any]]
    #expect(nodes?.count == 1 && nodes?.first?["role"] as? String == "queue")
    #expect(nodes?.first?["health"] as? String == "alive")
    rig.publicServer.forget(node: "queue-1")
    #expect(try object(rig.administer("GET", "/admin/v1/nodes").body)["nodes"] as? [String] == [])
}

@Test func `a reset of what was learnt is left for the leader, under a name that it knows`() throws {
    let rig = try QueueRig()
    func reset(_ segment: String, _ method: String = "POST") throws -> HTTPReply {
        try rig.administer(method, "/admin/v1/capacity/\(segment)/reset")
    }
    func asked() throws -> [String] {
        var names: [String]?
        rig.other.resetRequests { names = (try? $0.get())?.map(\.name) ?? [] }
        try #require(rig.turns { names != nil })
        return names ?? []
    }
    #expect(try reset("bank").code == "no-leader")
    let resources = #"[{"kind":"group","name":"ba/nk"},{"kind":"worker","mode":"start","name":"w-1"}]"#
    for (id, leads) in [("s1", 0), ("s2", 1)] {
        let all = leads == 1 ? resources : "[]"
        rig.publicServer.describe(
            node: id, json: #"{"id":"\#(id)","role":"scheduler","figures":{"leads":\#(leads)},"resources":\#(all)}"#)
    }
    #expect(try reset("bamk").code == "unknown-resource")
    for wrong in ["a%20b", "%", "%4", "%zz"] { #expect(try reset(wrong).code == "invalid-request", "\(wrong)") }
    #expect(try reset("w-1", "GET").status == 405)
    #expect(try asked().isEmpty)
    for name in ["ba%2Fnk", "ba%2fnk", "w-1"] {
        let reply = try reset(name)
        #expect(reply.status == 202)
        #expect(try object(reply.body)["reset"] as? String == "asked")
    }
    #expect(try asked() == ["ba/nk", "w-1"])
    #expect(rig.log.audits.map(\.before) == ["resource=ba/nk", "resource=ba/nk", "resource=w-1"])
}

@Test func `a budget of polls is set for all, and read by every process; every hint keeps within it`() throws {
    let rig = try QueueRig()
    func budget(_ reply: HTTPReply) throws -> Int? { try object(reply.body)["poll_budget_per_second"] as? Int }
    #expect(try budget(rig.administer("GET", "/admin/v1/settings")) == nil)
    var received: [Switches] = []
    rig.adminServer.onSwitches = { received.append($0) }
    let set = try rig.administer("PUT", "/admin/v1/settings", json: #"{"poll_budget_per_second":50}"#)
    #expect(try set.status == 200 && budget(set) == 50)
    #expect(received == [Switches(pollBudget: .perSecond(50))])
    #expect(try rig.result { rig.other.switches(completion: $0) } == received[0])
    for wrong in ["0", "-1", "1.5", "\"9\"", "1000000001"] {
        let refused = try rig.administer(
            "PUT", "/admin/v1/settings", json: #"{"poll_budget_per_second":\#(wrong)}"#)
        #expect(refused.status == 400 && refused.problem?.detail?.contains("poll_budget_per_second") == true)
    }
    #expect(try budget(rig.administer("PUT", "/admin/v1/settings", json: "{}")) == 50)

    try rig.put("demo", #"{"stock":1000,"queue_limit":1000}"#)
    let tickets = try rig.ask((0..<400).map { .purchase(item: "demo", user: "u\($0)") }).map {
        try $0.json(TestKit.TicketBody.self).ticket
    }
    func pollsPerSecond() throws -> Double {
        try rig.ask(tickets.map { .poll($0) }).reduce(0) {
            $0 + 1_000 / Double(try $1.json(TestKit.TicketBody.self).pollAfterMs ?? 0)
        }
    }
    #expect(try pollsPerSecond() > 500)
    rig.publicServer.limitPolls(to: 50)
    let bound = try pollsPerSecond()
    // Hints are spread by half of their mean either way, so the mean of 1 / hint is a tenth above the polls they make.
    #expect((45...62).contains(bound), "\(bound)")

    #expect(try budget(rig.administer("PUT", "/admin/v1/settings", json: #"{"poll_budget_per_second":null}"#)) == nil)
    #expect(try rig.result { rig.other.switches(completion: $0) } == Switches(pollBudget: Switches.PollBudget.none))
}

@Test func `operators read items through the cache of buyers, and fill it`() throws {
    let rig = try QueueRig()
    try rig.putElsewhere("shoes", stock: 7)
    #expect(try rig.entry("shoes") == nil)
    var status = 0
    let calls = try rig.calls { status = try rig.administer("GET", "/admin/v1/items/shoes").status }
    #expect(status == 200 && calls.count == 1, "\(calls)")
    let entry = try #require(try rig.entry("shoes"))
    #expect(entry.view.counters.free == 7 && entry.view.isCurrent)
    let readAt = entry.view.readAt
    #expect(try rig.administer("GET", "/admin/v1/items/shoes").status == 200)
    #expect(entry.view.readAt > readAt, "the same entry was read again, for the operator")
    #expect(try rig.buy("ann", item: "shoes").status == 202)
    #expect(try rig.administer("GET", "/admin/v1/items/none").status == 404)
    let none = try rig.calls { status = try rig.buy("ann", item: "none").status }
    #expect(status == 404 && none.isEmpty, "the buyer's loop knows that there is no such item: \(none)")
}

@Test func `metrics are those of the source, in the format that is accepted`() throws {
    let rig = try QueueRig()
    let reply = try rig.administer("GET", "/metrics")
    #expect(reply.status == 200 && reply.text.contains("\nsluice_test 1\n") && !reply.text.contains("# EOF"))
    #expect(reply.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
    let bearer = [
        (name: "Authorization", value: "Bearer \(QueueRig.token)"),
        (name: "Accept", value: "application/openmetrics-text"),
    ]
    #expect(try rig.administer("GET", "/metrics", headers: bearer).text.hasSuffix("\n# EOF\n"))
}

@Test(arguments: [
    ("POST", "/metrics", "GET, HEAD"), ("DELETE", "/admin/v1/nodes", "GET, HEAD"),
    ("POST", "/admin/v1/settings", "GET, HEAD, PUT"),
    ("PUT", "/admin/v1/items", "GET, HEAD"),
    ("POST", "/admin/v1/items/demo", "GET, HEAD, PUT, DELETE"), ("GET", "/admin/v1/items/demo/pause", "POST"),
])
func `a method that is not for an admin path gets the list of those that are`(
    method: String, target: String, allowed: String
) throws {
    let rig = try QueueRig()
    let reply = try rig.administer(method, target)
    #expect(reply.status == 405 && reply.header("Allow") == allowed)
    #expect(try rig.administer(method, "/v1/items/demo").status == 404)
}

@Test func `the public listener knows no admin route`() throws {
    let rig = try QueueRig()
    try rig.put()
    for target in [
        "/metrics", "/admin/v1/items", "/admin/v1/items/demo", "/admin/v1/nodes", "/admin/v1/items/demo/pause",
    ] {
        for method in ["GET", "PUT", "POST"] {
            let reply = try rig.ask(method, target, headers: [("Authorization", "Bearer \(QueueRig.token)")])
            #expect(reply.status == 404 && reply.code == "unknown-route", "\(method) \(target)")
        }
    }
}

@Test(arguments: ["/metrics", "/admin/v1/items", "/admin/v1/items/demo", "/admin/v1/items/d%65mo", "/admin/v1/nodes"])
func `HEAD is answered as GET is, without the body`(path: String) throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":1}"#)
    let (head, get) = (try rig.administer("HEAD", path), try rig.administer("GET", path))
    #expect(head.status == 200 && get.status == 200 && head.body.isEmpty && !get.body.isEmpty)
    #expect(head.header("Content-Length") == get.header("Content-Length"))
}
