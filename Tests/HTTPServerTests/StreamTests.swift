import Base
import EventLoop
import Testing

@testable import HTTPServer

private let get = "GET /g HTTP/1.1\r\nHost: a\r\n\r\n"

/// A handler that answers with so many parts of one length, the next one when the client has taken the last.
private final class Parts {
    private unowned let harness: Harness
    private let length: Int
    private var left: Int
    private var exchange: ExchangeID?
    private(set) var sent = 0
    private(set) var isGone = false
    private(set) var mostHeld = 0

    init(_ harness: Harness, count: Int, length: Int) {
        (self.harness, left, self.length) = (harness, count, length)
        harness.handler.onRequest = { [unowned self] _, exchange in begin(exchange) }
    }

    private func begin(_ exchange: ExchangeID) {
        self.exchange = exchange
        let isBegun = harness.server.stream(to: exchange, onDrained: { [unowned self] in sendNext() }) {
            $0.contentType("text/csv")
        }
        if isBegun { sendNext() }
    }

    func sendNext() {
        guard let exchange else { return }
        left -= 1
        let (isLast, letter) = (left == 0, UInt8(ascii: "a") + UInt8(sent % 26))
        let progress = harness.server.sendPart(of: exchange, isLast: isLast) {
            $0.append([UInt8](repeating: letter, count: length))
        }
        mostHeld = max(mostHeld, harness.server.connections.map(\.heldBytes).max() ?? 0)
        switch progress {
        case .gone: isGone = true
        case .sent, .blocked: sent += 1
        }
        guard progress == .sent, !isLast else { return }
        harness.loop.schedule(after: .milliseconds(1)) { [unowned self] in sendNext() }
    }

    func reset() { if let exchange { _ = harness.server.reset(exchange) } }
}

@Test func `a body in parts is sent in chunks, and the next request of the connection follows it`() throws {
    let harness = try Harness()
    let parts = Parts(harness, count: 3, length: 17)
    let client = harness.connect()
    client.send(get)
    harness.turn {
        client.receive(); return client.text.hasSuffix("0\r\n\r\n")
    }
    #expect(client.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    let body = ["a", "b", "c"].map { "11\r\n\(String(repeating: $0, count: 17))\r\n" }.joined() + "0\r\n\r\n"
    #expect(client.text.hasSuffix("Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n" + body))
    #expect(parts.sent == 3 && !client.text.contains("Content-Length"))
    harness.handler.onRequest = nil
    client.send(get)
    harness.turn {
        client.receive(); return client.text.hasSuffix("Content-Length: 2\r\n\r\n/g")
    }
    #expect(client.text.hasSuffix("Content-Length: 2\r\n\r\n/g"))
}

@Test(arguments: [1: "1", 9: "9", 10: "a", 15: "f", 16: "10", 171: "ab", 256: "100", 4_095: "fff", 4_096: "1000"])
func `the size of a part stands before it`(length: Int, size: String) throws {
    let harness = try Harness()
    let parts = Parts(harness, count: 1, length: length)
    let client = harness.connect()
    client.send(get)
    harness.turn {
        client.receive(); return client.text.hasSuffix("0\r\n\r\n")
    }
    let part = "\(size)\r\n\(String(repeating: "a", count: length))\r\n"
    #expect(client.text.hasSuffix("Transfer-Encoding: chunked\r\n\r\n\(part)0\r\n\r\n") && parts.sent == 1)
}

@Test func `requests that were sent behind one are answered after its last part`() throws {
    let harness = try Harness()
    let parts = Parts(harness, count: 2, length: 1)
    let client = harness.connect()
    client.send(get)
    harness.turn { parts.sent > 0 }
    harness.handler.onRequest = nil
    client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
    harness.turn {
        client.receive(); return client.text.hasSuffix("/next")
    }
    #expect(client.text.contains("0\r\n\r\nHTTP/1.1 200 OK") && client.text.hasSuffix("/next"))
}

@Test func `a client that reads slowly gets all of it, and the server keeps a few parts at most`() throws {
    let harness = try Harness()
    let parts = Parts(harness, count: 400, length: 64 * 1024)
    let client = harness.connect()
    client.send(get)
    // The sockets take some; then nothing more is made until the client reads.
    harness.turn { parts.mostHeld > 0 && harness.server.connections.allSatisfy(\.isBlocked) }
    let before = parts.sent
    for _ in 0..<50 { harness.loop.turn(waitAtMost: .zero) }
    #expect(parts.sent == before && before < 400)
    harness.turn {
        client.receive(); return parts.sent == 400 && client.received.suffix(5) == Array("0\r\n\r\n".utf8)[...]
    }
    #expect(client.received.count > 400 * 64 * 1024 && parts.mostHeld < 300 * 1024, "\(parts.mostHeld)")
}

@Test func `a client of HTTP 1_0 gets the parts as they are, and the end of the connection`() throws {
    let harness = try Harness()
    let parts = Parts(harness, count: 2, length: 3)
    let client = harness.connect()
    client.send("GET /g HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    #expect(client.awaitEnd() && parts.sent == 2)
    #expect(client.text.hasSuffix("Connection: close\r\n\r\naaabbb"))
}

@Test func `HEAD gets the head alone`() throws {
    let harness = try Harness()
    let parts = Parts(harness, count: 2, length: 3)
    let client = harness.connect()
    client.send("HEAD /g HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(client.await(1) && parts.sent == 0 && client.text.hasSuffix("\r\n\r\n"))
}

@Test func `a stream that can't be completed ends without its last chunk`() throws {
    let harness = try Harness()
    let parts = Parts(harness, count: 100_000, length: 3)
    let client = harness.connect()
    client.send(get)
    harness.turn { parts.sent > 3 }
    parts.reset()
    #expect(client.awaitEnd() && !client.text.hasSuffix("0\r\n\r\n"))
    harness.turn { parts.isGone }
    #expect(parts.isGone && harness.server.statistics.connectionsOpen == 0)
}

@Test func `a client that goes away ends its stream`() throws {
    let harness = try Harness()
    let parts = Parts(harness, count: 100_000, length: 64 * 1024)
    let client = harness.connect()
    client.send(get)
    harness.turn { parts.sent > 0 && harness.server.connections.allSatisfy(\.isBlocked) }
    client.reset()
    harness.turn { harness.server.statistics.connectionsOpen == 0 }
    #expect(harness.server.statistics.connectionsOpen == 0 && parts.sent < 100_000)
}

@Test func `a client that stops reading a stream is closed after the time to write`() throws {
    let harness = try Harness { $0.writeTimeout = .milliseconds(50) }
    let parts = Parts(harness, count: 100_000, length: 64 * 1024)
    let client = harness.connect()
    client.send(get)
    harness.turn { harness.server.statistics.slowReaders == 1 }
    #expect(harness.server.statistics.slowReaders == 1 && parts.sent > 0)
    client.close()
}

@Test func `a stream that waits for its next part is not closed for being slow`() throws {
    let harness = try Harness { $0.writeTimeout = .milliseconds(20) }
    let parts = Parts(harness, count: 64, length: 64 * 1024)
    let client = harness.connect()
    client.send(get)
    harness.turn { harness.server.connections.allSatisfy(\.isBlocked) && parts.sent > 1 }
    // The client takes all at once; the next part comes later than the time to write of the one before.
    let sent = parts.sent
    harness.turn {
        client.receive(); return parts.sent > sent
    }
    let end = EventLoop.readMonotonicClock() + .milliseconds(60)
    harness.turn {
        client.receive(); return EventLoop.readMonotonicClock() > end && parts.sent == 64
    }
    #expect(parts.sent == 64 && harness.server.statistics.slowReaders == 0)
}
