import Base
import EventLoop
import Testing

@testable import HTTPServer

private func at(_ milliseconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: milliseconds * 1_000_000) }

@Test func `a request's time is from the turn that read it to the end of the turn that answered it`() {
    var times = RequestTimes()
    times.measure()
    for _ in 0..<3 { times.answered(kind: 2, status: 200, start: at(1_000)) }
    times.answered(kind: 1, status: 202, start: at(998))
    times.answered(kind: 1, status: 503, start: at(0))
    times.answered(kind: 2, status: 404, start: at(1_000))
    #expect(times.isWaiting)
    times.turnEnded(now: at(1_001))
    #expect(!times.isWaiting)
    // Bounds in ms: 0.1 0.25 0.5 1 2.5 5 …
    #expect(times.buckets(kind: 2) == [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    #expect(times.buckets(kind: 1) == [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1])
    #expect(times.nanoseconds(kind: 2) == 4_000_000 && times.nanoseconds(kind: 1) == 1_004_000_000)
    #expect(times.answers(kind: 1, hundreds: 2) == 1 && times.answers(kind: 1, hundreds: 5) == 1)
    #expect(times.answers(kind: 2, hundreds: 2) == 3 && times.answers(kind: 2, hundreds: 4) == 1)
    var sum = RequestTimes()
    sum.add(times)
    sum.add(times)
    #expect(sum.answers(kind: 2, hundreds: 2) == 6 && sum.nanoseconds(kind: 2) == 8_000_000)
}

@Test func `a server that is not timed keeps no list of what it answered`() {
    var times = RequestTimes()
    for turn in 0..<1_000 { times.answered(kind: 1, status: 200, start: at(Int64(turn))) }
    #expect(!times.isWaiting && times.answers(kind: 1, hundreds: 2) == 1_000)
}

@Test func `answers at once, later, and refusals are counted by kind and status`() throws {
    let harness = try Harness()
    harness.server.measureTimes()
    harness.loop.beforeSleep { [unowned server = harness.server] in server.turnEnded() }
    harness.handler.onRequest = { request, exchange in
        let isLate = request.withPath { $0.starts(with: "/later") }
        harness.server.mark(isLate ? 1 : 2)
        if isLate { harness.handler.waiting.append(exchange) } else { harness.handler.answer(exchange, "now") }
    }
    let client = harness.connect()
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(harness.turn { !harness.handler.waiting.isEmpty })
    _ = harness.exchange("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n", answers: 2)
    _ = harness.exchange("nonsense\r\n\r\n", answers: 1)
    harness.handler.answer(harness.handler.waiting[0], "late")
    harness.loop.turn(waitAtMost: .zero)
    let times = harness.server.times
    #expect(times.answers(kind: 2, hundreds: 2) == 2 && times.buckets(kind: 2).reduce(0, +) == 2)
    #expect(times.answers(kind: 1, hundreds: 2) == 1 && times.buckets(kind: 1).reduce(0, +) == 1)
    #expect(times.answers(kind: 0, hundreds: 4) == 1 && times.buckets(kind: 0).reduce(0, +) == 0)
    #expect(times.nanoseconds(kind: 1) > 0)
}

@Test func `a handler learns who is at the other end, while the exchange is open`() throws {
    let harness = try Harness()
    var peers: [Peer?] = []
    harness.handler.onRequest = { _, exchange in
        peers.append(harness.server.peer(of: exchange))
        harness.handler.answer(exchange, "now")
        peers.append(harness.server.peer(of: exchange))
    }
    _ = harness.exchange("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", answers: 1)
    #expect(peers.count == 2 && peers[0]?.address == "127.0.0.1" && peers[0]?.network == "127.0.0.1")
    #expect(peers[0].map { $0.port > 0 } == true && peers[1] == nil)
    #expect(Peer(address: "2001:db8::1", port: 9, network: "2001:db8::").description == "[2001:db8::1]:9")
}
