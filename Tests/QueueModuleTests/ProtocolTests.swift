import Base
import TestKit
import Testing

@testable import QueueModule

private let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

@Test func `every answer hands the trace context back`() throws {
    let rig = try QueueRig()
    try rig.put()
    let ticket = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    let targets = [
        ("GET", "/v1/tickets/\(ticket)"), ("GET", "/v1/tickets/x"), ("GET", "/v1/items/demo"),
        ("GET", "/v1/items/none"),
        ("GET", "/livez"), ("GET", "/readyz"), ("PUT", "/livez"), ("GET", "/nothing"),
        ("DELETE", "/v1/tickets/\(ticket)"),
    ]
    for (method, target) in targets {
        #expect(
            try rig.ask(method, target, headers: [("traceparent", trace)]).header("traceparent") == trace, "\(target)")
        #expect(try rig.ask(method, target).header("traceparent") == nil)
    }
    #expect(rig.publicServer.parts.responder.wishesKept == 0)
}

@Test(arguments: [
    "", "00", trace + "0", String(trace.dropLast()), trace.replacing("-", with: "_"), trace.uppercased(),
    trace.replacing("0af7", with: "0xf7"), trace.replacing("-01", with: "0-1"),
])
func `what is no trace context is not handed back`(value: String) throws {
    let rig = try QueueRig()
    #expect(try rig.ask("GET", "/livez", headers: [("traceparent", value)]).header("traceparent") == nil)
}

@Test func `HEAD answers as GET does, without the body`() throws {
    let rig = try QueueRig()
    try rig.put()
    let ticket = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    for target in [
        "/v1/items/demo", "/v1/tickets/\(ticket)", "/livez", "/readyz", "/version", "/openapi.json", "/v1/x",
    ] {
        let get = try rig.ask("GET", target)
        let head = try rig.ask("HEAD", target)
        #expect(head.status == get.status && head.body.isEmpty && !get.body.isEmpty, "\(target)")
        #expect(head.header("Content-Type") == get.header("Content-Type"))
        #expect(head.header("Content-Length") != nil && head.header("ETag") == get.header("ETag"))
    }
}

@Test(arguments: [
    ("GET", "/v1/items/demo/purchases", "POST"), ("PUT", "/v1/items/demo/purchases", "POST"),
    ("POST", "/v1/items/demo", "GET, HEAD"), ("DELETE", "/v1/items/demo", "GET, HEAD"),
    ("POST", "/v1/tickets/x", "GET, HEAD, DELETE"), ("PATCH", "/v1/tickets/x", "GET, HEAD, DELETE"),
    ("POST", "/livez", "GET, HEAD"), ("OPTIONS", "/readyz", "GET, HEAD"), ("DELETE", "/version", "GET, HEAD"),
    ("PUT", "/openapi.json", "GET, HEAD"),
])
func `a method that is not for a path gets the list of those that are`(method: String, target: String, allowed: String)
    throws
{
    let rig = try QueueRig()
    let reply = try rig.ask(method, target)
    #expect(reply.status == 405 && reply.code == "method-not-allowed" && reply.header("Allow") == allowed)
}

@Test func `the process describes itself`() throws {
    let rig = try QueueRig()
    #expect(try object(rig.ask("GET", "/livez").body)["status"] as? String == "alive")
    let version = try object(rig.ask("GET", "/version").body)
    #expect(
        version["version"] as? String == BuildVersion.current && version["commit"] as? String == BuildVersion.commit)
    #expect(version["name"] as? String == "sluice-queue")
    let document = try object(rig.ask("GET", "/openapi.json").body)
    #expect((document["openapi"] as? String)?.hasPrefix("3.1") == true)
}

@Test func `an item is sent with a tag, and not sent again to a client that has it`() throws {
    let rig = try QueueRig()
    try rig.put()
    let first = try rig.ask("GET", "/v1/items/demo")
    #expect(first.status == 200 && first.header("Cache-Control") == "public, max-age=1")
    #expect(try first.json(TestKit.ItemBody.self).stockLeft == 100)
    let tag = try #require(first.header("ETag"))
    for value in [tag, "\"x\", \(tag)", "*"] {
        let same = try rig.ask("GET", "/v1/items/demo", headers: [("If-None-Match", value)])
        #expect(same.status == 304 && same.body.isEmpty && same.header("ETag") == tag, "\(value)")
    }
    try rig.put("demo", #"{"stock":99}"#)
    let changed = try rig.ask("GET", "/v1/items/demo", headers: [("If-None-Match", tag)])
    #expect(changed.status == 200 && changed.header("ETag") != tag)
    #expect(try changed.json(TestKit.ItemBody.self).stockTotal == 99)
}

@Test func `requests for an item at the same time share a read`() throws {
    let rig = try QueueRig()
    try rig.put()
    let requests = [HTTPRequest](repeating: HTTPRequest("GET", "/v1/items/demo"), count: 100)
    _ = try rig.ask(requests.map { _ in HTTPRequest("GET", "/livez") })
    rig.publicServer.directory.interrupt()  // what was read when it was made is old
    var replies: [HTTPReply] = []
    let calls = try rig.calls { replies = try rig.ask(requests) }
    #expect(replies.allSatisfy { $0.status == 200 })
    #expect((1...3).contains(calls.count), "\(calls.count) calls")
}
