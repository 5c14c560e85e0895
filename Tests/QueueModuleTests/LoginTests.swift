import Base
import Domain
import TestKit
import Testing

@testable import QueueModule

private func bearer(_ token: String) -> [(name: String, value: String)] { [("Authorization", "Bearer \(token)")] }

@Test func `a prober of health needs no key to the sale`() throws {
    let rig = try QueueRig()
    for method in ["GET", "HEAD"] {
        for target in ["/livez", "/readyz", "/version"] {
            #expect(try rig.administer(method, target, headers: []).status == 200, "\(method) \(target)")
        }
    }
    #expect(try rig.administer("GET", "/readyz", headers: []).body == rig.ask("GET", "/readyz").body)
    #expect(try rig.administer("GET", "/version", headers: []).body == rig.ask("GET", "/version").body)
    #expect(try rig.administer("POST", "/readyz", headers: []).header("Allow") == "GET, HEAD")
    #expect(rig.log.lines.contains { $0.hasPrefix("login_failed") } == false)
}

@Test func `a scraper's token opens the metrics and nothing else`() throws {
    let rig = try QueueRig()
    #expect(try rig.administer("GET", "/metrics", headers: bearer(QueueRig.metricsToken)).status == 200)
    #expect(try rig.administer("GET", "/metrics").status == 200, "the admin token does so too")
    #expect(try rig.administer("GET", "/metrics", headers: []).status == 401)
    for (method, target) in [
        ("GET", "/admin/v1/items"), ("PUT", "/admin/v1/items/demo"), ("POST", "/admin/v1/items/demo/close"),
    ] {
        let reply = try rig.administer(method, target, json: "{}", headers: bearer(QueueRig.metricsToken))
        #expect(reply.status == 401, "\(method) \(target)")
    }
}

@Test func `failed logins are logged and slowed, and the right token passes all the same`() throws {
    let rig = try QueueRig()
    func attempt() throws -> TimeSpan {
        let start = MonotonicInstant.now
        #expect(try rig.administer("GET", "/admin/v1/items", headers: bearer("wrong")).status == 401)
        return .now - start
    }
    for _ in 0..<Limits.failedLogins { _ = try attempt() }
    #expect(rig.log.lines.contains("login_failed 1"))
    #expect(try attempt() >= Limits.lateRefusal)
    #expect(try rig.administer("GET", "/admin/v1/items").status == 200)
    #expect(rig.adminServer.failedLogins == UInt64(Limits.failedLogins + 1))
}

@Test func `the audit shows who changed what, from where, and how it was before`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":10}"#)
    try rig.put("demo", #"{"stock":12,"weight":3}"#)
    _ = try rig.administer("POST", "/admin/v1/items/demo/pause")
    _ = try rig.administer("POST", "/admin/v1/items/demo/pause")
    _ = try rig.administer("POST", "/admin/v1/items/demo/restock", json: #"{"units":5}"#)
    _ = try rig.administer("PUT", "/admin/v1/settings", json: #"{"poll_budget_per_second":50}"#)
    let audits = rig.log.audits
    #expect(audits.map(\.action) == ["create", "update", "pause", "pause", "restock", "settings"])
    #expect(audits[0].before == "none" && audits[0].after?.contains("stock=10 queue_limit=30") == true)
    #expect(audits[1].before == "stock=10 weight=1" && audits[1].after == "stock=12 weight=3")
    #expect(audits[2].before == "paused=false" && audits[2].after == "paused=true")
    #expect(audits[3].before == "" && audits[3].after == "", "it was paused already")
    #expect(audits[4].before == "stock=12" && audits[4].after == "stock=17")
    #expect(audits[5].before == "poll_budget_per_second=none" && audits[5].after == "poll_budget_per_second=50")
    for audit in audits {
        #expect(audit.who.hasPrefix("admin:") && audit.who.count == 14 && audit.isCertain)
        #expect(audit.peer.hasPrefix("127.0.0.1:"))
        #expect(!audit.who.contains(QueueRig.token.prefix(4)))
    }
}

@Test func `a change whose outcome is unknown is in the audit as well`() throws {
    let rig = try QueueRig(deadline: .milliseconds(300))
    try rig.put()
    rig.server.pause()
    defer { rig.server.resume() }
    _ = try rig.administer("POST", "/admin/v1/items/demo/restock", json: #"{"units":4}"#)
    let last = try #require(rig.log.audits.last)
    #expect(last.action == "restock" && !last.isCertain && last.before == nil && last.after == nil)
}
