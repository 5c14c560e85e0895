import Base
import Domain
import Foundation
import Store
import TestKit
import Testing

@testable import QueueModule

extension QueueRig {
    func events(_ query: String = "") throws -> [EventBody] {
        let reply = try administer("GET", "/admin/v1/events\(query)")
        try #require(reply.status == 200, "\(reply)")
        return try reply.json()
    }

    /// Appends to the feed of all items how far these have got, as the leader does.
    func point(_ items: String...) throws {
        try server.command("SETNX", "sluice:{ctl}:term", "0")
        let ends = try items.compactMap { item in
            let keys = try reference(item).keys
            let end = try result { other.ledgerEnd(of: keys, completion: $0) }
            return end.last.map { FeedPointing.End(item: keys.name, incarnation: end.incarnation, last: $0) }
        }
        _ = try result { other.point(ends, term: 0, completion: $0) }
    }
}

@Test func `what happened to purchases is read as CloudEvents, each behind the id of the one before`() throws {
    let sale = try PaidSale()
    try sale.pay(0, "paid", "p-1")
    _ = try sale.leave(1)
    _ = try sale.refund(0, "r-1")
    let reply = try sale.rig.administer("GET", "/admin/v1/events?item=demo")
    #expect(reply.header("Content-Type") == "application/cloudevents-batch+json")
    #expect(reply.header("Cache-Control") == "no-store")
    let events = try reply.json([EventBody].self)
    #expect(
        events.map(\.type) == [
            "sluice.ticket.reserved", "sluice.ticket.reserved", "sluice.ticket.sold", "sluice.ticket.cancelled",
            "sluice.ticket.refunded",
        ])
    #expect(events.map(\.data.sequence) == [1, 2, 1, 2, 1] && events.allSatisfy { $0.data.quantity == 1 })
    #expect(events.map(\.data.reference) == [nil, nil, "p-1", nil, "r-1"] && events[4].data.unitReturned == true)
    #expect(events.map(\.data.user) == ["user-0", "user-1", "user-0", "user-1", "user-0"])
    let first = events[0]
    #expect(first.specversion == "1.0" && first.subject == "demo" && first.data.item == "demo")
    #expect(first.datacontenttype == "application/json" && !first.source.isEmpty)
    #expect(RFC3339.parse(first.time) != nil)
    for (index, event) in events.enumerated() {
        #expect(try sale.rig.events("?item=demo&after=\(event.id)") == Array(events[(index + 1)...]))
    }
    #expect(try sale.rig.events("?item=demo&limit=2") == Array(events[..<2]))
    #expect(try sale.rig.events() == [], "the leader has not put them in order")
    try sale.rig.point("demo")
    #expect(try sale.rig.events() == events)
    #expect(try sale.rig.events("?lastEventId=\(events[3].id)") == [events[4]])
}

@Test func `a reader that has everything waits, and gets the next event at once`() throws {
    let sale = try PaidSale()
    let (rig, headers) = (sale.rig, [("Authorization", "Bearer \(QueueRig.token)")])
    try rig.point("demo")
    let last = try #require(try rig.events("?item=demo").last?.id)
    let clients = (0..<2).map { _ in HTTPClient(Endpoint(port: rig.adminServer.port)) }
    for (client, query) in zip(clients, ["?item=demo&", "?"]) {
        try client.post(HTTPRequest("GET", "/admin/v1/events\(query)wait=20&after=\(last)", headers: headers))
    }
    #expect(rig.turns { rig.adminServer.events.waiting == 2 })
    let begun = ContinuousClock.now
    try sale.pay(0)
    try rig.point("demo")
    for client in clients {
        var reply: HTTPReply?
        let isDone = try rig.turns {
            do { reply = try client.readReply(within: .zero, bodiless: false) } catch SocketError.timedOut {}
            return reply != nil
        }
        #expect(isDone)
        #expect(try #require(reply).json([EventBody].self).map(\.type) == ["sluice.ticket.sold"])
    }
    #expect(ContinuousClock.now - begun < .milliseconds(900), "a message wakes it, not the check of every second")
    #expect(rig.adminServer.events.waiting == 0)
}

@Test func `a wait ends with no event when its time is over, and when the process stops`() throws {
    let sale = try PaidSale()
    let last = try #require(try sale.rig.events("?item=demo").last?.id)
    #expect(try sale.rig.events("?item=demo&timeout=30&after=\(last)") == [])
    let client = HTTPClient(Endpoint(port: sale.rig.adminServer.port))
    try client.post(
        HTTPRequest(
            "GET", "/admin/v1/events?item=demo&wait=20&after=\(last)",
            headers: [("Authorization", "Bearer \(QueueRig.token)")]))
    #expect(sale.rig.turns { sale.rig.adminServer.events.waiting == 1 })
    sale.rig.adminServer.events.stop()
    #expect(sale.rig.adminServer.events.waiting == 0)
    #expect(try sale.rig.events("?item=demo&wait=20&after=\(last)") == [], "it waits for nothing any more")
}

@Test(arguments: [
    ("after=nonsense", "after must be"), ("item=a%20b", "an item's name"), ("limit=0", "from 1 to 1000"),
    ("limit=1001", "from 1 to 1000"), ("wait=x", "wait must be"), ("itme=demo", "itme is not known"),
    ("limit=1&limit=2", "limit is given twice"), ("after=a&lastEventId=b", "after"),
])
func `what is wrong with a question for events is named`(query: String, reason: String) throws {
    let refused = try QueueRig().administer("GET", "/admin/v1/events?\(query)")
    #expect(refused.status == 400 && refused.code == "invalid-request", "\(refused)")
    #expect(refused.problem?.detail?.contains(reason) == true, "\(refused)")
}

@Test func `events are for operators, of items that there are, and of the item that the cursor is of`() throws {
    let sale = try PaidSale()
    #expect(try sale.rig.administer("GET", "/admin/v1/events", headers: []).status == 401)
    #expect(try sale.rig.administer("GET", "/admin/v1/events?item=none").code == "unknown-item")
    #expect(try sale.rig.administer("POST", "/admin/v1/events", json: "{}").status == 405)
    let last = try #require(try sale.rig.events("?item=demo").last?.id)
    #expect(try sale.rig.administer("GET", "/admin/v1/events?item=other&after=\(last)").status == 400)
}

@Test func `a cursor whose events are not kept any more is answered with the oldest one`() throws {
    let sale = try PaidSale(buyers: 3, stock: 3, reserving: 1)
    try sale.reserve(1)
    let first = try #require(try sale.rig.events("?item=demo").first?.id)
    try sale.rig.point("demo")
    try sale.rig.server.command("XTRIM", "sluice:{demo}:ledger", "MAXLEN", "1")
    for query in ["?item=demo&after=\(first)", "?after=\(first)"] {
        let gone = try sale.rig.administer("GET", "/admin/v1/events\(query)")
        #expect(gone.status == 410 && gone.code == "gone", "\(gone)")
        let body = try #require(try JSONSerialization.jsonObject(with: Data(gone.body)) as? [String: Any])
        let oldest = try #require(body["oldest"] as? String)
        let item = query.contains("item") ? "&item=demo" : ""
        #expect(try sale.rig.events("?after=\(oldest)\(item)").map(\.data.sequence) == [2])
    }
}
