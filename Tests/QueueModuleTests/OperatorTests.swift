import Base
import Domain
import EventLoop
import TestKit
import Testing

@testable import QueueModule

private let path = "/admin/v1/tokens"

extension QueueRig {
    fileprivate func call(
        _ method: String, _ target: String, _ json: String? = nil, as token: String = QueueRig.token
    ) throws -> HTTPReply {
        try administer(method, target, json: json, headers: [(name: "Authorization", value: "Bearer \(token)")])
    }

    /// A token that was made with this body.
    fileprivate func token(_ json: String) throws -> (id: String, text: String) {
        adminServer.followOperators(0)
        let reply = try call("POST", path, json)
        #expect(reply.status == 201, "\(reply.text)")
        let body = try object(reply.body)
        return (try #require(body["id"] as? String), try #require(body["token"] as? String))
    }
}

@Test func `a token opens what its role opens and nothing else`() throws {
    let rig = try QueueRig()
    try rig.put("demo")
    let calls: [(method: String, target: String, json: String?, role: OperatorRole)] = [
        ("GET", "/admin/v1/items", nil, .viewer), ("GET", "/admin/v1/items/demo", nil, .viewer),
        ("GET", "/admin/v1/nodes", nil, .viewer), ("GET", "/metrics", nil, .viewer),
        ("PUT", "/admin/v1/items/demo", #"{"stock":20}"#, .operator),
        ("POST", "/admin/v1/items/demo/pause", nil, .operator),
        ("GET", "/admin/v1/items/demo/purchases", nil, .operator),
        ("GET", "/admin/v1/webhooks", nil, .admin), ("GET", path, nil, .admin), ("GET", "/admin/v1/audit", nil, .admin),
        ("PUT", "/admin/v1/settings", #"{"poll_budget_per_second":50}"#, .admin),
    ]
    for role in OperatorRole.allCases {
        let token = try rig.token(#"{"role":"\#(role.rawValue)"}"#).text
        for call in calls {
            let reply = try rig.call(call.method, call.target, call.json, as: token)
            let isOpen = role >= call.role
            #expect(
                isOpen == (200...204).contains(reply.status), "\(role) \(call.method) \(call.target): \(reply.text)")
            if !isOpen { #expect(reply.status == 403 && reply.code == "forbidden-role") }
        }
    }
}

@Test func `a token of an item opens that item, its tickets, and nothing that concerns all`() throws {
    let rig = try QueueRig()
    for name in ["mine", "other"] { try rig.put(name, #"{"stock":5,"pay_window_ms":60000}"#) }
    let token = try rig.token(#"{"role":"operator","items":["mine"]}"#).text
    for (target, status) in [("items/mine", 200), ("items/other", 403), ("items", 403), ("nodes", 403)] {
        #expect(try rig.call("GET", "/admin/v1/\(target)", as: token).status == status, "\(target)")
    }
    #expect(try rig.call("POST", "/admin/v1/items/mine/pause", as: token).status < 300)
    #expect(try rig.call("POST", "/admin/v1/items/other/pause", as: token).code == "forbidden-role")
    _ = try rig.call("POST", "/admin/v1/items/mine/resume", as: token)
    for (name, isOpen) in [("mine", true), ("other", false)] {
        let ticket = try rig.buy("u", item: name).json(TicketBody.self).ticket
        let body = #"{"outcome":"paid","reference":"r"}"#
        let reply = try rig.call("POST", "/admin/v1/tickets/\(ticket)/payment", body, as: token)
        #expect((reply.code == "forbidden-role") == !isOpen, "\(reply.text)")
    }
}

@Test func `a token is shown once, and opens nothing once it was revoked or has expired`() throws {
    let rig = try QueueRig()
    let (id, text) = try rig.token(#"{"role":"viewer"}"#)
    let soon = rig.loop.wallNow + .milliseconds(2_000)
    var buffer = ByteBuffer()
    buffer.append(rfc3339: soon)
    let brief = try rig.token(#"{"role":"viewer","expires_at":"\#(String(decoding: buffer.bytes, as: UTF8.self))"}"#)
    let list = try rig.call("GET", path)
    #expect(list.text.contains(id) && !list.text.contains(text) && !list.text.contains(String(text.suffix(64))))
    let stored = try rig.server.command("HGETALL", "sluice:{ctl}:operators")
    #expect(!"\(stored)".contains(String(text.suffix(64))), "the store has a hash")
    #expect(try rig.call("GET", "/admin/v1/nodes", as: text).status == 200)
    #expect(try rig.call("GET", "/admin/v1/nodes", as: text.dropLast() + "x").status == 401)
    #expect(try rig.call("DELETE", "\(path)/\(id)").status == 204)
    #expect(try rig.call("DELETE", "\(path)/\(id)").code == "unknown-token")
    #expect(try rig.call("GET", "/admin/v1/nodes", as: text).status == 401)
    #expect(
        try eventually(within: .seconds(5)) { try rig.call("GET", "/admin/v1/nodes", as: brief.text).status == 401 })
    #expect(rig.loop.wallNow >= soon)
    #expect(!rig.log.lines.joined().contains(text))
}

@Test(arguments: [
    ("{}", "role is missing"), (#"{"role":"root"}"#, "role must be"), (#"{"role":"viewer","items":["a b"]}"#, "items"),
    (#"{"role":"viewer","expires_at":"2020-01-01T00:00:00Z"}"#, "in the future"),
    (#"{"role":"viewer","item":"x"}"#, "item"),
])
func `what is wrong with a token is named`(json: String, expected: String) throws {
    let reply = try QueueRig().call("POST", path, json)
    #expect(reply.status == 400 && reply.problem?.detail?.contains(expected) == true, "\(reply.text)")
}

@Test func `a token that was made or revoked elsewhere is followed when the edition changes`() throws {
    let rig = try QueueRig()
    let (id, text) = try rig.token(#"{"role":"viewer"}"#)
    let other = try QueueRig(beside: rig)
    #expect(try other.call("GET", "/admin/v1/nodes", as: text).code == "store-unavailable", "nothing was read yet")
    other.adminServer.followOperators(1)
    #expect(try eventually(within: .seconds(5)) { try other.call("GET", "/admin/v1/nodes", as: text).status == 200 })
    #expect(try rig.call("DELETE", "\(path)/\(id)").status == 204)
    other.adminServer.followOperators(2)
    #expect(try eventually(within: .seconds(5)) { try other.call("GET", "/admin/v1/nodes", as: text).status == 401 })
}

@Test func `the audit is kept in the store, and read page by page`() throws {
    let rig = try QueueRig()
    let (id, text) = try rig.token(#"{"role":"operator"}"#)
    for units in 1...120 {
        _ = try rig.call("PUT", "/admin/v1/items/demo", #"{"stock":\#(units)}"#, as: text)
    }
    var (found, after) = ([[String: Any]](), "")
    for _ in 0..<3 {
        let page = try object(rig.call("GET", "/admin/v1/audit" + after).body)
        found += try #require(page["entries"] as? [[String: Any]])
        guard let next = page["next_after"] as? String else { break }
        after = "?after=\(next)"
    }
    #expect(found.count == 121)
    #expect(found.first?["action"] as? String == "create token" && found.last?["who"] as? String == "operator:\(id)")
    #expect(found.last?["before"] as? String == "stock=119" && found.last?["after"] as? String == "stock=120")
    #expect(try rig.call("GET", "/admin/v1/audit?after=x").status == 400)
    #expect(try rig.call("GET", "/admin/v1/audit?before=1-1").status == 400)
}
