import Base
import EventLoop
import Testing

@testable import HTTPServer

private let get = "GET /later HTTP/1.1\r\nHost: a\r\n\r\n"
private let watcher = Token(slot: 7, generation: 9)

/// A harness with one exchange that is watched, and the watchers that were notified of an end.
private final class Watched {
    let harness: Harness
    let client: TestClient
    private(set) var left: [Token] = []
    let exchange: ExchangeID

    init(_ adjust: (inout ServerLimits) -> Void = { _ in }) throws {
        harness = try Harness(adjust)
        client = harness.connect()
        client.send(get)
        let handler = harness.handler
        harness.turn { !handler.waiting.isEmpty }
        exchange = try #require(handler.waiting.first)
        harness.server.onLeft = { [weak self] in self?.left.append($0) }
        harness.server.watch(exchange, by: watcher)
    }

    func begin() -> Bool {
        harness.server.streamEvents(to: exchange) {
            $0.contentType("text/event-stream")
            $0.body.append("first")
        }
    }

    @discardableResult
    func send(_ text: String, isLast: Bool = false) -> HTTPServer.StreamProgress {
        harness.server.sendPart(of: exchange, isLast: isLast) { $0.append(utf8: text) }
    }
}

@Test func `a stream of events begins with its first part, and ends as an answer does`() throws {
    let watched = try Watched()
    #expect(watched.begin())
    watched.send("second")
    watched.send("", isLast: true)
    watched.client.send(get)
    watched.harness.turn { watched.harness.handler.waiting.count == 2 }
    watched.client.receive()
    #expect(watched.client.text.hasSuffix("chunked\r\n\r\n5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n"))
    watched.client.reset()
    watched.harness.turn { watched.harness.server.statistics.connectionsOpen == 0 }
    #expect(watched.left.isEmpty)  // the exchange that was watched had its answer
}

@Test(arguments: [true, false])
func `whoever watches an open exchange learns at once that its client has left`(isBegun: Bool) throws {
    let watched = try Watched()
    if isBegun { #expect(watched.begin()) }
    watched.client.close()
    watched.harness.turn { !watched.left.isEmpty }
    #expect(watched.left == [watcher] && watched.harness.server.statistics.connectionsOpen == 0)
    #expect(watched.send("more") == .gone)
}

@Test func `a request that was sent behind one that is watched waits, and costs no turn meanwhile`() throws {
    let watched = try Watched()
    #expect(watched.begin())
    watched.client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
    for _ in 0..<3 { watched.harness.loop.turn(waitAtMost: .milliseconds(5)) }
    let start = EventLoop.readMonotonicClock()
    watched.harness.loop.turn(waitAtMost: .milliseconds(40))
    #expect(EventLoop.readMonotonicClock() - start >= .milliseconds(30))  // nothing was ready
    #expect(watched.left.isEmpty)
    watched.send("", isLast: true)
    watched.harness.turn {
        watched.client.receive(); return watched.client.text.hasSuffix("/next")
    }
    #expect(watched.client.text.hasSuffix("/next"))
}

@Test func `a reader of events who takes nothing is dropped for his backlog`() throws {
    let watched = try Watched()
    #expect(watched.begin())
    let part = String(repeating: "x", count: 1_024)
    var sent = 0
    while watched.left.isEmpty, sent < 20_000 {
        watched.send(part)
        sent += 1
    }
    #expect(watched.left == [watcher] && watched.harness.server.statistics.slowReaders == 1)
    // What the kernel keeps at this end is bounded as well; at the other end it is the client's.
    #expect(sent < 10_000, "\(sent)")
}

@Test func `a reader of events who lets a backlog stand is dropped for its age`() throws {
    let watched = try Watched { $0.eventTimeout = .milliseconds(50) }
    #expect(watched.begin())
    let part = String(repeating: "x", count: 1_024)
    // The client's end takes some more after ours is full.
    let isDropped = watched.harness.turn {
        while watched.send(part) == .sent {}
        return !watched.left.isEmpty
    }
    #expect(isDropped)
    #expect(watched.left == [watcher] && watched.harness.server.statistics.slowReaders == 1)
}

@Test func `a reader who catches up stays, and his idle stream costs no turn`() throws {
    let watched = try Watched { $0.eventTimeout = .milliseconds(500) }
    #expect(watched.begin())
    let part = String(repeating: "x", count: 1_024)
    while watched.send(part) == .sent {}
    watched.harness.turn {
        watched.client.receive(); return watched.harness.server.connections.allSatisfy { !$0.isBlocked }
    }
    watched.client.receive()
    for _ in 0..<3 { watched.harness.loop.turn(waitAtMost: .milliseconds(5)) }
    let start = EventLoop.readMonotonicClock()
    watched.harness.loop.turn(waitAtMost: .milliseconds(40))
    #expect(EventLoop.readMonotonicClock() - start >= .milliseconds(30) && watched.left.isEmpty)
    #expect(watched.send("on") == .sent)
}
