import Base
import Domain
import TestKit
import Testing

@testable import QueueModule

@Test func `a refund is shown in the ticket, which stays sold, and its unit goes to the next in line`() throws {
    let sale = try PaidSale()
    try sale.pay(0)
    let refunded = try sale.refund(0)
    #expect(refunded.status == 200 && refunded.payment?.state == "sold", "\(refunded)")
    let refund = try #require(refunded.payment?.refund)
    #expect(refund.reference == "r-1" && refund.unitReturned)
    let isShown = try sale.rig.turns { try sale.poll(0).refund != nil }
    let body = try sale.poll(0)
    #expect(isShown && body.state == "sold" && body.final && body.refund == refund)
    try sale.reserve(1)
    #expect(try sale.poll(2, until: "reserved")?.expiresAt != nil)
}

@Test func `the first refund decides, also where the second one has another reference`() throws {
    let sale = try PaidSale()
    try sale.pay(0)
    let first = try sale.refund(0, "r-1", returnsUnit: false)
    let second = try sale.refund(0, "r-2", returnsUnit: true)
    #expect(first.header("Idempotency-Replayed") == nil && second.header("Idempotency-Replayed") == "true")
    #expect(first.payment?.refund?.unitReturned == false && second.payment == first.payment)
    let item = try sale.rig.administer("GET", "/admin/v1/items/demo").json(TestKit.ItemBody.self)
    #expect(item.sold == 1 && item.stockLeft == 0)
}

@Test func `only what is sold can be refunded`() throws {
    let sale = try PaidSale()
    for index in [0, 2] {
        let refused = try sale.refund(index)
        #expect(refused.status == 409 && refused.code == "not-sold", "\(refused)")
    }
    let never = try sale.rig.administer(
        "POST", "/admin/v1/tickets/\(sale.rig.ticket(sequence: 900))/refund",
        json: #"{"reference":"r","return_unit":true}"#)
    #expect(never.status == 410 && never.code == "lost")
}

@Test func `a refund is written down once, with who made it and what came back`() throws {
    let sale = try PaidSale()
    try sale.pay(0)
    for _ in 1...2 { _ = try sale.refund(0) }
    let audits = sale.rig.log.audits.filter { $0.action == "refund" }
    #expect(audits.count == 1 && audits.first?.item == "demo" && audits.first?.who.hasPrefix("admin:") == true)
    #expect(audits.first?.after == "sequence=1 reference=r-1 units_returned=1")
}

@Test(arguments: [
    (#"{"reference":"r"}"#, "return_unit is missing"), (#"{"return_unit":true}"#, "reference is missing"),
    (#"{"reference":"r","return_unit":1}"#, "return_unit must be"), (#"{"reference":" ","return_unit":true}"#, "128"),
    (#"{"reference":"r","return_units":true}"#, "return_unit"),
])
func `what is wrong with a refund is named, and nothing is paid back`(body: String, reason: String) throws {
    let sale = try PaidSale(buyers: 1, reserving: 1)
    try sale.pay(0)
    let refused = try sale.rig.administer("POST", "/admin/v1/tickets/\(sale.tickets[0])/refund", json: body)
    #expect(refused.status == 400 && refused.problem?.detail?.contains(reason) == true, "\(refused)")
    #expect(try sale.poll(0).refund == nil)
}
