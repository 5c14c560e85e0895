import Base
import EventLoop
import Testing

@testable import HTTPServer

private let get = "GET /g HTTP/1.1\r\nHost: a\r\n\r\n"

@Test func `answers with Date, Content-Length and the handler's fields`() throws {
    let harness = try Harness()
    harness.handler.onRequest = { _, exchange in
        harness.server.respond(to: exchange) {
            $0.status = 202
            $0.contentType("application/json")
            $0.field("Location: /v1/tickets/", [UInt8]("ab\r\nX: y".utf8))
            $0.field("Retry-After: ", 12)
            $0.body.append("{}")
        }
    }
    let text = harness.exchange("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", answers: 1)
    let date = String(decoding: DateField.render(second: harness.loop.wallNow.milliseconds / 1000), as: UTF8.self)
    #expect(
        text == "HTTP/1.1 202 Accepted\r\n\(date)Content-Type: application/json\r\n"
            + "Location: /v1/tickets/ab  X: y\r\nRetry-After: 12\r\nContent-Length: 2\r\n\r\n{}")
}

@Test func `a handler sees method, path, query, fields and body`() throws {
    let harness = try Harness()
    var seen: [String] = []
    harness.handler.onRequest = { request, exchange in
        func text(_ span: Span<UInt8>) -> String { String(decoding: Array(copying: span), as: UTF8.self) }
        seen = [
            "\(request.method)", request.withPath(text), request.withQuery(text), request.withBody(text),
            request.withHeader(.idempotencyKey, text) ?? "none", request.header(.contentType) ?? "none",
            request.header(.traceparent) ?? "none",
        ]
        harness.handler.answer(exchange, "ok")
    }
    let fields = "Host: a\r\nTransfer-Encoding: chunked\r\nidempotency-key: k1\r\nContent-Type: text/plain\r\n"
    _ = harness.exchange("PUT /p/q?r=1 HTTP/1.1\r\n\(fields)\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", answers: 1)
    #expect(seen == ["put", "/p/q", "r=1", "abc", "k1", "text/plain", "none"])
}

@Test func `HEAD has the length of GET and no body, and 204 has neither`() throws {
    let harness = try Harness()
    let client = harness.connect()
    client.send("HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n")
    harness.turn {
        client.receive(); return client.text.hasSuffix("Content-Length: 4\r\n\r\n")
    }
    #expect(client.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(client.text.hasSuffix("Content-Length: 4\r\n\r\n"))
    harness.handler.onRequest = { _, exchange in
        harness.server.respond(to: exchange) {
            $0.status = 204
            $0.body.append("never seen")
        }
    }
    let text = harness.exchange(get, answers: 1)
    #expect(text.hasPrefix("HTTP/1.1 204 No Content\r\n"))
    #expect(!text.contains("Content-Length"))
    #expect(text.hasSuffix("\r\n\r\n"))
}

@Test func `pipelined requests are answered in their order, with one in the handler's hands at a time`() throws {
    let harness = try Harness()
    let client = harness.connect()
    let paths = ["/1", "/later2", "/3", "/later4", "/later5", "/6"]
    client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
    for (index, last) in [(0, "/later2"), (1, "/later4"), (2, "/later5")] {
        #expect(harness.turn { harness.handler.waiting.count == index + 1 })
        harness.loop.turn(waitAtMost: .zero)
        #expect(harness.handler.seen.last == last)
        #expect(harness.handler.waiting.count == index + 1)
        harness.handler.answer(harness.handler.waiting[index], last)
    }
    #expect(client.await(6))
    #expect(client.answers == paths.map { "200 " + $0 })
}

@Test func `answers come in order however the bytes arrive`() throws {
    let harness = try Harness()
    let client = harness.connect()
    let chunked = "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    for byte in ("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" + chunked + "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n").latin1 {
        client.send([byte])
        harness.loop.turn(waitAtMost: .milliseconds(5))
    }
    #expect(client.await(3))
    #expect(client.answers == ["200 /1", "200 /2", "200 /3"])
}

@Test func `an answer inside one request's handler may go to another connection`() throws {
    let harness = try Harness()
    let (first, second) = (harness.connect(), harness.connect())
    first.send("GET /later1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(harness.turn { harness.handler.waiting.count == 1 })
    harness.handler.onRequest = { request, exchange in
        if let waiting = harness.handler.waiting.popLast() { harness.handler.answer(waiting, "released") }
        harness.handler.answer(exchange, request.withPath { String(decoding: Array(copying: $0), as: UTF8.self) })
    }
    second.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(first.await(2))
    #expect(second.await(2))
    #expect(first.answers == ["200 released", "200 /2"])
    #expect(second.answers == ["200 /a", "200 /b"])
}

@Test func `answering twice, or a client that has gone, does nothing`() throws {
    let harness = try Harness()
    let client = harness.connect()
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(harness.turn { harness.handler.waiting.count == 1 })
    let exchange = harness.handler.waiting[0]
    #expect(harness.server.isOpen(exchange))
    #expect(harness.server.respond(to: exchange) { $0.body.append("one") })
    #expect(!harness.server.isOpen(exchange))
    #expect(!harness.server.respond(to: exchange) { $0.body.append("two") })
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(harness.turn { harness.handler.waiting.count == 2 })
    #expect(!harness.server.respond(to: exchange) { $0.body.append("two") })
    client.receive()
    #expect(client.answers == ["200 one"])
    client.reset()
    #expect(harness.turn { harness.server.statistics.connectionsOpen == 0 })
    #expect(!harness.server.respond(to: harness.handler.waiting[1]) { $0.body.append("three") })
    #expect(harness.exchange(get, answers: 1).contains("200 OK"))
}

@Test(arguments: [0, 3])
func `a client that ends its sending still gets its answers`(turnsBeforeTheAnswer: Int) throws {
    let harness = try Harness()
    let client = harness.connect()
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n" + get)
    #expect(harness.turn { harness.handler.waiting.count == 1 })
    client.finishSending()
    for _ in 0..<turnsBeforeTheAnswer { harness.loop.turn(waitAtMost: .zero) }
    harness.handler.answer(harness.handler.waiting[0], "late")
    #expect(client.awaitEnd())
    #expect(client.answers == ["200 late", "200 /g"])
}

@Test func `Connection: close and HTTP 1.0 end the connection after the answer`() throws {
    let harness = try Harness()
    for request in ["GET /g HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET /g HTTP/1.0\r\n\r\n"] {
        let client = harness.connect()
        client.send(request)
        #expect(client.awaitEnd())
        #expect(client.answers == ["200 /g"])
        #expect(client.text.contains("Connection: close\r\n"))
    }
    let client = harness.connect()
    client.send("GET /g HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    #expect(client.await(1))
    #expect(client.text.contains("Connection: keep-alive\r\n"))
    client.send(get)
    #expect(client.await(2))
}

@Test func `100 Continue is sent when the body is awaited, and only then`() throws {
    let harness = try Harness()
    let client = harness.connect()
    client.send("POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    #expect(
        harness.turn {
            client.receive(); return client.text == "HTTP/1.1 100 Continue\r\n\r\n"
        })
    client.send("h")
    harness.loop.turn(waitAtMost: .milliseconds(20))
    client.send("i")
    #expect(client.await(1))
    #expect(client.text.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
    let refused = harness.exchange(
        "POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n", answers: 1)
    #expect(refused.hasPrefix("HTTP/1.1 413 "))
}

@Test func `input behind a request in the handler's hands stays in the socket`() throws {
    let harness = try Harness()
    let client = harness.connect()
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(harness.turn { harness.handler.waiting.count == 1 })
    let before = harness.server.statistics.bytesIn
    for _ in 0..<100 {
        client.send(get)
        harness.loop.turn(waitAtMost: .zero)
    }
    #expect(harness.server.statistics.bytesIn == before)
    harness.handler.answer(harness.handler.waiting[0], "late")
    #expect(client.await(101))
}

@Test(arguments: [false, true])
func `an exchange that is given up ends its connection with a reset, within the handler or later`(later: Bool) throws {
    let harness = try Harness()
    var given: ExchangeID?
    harness.handler.onRequest = { _, exchange in
        given = exchange
        if !later { #expect(harness.server.reset(exchange)) }
    }
    let client = harness.connect()
    client.send(get + get)
    harness.turn { given != nil }
    let exchange = try #require(given)
    if later { #expect(harness.server.reset(exchange)) }
    #expect(client.awaitEnd())
    #expect(client.wasReset)
    #expect(!harness.server.reset(exchange))
    #expect(harness.handler.seen == ["/g"])
    #expect(harness.server.statistics.connectionsOpen == 0)
}
