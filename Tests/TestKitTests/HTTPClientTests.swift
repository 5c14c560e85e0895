import Base
import Testing

@testable import TestKit

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    @Test func `keeps the connection and reads status, fields and body`() throws {
        let server = try MisbehavingServer { call in
            .reply(status: 202, fields: ["Retry-After: 7"], body: #"{"code":"c\#(call.number)"}"#)
        }
        let client = HTTPClient(server.endpoint)
        let first = try client.send(.purchase(item: "i", user: "u", key: "k"))
        let second = try client.get("/b")
        #expect(first.status == 202)
        #expect(first.header("retry-after") == "7")
        #expect(first.code == "c1")
        #expect(second.code == "c2")
        let sent = try #require(server.calls.first).text
        #expect(sent.hasPrefix("POST /v1/items/i/purchases HTTP/1.1\r\nHost: 127.0.0.1:"))
        #expect(sent.contains("\r\nIdempotency-Key: k\r\n"))
        #expect(sent.hasSuffix("\r\n\r\n{\"user\":\"u\",\"quantity\":1}"))
    }

    @Test func `reads bodies in chunks, without a body, and up to the end`() throws {
        let answers = [
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n",
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\nto the end",
        ]
        let server = try MisbehavingServer { $0.number <= 3 ? .raw(answers[$0.number - 1]) : .close }
        let client = HTTPClient(server.endpoint)
        #expect(try client.get("/").text == "abcde")
        #expect(try client.get("/").status == 204)
        try client.sendRaw("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
        #expect(try client.readReply().text == "to the end")
    }

    @Test func `a closed connection differs from a silent one`() throws {
        let server = try MisbehavingServer { $0.line.contains("/close") ? .close : .silence }
        let silent = HTTPClient(server.endpoint, patience: .milliseconds(100))
        #expect(throws: SocketError.timedOut) { try silent.get("/") }
        let raw = HTTPClient(server.endpoint)
        try raw.sendRaw("GET /silent HTTP/1.1\r\n\r\n")
        #expect(!raw.isClosed(within: .milliseconds(50)))
        try raw.sendRaw("GET /close HTTP/1.1\r\n\r\n")
        #expect(raw.isClosed(within: .seconds(2)))
    }

    @Test func `connects anew when the server closed in the pause`() throws {
        let server = try MisbehavingServer { $0.number == 2 ? .close : .reply(status: 200, body: "\($0.number)") }
        let client = HTTPClient(server.endpoint)
        #expect(try client.get("/").text == "1")
        #expect(try client.get("/").text == "3")
    }
}

@Suite(.timeLimit(.minutes(1))) struct CrowdTests {
    @Test func `answers every request in the order asked, over all connections`() throws {
        let server = try MisbehavingServer { call in
            .reply(status: 200, body: String(call.line.dropFirst(4).prefix { $0 != " " }))
        }
        let requests = (0..<2_000).map { HTTPRequest("GET", "/\($0)") }
        let answers = Crowd(server.endpoint).send(requests)
        #expect(answers.map { $0.reply?.text } == (0..<2_000).map { "/\($0)" })
        #expect(answers.allSatisfy { $0.tries == 1 && $0.took > .zero })
    }

    @Test func `retries what broke or was refused for the moment, until it is answered`() throws {
        let server = try MisbehavingServer { call in
            switch call.number % 3 {
            case 1: .close
            case 2: .reply(status: 503, body: #"{"code":"store-unavailable"}"#)
            default: .reply(status: 202)
            }
        }
        var crowd = Crowd(server.endpoint)
        crowd.connections = 1
        crowd.isPersistent = true
        let answers = crowd.send((0..<5).map { HTTPRequest("GET", "/\($0)") }, within: .seconds(10))
        #expect(answers.map(\.status) == [202, 202, 202, 202, 202])
        #expect(answers.map(\.tries).reduce(0, +) == 15)
    }

    @Test func `a refusal that is an answer is not retried`() throws {
        let server = try MisbehavingServer { _ in .reply(status: 503, body: #"{"code":"queue-full"}"#) }
        var crowd = Crowd(server.endpoint)
        crowd.isPersistent = true
        let answers = crowd.send([HTTPRequest("GET", "/")], within: .seconds(5))
        #expect(answers[0].reply?.code == "queue-full")
        #expect(answers[0].tries == 1)
    }

    @Test func `keeps the pace it was given`() throws {
        let server = try MisbehavingServer { _ in .reply(status: 200) }
        var crowd = Crowd(server.endpoint)
        crowd.perSecond = 200
        let (answers, took) = timed { crowd.send((0..<100).map { HTTPRequest("GET", "/\($0)") }) }
        #expect(answers.allSatisfy { $0.status == 200 })
        #expect(took >= .milliseconds(490))
    }

    @Test func `gives up on a silent server, whose request has no reply`() throws {
        let server = try MisbehavingServer { _ in .silence }
        var crowd = Crowd(server.endpoint)
        crowd.patience = .milliseconds(100)
        let answers = crowd.send([HTTPRequest("GET", "/")], within: .seconds(5))
        #expect(answers[0].reply == nil)
        #expect(answers[0].tries == 1)
    }
}
