import Base
import Domain
import TestKit
import Testing

@testable import QueueModule

@Test func `a payment in time sells what was reserved, and sent again it says so again`() throws {
    let sale = try PaidSale()
    for _ in 1...2 {
        let paid = try sale.pay(0)
        #expect(paid.status == 200 && paid.payment?.state == "sold" && paid.payment?.decision == nil, "\(paid)")
        #expect(try sale.poll(0).state == "sold")
    }
    let body = try sale.poll(0)
    #expect(body.final && body.expiresAt == nil && body.refund == nil)
    #expect(try sale.rig.poll(sale.tickets[0]).text.contains("refund") == false)
}

@Test func `what is authorised in time is to be captured, and what came too late or for nothing to be voided`() throws {
    let sale = try PaidSale()
    let captured = try sale.pay(0, "authorized")
    #expect(captured.status == 200 && captured.payment?.decision == "capture" && captured.payment?.state == "sold")
    let queued = try sale.pay(2, "authorized")
    #expect(queued.status == 409 && queued.code == "not-reserved" && queued.problem?.decision == "void")
    #expect(try sale.leave(1).status == 204)
    let left = try sale.pay(1, "authorized")
    #expect(left.status == 409 && left.code == "late-payment" && left.problem?.decision == "void", "\(left)")
    let other = try sale.pay(0, "authorized", "p-2")
    #expect(other.status == 409 && other.code == "not-reserved" && other.problem?.decision == "void")
}

@Test func `a payment after the time to pay is late, and the ticket stays expired`() throws {
    let sale = try PaidSale()
    try sale.expire()
    let paid = try sale.pay(0)
    #expect(paid.status == 409 && paid.code == "late-payment" && paid.problem?.decision == nil, "\(paid)")
    #expect(paid.problem?.detail?.contains("paid back") == true)
    #expect(try sale.poll(0, until: "expired")?.final == true)
    let failed = try sale.pay(1, "failed")
    #expect(failed.status == 409 && failed.code == "late-payment")
}

@Test func `a payment that fails keeps the unit until the deadline, and another one may follow`() throws {
    let sale = try PaidSale()
    let failed = try sale.pay(0, "failed")
    let deadline = try #require(failed.payment?.expiresAt)
    #expect(failed.status == 200 && failed.payment?.state == "reserved")
    #expect(try sale.poll(0, until: "reserved")?.expiresAt == deadline)
    #expect(try sale.pay(0, "paid", "p-2").payment?.state == "sold")
    let late = try sale.pay(0, "failed", "p-3")
    #expect(late.status == 409 && late.code == "not-reserved")
}

@Test func `payments that one turn receives are one call, and one ticket paid twice among them is sold once`() throws {
    let sale = try PaidSale(buyers: 20, stock: 20, reserving: 20)
    _ = try sale.pay(19)
    let wanted = (0..<18).map { ($0, "paid", "p-\($0)") } + [(0, "paid", "p-0"), (1, "paid", "another")]
    var replies: [HTTPReply] = []
    let calls = try sale.rig.calls { replies = try sale.payTogether(wanted) }
    #expect(replies.map(\.status) == [Int](repeating: 200, count: 19) + [409])
    #expect(replies.last?.code == "not-reserved")
    // As they came from the network: the first may leave before the others are read, but not one by one.
    #expect(calls.count { $0.contains("evalsha") || $0.contains("EVALSHA") } <= 3, "\(calls.count) calls")
    let item = try sale.rig.ask("GET", "/v1/items/demo").json(TestKit.ItemBody.self)
    #expect(item.sold == 19 && item.held == 1 && item.addsUp, "\(item)")
}

@Test func `a payment for a ticket that is none is unknown, and nothing is noted`() throws {
    let sale = try PaidSale()
    func pay(_ ticket: String) throws -> HTTPReply {
        try sale.rig.administer(
            "POST", "/admin/v1/tickets/\(ticket)/payment", json: #"{"outcome":"paid","reference":"p-1"}"#)
    }
    let forged = [String(sale.tickets[0].dropLast()), "AAAA", sale.tickets[0].uppercased()]
    var codes: [String?] = []
    let calls = try sale.rig.calls { codes = try forged.map { try pay($0).code } }
    #expect(calls.isEmpty && codes == ["unknown-ticket", "unknown-ticket", "unknown-ticket"])
    let never = try sale.rig.ticket(sequence: 900)
    #expect(try pay(never).status == 410 && pay(never).code == "lost")
    try sale.rig.delete("demo")
    #expect(try pay(sale.tickets[0]).code == "lost")
    try sale.rig.put()
    for index in 0...1 {
        let passed = try sale.pay(index)
        #expect(passed.status == 404 && passed.code == "unknown-ticket", "\(passed)")
    }
}

@Test(arguments: [
    ("", "not valid JSON"), ("{}", "outcome is missing"), (#"{"outcome":"paid"}"#, "reference is missing"),
    (#"{"outcome":"refunded","reference":"r"}"#, "outcome must be \"authorized\", \"paid\" or \"failed\""),
    (#"{"outcome":"paid","reference":""}"#, "reference must be 1 to 128"),
    (#"{"outcome":"paid","reference":"a b"}"#, "reference must be 1 to 128"),
    (#"{"outcome":"paid","reference":"é"}"#, "reference must be 1 to 128"),
    (#"{"outcome":"paid","reference":7}"#, "reference must be a string"),
    (#"{"outcome":"paid","referenz":"r"}"#, "reference"),
    ("{\"outcome\":\"paid\",\"reference\":\"\(String(repeating: "r", count: 129))\"}", "reference must be 1 to 128"),
])
func `what a shop got wrong in a payment is named, and nothing is paid`(body: String, reason: String) throws {
    let sale = try PaidSale(buyers: 1, reserving: 1)
    let refused = try sale.rig.administer("POST", "/admin/v1/tickets/\(sale.tickets[0])/payment", json: body)
    #expect(refused.status == 400 && refused.problem?.detail?.contains(reason) == true, "\(refused)")
    #expect(try sale.poll(0, until: "reserved") != nil)
}

@Test func `payments and refunds need the token, and their method`() throws {
    let sale = try PaidSale(buyers: 1, reserving: 1)
    for path in ["payment", "refund"] {
        let target = "/admin/v1/tickets/\(sale.tickets[0])/\(path)"
        let body = #"{"outcome":"paid","reference":"p-1"}"#
        #expect(try sale.rig.administer("POST", target, json: body, headers: []).status == 401)
        let get = try sale.rig.administer("GET", target)
        #expect(get.status == 405 && get.header("Allow") == "POST")
    }
    #expect(try sale.poll(0, until: "reserved") != nil)
}

@Test func `payments are counted by their answers`() throws {
    let sale = try PaidSale()
    for _ in 1...2 { try sale.pay(0) }
    try sale.pay(2)
    try sale.pay(1, "failed")
    let counted = sale.rig.adminServer.payments
    #expect(counted.count(.sold) == 2 && counted.count(.notReserved) == 1 && counted.count(.held) == 1)
    #expect(counted.count(.late) == 0 && counted.calls == 4)
}

@Test func `a payment whose fate is unknown is called safe to repeat, and the repeat decides`() throws {
    let sale = try PaidSale(deadline: .milliseconds(300))
    sale.rig.server.pause()
    let lost = try sale.pay(0)
    sale.rig.server.resume()
    #expect(lost.status == 503 && lost.code == "store-unavailable" && lost.header("Retry-After") != nil)
    #expect(lost.problem?.detail?.contains("safe") == true)
    let isPaid = try sale.rig.turns { try sale.pay(0).payment?.state == "sold" }
    #expect(isPaid)
}
