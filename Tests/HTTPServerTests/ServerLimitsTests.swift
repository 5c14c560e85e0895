import Base
import CLinux
import EventLoop
import Glibc
import Testing

@testable import HTTPServer

private let get = "GET /g HTTP/1.1\r\nHost: a\r\n\r\n"

@Test(arguments: [
    ("GET /g HTTP/1.1\r\n\r\n", 400, "invalid-request"),
    ("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 4097\r\n\r\n", 413, "body-too-large"),
    ("GET /\(String(repeating: "a", count: 2048)) HTTP/1.1\r\n", 414, "url-too-long"),
    ("POST /p HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", 417, "expectation-failed"),
    ("GET /g HTTP/1.1\r\nX: \(String(repeating: "a", count: 9000))", 431, "head-too-large"),
    ("BREW /p HTTP/1.1\r\n", 405, "method-not-allowed"),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version-not-supported"),
])
func `refuses with a problem body and ends the connection`(input: String, status: Int, code: String) throws {
    let harness = try Harness()
    let client = harness.connect()
    client.send(input + get)
    #expect(client.awaitEnd())
    #expect(!client.wasReset)
    #expect(client.text.hasPrefix("HTTP/1.1 \(status) "))
    #expect(client.text.contains("Content-Type: application/problem+json\r\n"))
    #expect(client.text.contains("Connection: close\r\n"))
    #expect(client.text.contains("\"status\":\(status),"))
    #expect(client.text.contains("\"code\":\"\(code)\"}"))
    #expect(client.answers.count == 1)
    #expect(harness.handler.seen.isEmpty)
    #expect(harness.server.statistics.refused(status: status) == 1)
}

@Test func `a refusal can be read by a client that goes on sending its body`() throws {
    let harness = try Harness()
    let client = harness.connect()
    client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n")
    for _ in 0..<40 {
        client.send([UInt8](repeating: 0x78, count: 1000))
        harness.loop.turn(waitAtMost: .milliseconds(1))
    }
    #expect(client.awaitEnd())
    #expect(!client.wasReset)
    #expect(client.text.hasPrefix("HTTP/1.1 413 "))
    client.close()
    #expect(harness.turn { harness.server.statistics.connectionsOpen == 0 })
}

@Test func `discarding ends after the limit of bytes, or of time`() throws {
    let flooded = try Harness { $0.lingerTimeout = .seconds(60) }
    let client = flooded.connect()
    client.send("BREW / HTTP/1.1\r\n")
    #expect(flooded.turn { flooded.server.statistics.refused(status: 405) == 1 })
    #expect(
        flooded.turn {
            client.send([UInt8](repeating: 0, count: 4096)); return flooded.server.connections.count == 0
        })
    #expect(flooded.server.statistics.bytesIn >= 64 * 1024)
    #expect(flooded.server.statistics.bytesIn < 256 * 1024)

    let silent = try Harness { $0.lingerTimeout = .milliseconds(5) }
    let other = silent.connect()
    other.send("BREW / HTTP/1.1\r\n")
    #expect(other.awaitEnd())
    #expect(silent.turn { silent.server.connections.count == 0 })
}

/// Sends one byte every 5 ms: never as slow as a timeout of 30 ms, never as much as a limit of bytes.
private final class Drip {
    private let client: TestClient
    private var next = EventLoop.readMonotonicClock()

    init(_ client: TestClient) { self.client = client }

    func send() {
        guard EventLoop.readMonotonicClock() >= next else { return }
        next = EventLoop.readMonotonicClock() + .milliseconds(5)
        client.send("X")
    }
}

@Test func `a head that drips in is refused at its absolute deadline`() throws {
    let harness = try Harness { $0.headTimeout = .milliseconds(30) }
    let client = harness.connect()
    let start = EventLoop.readMonotonicClock()
    let drip = Drip(client)
    client.send("GET /g HTTP/1.1\r\nHost: a\r\n")
    #expect(
        harness.turn {
            drip.send()
            client.receive()
            return client.isEnded
        })
    #expect(client.text.hasPrefix("HTTP/1.1 408 "))
    #expect(EventLoop.readMonotonicClock() - start >= .milliseconds(30))
    #expect(harness.server.statistics.refused(status: 408) == 1)
}

@Test func `a body that drips in is refused at its absolute deadline, which begins with the end of the head`() throws {
    let harness = try Harness {
        $0.headTimeout = .seconds(60)
        $0.bodyTimeout = .milliseconds(30)
    }
    let client = harness.connect()
    client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 4096\r\n\r\n")
    let drip = Drip(client)
    #expect(
        harness.turn {
            drip.send()
            client.receive()
            return client.isEnded
        })
    #expect(client.text.hasPrefix("HTTP/1.1 408 "))
}

@Test func `an idle connection is closed without a word, and a request puts that off`() throws {
    let harness = try Harness { $0.idleTimeout = .milliseconds(30) }
    let (silent, speaking) = (harness.connect(), harness.connect())
    var steps = 0
    #expect(
        harness.turn {
            speaking.receive()
            if speaking.answers.count == steps {
                steps += 1
                speaking.send(get)
            }
            silent.receive()
            return silent.isEnded
        })
    #expect(silent.received.isEmpty)
    #expect(!speaking.isEnded)
    #expect(speaking.awaitEnd())
    #expect(speaking.answers.count == steps)
}

@Test func `a request in the handler's hands has no deadline of the server`() throws {
    let harness = try Harness {
        $0.idleTimeout = .milliseconds(5)
        $0.headTimeout = .milliseconds(5)
    }
    let client = harness.connect()
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(harness.turn { harness.handler.waiting.count == 1 })
    let end = EventLoop.readMonotonicClock() + .milliseconds(30)
    harness.turn { EventLoop.readMonotonicClock() > end }
    harness.handler.answer(harness.handler.waiting[0], "late")
    #expect(client.await(1))
    #expect(client.awaitEnd())
}

@Test func `a reader that takes nothing is given up, and no more is read from it`() throws {
    let harness = try Harness {
        $0.writeTimeout = .milliseconds(50)
        $0.outputBytes = 64 * 1024 * 1024
    }
    let big = [UInt8](repeating: 0x78, count: 16 * 1024 * 1024)
    harness.handler.onRequest = { _, exchange in harness.server.respond(to: exchange) { $0.body.append(big) } }
    let client = harness.connect()
    client.send(get + get + get)
    #expect(harness.turn { harness.handler.seen.count == 1 })
    #expect(harness.turn { harness.server.connections.count == 0 })
    #expect(harness.handler.seen.count == 1)
    #expect(harness.server.statistics.slowReaders == 1)
}

@Test func `a blocked answer leaves in pieces, whole, and the next request follows`() throws {
    let harness = try Harness { $0.outputBytes = 64 * 1024 * 1024 }
    let big = (0..<8 * 1024 * 1024).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    harness.handler.onRequest = { request, exchange in
        let isLast = request.withPath { $0.count } == 2
        harness.server.respond(to: exchange) { if isLast { $0.body.append("end") } else { $0.body.append(big) } }
    }
    let client = harness.connect()
    client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n" + get)
    #expect(
        harness.turn {
            client.receive(); return client.received.suffix(3) == [UInt8]("end".utf8)[...]
        })
    let start = try #require(client.received.firstIndex(of: UInt8(ascii: "\n")).map { _ in 0 })
    let headEnd = try #require(
        (start..<1000).first { client.received[$0..<$0 + 4] == [13, 10, 13, 10] })
    #expect(client.received[headEnd + 4..<headEnd + 4 + big.count] == big[...])
    #expect(harness.handler.seen == ["/big", "/g"])
}

@Test func `an answer above the cap of output ends its connection`() throws {
    let harness = try Harness()
    let big = [UInt8](repeating: 0x78, count: 16 * 1024 * 1024)
    harness.handler.onRequest = { _, exchange in harness.server.respond(to: exchange) { $0.body.append(big) } }
    let client = harness.connect()
    client.send(get)
    #expect(harness.turn { harness.server.statistics.slowReaders == 1 })
    #expect(harness.server.connections.count == 0)
}

@Test func `connections above the limit are closed at once and counted`() throws {
    let harness = try Harness { $0.connections = 2 }
    let good = [harness.connect(), harness.connect()]
    #expect(harness.turn { harness.server.connections.count == 2 })
    let extra = harness.connect()
    #expect(extra.awaitEnd())
    #expect(harness.server.statistics.connectionsRefused == 1)
    for client in good {
        client.send(get)
        #expect(client.await(1))
    }
    good[0].close()
    #expect(harness.turn { harness.server.connections.count == 1 })
    #expect(harness.exchange(get, answers: 1).hasPrefix("HTTP/1.1 200"))
}

@Test func `accepting pauses while descriptors are used up, and goes on`() throws {
    let loop = try EventLoop()
    var isShort = true
    var calls = 0
    let listener = try Listener(
        loop: loop, address: "127.0.0.1", port: 0, reusePort: false, pause: .milliseconds(20)
    ) { descriptor in
        calls += 1
        guard isShort else { return clinux_accept(descriptor) }
        errno = EMFILE
        return -1
    }
    var accepted: [Int32] = []
    listener.onAccept = { accepted.append($0) }
    let client = TestClient(port: listener.port, loop: loop)
    #expect(loop.turn { calls == 1 })
    for _ in 0..<5 { loop.turn(waitAtMost: .zero) }
    #expect(calls == 1)
    #expect(listener.pauses == 1)
    isShort = false
    #expect(loop.turn { accepted.count == 1 })
    listener.close()
    for descriptor in accepted { close(descriptor) }
    client.close()
}

@Test func `an idle connection holds no input or output memory`() throws {
    let harness = try Harness()
    let client = harness.connect()
    for byte in (get + get).latin1 {
        client.send([byte])
        harness.loop.turn(waitAtMost: .milliseconds(1))
    }
    #expect(client.await(2))
    for connection in harness.server.connections { #expect(connection.heldBytes == 0) }
}
