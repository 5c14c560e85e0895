import Base
import Domain
import EventLoop
import Sodium
import TestKit
import Testing

@testable import OutboundHTTP
@testable import Store
@testable import WorkerModule

@Test func `a call carries the ticket as its id, the purchase as its body, and a signature of both`() throws {
    let rig = try SinkRig { _ in confirmed }
    try rig.place(7...7)
    #expect(rig.turns(untilFinished: 1))
    let call = try #require(rig.seen.first)
    let id = try #require(call.fields["webhook-id"])
    let decoded = TicketCodec(authenticator: rig.ring).decode(id.utf8.span)
    let (ticket, item) = try #require(decoded)
    #expect(ticket.sequence == 7 && ticket.quantity == 3 && ticket.incarnation == SinkRig.incarnation)
    #expect(item.description == "demo")
    #expect(ticket.userTag == KeyedHash.hash("user-7".utf8.span, key: SinkRig.salt))
    #expect(
        call.body == """
            {"type":"order.place","ticket":"\(id)","item":"demo","user":"user-7","quantity":3,"sequence":7,\
            "attempt":2,"admitted_at":"1970-01-01T00:00:01.000Z"}
            """)
    let timestamp = try #require(call.fields["webhook-timestamp"].flatMap { Int64($0) })
    #expect(abs(timestamp - EventLoop.readWallClock().milliseconds / 1_000) <= 30)
    #expect(
        call.fields["webhook-signature"]
            == WebhookSignature.make(id: id, timestamp: timestamp, body: Array(call.body.utf8), key: SinkRig.key))
    #expect(call.line == "POST /orders HTTP/1.1" && call.fields["content-type"] == "application/json")
    #expect(rig.finished[0].outcome == .confirmed && rig.finished[0].note == "o-1")
    #expect(rig.endedCalls.map(\.result) == [.answered] && rig.sink.count == 0)
}

@Test(arguments: [
    (200, #"{"status":"confirmed","order":"A 1"}"#, Settlement.Outcome.confirmed, "A 1"),
    (201, #"{"order":"x","status":"confirmed","more":[1,{}]}"#, .confirmed, "x"),
    (200, #"{"status":"refused","reason":"no \"more\""}"#, .refused, "no \"more\""),
    (200, #"{"status":"refused"}"#, .refused, ""), (200, #"{"status":"refused","reason":null}"#, .refused, ""),
])
func `an answer of the contract ends the purchase`(
    status: Int, body: String, outcome: Settlement.Outcome, note: String
) throws {
    let rig = try SinkRig { _ in .reply(status: status, body: body) }
    try rig.place(1...1)
    #expect(rig.turns(untilFinished: 1))
    #expect(rig.finished[0].outcome == outcome && rig.finished[0].note == note && rig.seen.count == 1)
}

private let long = String(repeating: "x", count: 257)

@Test(
    arguments: [
        .reply(status: 500), .reply(status: 404), .reply(status: 302, fields: ["Location: /x"]), .reply(status: 200),
        .reply(status: 204), .reply(status: 202, body: #"{"status":"confirmed","order":"x"}"#),
        .reply(status: 200, body: "confirmed"), .reply(status: 200, body: #"{"status":"confirmed"}"#),
        .reply(status: 200, body: #"{"status":"confirmed","order":7}"#),
        .reply(status: 200, body: #"{"status":"confirmed","order":""}"#),
        .reply(status: 200, body: #"{"status":"confirmed","order":"\#(long)"}"#),
        .reply(status: 200, body: #"{"status":"CONFIRMED","order":"x"}"#),
        .reply(status: 200, body: #"{"status":"refused","status":"confirmed","order":"x"}"#),
        .reply(status: 200, body: #"{"status":"confirmed","order":"x"} {}"#),
        .reply(status: 201, body: #"{"status":"refused","reason":"x"}"#),
        .reply(status: 200, body: #"[{"status":"refused"}]"#), .reset, .close, .raw("nonsense\r\n\r\n"),
        .reply(status: 200, body: String(repeating: " ", count: 70_000) + #"{"status":"refused"}"#),
    ] as [MisbehavingServer.Answer])
func `anything else is unknown and asked again with the same id, never given back`(
    answer: MisbehavingServer.Answer
) throws {
    let rig = try SinkRig { $0.number < 6 ? answer : confirmed }
    try rig.place(1...1)
    #expect(rig.turns(untilFinished: 1))
    #expect(rig.outcomes == [.confirmed] && rig.seen.count == 6)
    #expect(Set(rig.seen.map { $0.fields["webhook-id"] }).count == 1 && Set(rig.seen.map(\.body)).count == 1)
    #expect(rig.endedCalls.map(\.result) == Array(repeating: .unknown, count: 5) + [.answered])
    #expect(rig.sink.figures.unknown == 5 && rig.sink.figures.confirmed == 1 && rig.sink.figures.repeated == 5)
    #expect(rig.log.reasons.count == 5)
}

@Test func `no answer in time is unknown, and the late one changes nothing`() throws {
    let rig = try SinkRig({ $0.timeout = .milliseconds(40) }) { call in
        call.number == 1 ? .after(.milliseconds(120), .reply(status: 200, body: #"{"status":"refused"}"#)) : confirmed
    }
    try rig.place(1...1)
    #expect(rig.turns(untilFinished: 1))
    rig.turns(for: .milliseconds(150))
    #expect(
        rig.outcomes == [.confirmed] && rig.seen.count == 2 && rig.endedCalls.map(\.result) == [.unknown, .answered])
    #expect(rig.endedCalls[0].duration >= .milliseconds(39) && rig.finished[0].execution >= .milliseconds(39))
}

@Test func `a busy service is asked again when it said, and the purchase is none the worse for it`() throws {
    let rig = try SinkRig { call in
        switch call.number {
        case 1: .reply(status: 429, fields: ["Retry-After: 1"])
        case 2...9: .reply(status: call.number % 2 == 0 ? 503 : 429)
        default: confirmed
        }
    }
    let began = EventLoop.readMonotonicClock()
    try rig.place(1...1)
    #expect(rig.turns { rig.seen.count == 2 })
    #expect(EventLoop.readMonotonicClock() - began >= .milliseconds(990))
    #expect(rig.turns(untilFinished: 1))
    #expect(rig.outcomes == [.confirmed] && rig.sink.figures.busy == 9 && rig.log.reasons.isEmpty)
}

@Test func `calls at once stay within the connections, and a thousand purchases end once each`() throws {
    let rig = try SinkRig(connections: 7) { call in
        let sequence = call.body.split(separator: "\"sequence\":").last.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
        if sequence % 10 == 3 { return .reply(status: 200, body: #"{"status":"refused","reason":"three"}"#) }
        return .reply(status: 200, body: #"{"status":"confirmed","order":"o-\#(sequence)"}"#)
    }
    try rig.place(1...1_000)
    var most = 0
    #expect(
        rig.turns {
            most = max(most, rig.sink.underWay)
            return rig.finished.count == 1_000
        })
    #expect(most == 7 && Set(rig.seen.map(\.connection)).count == 7 && rig.seen.count == 1_000)
    #expect(Set(rig.seen.compactMap { $0.fields["webhook-id"] }).count == 1_000)
    for order in rig.finished {
        let sequence = order.order.record.sequence
        #expect(order.outcome == (sequence % 10 == 3 ? .refused : .confirmed))
        #expect(order.note == (sequence % 10 == 3 ? "three" : "o-\(sequence)"))
    }
    // What ends in one turn is handed over together.
    #expect(rig.handedOver.count < 1_000 && rig.endedCalls.count == 1_000)
}

@Test func `a declared cap spreads the calls evenly, those made again included`() throws {
    let rig = try SinkRig({ $0.group.capPerSecond = 100 }) { call in
        call.number % 3 == 0 ? .reply(status: 500) : confirmed
    }
    let began = EventLoop.readMonotonicClock()
    try rig.place(1...30)
    #expect(rig.turns(untilFinished: 30))
    let took = EventLoop.readMonotonicClock() - began
    #expect(took >= .milliseconds(10 * Int64(rig.seen.count - 1)), "\(rig.seen.count) calls in \(took)")
}

@Test func `an open breaker lets nothing out but probes, and all goes on when they end well`() throws {
    let isGood = Locked(false)
    let rig = try SinkRig(
        connections: 4,
        breaker: {
            $0.mode = .auto
            $0.minimumCalls = 10
            $0.openFor = .milliseconds(100)
            $0.probes = 2
        },
        answer: { _ in isGood.withLock { $0 } ? confirmed : .reply(status: 500) })
    try rig.place(1...100)
    #expect(rig.turns { rig.sink.breaker == .open && rig.sink.underWay == 0 })
    let atOpening = rig.endedCalls.count
    #expect(atOpening >= 10 && atOpening <= 10 + 4)
    rig.turns(for: .milliseconds(250))
    let probes = rig.log.breaker.count { $0 == .halfOpen }
    #expect(probes >= 1 && (1...2 * probes).contains(rig.seen.count - atOpening), "\(rig.seen.count)")
    #expect(rig.finished.isEmpty && rig.sink.count == 100)
    isGood.withLock { $0 = true }
    #expect(rig.turns(untilFinished: 100))
    #expect(rig.outcomes.allSatisfy { $0 == .confirmed } && rig.sink.breaker == .closed)
    #expect(rig.log.breaker.first == .open && rig.log.breaker.suffix(2) == [.halfOpen, .closed])
}

@Test func `an operator's word opens and closes a manual breaker`() throws {
    let rig = try SinkRig(breaker: { $0.mode = .manual }, answer: { _ in confirmed })
    #expect(rig.gate.set(isOpen: true))
    try rig.place(1...3)
    rig.turns(for: .milliseconds(30))
    #expect(rig.seen.isEmpty && rig.sink.breaker == .open)
    #expect(rig.gate.set(isOpen: false))
    #expect(rig.turns(untilFinished: 3))
}

@Test func `what is never answered is in doubt after the time, and not before`() throws {
    let rig = try SinkRig({
        $0.timeout = .milliseconds(20)
        $0.inDoubtAfter = .milliseconds(200)
    }) { call in call.body.contains(#""sequence":2,"#) ? confirmed : .silence }
    let began = EventLoop.readMonotonicClock()
    try rig.place(1...2)
    #expect(rig.turns(untilFinished: 2))
    #expect(EventLoop.readMonotonicClock() - began >= .milliseconds(200))
    #expect(rig.outcomes == [.inDoubt, .confirmed] && rig.sink.count == 0)
}

@Test func `it comes into doubt behind an open breaker too, but not what was never called for`() throws {
    let rig = try SinkRig(
        { $0.inDoubtAfter = .milliseconds(100) },
        connections: 5,
        breaker: {
            $0.mode = .auto
            $0.minimumCalls = 5
            $0.openFor = .seconds(3_600)
        }, answer: { _ in .reply(status: 500) })
    try rig.place(1...20)
    #expect(rig.turns { rig.sink.breaker == .open })
    #expect(rig.turns(untilFinished: 5))
    rig.turns(for: .milliseconds(150))
    #expect(rig.outcomes == Array(repeating: .inDoubt, count: rig.seen.count) && rig.sink.count == 20 - rig.seen.count)
}

@Test func `one that was in doubt goes back there after its tries in short succession`() throws {
    let rig = try SinkRig { _ in .reply(status: 500) }
    try rig.place(1...1, wasInDoubt: true)
    #expect(rig.turns(untilFinished: 1))
    #expect(rig.outcomes == [.inDoubt] && rig.seen.count == 3)
}

@Test func `an orderly stop gives back all that has no call under way`() throws {
    let rig = try SinkRig(connections: 2) { $0.number == 1 ? .reply(status: 429) : .silence }
    try rig.place(1...5)
    #expect(rig.turns { rig.seen.count >= 3 })
    let back = rig.sink.withdrawWaiting().map(\.record.sequence).sorted()
    #expect(back.count == 3 && rig.sink.count == 2 && rig.sink.withdrawWaiting().isEmpty)
    rig.turns(for: .milliseconds(60))
    #expect(rig.seen.count == 3)
}

@Test func `a ticket whose key is not there is not called for under another name`() throws {
    let rig = try SinkRig { _ in confirmed }
    let right = rig.keyID
    rig.keyID = right.map { $0 &+ 1 }
    try rig.place(1...2)
    rig.keyID = nil
    try rig.place(3...3)
    rig.keyID = right
    try rig.place(4...4)
    #expect(rig.turns(untilFinished: 1))
    rig.turns(for: .milliseconds(30))
    #expect(rig.finished.map(\.order.record.sequence) == [4] && rig.seen.count == 1)
    #expect(rig.log.keyMissing == 3 && rig.sink.count == 3)
    #expect(rig.sink.withdrawWaiting().map(\.record.sequence) == [1, 2, 3])
}

@Test func `a store that does not answer is asked again for what a ticket needs`() throws {
    let rig = try SinkRig { _ in confirmed }
    rig.identifyFailures = [.unreachable, .outcomeUnknown, .stale]
    try rig.place(1...300)
    #expect(rig.turns(untilFinished: 300))
    #expect(
        Set(rig.finished.map(\.order.record.sequence)).count == 300 && rig.log.failures == [.stale, .outcomeUnknown])
}
