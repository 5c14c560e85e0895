import Base
import Domain
import EventLoop
import Store
import TestKit
import Testing

@testable import QueueModule

@Test func `a reserved ticket says until when it must be paid, and asks for a poll a second`() throws {
    let sale = try PaidSale()
    let body = try #require(try sale.poll(0, until: "reserved"))
    let deadline = try #require(RFC3339.parse(body.expiresAt ?? ""))
    let left = deadline - sale.rig.loop.wallNow
    #expect(left <= .seconds(600) && left > .seconds(570), "\(left)")
    #expect(!body.final && (800...1_200).contains(body.pollAfterMs ?? 0) && body.order == nil)
    #expect(try sale.rig.buy("user-0").json(TestKit.TicketBody.self).expiresAt == body.expiresAt)
}

@Test func `polls of a reserved ticket touch the store ever less often`() throws {
    let sale = try PaidSale()
    _ = try sale.poll(0, until: "reserved")
    var bodies: [TestKit.TicketBody] = []
    let calls = try sale.rig.calls { for _ in 0..<200 { bodies.append(try sale.poll(0)) } }
    #expect(bodies.allSatisfy { $0.state == "reserved" && $0.expiresAt == bodies[0].expiresAt })
    #expect(bodies[0].expiresAt != nil && (1...20).contains(calls.count), "\(calls.count) calls")
}

@Test func `who gives a reserved unit back is cancelled at once, and never shown as reserved again`() throws {
    let sale = try PaidSale()
    _ = try sale.poll(0, until: "reserved")
    sale.rig.publicServer.listener.onNotification = { _ in }  // the message about it is lost
    for _ in 1...2 { #expect(try sale.leave(0).status == 204) }
    #expect(try sale.poll(0).state == "cancelled")
    let item = try sale.rig.administer("GET", "/admin/v1/items/demo").json(TestKit.ItemBody.self)
    #expect(item.held == 1 && item.stockLeft == 1 && item.addsUp, "\(item)")
}

@Test func `a hold that has ended unseen is not shown as one`() throws {
    let sale = try PaidSale()
    _ = try sale.poll(0, until: "reserved")
    sale.rig.publicServer.listener.onNotification = { _ in }
    try sale.expire()
    #expect(try sale.poll(0).state == "expired")
}

@Test func `an item whose last units are held says that it has a waitlist, until they are sold`() throws {
    let sale = try PaidSale(reserving: 1)
    func waitlist() throws -> Bool? {
        try sale.rig.administer("GET", "/admin/v1/items/demo").json(TestKit.ItemBody.self).waitlist
    }
    #expect(try waitlist() == false, "a unit is free")
    try sale.reserve(1)
    #expect(try waitlist() == true)
    let isShown = try sale.rig.turns {
        try sale.rig.ask("GET", "/v1/items/demo").json(TestKit.ItemBody.self).waitlist == true
    }
    #expect(isShown)
    let late = try sale.rig.buy("late")
    #expect(try late.status == 202 && late.json(TestKit.TicketBody.self).verdict == "possible", "\(late)")
    for index in 0...1 { try sale.pay(index) }
    #expect(try waitlist() == false, "nothing comes back")
}

@Test func `an operator sets the time to pay, sees it, and it is written down`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":1,"pay_window_ms":900000}"#)
    try rig.put("demo", #"{"pay_grace_ms":30000,"pay_spread_ms":60000}"#)
    let shown = try object(rig.administer("GET", "/admin/v1/items/demo").body)
    #expect(shown["pay_window_ms"] as? Int == 900_000 && shown["pay_grace_ms"] as? Int == 30_000)
    #expect(shown["pay_spread_ms"] as? Int == 60_000)
    #expect(rig.log.audits.first?.after?.contains("pay_window_ms=900000") == true)
    #expect(rig.log.audits.last?.after == "pay_grace_ms=30000 pay_spread_ms=60000")
}
