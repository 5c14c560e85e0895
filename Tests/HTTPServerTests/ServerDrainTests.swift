import Base
import EventLoop
import Testing

@testable import HTTPServer

private let get = "GET /g HTTP/1.1\r\nHost: a\r\n\r\n"
private let later = "GET /later HTTP/1.1\r\nHost: a\r\n\r\n"

@Test func `a drain answers what is in hand, ends what is idle, then completes once`() throws {
    let harness = try Harness { $0.lingerTimeout = .milliseconds(50) }
    let (busy, idle) = (harness.connect(), harness.connect())
    idle.send(get)
    #expect(idle.await(1))
    busy.send(later)
    #expect(harness.turn { harness.handler.waiting.count == 1 })
    var completions = 0
    harness.server.drain(deadline: harness.loop.now + .seconds(60)) { completions += 1 }
    #expect(idle.awaitEnd())
    #expect(!idle.wasReset)
    idle.close()
    busy.receive()
    #expect(!busy.isEnded)
    #expect(completions == 0)
    harness.handler.answer(harness.handler.waiting[0], "done")
    #expect(busy.awaitEnd())
    #expect(busy.answers == ["200 done"])
    #expect(busy.text.contains("Connection: close\r\n"))
    busy.close()
    #expect(harness.turn { completions == 1 })
    #expect(harness.server.statistics.connectionsOpen == 0)
}

@Test func `a drain still takes a request that was sent on a new connection`() throws {
    let harness = try Harness()
    let client = harness.connect()
    var isDone = false
    harness.server.drain(deadline: harness.loop.now + .seconds(60)) { isDone = true }
    client.send(get)
    #expect(client.await(1))
    client.close()
    #expect(harness.turn { isDone })
}

@Test func `a new connection that sends nothing ends a drain's grace`() throws {
    let harness = try Harness { $0.drainGrace = .milliseconds(20) }
    let client = harness.connect()
    #expect(harness.turn { harness.server.connections.count == 1 })
    var isDone = false
    harness.server.drain(deadline: harness.loop.now + .seconds(60)) { isDone = true }
    #expect(client.awaitEnd())
    #expect(harness.turn { isDone })
}

@Test func `a drain ends at its deadline, whatever is open`() throws {
    let harness = try Harness()
    let client = harness.connect()
    client.send(later)
    #expect(harness.turn { harness.handler.waiting.count == 1 })
    var isDone = false
    harness.server.drain(deadline: harness.loop.now + .milliseconds(20)) { isDone = true }
    #expect(harness.turn { isDone })
    #expect(client.awaitEnd())
    #expect(!harness.server.isOpen(harness.handler.waiting[0]))
}

@Test func `a drain may be asked for by a handler, and refuses new connections`() throws {
    let harness = try Harness()
    var isDone = false
    harness.handler.onRequest = { _, exchange in
        harness.server.drain(deadline: harness.loop.now + .seconds(60)) { isDone = true }
        harness.handler.answer(exchange, "draining")
    }
    let client = harness.connect()
    client.send(get)
    #expect(client.awaitEnd())
    #expect(client.answers == ["200 draining"])
    client.close()
    #expect(harness.turn { isDone })
    #expect(TestClient.isRefused(port: harness.server.port))
}

@Test func `the server and its handler are let go after close`() throws {
    weak var server: HTTPServer?
    weak var handler: TestHandler?
    do {
        let harness = try Harness()
        let client = harness.connect()
        client.send(later)
        #expect(harness.turn { harness.handler.waiting.count == 1 })
        (server, handler) = (harness.server, harness.handler)
    }
    #expect(server == nil)
    #expect(handler == nil)
}
