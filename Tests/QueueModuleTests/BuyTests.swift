import Base
import EventLoop
import TestKit
import Testing

@testable import QueueModule

@Test func `a purchase gets a ticket, and the ticket its place`() throws {
    let rig = try QueueRig()
    try rig.put()
    let first = try rig.buy("ann", quantity: 2)
    #expect(first.status == 202)
    let bought = try first.json(TestKit.TicketBody.self)
    #expect(bought.item == "demo" && bought.user == "ann" && bought.quantity == 2 && bought.state == "queued")
    #expect(bought.sequence == 1 && bought.position == 1 && bought.ahead == 0 && bought.verdict == "certain")
    #expect(!bought.final && bought.eta?.known == false && (80...122).contains(bought.pollAfterMs ?? 0))
    #expect(first.header("Location") == "/v1/tickets/\(bought.ticket)")
    #expect(first.header("Retry-After") == "1" && first.header("Cache-Control") == "no-store")

    let second = try rig.buy("bob").json(TestKit.TicketBody.self)
    let polled = try rig.poll(second.ticket)
    let body = try polled.json(TestKit.TicketBody.self)
    #expect(polled.status == 200 && polled.header("Retry-After") == "1")
    #expect(body.ticket == second.ticket && body.user == nil)
    #expect(body.sequence == 2 && body.position == 2 && body.ahead == 1)
}

@Test func `who asks twice in one turn has one place`() throws {
    let rig = try QueueRig()
    try rig.put()
    _ = try rig.buy("first")
    let replies = try rig.ask([HTTPRequest](repeating: .purchase(item: "demo", user: "ann"), count: 5))
    #expect(replies.map(\.status).sorted() == [200, 200, 200, 200, 202])
    let bodies = try replies.map { try $0.json(TestKit.TicketBody.self) }
    #expect(Set(bodies.map(\.ticket)).count == 1 && bodies.allSatisfy { $0.sequence == 2 && $0.user == "ann" })
    for reply in replies {
        #expect(reply.header("Idempotency-Replayed") == (reply.status == 200 ? "true" : nil))
        #expect(reply.header("Location") == replies[0].header("Location"))
    }
    #expect(rig.publicServer.currentFigures.accepted == 2 && rig.publicServer.currentFigures.replayed == 4)
}

@Test func `all who come in one turn leave in one call`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":1000}"#)
    _ = try rig.buy("first")
    let requests = (0..<200).map { HTTPRequest.purchase(item: "demo", user: "u\($0)") }
    _ = try rig.ask((0..<200).map { _ in HTTPRequest("GET", "/livez") })  // the connections are there
    var replies: [HTTPReply] = []
    let calls = try rig.calls { replies = try rig.ask(requests) }
    #expect(replies.allSatisfy { $0.status == 202 })
    // One call, or one under way and one that gathered meanwhile.
    #expect((1...2).contains(calls.filter { $0.lowercased().contains("evalsha") }.count), "\(calls.count)")
    let sequences = try replies.map { try $0.json(TestKit.TicketBody.self).sequence }
    #expect(Set(sequences) == Set(2...201))
}

@Test(arguments: [1, 7])
func `smaller batches, down to one purchase a call, keep the same promises`(batchLimit: Int) throws {
    let rig = try QueueRig(batchLimit: batchLimit)
    try rig.put("demo", #"{"stock":1000}"#)
    _ = try rig.buy("first")
    let requests = (0..<50).map { HTTPRequest.purchase(item: "demo", user: "u\($0 % 40)") }
    var replies: [HTTPReply] = []
    let calls = try rig.calls { replies = try rig.ask(requests) }
    let isAdmission = { (call: String) in call.lowercased().contains("evalsha") }
    // The ten who ask twice are answered twice, in whichever call.
    #expect(calls.filter(isAdmission).count >= 50 / batchLimit, "\(calls.count)")
    #expect(replies.count { $0.status == 202 } == 40 && replies.count { $0.status == 200 } == 10)
    let sequences = try replies.map { try $0.json(TestKit.TicketBody.self).sequence }
    #expect(Set(sequences) == Set(2...41))
    for index in 40..<50 { #expect(sequences[index] == sequences[index - 40]) }
}

@Test func `a winner who asks again after the end gets the very same ticket, a non-holder is refused`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":1}"#)
    let winner = try rig.buy("ann").json(TestKit.TicketBody.self)
    let loser = try rig.buy("bob").json(TestKit.TicketBody.self)
    try rig.deduct(10)
    let isEnded = try rig.turns { try rig.poll(loser.ticket).json(TestKit.TicketBody.self).state == "sold_out" }
    #expect(isEnded)
    for _ in 0..<3 {
        let other = try rig.buy("eve")
        #expect(other.status == 410 && other.code == "sold-out")
        let again = try rig.buy("ann")
        let body = try again.json(TestKit.TicketBody.self)
        #expect(again.status == 200 && body.ticket == winner.ticket && body.state == "sold" && body.final)
        #expect(again.header("Retry-After") == nil)
    }
    #expect(rig.publicServer.currentFigures.refusedFromMemory >= 1)
}

@Test func `one key is one purchase, and another key counts against the limit`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":100,"per_user_limit":2}"#)
    let first = try rig.buy("ann", quantity: 2, key: "k1")
    #expect(first.status == 202)
    let other = try rig.buy("ann", quantity: 3, key: "k1")
    #expect(other.status == 422 && other.code == "idempotency-mismatch")
    #expect(try rig.buy("ann", quantity: 2, key: "k1").status == 200)
    #expect(try rig.buy("ann", key: "k2").status == 202)
    let third = try rig.buy("ann", key: "k3")
    #expect(third.status == 409 && third.code == "purchase-limit")
    #expect(third.header("Location") == first.header("Location"))
    let place = try #require(third.header("Location"))
    #expect(try rig.ask("GET", place).json(TestKit.TicketBody.self).sequence == 1)
}

@Test func `the state of an item is the reason for a refusal`() throws {
    let rig = try QueueRig()
    try rig.put("full", #"{"stock":1,"queue_limit":1}"#)
    #expect(try rig.buy("ann", item: "full").status == 202)
    let full = try rig.buy("bob", item: "full")
    #expect(full.status == 503 && full.code == "queue-full" && full.header("Retry-After") == "1")

    try rig.put("paused")
    #expect(try rig.administer("POST", "/admin/v1/items/paused/pause").status == 200)
    let paused = try rig.buy("ann", item: "paused")
    #expect(paused.status == 503 && paused.code == "paused" && paused.header("Retry-After") == "1")

    try rig.put("closed")
    #expect(try rig.administer("POST", "/admin/v1/items/closed/close").status == 200)
    let closed = try rig.buy("ann", item: "closed")
    #expect(closed.status == 410 && closed.code == "closed")

    try rig.put("later", #"{"stock":1,"opens_at":"2999-01-01T00:00:00Z"}"#)
    for _ in 0..<2 {  // from the store, then from memory
        let later = try rig.buy("ann", item: "later")
        #expect(later.status == 409 && later.code == "not-open")
        let wait = try #require(later.problem?.retryAfterMs)
        #expect(wait > 1_000_000_000 && later.header("Retry-After") == "\((wait + 999) / 1000)")
    }
}

@Test func `the checks come in their order`() throws {
    let rig = try QueueRig()
    try rig.put()
    func send(_ body: String, type: String = "application/json", item: String = "demo", key: String = "k") throws -> Int
    {
        try rig.ask(
            HTTPRequest(
                "POST", "/v1/items/\(item)/purchases", headers: [("Content-Type", type), ("Idempotency-Key", key)],
                json: body)
        ).status
    }
    #expect(try send("nonsense", type: "text/plain", item: "nothing") == 415)
    #expect(try send("nonsense", item: "nothing") == 400)
    #expect(try send(#"{"user":"ann"}"#, item: "nothing", key: "a b") == 400)
    #expect(try send(#"{"user":"ann"}"#, item: "nothing") == 404)
    #expect(try send(#"{"user":"ann"}"#, item: "no%20name") == 404)
    #expect(try send(#"{"user":"ann"}"#, type: "application/json; charset=utf-8") == 202)
    #expect(rig.publicServer.currentFigures.refused[QueueFigures.PurchaseRefusal.invalid.rawValue] == 3)
    #expect(rig.publicServer.currentFigures.refused[QueueFigures.PurchaseRefusal.unknownItem.rawValue] == 2)
    #expect(rig.publicServer.currentFigures.storeFailures == 0)
}

@Test func `a process that drains takes no purchase and answers polls`() throws {
    let rig = try QueueRig()
    try rig.put()
    let ticket = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    // Kept busy by a request of which the head has come, the server waits for this connection.
    let client = HTTPClient(Endpoint(port: rig.publicServer.port))
    try client.sendRaw("POST /v1/items/demo/purchases HTTP/1.1\r\nHost: a\r\nContent-Length: 14\r\n\r\n")
    for _ in 0..<5 { rig.loop.turn(waitAtMost: .milliseconds(10)) }
    rig.publicServer.drain(within: .seconds(10)) {}
    try client.sendRaw(#"{"user":"bob"}"#)
    var reply: HTTPReply?
    let isAnswered = rig.turns {
        reply = try? client.readReply(within: .zero)
        return reply != nil
    }
    #expect(isAnswered && reply?.status == 503 && reply?.code == "draining")
    #expect(!ticket.isEmpty)
}
