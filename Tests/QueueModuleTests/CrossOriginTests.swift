import Base
import TestKit
import Testing

@testable import QueueModule

private let shop = "https://shop.example"

private func origin(_ text: String = shop) -> [(name: String, value: String)] { [("Origin", text)] }

@Test func `a page of a declared origin may read every answer, errors included`() throws {
    let rig = try QueueRig(origins: [shop, "https://other.example"])
    try rig.put()
    let purchase = HTTPRequest(
        "POST", "/v1/items/demo/purchases", headers: origin(), json: #"{"user":"ann"}"#)
    let ticket = try rig.ask(purchase).json(TestKit.TicketBody.self).ticket
    for request in [
        purchase, HTTPRequest("POST", "/v1/items/demo/purchases", headers: origin(), json: "{"),
        HTTPRequest("GET", "/v1/tickets/\(ticket)", headers: origin()),
        HTTPRequest("GET", "/v1/items/demo", headers: origin()),
        HTTPRequest("GET", "/v1/items/none", headers: origin()),
        HTTPRequest("PUT", "/livez", headers: origin()), HTTPRequest("GET", "/nothing", headers: origin()),
        HTTPRequest("DELETE", "/v1/tickets/\(ticket)", headers: origin()),
    ] {
        let reply = try rig.ask(request)
        #expect(reply.header("Access-Control-Allow-Origin") == shop, "\(request.method) \(request.target)")
        #expect(reply.header("Access-Control-Expose-Headers")?.contains("Retry-After") == true)
        #expect(reply.header("Vary") == "Origin" && reply.header("Access-Control-Allow-Credentials") == nil)
    }
    #expect(rig.publicServer.parts.responder.wishesKept == 0)
}

@Test func `a browser that asks first is answered for a declared origin alone`() throws {
    let rig = try QueueRig(origins: [shop])
    let asked =
        origin() + [
            ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "idempotency-key"),
        ]
    let reply = try rig.ask("OPTIONS", "/v1/items/demo/purchases", headers: asked)
    #expect(reply.status == 204 && reply.header("Access-Control-Allow-Origin") == shop)
    #expect(reply.header("Access-Control-Allow-Methods") == "GET, HEAD, POST, DELETE")
    #expect(reply.header("Access-Control-Allow-Headers")?.contains("Idempotency-Key") == true)
    #expect(reply.header("Access-Control-Max-Age") == "7200")
    for other in [[], origin("https://evil.example")] {
        let refused = try rig.ask("OPTIONS", "/v1/items/demo/purchases", headers: other)
        #expect(refused.status == 405 && refused.header("Access-Control-Allow-Origin") == nil)
    }
}

@Test(arguments: [
    "https://shop.example.evil", "https://shop.exampl", "http://shop.example", "https://shop.example:8443",
    "https://SHOP.example", "null", "*", "https://evil.example https://shop.example",
])
func `a page of any other origin may read nothing`(other: String) throws {
    let rig = try QueueRig(origins: [shop])
    try rig.put()
    let reply = try rig.ask("GET", "/v1/items/demo", headers: origin(other))
    #expect(reply.status == 200 && reply.header("Access-Control-Allow-Origin") == nil)
    #expect(reply.header("Vary") == "Origin", "a cache must not give this one to the shop's page")
}

@Test func `without declared origins nothing is different`() throws {
    let rig = try QueueRig()
    try rig.put()
    let reply = try rig.ask("GET", "/v1/items/demo", headers: origin())
    #expect(reply.header("Access-Control-Allow-Origin") == nil && reply.header("Vary") == nil)
    #expect(try rig.ask("OPTIONS", "/v1/items/demo", headers: origin()).status == 405)
    #expect(try rig.ask("GET", "/livez").status == 200 && rig.publicServer.parts.responder.wishesKept == 0)
}
