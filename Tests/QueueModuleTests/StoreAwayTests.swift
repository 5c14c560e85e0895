import Base
import Domain
import Store
import TestKit
import Testing

@testable import QueueModule

@Test func `a store that hangs costs a buyer less than a second, and the next one nothing`() throws {
    let rig = try QueueRig(deadline: Limits.storeDeadline)
    try rig.put()
    let ticket = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    rig.server.pause()
    defer { rig.server.resume() }
    let (reply, took) = try timed { try rig.buy("bob") }
    #expect(reply.status == 503 && reply.code == "store-unavailable" && reply.header("Retry-After") == "1")
    #expect(took < .milliseconds(1_000 * Knobs.slack))
    #expect(try rig.poll(ticket).json(TestKit.TicketBody.self).state == "queued")
    let (item, itemTook) = try timed { try rig.ask("GET", "/v1/items/demo") }
    #expect([200, 503].contains(item.status) && itemTook < .milliseconds(1_000 * Knobs.slack))
}

@Test func `a store that is gone: purchases are refused, polls answered from memory for seconds, then refused`() throws
{
    let rig = try QueueRig()
    try rig.put()
    let waiting = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    let left = try rig.buy("bob").json(TestKit.TicketBody.self).ticket
    #expect(try rig.ask("DELETE", "/v1/tickets/\(left)").status == 204)
    rig.server.kill9()
    #expect(rig.turns { !rig.publicServer.isReady })
    let lostAt = MonotonicInstant.now
    #expect(try rig.buy("eve").code == "store-unavailable")
    #expect(try rig.buy("ann").code == "store-unavailable")
    #expect(try rig.ask("DELETE", "/v1/tickets/\(waiting)").code == "store-unavailable")
    #expect(try rig.poll(waiting).json(TestKit.TicketBody.self).position == 1)
    #expect(try rig.ask("GET", "/v1/items/demo").status == 200)
    let ready = try rig.ask("GET", "/readyz")
    #expect(ready.status == 503 && ready.text.contains("store: "))
    #expect(try rig.turns { try rig.poll(waiting).status == 503 })
    #expect(MonotonicInstant.now - lostAt <= Limits.staleAnswers + .milliseconds(500 * Knobs.slack))
    #expect(MonotonicInstant.now - lostAt >= Limits.staleAnswers - .milliseconds(500))
    #expect(try rig.poll(waiting).code == "store-unavailable")
    #expect(try rig.ask("GET", "/v1/items/demo").status == 503)
    // What is final stays so, however long the store is away.
    #expect(try rig.poll(left).json(TestKit.TicketBody.self).state == "cancelled")
    #expect(rig.log.lines.filter { $0 == "down" }.count <= 2)
}

@Test func `readiness names its reasons`() throws {
    let rig = try QueueRig()
    let ready = try rig.ask("GET", "/readyz")
    #expect(ready.status == 200 && ready.header("Cache-Control") == "no-store")
    #expect(try object(ready.body)["ready"] as? Bool == true)
    rig.publicServer.withdraw()
    let leaving = try rig.ask("GET", "/readyz")
    #expect(leaving.status == 503)
    #expect(try object(leaving.body)["reasons"] as? [String] == ["stopping"])
    #expect(try rig.ask("GET", "/livez").status == 200)
}

@Test func `a store that lost what it had acknowledged is noticed, and its tickets are answered with that`() throws {
    let rig = try QueueRig(.init(appendOnly: true, configuration: ["appendfsync always"]))
    try rig.put()
    let kept = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    try rig.server.copyLog()
    let lost = try rig.buy("bob").json(TestKit.TicketBody.self).ticket
    rig.server.kill9()
    #expect(rig.turns { !rig.publicServer.isReady })
    try rig.server.restoreLog()
    try rig.server.start()
    #expect(rig.turns { rig.log.lines.contains("rollback demo") })
    #expect(rig.publicServer.currentFigures.rollbacks == 1)
    let isAnswered = try rig.turns { try rig.poll(lost).status == 410 }
    #expect(isAnswered)
    #expect(try rig.poll(lost).code == "lost")
    #expect(try rig.poll(kept).json(TestKit.TicketBody.self).state == "queued")
    let refused = try rig.buy("eve")
    #expect(refused.status == 503 && refused.code == "degraded")
}

@Test func `a store that came back empty is noticed`() throws {
    let rig = try QueueRig()
    try rig.put()
    let ticket = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    try rig.server.restart()
    #expect(rig.turns { rig.log.lines.contains("gone demo") })
    let isKnown = try rig.turns { try rig.buy("eve").status == 404 }
    #expect(isKnown)
    #expect(try rig.poll(ticket).code == "lost")
}

@Test func `a sold ticket whose order can't be read now is not the last answer`() throws {
    let rig = try QueueRig(.init(appendOnly: true, configuration: ["appendfsync always"]))
    try rig.put()
    let (ann, bob) = (try rig.buy("ann"), try rig.buy("bob"))
    let sold = try ann.json(TestKit.TicketBody.self).ticket
    let rejected = try bob.json(TestKit.TicketBody.self).ticket
    let taken = try rig.deduct(2, hasSink: true).taken
    try rig.settle([taken[0]], .confirmed, note: "o1")
    try rig.settle([taken[1]], .refused, note: "no credit")
    let isKnown = try rig.turns {
        try [sold, rejected].allSatisfy { try rig.poll($0).text.contains("\"final\":true") }
    }
    #expect(isKnown)
    rig.server.kill9()
    #expect(rig.turns { !rig.publicServer.isReady })
    for ticket in [sold, rejected] {
        let away = try rig.poll(ticket)
        let body = try away.json(TestKit.TicketBody.self)
        #expect(!body.final && body.order == nil && (body.pollAfterMs ?? 0) >= 800, "\(away.text)")
        #expect(away.header("Retry-After") != nil && ["sold", "rejected"].contains(body.state))
    }
    try rig.server.start()
    let isWhole = try rig.turns {
        let body = try rig.poll(sold)
        return body.status == 200 && body.text.contains("\"final\":true")
    }
    #expect(isWhole)
    #expect(try rig.poll(sold).json(TestKit.TicketBody.self).order == "o1")
    let refused = try rig.poll(rejected).json(TestKit.TicketBody.self)
    #expect(refused.final && refused.reason == "no credit")
}

@Test func `a store that hangs while an order is read makes no answer final`() throws {
    let rig = try QueueRig(deadline: .milliseconds(300))
    try rig.put()
    let ticket = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    try rig.settle(try rig.deduct(1, hasSink: true).taken, .confirmed, note: "o1")
    let isSold = try rig.turns { try rig.poll(ticket).text.contains("\"order\":\"o1\"") }
    #expect(isSold)
    rig.server.pause()
    defer { rig.server.resume() }
    let body = try rig.poll(ticket).json(TestKit.TicketBody.self)
    #expect(body.state == "sold" && !body.final && (body.pollAfterMs ?? 0) > 0)
}

@Test func `where no order was ever noted, a sold ticket stays final while the store is away`() throws {
    let rig = try QueueRig()
    try rig.put()
    let ticket = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    try rig.deduct(1)
    let isSold = try rig.turns { try rig.poll(ticket).json(TestKit.TicketBody.self).state == "sold" }
    #expect(isSold)
    rig.server.kill9()
    #expect(rig.turns { !rig.publicServer.isReady })
    #expect(try rig.poll(ticket).json(TestKit.TicketBody.self).final)
}

@Test func `a store that is emptied while it lives is noticed, and a name that was sold is made again on purpose only`()
    throws
{
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":5}"#)
    _ = try rig.buy("ann")
    try rig.deduct(1)
    _ = try rig.poll(try rig.ticket(sequence: 1))
    try #require(rig.turns { rig.publicServer.directory.durability.lifeWatch.name != "" })
    try rig.server.command("FLUSHALL")
    let start = MonotonicInstant.now
    // Somebody asks before anybody has noticed: the item is remembered all the same.
    let isUnknown = try rig.turns { try rig.buy("eve").status == 404 }
    #expect(isUnknown && rig.turns { rig.log.lines.contains("emptied") })
    #expect(MonotonicInstant.now - start < .milliseconds(900 * Knobs.slack))
    let early = try rig.administer("PUT", "/admin/v1/items/demo", json: #"{"stock":5}"#)
    #expect(early.status == 503 && early.header("Retry-After") != nil)
    var refused = early
    let isRefused = try rig.turns {
        refused = try rig.administer("PUT", "/admin/v1/items/demo", json: #"{"stock":5}"#)
        return refused.status != 503
    }
    #expect(isRefused && refused.status == 409 && refused.code == "item-lost")
    #expect(refused.problem?.detail?.contains("1 unit") == true)
    #expect(refused.problem?.detail?.contains("--as-new") == true)
    #expect(try rig.health().codes.contains("emptied"))
    let made = try rig.administer("PUT", "/admin/v1/items/demo?as_new=true", json: #"{"stock":4}"#)
    #expect(made.status == 201)
    #expect(try rig.buy("eve").status == 202)
    #expect(try !rig.health().codes.contains("emptied"))
    #expect(rig.log.lines.filter { $0 == "emptied" }.count == 1 && rig.publicServer.currentFigures.emptied == 1)
}

@Test func `an item that an operator deleted is made again under its name as ever`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":5}"#)
    _ = try rig.buy("ann")
    try rig.deduct(1)
    try rig.delete("demo")
    let isUnknown = try rig.turns { try rig.buy("eve").status == 404 }
    #expect(isUnknown)
    let made = try rig.administer("PUT", "/admin/v1/items/demo", json: #"{"stock":4}"#)
    #expect(made.status == 201)
    #expect(try rig.buy("eve").status == 202)
    #expect(!rig.log.lines.contains("emptied"))
}
