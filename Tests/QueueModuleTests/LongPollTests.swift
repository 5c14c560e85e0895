import Base
import Domain
import EventLoop
import Store
import TestKit
import Testing

@testable import QueueModule

/// A poll that was sent and whose answer may be long in coming.
private final class WaitingPoll {
    private let client: HTTPClient
    private(set) var reply: HTTPReply?

    init(_ rig: QueueRig, _ target: String, headers: [(name: String, value: String)] = []) throws {
        client = HTTPClient(Endpoint(port: rig.publicServer.port))
        try client.post(HTTPRequest("GET", target, headers: headers))
    }

    func isAnswered() throws -> Bool {
        if reply == nil {
            do { reply = try client.readReply(within: .zero) } catch SocketError.timedOut { return false }
        }
        return true
    }

    func body() throws -> TestKit.TicketBody { try #require(reply).json() }
    func leave() { client.disconnect() }
}

extension QueueRig {
    fileprivate var waiting: Int { publicServer.currentFigures.push.polls }
    fileprivate func ticket(of user: String) throws -> String { try buy(user).json(TestKit.TicketBody.self).ticket }
}

@Test func `a poll that waits is answered when the state changes, not when the place does`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":1,"queue_limit":10}"#)
    let (first, second) = (try rig.ticket(of: "ann"), try rig.ticket(of: "bob"))
    let poll = try WaitingPoll(rig, "/v1/tickets/\(second)?wait=20")
    try #require(rig.turns { rig.waiting == 1 })
    #expect(try rig.ask("DELETE", "/v1/tickets/\(first)").status == 204)  // bob moves up
    for _ in 0..<5 { rig.loop.turn(waitAtMost: .milliseconds(10)) }
    #expect(try !poll.isAnswered() && rig.waiting == 1)
    try rig.deduct(1)
    try #require(rig.turns { try poll.isAnswered() })
    #expect(try poll.body().state == "sold" && poll.body().final)
    #expect(poll.reply?.header("Preference-Applied") == "wait=20")
    #expect(rig.waiting == 0 && rig.publicServer.currentFigures.push.listeners == 0)
}

@Test func `a poll that waits is answered as it stands when its time is over`() throws {
    let rig = try QueueRig()
    try rig.put()
    let ticket = try rig.ticket(of: "ann")
    let start = MonotonicInstant.now
    let poll = try WaitingPoll(rig, "/v1/tickets/\(ticket)", headers: [("Prefer", "wait=1")])
    try #require(rig.turns { try poll.isAnswered() })
    #expect(MonotonicInstant.now - start >= .seconds(1))
    #expect(try poll.body().state == "queued" && poll.body().pollAfterMs ?? 0 > 0)
    #expect(poll.reply?.header("Preference-Applied") == "wait=1" && poll.reply?.header("Cache-Control") == "no-store")
}

@Test func `a poll does not wait for what has ended, nor for a state that its client has not seen`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":1}"#)
    let sold = try rig.ticket(of: "ann")
    try rig.deduct(1)
    try #require(rig.turns { try rig.poll(sold).json(TestKit.TicketBody.self).state == "sold" })
    let ended = try rig.ask("GET", "/v1/tickets/\(sold)?wait=20")
    #expect(try ended.json(TestKit.TicketBody.self).final && ended.header("Preference-Applied") == "wait=20")
    try rig.put("other", #"{"stock":5}"#)
    let waits = try rig.ask(.purchase(item: "other", user: "cid")).json(TestKit.TicketBody.self).ticket
    let other = try rig.ask("GET", "/v1/tickets/\(waits)?wait=20&state=processing")
    #expect(
        try other.json(TestKit.TicketBody.self).state == "queued" && other.header("Preference-Applied") == "wait=20")
    #expect(try rig.ask("GET", "/v1/tickets/\(waits)?wait=x").code == "invalid-request")
}

@Test func `a client that leaves, or a process that stops, ends the wait`() throws {
    let rig = try QueueRig()
    try rig.put()
    let ticket = try rig.ticket(of: "ann")
    let gone = try WaitingPoll(rig, "/v1/tickets/\(ticket)?wait=20")
    try #require(rig.turns { rig.waiting == 1 })
    gone.leave()
    try #require(rig.turns { rig.waiting == 0 })
    let poll = try WaitingPoll(rig, "/v1/tickets/\(ticket)?wait=20")
    try #require(rig.turns { rig.waiting == 1 })
    var isDrained = false
    rig.publicServer.drain(within: .seconds(5)) { isDrained = true }
    try #require(rig.turns { try poll.isAnswered() })
    #expect(try poll.body().state == "queued")
    #expect(rig.turns { isDrained })
}

@Test func `where too many wait, or the store is away, a poll is answered at once`() throws {
    let rig = try QueueRig(streams: 1)
    try rig.put()
    let ticket = try rig.ticket(of: "ann")
    let poll = try WaitingPoll(rig, "/v1/tickets/\(ticket)?wait=20")
    try #require(rig.turns { rig.waiting == 1 })
    let full = try rig.ask("GET", "/v1/tickets/\(ticket)?wait=20")
    #expect(full.status == 200 && full.header("Preference-Applied") == nil)
    #expect(try full.json(TestKit.TicketBody.self).state == "queued")
    poll.leave()
    try #require(rig.turns { rig.waiting == 0 })
    rig.server.kill9()
    try #require(rig.turns { !rig.publicServer.store.isReady })
    let away = try rig.ask("GET", "/v1/tickets/\(ticket)?wait=20")
    #expect(away.status == 200 && away.header("Preference-Applied") == nil)
}

@Test func `a reserved ticket's wait ends with its payment`() throws {
    let sale = try PaidSale()
    try #require(try sale.poll(0, until: "reserved") != nil)
    let poll = try WaitingPoll(sale.rig, "/v1/tickets/\(sale.tickets[0])?wait=20&state=reserved")
    try #require(sale.rig.turns { sale.rig.waiting == 1 })
    #expect(try sale.pay(0).status == 200)
    try #require(sale.rig.turns { try poll.isAnswered() })
    #expect(try poll.body().state == "sold")
}
