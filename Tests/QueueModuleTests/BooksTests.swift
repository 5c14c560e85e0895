import Base
import Domain
import EventLoop
import HTTPServer
import Store
import TestKit
import Testing

@testable import QueueModule

private struct Row: Decodable, Equatable {
    var sequence: Int64
    var user: String
    var quantity: Int64
    var state: String
    var order: String?
    var reason: String?
    var admittedAt: String?
    var endedAt: String?
    var reference: String?
    var ticket: String?
    var item: String?
    var refund: TestKit.TicketBody.Refund?
}

private struct Page: Decodable {
    var item: String?
    var user: String?
    var purchases: [Row]
    var next: String?
}

extension QueueRig {
    fileprivate func books(_ query: String = "", accept: String? = nil, item: String = "demo") throws -> HTTPReply {
        var headers: [(name: String, value: String)] = [("Authorization", "Bearer \(Self.token)")]
        if let accept { headers.append(("Accept", accept)) }
        return try administer("GET", "/admin/v1/items/\(item)/purchases\(query)", headers: headers)
    }
}

@Test func `an operator sees who bought what, with order, payment and refund`() throws {
    let sale = try PaidSale(buyers: 3, stock: 2)
    try sale.pay(0, "paid", "p-1")
    _ = try sale.refund(0, "r-1", returnsUnit: false)
    let page = try sale.rig.books().json(Page.self)
    #expect(page.item == "demo" && page.next == nil && page.purchases.map(\.sequence) == [1, 2, 3])
    #expect(page.purchases.map(\.user) == ["user-0", "user-1", "user-2"])
    #expect(page.purchases.map(\.state) == ["sold", "reserved", "queued"])
    let first = page.purchases[0]
    #expect(first.reference == "p-1" && first.refund?.reference == "r-1" && first.ticket == nil)
    #expect(page.purchases.allSatisfy { $0.admittedAt?.hasSuffix("Z") == true && $0.endedAt == nil })
}

@Test func `the tickets in the books are those that the buyers hold, and are shown only where they are wanted`() throws
{
    let sale = try PaidSale(buyers: 3, stock: 2)
    let page = try sale.rig.books("?tickets=true").json(Page.self)
    #expect(page.purchases.map(\.ticket) == sale.tickets)
    let csv = try sale.rig.books("?tickets=true&limit=1", accept: "text/csv").text
    #expect(csv.hasSuffix(",\"\(sale.tickets[0])\"\r\n") && csv.hasPrefix("sequence,user,quantity,state,"))
    #expect(try !sale.rig.books(accept: "text/csv").text.contains("ticket"))
}

@Test func `pages follow each other by their cursor, and a filter skips what is not wanted`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":700}"#)
    for start in stride(from: 0, to: 1_200, by: 240) { _ = try rig.admit((start..<start + 240).map { "u\($0)" }) }
    for _ in 0..<3 { try rig.deduct(200) }
    var (found, cursor) = ([Int64](), "0")
    for _ in 0..<5 {
        let page = try rig.books("?after=\(cursor)&limit=280").json(Page.self)
        found += page.purchases.map(\.sequence)
        guard let next = page.next else { break }
        cursor = next
    }
    #expect(found == Array(1...1_200))
    #expect(try rig.books().json(Page.self).purchases.count == 1_000)
    let waiting = try rig.books("?state=queued&limit=3").json(Page.self)
    #expect(waiting.purchases.map(\.sequence) == [601, 602, 603] && waiting.next == "603")
    #expect(
        try rig.books("?state=sold,queued&after=598&limit=3").json(Page.self).purchases.map(\.state) == [
            "sold", "sold", "queued",
        ])
    #expect(try rig.books("?user=u9").json(Page.self).purchases.map(\.sequence) == [10])
    #expect(try rig.books("?user=u9&state=queued").json(Page.self).purchases.isEmpty)
}

@Test(arguments: ["application/x-ndjson", "text/csv"])
func `the whole book is streamed, a row a line, also to a client that reads slowly`(accept: String) throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":60000,"queue_limit":60000}"#)
    let count = 30_000
    for start in stride(from: 0, to: count, by: 250) { _ = try rig.admit((start..<start + 250).map { "user\($0)" }) }
    try rig.deduct(256)
    let reply = try rig.books(accept: accept)
    #expect(reply.status == 200 && reply.header("Transfer-Encoding") == "chunked")
    #expect(reply.header("Content-Type")?.hasPrefix(accept) == true)
    let lines = reply.text.split(separator: accept == "text/csv" ? "\r\n" : "\n")
    #expect(lines.count == count + (accept == "text/csv" ? 1 : 0))
    #expect(lines[lines.count - 1].contains("user29999"))
    #expect(lines.filter { $0.contains("\"sold\"") }.count == 256)
    #expect(
        try rig.books("?limit=7&after=20", accept: accept).text.split(whereSeparator: \.isNewline).count
            == (accept == "text/csv" ? 8 : 7))
}

@Test func `a cell of the CSV is quoted, and nothing in it is a formula`() {
    var entry = BookEntry(
        sequence: 7, user: "=1+2\"x", quantity: 2, state: .soldOut, admittedAt: WallInstant(milliseconds: 0))
    (entry.order, entry.reason, entry.reference) = ("@o", "a,b\nc", "+p")
    var buffer = ByteBuffer()
    BookRow(entry: entry, ticket: "").writeCSV(to: &buffer)
    #expect(
        String(decoding: buffer.bytes, as: UTF8.self)
            == "7,\"'=1+2\"\"x\",2,\"sold_out\",\"'@o\",\"a,b c\",1970-01-01T00:00:00.000Z,,\"'+p\",\r\n")
    var header = BookRow.header(withTickets: true)
    header.removeLast(1)
    #expect(header == "sequence,user,quantity,state,order,reason,admitted_at,ended_at,reference,ticket")
}

@Test(arguments: [
    ("?state=won", "state is one of"), ("?user=", "user is"), ("?user=a%20b", "user is"), ("?user=%zz", "name=value"),
    ("?after=x", "after is"), ("?after=-1", "after is"), ("?limit=0", "limit is 1 to 1000"),
    ("?limit=1001", "limit is"),
    ("?tickets=yes", "tickets is"), ("?stat=sold", "stat is unknown"), ("?state", "name=value"),
])
func `what is wrong with a query is named`(query: String, reason: String) throws {
    let rig = try QueueRig()
    try rig.put()
    let refused = try rig.books(query)
    #expect(refused.status == 400 && refused.problem?.detail?.contains(reason) == true, "\(refused)")
}

@Test func `books that can't be read are refused as any item is`() throws {
    let rig = try QueueRig()
    #expect(try rig.books().code == "unknown-item")
    #expect(try rig.books("", accept: "text/csv", item: "none").code == "unknown-item")
    #expect(try rig.administer("POST", "/admin/v1/items/demo/purchases").status == 405)
    #expect(try rig.administer("GET", "/admin/v1/items/demo/purchases", headers: []).status == 401)
    #expect(try rig.books("", item: "a.b").status == 400)
}

@Test func `a stream that the store leaves in the midst of does not end as if it were whole`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":60000,"queue_limit":60000}"#)
    for start in stride(from: 0, to: 50_000, by: 250) { _ = try rig.admit((start..<start + 250).map { "user\($0)" }) }
    let client = HTTPClient(Endpoint(port: rig.adminServer.port))
    try client.post(
        HTTPRequest(
            "GET", "/admin/v1/items/demo/purchases",
            headers: [("Authorization", "Bearer \(QueueRig.token)"), ("Accept", "application/x-ndjson")]))
    for _ in 0..<12 { rig.loop.turn(waitAtMost: .milliseconds(10)) }
    rig.server.kill9()
    let isDown = rig.turns { !rig.publicServer.isReady }
    var failure: (any Error)?
    let isEnded = rig.turns {
        do {
            _ = try client.readReply(within: .zero, bodiless: false)
            return true
        } catch SocketError.timedOut {
            return false
        } catch {
            failure = error
            return true
        }
    }
    #expect(isDown && isEnded && failure != nil)
}

@Test func `the help desk finds what a user has of every item, page by page`() throws {
    let rig = try QueueRig()
    for item in ["one", "two", "three"] { try rig.put(item, #"{"stock":1}"#) }
    for item in ["one", "three"] { #expect(try rig.buy("ann/50%", item: item).status == 202) }
    #expect(try rig.buy("bob", item: "one").status == 202)
    try rig.deduct(1, of: "one")
    let found = try rig.administer("GET", "/admin/v1/users/ann%2f50%25").json(Page.self)
    #expect(found.user == "ann/50%" && found.next == nil)
    #expect(found.purchases.map(\.item) == ["one", "three"] && found.purchases.map(\.state) == ["sold", "queued"])
    #expect(try rig.administer("GET", "/admin/v1/users/bob").json(Page.self).purchases.map(\.state) == ["sold_out"])
    #expect(try rig.administer("GET", "/admin/v1/users/nobody").json(Page.self).purchases.isEmpty)
    for (target, why) in [("a%20b", "a user is"), ("ann?after=x", "known is after"), ("ann?page=2", "known is after")] {
        let refused = try rig.administer("GET", "/admin/v1/users/\(target)")
        #expect(refused.status == 400 && refused.problem?.detail?.contains(why) == true, "\(refused)")
    }
    #expect(try rig.administer("DELETE", "/admin/v1/users/ann").status == 405)
}

@Test func `all items of a long list are looked at for a user`() throws {
    let rig = try QueueRig()
    for number in 0..<700 { try rig.putElsewhere("item\(number)", stock: 5) }
    for number in [3, 350, 699] { _ = try rig.admit(["zoe"], to: "item\(number)") }
    var (items, target, pages) = (Set<String>(), "/admin/v1/users/zoe", 0)
    while true {
        let page = try rig.administer("GET", target).json(Page.self)
        items.formUnion(page.purchases.compactMap(\.item))
        pages += 1
        guard let next = page.next, pages < 100 else { break }
        target = "/admin/v1/users/zoe?after=\(next)"
    }
    #expect(items == ["item3", "item350", "item699"] && pages > 1 && pages < 20, "\(pages)")
}
