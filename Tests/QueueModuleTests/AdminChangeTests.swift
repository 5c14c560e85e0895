import Base
import Domain
import TestKit
import Testing

@testable import QueueModule

private func act(
    _ rig: QueueRig, _ action: String, _ json: String? = nil, key: String? = nil, method: String = "POST",
    ifMatch: String? = nil
) throws -> HTTPReply {
    var headers = [(name: "Authorization", value: "Bearer \(QueueRig.token)")]
    if let key { headers.append(("Idempotency-Key", key)) }
    if let ifMatch { headers.append(("If-Match", ifMatch)) }
    let target = action.isEmpty ? "/admin/v1/items/demo" : "/admin/v1/items/demo/\(action)"
    return try rig.administer(method, target, json: json, headers: headers)
}

@Test func `a restock sent again with its key adds once and gets the same answer`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":10}"#)
    let first = try act(rig, "restock", #"{"units":5}"#, key: "night-1")
    #expect(first.status == 200 && first.header("Idempotency-Replayed") == nil)
    _ = try rig.buy("ann")
    let again = try act(rig, "restock", #"{"units": 5}"#, key: "night-1")
    #expect(again.status == 200 && again.header("Idempotency-Replayed") == "true")
    #expect(again.text == first.text && again.header("ETag") == first.header("ETag"))
    let other = try act(rig, "restock", #"{"units":6}"#, key: "night-1")
    #expect(other.status == 422 && other.code == "idempotency-mismatch")
    #expect(try act(rig, "close", key: "night-1").status == 422)
    let shown = try object(rig.administer("GET", "/admin/v1/items/demo").body)
    #expect(shown["stock_total"] as? Int == 15 && shown["state"] as? String == "open")
    #expect(rig.log.lines.filter { $0 == "restock demo" }.count == 1, "what was done once is in the log once")
    for wrong in ["", "with space", String(repeating: "k", count: 256)] {
        let refused = try act(rig, "restock", #"{"units":5}"#, key: wrong)
        #expect(refused.status == 400 && refused.problem?.detail?.contains("Idempotency-Key") == true)
    }
}

@Test func `with a key a restock whose outcome is unknown may be sent again`() throws {
    let rig = try QueueRig(deadline: .milliseconds(300))
    try rig.put("demo", #"{"stock":10}"#)
    rig.server.pause()
    let lost = try act(rig, "restock", #"{"units":4}"#, key: "k")
    #expect(lost.status == 503 && lost.code == "store-unavailable" && lost.header("Retry-After") != nil)
    rig.server.resume()
    #expect(rig.turns { rig.publicServer.isReady })
    var again: HTTPReply?
    let isDone = try rig.turns {
        again = try act(rig, "restock", #"{"units":4}"#, key: "k")
        return again?.status == 200
    }
    #expect(isDone)
    #expect(try again?.json(TestKit.ItemBody.self).stockTotal == 14)
}

@Test func `a restock above what an item can have is refused with what fits, and the item goes on`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":10}"#)
    for _ in 1...3 {
        let refused = try act(rig, "restock", #"{"units":1000000000}"#)
        #expect(refused.status == 409 && refused.code == "stock-limit")
        #expect(refused.problem?.detail?.contains("999999990 more") == true)
    }
    #expect(try rig.buy("ann").status == 202)
}

@Test func `a change is made only to what the operator saw`() throws {
    let rig = try QueueRig()
    let made = try rig.put("demo", #"{"stock":10}"#)
    let tag = try #require(try rig.administer("GET", "/admin/v1/items/demo").header("ETag"))
    #expect(tag.hasPrefix("W/\"") && made.header("ETag") == tag)
    _ = try rig.buy("ann")
    let first = try act(rig, "", #"{"queue_limit":20}"#, method: "PUT", ifMatch: tag)
    #expect(first.status == 200 && first.header("ETag") != tag)
    let late = try act(rig, "", #"{"queue_limit":5}"#, method: "PUT", ifMatch: tag)
    #expect(late.status == 412 && late.code == "precondition-failed")
    let shown = try rig.administer("GET", "/admin/v1/items/demo")
    #expect(try object(shown.body)["queue_limit"] as? Int == 20)
    let now = try #require(shown.header("ETag"))
    let listed = try act(rig, "", #"{"weight":1}"#, method: "PUT", ifMatch: "\"other\", \(now)")
    #expect(listed.status == 200)
    #expect(try act(rig, "", #"{"weight":1}"#, method: "PUT", ifMatch: "*").status == 200)
    for none in ["\"x\"", "W/\"\"", "nonsense"] {
        #expect(try act(rig, "", #"{"weight":2}"#, method: "PUT", ifMatch: none).status == 412)
    }
    #expect(try rig.administer("GET", "/admin/v1/items/ghost").status == 404)
    let headers = [("Authorization", "Bearer \(QueueRig.token)"), ("If-Match", "*")]
    let ghost = try rig.administer("PUT", "/admin/v1/items/ghost", json: #"{"stock":1}"#, headers: headers)
    #expect(ghost.status == 412 && ghost.code == "precondition-failed")
}

@Test func `a hold differs from a pause, in what operators and buyers see`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":10}"#)
    func flags(_ reply: HTTPReply) throws -> [String] {
        let body = try object(reply.body)
        return [body["state"] as? String ?? "-"] + ["paused", "holding"].filter { body[$0] as? Bool == true }
    }
    #expect(try flags(act(rig, "hold")) == ["open", "holding"])
    #expect(try rig.buy("ann").status == 202)
    let isShown = try rig.turns { try flags(rig.ask("GET", "/v1/items/demo")) == ["open", "holding"] }
    #expect(isShown)
    #expect(try flags(act(rig, "pause")) == ["paused", "paused", "holding"])
    #expect(try rig.buy("bob").code == "paused")
    #expect(try flags(act(rig, "resume")) == ["open"])
    #expect(try act(rig, "hold", #"{"why":"stocktaking"}"#).problem?.detail?.contains("why") == true)
    #expect(try act(rig, "close").status == 200)
    let resumed = try act(rig, "resume")
    #expect(resumed.status == 409 && resumed.code == "nothing-to-resume")
}

@Test func `an opening behind the closing that was set before is refused`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":10,"closes_at":"2030-01-01T00:00:00Z"}"#)
    let refused = try act(rig, "", #"{"opens_at":"2030-06-01T00:00:00Z"}"#, method: "PUT")
    #expect(refused.status == 409 && refused.code == "closes-before-it-opens")
    let both = #"{"opens_at":"2030-06-01T00:00:00Z","closes_at":"2030-07-01T00:00:00Z"}"#
    #expect(try act(rig, "", both, method: "PUT").status == 200)
}

@Test func `limits below what is used take nothing away, and hold for who comes next`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":100,"per_user_limit":3}"#)
    let tickets = try (1...3).map { try rig.buy("ann", key: "k\($0)").json(TestKit.TicketBody.self).ticket }
    #expect(try act(rig, "", #"{"queue_limit":1,"per_user_limit":1}"#, method: "PUT").status == 200)
    for ticket in tickets { #expect(try rig.poll(ticket).json(TestKit.TicketBody.self).state == "queued") }
    #expect(try rig.buy("bob").code == "queue-full")
    #expect(try rig.buy("ann", key: "k4").code == "purchase-limit")
    try rig.deduct(100)
    #expect(try rig.buy("bob").status == 202)
}
