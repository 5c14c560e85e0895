import Base
import Domain
import Store
import TestKit
import Testing

@testable import QueueModule

@Test func `a full store refuses newcomers and reports it once; who has a ticket gets it again`() throws {
    let rig = try QueueRig()
    try rig.put()
    let first = try rig.buy("ann").json(TestKit.TicketBody.self)
    try rig.server.command("CONFIG", "SET", "maxmemory", "1mb")
    for user in ["bob", "cid", "dan"] {
        let refused = try rig.buy(user)
        #expect(refused.status == 503 && refused.code == "store-unavailable", "\(refused)")
    }
    let again = try rig.buy("ann")
    #expect(again.status == 200 && again.header("Idempotency-Replayed") == "true", "\(again)")
    #expect(try again.json(TestKit.TicketBody.self).ticket == first.ticket)
    #expect(try rig.poll(first.ticket).status == 200)

    let ready = try rig.ask("GET", "/readyz")
    let body = try object(ready.body)
    #expect(ready.status == 200 && body["ready"] as? Bool == true)
    let impaired = try #require(body["impaired"] as? [String])
    #expect(impaired.count == 1 && impaired[0].hasPrefix("store: OOM "), "\(impaired)")
    #expect(rig.log.lines.filter { $0.hasPrefix("impaired") } == ["impaired oom"])
    #expect(rig.publicServer.currentFigures.impairments == [.memory])

    try rig.server.command("CONFIG", "SET", "maxmemory", "0")
    #expect(rig.turns { rig.log.lines.contains("restored oom") })
    #expect(try rig.buy("bob").status == 202)
    let healed = try object(try rig.ask("GET", "/readyz").body)
    #expect(healed["impaired"] as? [String] == [])
}

@Test func `a store that may write nothing still shows tickets and items, also those that were not read before`()
    throws
{
    let rig = try QueueRig()
    try rig.put()
    try rig.put("other")
    let waiting = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    let sold = try rig.buy("bob", item: "other").json(TestKit.TicketBody.self).ticket
    let taken = try rig.deduct(1, of: "other", hasSink: true)
    try rig.settle(taken.taken, of: "other", .confirmed, note: "o-1")
    try rig.server.command("CONFIG", "SET", "min-replicas-to-write", "1")
    #expect(rig.turns { !rig.publicServer.store.impairments.isEmpty })
    // All that is remembered is forgotten: each answer needs a read.
    rig.publicServer.directory.interrupt()
    #expect(try rig.poll(waiting).json(TestKit.TicketBody.self).state == "queued")
    #expect(try rig.poll(sold).json(TestKit.TicketBody.self).state == "sold")
    #expect(try rig.ask("GET", "/v1/items/other").status == 200)
    #expect(try rig.ask("GET", "/v1/items/unheard-of").code == "unknown-item")
    #expect(try rig.buy("eve").code == "store-unavailable")
    #expect(try rig.buy("ann").status == 200)
    #expect(try rig.ask("DELETE", "/v1/tickets/\(waiting)").code == "store-unavailable")
    #expect(try rig.ask("GET", "/readyz").status == 200)
}

@Test func `a right that polls need makes a process not ready, with its name`() throws {
    let rig = try QueueRig()
    try rig.put()
    // No read of it is under way any more, which would be answered after the interruption.
    try #require(try rig.turns { try rig.entry().map { $0.view.isCurrent && !$0.isBeingRead } == true })
    try rig.server.command("ACL", "SETUSER", "default", "-hgetall")
    rig.publicServer.directory.interrupt()
    #expect(try rig.ask("GET", "/v1/items/demo").status == 503)
    let ready = try rig.ask("GET", "/readyz")
    #expect(ready.status == 503 && ready.text.contains("(inspect)"), "\(ready)")
}
