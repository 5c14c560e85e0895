import Domain
import Store
import TestKit
import Testing

@testable import QueueModule

@Test func `a buyer leaves the queue once and for all`() throws {
    let rig = try QueueRig()
    try rig.put()
    let ticket = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    let behind = try rig.buy("bob").json(TestKit.TicketBody.self).ticket
    let left = try rig.ask("DELETE", "/v1/tickets/\(ticket)")
    #expect(left.status == 204 && left.body.isEmpty && left.header("Cache-Control") == "no-store")
    let polled = try rig.poll(ticket).json(TestKit.TicketBody.self)
    #expect(polled.state == "cancelled" && polled.final)
    #expect(try rig.ask("DELETE", "/v1/tickets/\(ticket)").status == 204)
    try rig.deduct(10)
    let isSold = try rig.turns { try rig.poll(behind).json(TestKit.TicketBody.self).state == "sold" }
    #expect(isSold)
    let late = try rig.ask("DELETE", "/v1/tickets/\(behind)")
    #expect(late.status == 409 && late.code == "already-final")
    #expect(try rig.poll(ticket).json(TestKit.TicketBody.self).state == "cancelled")
}

@Test func `a ticket that was shown as cancelled is never queued again`() throws {
    let rig = try QueueRig()
    try rig.put()
    let ticket = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    // The message that says so is lost on the way; only the answer came.
    rig.publicServer.listener.onNotification = { _ in }
    #expect(try rig.ask("DELETE", "/v1/tickets/\(ticket)").status == 204)
    #expect(try rig.poll(ticket).json(TestKit.TicketBody.self).state == "cancelled")
}

@Test func `an order that is being placed can't be left`() throws {
    let rig = try QueueRig()
    try rig.put()
    let ticket = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    let taken = try rig.deduct(1, hasSink: true).taken
    let refused = try rig.ask("DELETE", "/v1/tickets/\(ticket)")
    #expect(refused.status == 409 && refused.code == "in-progress")
    let isProcessing = try rig.turns { try rig.poll(ticket).json(TestKit.TicketBody.self).state == "processing" }
    #expect(isProcessing)
    let polled = try rig.poll(ticket)
    #expect(polled.header("Retry-After") == "1")
    try rig.settle(taken, .refused)
    let isRejected = try rig.turns { try rig.poll(ticket).json(TestKit.TicketBody.self).state == "rejected" }
    #expect(isRejected)
    #expect(try rig.poll(ticket).json(TestKit.TicketBody.self).reason == "refused-by-order-sink")
}

@Test func `a ticket shows its order, or why it was refused, from the first poll that sees the end`() throws {
    let rig = try QueueRig()
    try rig.put()
    let tickets = try ["ann", "bob", "cid"].map { try rig.buy($0).json(TestKit.TicketBody.self).ticket }
    let taken = try rig.deduct(3, hasSink: true).taken
    func end(_ ticket: String) throws -> TestKit.TicketBody? {
        var body: TestKit.TicketBody?
        _ = try rig.turns {
            body = try rig.poll(ticket).json()
            return body?.final == true
        }
        return body
    }
    try rig.settle([taken[0]], .confirmed, note: "order \"1\"")
    let sold = try #require(try end(tickets[0]))
    #expect(sold.state == "sold" && sold.order == "order \"1\"" && sold.reason == nil)
    try rig.settle([taken[1]], .refused, note: "card\u{7}expired")
    let rejected = try #require(try end(tickets[1]))
    #expect(rejected.state == "rejected" && rejected.order == nil && rejected.reason == "card\u{7}expired")
    try rig.settle([taken[2]], .refused)
    let plain = try #require(try end(tickets[2]))
    #expect(plain.state == "rejected" && plain.order == nil && plain.reason == "refused-by-order-sink")
    let replayed = try rig.buy("ann").json(TestKit.TicketBody.self)
    #expect(replayed.order == "order \"1\"" && replayed.user == "ann" && replayed.final)
}

@Test func `where no order was ever noted, final tickets cost no call`() throws {
    let rig = try QueueRig()
    try rig.put()
    let ticket = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    try rig.settle(try rig.deduct(1, hasSink: true).taken, .confirmed)
    let isSold = try rig.turns { try rig.poll(ticket).json(TestKit.TicketBody.self).state == "sold" }
    #expect(isSold)
    let calls = try rig.calls { for _ in 0..<20 { _ = try rig.poll(ticket) } }
    #expect(calls.isEmpty, "\(calls)")
}

@Test func `what we did not sign is unknown and costs no call`() throws {
    let rig = try QueueRig()
    try rig.put()
    let ticket = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    var flipped = Array(ticket.utf8)
    flipped[10] = flipped[10] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
    let forgeries = [
        String(decoding: flipped, as: UTF8.self), String(ticket.dropLast()), ticket + "A", "AAAA", "..%2f", "",
        ticket.uppercased(),
    ]
    let calls = try rig.calls {
        for forged in forgeries {
            for method in ["GET", "DELETE"] {
                let reply = try rig.ask(method, "/v1/tickets/\(forged)")
                #expect(reply.status == 404 && reply.code == "unknown-ticket", "\(method) \(forged)")
            }
        }
    }
    #expect(calls.isEmpty)
    #expect(rig.publicServer.currentFigures.forgedTickets == UInt64(2 * forgeries.count))
}

@Test func `tickets of an item that was made anew are unknown, and none is mixed up with a new one`() throws {
    let rig = try QueueRig()
    try rig.put()
    let old = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    try rig.delete("demo")
    // No command removed the item from the store: a holder of its ticket gets that the record is gone.
    let gone = try rig.poll(try oldTicket(rig, behind: old))
    #expect(gone.status == 410 && gone.code == "lost")
    try rig.put()
    for method in ["GET", "DELETE"] {
        let reply = try rig.ask(method, "/v1/tickets/\(old)")
        #expect(reply.status == 404 && reply.code == "unknown-ticket", "\(method)")
    }
    let fresh = try rig.buy("bob").json(TestKit.TicketBody.self)
    #expect(fresh.sequence == 1 && fresh.ticket != old)
    #expect(try rig.poll(old).status == 404)
    let again = try rig.buy("ann")
    #expect(again.status == 202)
    #expect(try again.json(TestKit.TicketBody.self).sequence == 2)
}

/// A ticket of the same item that the server has never seen: above the tail it knows, so it must ask.
private func oldTicket(_ rig: QueueRig, behind known: String) throws -> String {
    let text = Array(known.utf8)
    let found = rig.publicServer.parts.codec.decode(text.span)
    var later = try #require(found).ticket
    later.sequence += 1000
    return rig.ticket(later)
}

@Test func `a name that passes to another item during a read answers no old ticket with its places`()
    throws
{
    let rig = try QueueRig()
    try rig.put()
    let first = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    let later = try oldTicket(rig, behind: first)
    rig.publicServer.listener.onNotification = { _ in }  // the server gets no notification
    try rig.server.command("FLUSHALL")
    let keys = try rig.reference().keys
    var change = ItemChange()
    change.stock = 5000
    _ = try rig.result {
        rig.other.put(keys, change, incarnation: 99, salt: [UInt8](repeating: 1, count: 16), completion: $0)
    }
    // 1,002 purchases, so that the old ticket's sequence exists in the new item.
    for start in stride(from: 0, to: 1020, by: 255) {
        _ = try rig.admit((start..<start + 255).map { "n\($0)" })
    }
    #expect(try rig.poll(later).status == 404)
}
