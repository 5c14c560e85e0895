import Base
import Domain
import Store
import TestKit
import Testing

@testable import QueueModule

/// An item with purchases in doubt, and one that waits.
private struct DoubtfulSale {
    let rig: QueueRig
    private(set) var tickets: [String] = []

    init(doubts: Int64 = 2, stock: Int64 = 2, _ more: String = "") throws {
        rig = try QueueRig()
        try rig.put("demo", #"{"stock":\#(stock)\#(more)}"#)
        for number in 0...doubts { tickets.append(try rig.buy("user-\(number)").json(TestKit.TicketBody.self).ticket) }
        let taken = try rig.deduct(doubts, hasSink: true).taken
        try rig.settle(taken, .inDoubt)
    }

    func settle(_ index: Int, _ body: String) throws -> HTTPReply { try settle(tickets[index], body) }

    func settle(_ ticket: String, _ body: String) throws -> HTTPReply {
        try rig.administer("POST", "/admin/v1/tickets/\(ticket)/settle", json: body)
    }

    func list(_ query: String = "") throws -> DoubtPageBody {
        try rig.administer("GET", "/admin/v1/items/demo/doubts\(query)").json()
    }

    func poll(_ index: Int, until state: String) throws -> TestKit.TicketBody? {
        var body: TestKit.TicketBody?
        let isThere = try rig.turns {
            body = try rig.poll(tickets[index]).json()
            return body?.state == state
        }
        return isThere ? body : nil
    }
}

private let confirmed = #"{"outcome":"confirmed","order":"o-7"}"#
private let refused = #"{"outcome":"refused","reason":"never arrived"}"#

@Test func `doubts are listed with what is known, and with the very tickets that buyers hold`() throws {
    let sale = try DoubtfulSale()
    let page = try sale.list()
    #expect(page.inDoubt == 2 && page.nextCursor == nil)
    #expect(page.doubts.map(\.sequence) == [1, 2] && page.doubts.map(\.user) == ["user-0", "user-1"])
    #expect(page.doubts.map(\.ticket) == Array(sale.tickets[..<2]))
    #expect(page.doubts.allSatisfy { $0.item == "demo" && $0.quantity == 1 && $0.attempt == 1 && $0.workersLost == 0 })
    #expect(page.doubts.allSatisfy { $0.cause == "unanswered" && RFC3339.parse($0.admittedAt) != nil })
}

@Test func `doubts are listed page by page`() throws {
    let sale = try DoubtfulSale(doubts: 5, stock: 9)
    var (found, query) = ([] as [Int64], "?limit=2")
    for _ in 0..<3 {
        let page = try sale.list(query)
        #expect(page.doubts.count <= 2)
        found += page.doubts.map(\.sequence)
        query = "?after=\(page.nextCursor ?? "none")&limit=2"
    }
    #expect(found == [1, 2, 3, 4, 5] && query == "?after=none&limit=2")
}

@Test(arguments: ["after=x", "after=-1", "limit=0", "limit=1001", "limit=", "after=4294967296"])
func `a page that can't be is refused, with what is wrong`(query: String) throws {
    let sale = try DoubtfulSale(doubts: 1)
    let reply = try sale.rig.administer("GET", "/admin/v1/items/demo/doubts?\(query)")
    #expect(reply.status == 400 && reply.problem?.detail?.hasPrefix(String(query.prefix(5))) == true, "\(reply)")
}

@Test func `items with doubts are listed, marked or only counted, and no others`() throws {
    let sale = try DoubtfulSale()
    try sale.rig.put("calm")
    func items() throws -> [DoubtItemsBody.Item] {
        try sale.rig.administer("GET", "/admin/v1/doubts").json(DoubtItemsBody.self).items
    }
    #expect(try sale.rig.turns { try items() == [.init(item: "demo", inDoubt: 2)] })
    for name in ["calm", "gone"] { try sale.rig.server.command("SADD", "sluice:{ctl}:doubts", name) }
    #expect(try items() == [.init(item: "demo", inDoubt: 2)])
    #expect(try sale.rig.administer("GET", "/admin/v1/items/calm/doubts").json(DoubtPageBody.self).doubts.isEmpty)
    #expect(try sale.rig.administer("GET", "/admin/v1/items/gone/doubts").code == "unknown-item")
}

@Test func `a doubt whose order was found is sold for good, and a repeat gets the first answer`() throws {
    let sale = try DoubtfulSale()
    let first = try sale.settle(0, confirmed)
    #expect(first.status == 200 && first.header("Idempotency-Replayed") == nil, "\(first)")
    let body = try first.json(SettledBody.self)
    #expect(body.state == "sold" && body.order == "o-7" && body.reason == nil && body.expiresAt == nil)
    let again = try sale.settle(0, #"{"outcome":"confirmed","order":"another"}"#)
    #expect(try again.header("Idempotency-Replayed") == "true" && again.json(SettledBody.self) == body)
    let other = try sale.settle(0, refused)
    #expect(other.status == 409 && other.code == "not-in-doubt" && other.problem?.state == "sold", "\(other)")
    #expect(try sale.rig.turns { try sale.rig.poll(sale.tickets[0]).json(TestKit.TicketBody.self).order == "o-7" })
    #expect(try sale.list().doubts.map(\.sequence) == [2])
}

@Test func `the unit of a doubt without an order goes to the next in line, and the buyer sees the reason`() throws {
    let sale = try DoubtfulSale(doubts: 1, stock: 1)
    let body = try sale.settle(0, refused).json(SettledBody.self)
    #expect(body.state == "rejected" && body.reason == "never arrived" && body.order == nil)
    let shown = try #require(try sale.poll(0, until: "rejected"))
    #expect(shown.final && shown.reason == "never arrived")
    #expect(try sale.settle(0, confirmed).problem?.state == "rejected")
    let item = try sale.rig.administer("GET", "/admin/v1/items/demo").json(TestKit.ItemBody.self)
    #expect(item.stockLeft == 1 && item.held == 0)
}

@Test func `a doubt that is settled as an order is to be paid where winners pay`() throws {
    let sale = try DoubtfulSale(doubts: 1, #","pay_window_ms":600000"#)
    let body = try sale.settle(0, confirmed).json(SettledBody.self)
    #expect(body.state == "reserved" && RFC3339.parse(body.expiresAt ?? "") != nil)
    let again = try sale.settle(0, confirmed)
    #expect(try again.json(SettledBody.self) == body && again.header("Idempotency-Replayed") == "true")
}

@Test func `what is not in doubt is left alone, and its state is named`() throws {
    let sale = try DoubtfulSale(doubts: 1, stock: 2)
    #expect(try sale.settle(1, confirmed).problem?.state == "queued")
    try sale.rig.deduct(1, hasSink: true)
    let taken = try sale.settle(1, refused)
    #expect(taken.status == 409 && taken.code == "not-in-doubt" && taken.problem?.state == "processing", "\(taken)")
    #expect(taken.problem?.detail?.contains("at this moment") == true)
    let never = try sale.settle(sale.rig.ticket(sequence: 900), confirmed)
    #expect(never.status == 410 && never.code == "lost")
    #expect(try sale.settle("forged", confirmed).status == 404)
    #expect(try sale.rig.administer("GET", "/admin/v1/tickets/\(sale.tickets[0])/settle").status == 405)
}

@Test func `a decision is written down once, with who made it and why`() throws {
    let sale = try DoubtfulSale()
    let why = #"{"outcome":"confirmed","order":"o-7","reason":"seen in the shop's books"}"#
    for _ in 1...2 { _ = try sale.settle(0, why) }
    let audits = sale.rig.log.audits.filter { $0.action == "settle" }
    #expect(audits.count == 1 && audits.first?.item == "demo" && audits.first?.before == "state=in_doubt")
    #expect(audits.first?.after == "sequence=1 outcome=confirmed order=o-7 reason=seen in the shop's books")
}

@Test(arguments: [
    ("{}", "outcome is missing"), (#"{"outcome":"sold"}"#, "outcome must be"),
    (#"{"outcome":"refused","order":"o"}"#, "order must be left out"), (#"{"outcome":"refused","reason":""}"#, "256"),
    (#"{"outcome":"confirmed","order":"a\u0007"}"#, "order must be"), (#"{"outcome":"confirmed","oder":"o"}"#, "order"),
])
func `what is wrong with a decision is named, and nothing is decided`(body: String, reason: String) throws {
    let sale = try DoubtfulSale(doubts: 1)
    let reply = try sale.settle(0, body)
    #expect(reply.status == 400 && reply.problem?.detail?.contains(reason) == true, "\(reply)")
    #expect(try sale.list().doubts.count == 1)
}
