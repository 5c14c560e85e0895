import Base
import EventLoop
import TestKit
import Testing

@testable import OutboundHTTP

/// A client on a loop that the test turns, against a server that does as the test wants.
private final class Rig {
    let loop: EventLoop
    let http: OutboundHTTP
    let server: MisbehavingServer
    let calls = Locked<[MisbehavingServer.Call]>([])

    init(connections: Int = 8, answer: @escaping @Sendable (MisbehavingServer.Call) -> MisbehavingServer.Answer) throws
    {
        loop = try EventLoop()
        http = OutboundHTTP(loop: loop, connections: connections)
        let calls = calls
        server = try MisbehavingServer { call in
            calls.withLock { $0.append(call) }
            return answer(call)
        }
    }

    func post(
        _ body: String = "{}", to url: String? = nil, fields: [String] = [], deadline: TimeSpan = .seconds(20),
        completion: @escaping (OutboundResult) -> Void
    ) {
        http.post(
            OutboundRequest(
                url: url ?? server.url + "/orders", fields: fields, body: Array(body.utf8), deadline: deadline),
            completion: completion)
    }

    func result(
        _ body: String = "{}", to url: String? = nil, fields: [String] = [], deadline: TimeSpan = .seconds(20)
    ) throws -> OutboundResult {
        var result: OutboundResult?
        post(body, to: url, fields: fields, deadline: deadline) { result = $0 }
        turns { result != nil }
        return try #require(result)
    }

    func turns(until condition: () -> Bool) {
        let end = EventLoop.readMonotonicClock() + .seconds(30)
        while !condition(), EventLoop.readMonotonicClock() < end { loop.turn(waitAtMost: .milliseconds(20)) }
    }
}

private func failure(_ result: OutboundResult) -> OutboundFailure? {
    if case .failure(let failure) = result { failure } else { nil }
}

private func isUnknown(_ result: OutboundResult) -> Bool {
    if case .failure(.outcomeUnknown) = result { true } else { false }
}

private func isNotSent(_ result: OutboundResult) -> Bool {
    if case .failure(.notSent) = result { true } else { false }
}

@Test func `a call carries its fields and body, and brings back status, body and the time to wait`() throws {
    let rig = try Rig { _ in .reply(status: 503, fields: ["Retry-After: 7"], body: "later") }
    let reply = try rig.result("{\"a\":1}", fields: ["webhook-id: x", "Content-Type: application/json"]).get()
    #expect(reply == OutboundReply(status: 503, body: Array("later".utf8), retryAfter: .seconds(7)))
    let call = try #require(rig.calls.withLock { $0 }.first)
    #expect(call.line == "POST /orders HTTP/1.1" && call.body == "{\"a\":1}")
    #expect(call.fields["webhook-id"] == "x" && call.fields["content-length"] == "7")
    #expect(call.fields["expect"] == nil && call.fields["content-type"] == "application/json")
}

@Test func `the time to wait may be a date`() throws {
    let rig = try Rig { _ in .reply(status: 429, fields: ["Retry-After: Fri, 31 Dec 2199 23:59:59 GMT"]) }
    let reply = try rig.result().get()
    #expect(reply.retryAfter == .seconds(86_400))
}

@Test func `calls one after the other share a connection, calls at once have one each`() throws {
    let rig = try Rig(connections: 4) { _ in .after(.milliseconds(5), .reply(status: 200)) }
    for _ in 0..<20 { #expect(try rig.result().get().status == 200) }
    #expect(rig.calls.withLock { Set($0.map(\.connection)) } == [1])
    var done = 0
    for _ in 0..<4 { rig.post { _ in done += 1 } }
    #expect(!rig.http.hasRoom)
    rig.turns { done == 4 }
    #expect(done == 4 && rig.http.count == 0 && rig.http.hasRoom)
    #expect(rig.calls.withLock { Set($0.map(\.connection)) } == [1, 2, 3, 4])
}

@Test func `a thousand calls over eight connections all end, and none is sent twice`() throws {
    let rig = try Rig { call in .reply(status: 200, body: call.body) }
    var (sent, answers) = (0, Set<String>())
    rig.turns {
        while rig.http.hasRoom, sent < 1_000 {
            let text = "call \(sent)"
            sent += 1
            rig.post(text) { result in
                if case .success(let reply) = result, reply.body == Array(text.utf8) { answers.insert(text) }
            }
        }
        return answers.count == 1_000
    }
    #expect(answers.count == 1_000 && rig.calls.withLock { $0.count } == 1_000)
    #expect(rig.calls.withLock { Set($0.map(\.connection)).count } <= 8)
}

@Test func `no answer in time is an unknown outcome, at the deadline`() throws {
    let rig = try Rig { _ in .silence }
    let began = EventLoop.readMonotonicClock()
    let result = try rig.result(deadline: .milliseconds(100))
    let took = EventLoop.readMonotonicClock() - began
    #expect(isUnknown(result) && took >= .milliseconds(90) && took < .seconds(10), "\(result), \(took)")
}

@Test(arguments: [
    MisbehavingServer.Answer.reset, .close, .raw("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"),
    .raw("what?\r\n\r\n"), .raw("HTTP/1.1 200 OK\r\nContent-Len"),
])
func `what is no whole answer is an unknown outcome, and was sent once`(answer: MisbehavingServer.Answer) throws {
    // Also on a connection that served before, where libcurl would by itself send the request again.
    let rig = try Rig { $0.number == 1 ? .reply(status: 200) : answer }
    #expect(try rig.result().get().status == 200)
    let result = try rig.result(deadline: .milliseconds(300))
    #expect(isUnknown(result), "\(result)")
    #expect(rig.calls.withLock { $0.count } == 2)
}

@Test func `a reset for all calls is counted once a call`() throws {
    let rig = try Rig { $0.number % 2 == 1 ? .reply(status: 200) : .reset }
    var (good, unknown) = (0, 0)
    for _ in 0..<50 {
        let result = try rig.result()
        if isUnknown(result) { unknown += 1 } else if failure(result) == nil { good += 1 }
    }
    #expect(good == 25 && unknown == 25 && rig.calls.withLock { $0.count } == 50)
}

@Test func `who can't be reached was sent nothing`() throws {
    let rig = try Rig { _ in .reply(status: 200) }
    let closed = try MisbehavingServer { _ in .silence }.url  // gone by now
    let refused = try rig.result(to: closed)
    #expect(isNotSent(refused), "\(refused)")
    let nobody = try rig.result(to: "http://no-such-host.invalid/")
    #expect(isNotSent(nobody), "\(nobody)")
    for url in ["ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1:1/", "http://"] {
        let result = try rig.result(to: url)
        #expect(isNotSent(result), "\(url): \(result)")
    }
}

@Test func `addresses that are out of bounds are refused before anything is sent, however they are written`() throws {
    let rig = try Rig { _ in .reply(status: 200) }
    for host in [
        "169.254.169.254", "0.0.0.0", "[::]", "[fe80::1]", "[::ffff:169.254.169.254]", "1.1.1.1", "0xa9.0xfe.0xa9.0xfe",
        "2852039166", "[64:ff9b::a9fe:a9fe]", "255.255.255.255",
    ] {
        let result = try rig.result(to: "http://\(host)/", deadline: .milliseconds(500))
        #expect(failure(result) == .notSent("the address may not be connected to"), "\(host): \(result)")
    }
    for host in ["0x7f.1", "2130706433", "127.1", "localhost"] {
        let reply = try rig.result(to: "http://\(host):\(rig.server.port)/").get()
        #expect(reply.status == 200, "\(host)")
    }
}

@Test func `a redirect is an answer like any other and is not followed`() throws {
    let other = try MisbehavingServer { _ in .reply(status: 200) }
    let target = other.url
    let rig = try Rig { _ in .reply(status: 307, fields: ["Location: \(target)/"]) }
    #expect(try rig.result().get().status == 307)
    #expect(rig.calls.withLock { $0.count } == 1)
}

@Test func `an answer longer than the limit is not read to its end`() throws {
    let most = OutboundHTTP.replyLimit - 200
    let rig = try Rig { call in
        call.number == 1
            ? .reply(status: 200, body: String(repeating: "x", count: most))
            : call.number == 2
                ? .reply(status: 200, body: String(repeating: "x", count: OutboundHTTP.replyLimit))
                : .reply(status: 200, fields: (0..<90).map { "f\($0): " + String(repeating: "y", count: 800) })
    }
    #expect(try rig.result().get().body.count == most)
    let body = try rig.result()
    let head = try rig.result()
    let unknown = OutboundFailure.outcomeUnknown("the answer is longer than 65536 bytes")
    #expect(failure(body) == unknown && failure(head) == unknown, "\(body) \(head)")
}

@Test func `a client may go while calls are under way`() throws {
    let loop = try EventLoop()
    let server = try MisbehavingServer { _ in .silence }
    var answers = 0
    do {
        let http = OutboundHTTP(loop: loop, connections: 4)
        for _ in 0..<4 {
            http.post(OutboundRequest(url: server.url, fields: [], body: [1], deadline: .milliseconds(50))) { _ in
                answers += 1
            }
        }
        for _ in 0..<5 { loop.turn(waitAtMost: .milliseconds(2)) }
    }
    for _ in 0..<10 { loop.turn(waitAtMost: .milliseconds(10)) }
    #expect(answers == 0)
}
