import Base
import EventLoop
import TestKit
import Testing

@testable import RedisClient

private func fastOptions() -> RedisOptions {
    var options = RedisOptions()
    options.backoff = .init(base: .milliseconds(1), cap: .milliseconds(10))
    return options
}

private typealias Outcome = Result<RedisValue, RedisFailure>

@Test(arguments: [
    "x\r\n", "+OK\r\n+OK\r\n+one too many\r\n+OK\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
])
func `after bytes that make no sense the connection is closed, never used again, and made anew`(answer: String) throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    server.answer = { command, peer in
        if command[0] == "INFO" { return peer.send(FakeServer.info) }
        if command[0] == "TWO" { peer.send(answer) }
    }
    let connection = RedisConnection(loop: loop, endpoint: server.endpoint, options: fastOptions())
    defer { connection.close() }
    var reasons: [DownReason] = []
    connection.onDown = { reasons.append($0) }
    #expect(connection.connect(loop))
    var outcomes: [Outcome] = []
    for word in ["ONE", "TWO"] { connection.send([word]) { outcomes.append($0) } }
    #expect(loop.turns { server.peers.count == 2 && connection.isReady })
    #expect(outcomes.count == 2)
    #expect(outcomes.last == .failure(.outcomeUnknown) || answer.hasPrefix("+OK"))
    guard case .protocolError = reasons.first else {
        Issue.record("\(reasons)")
        return
    }
    #expect(reasons.count == 1)
    #expect(loop.turns { !server.peers[0].isOpen })
}

@Test func `sent and unanswered is unknown, unsent is unreachable, when the store hangs up`() throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    var big: [Outcome] = []
    var small: [Outcome] = []
    server.answer = { command, peer in
        if command[0] == "INFO" { peer.send(FakeServer.info) }
        if command[0] == "SMALL" { peer.close() }
    }
    let connection = RedisConnection(loop: loop, endpoint: server.endpoint, options: fastOptions())
    defer { connection.close() }
    #expect(connection.connect(loop))
    // The socket's buffers take a part of the big command, so that its last byte has not left when the store hangs up.
    let bytes = [UInt8](repeating: 7, count: 32 << 20)
    connection.send(["SMALL"]) { small.append($0) }
    connection.send({
        $0.command(argumentCount: 2)
        $0.argument("BIG")
        $0.argument(bytes)
    }) { big.append($0) }
    #expect(loop.turns { !big.isEmpty })
    #expect(small == [.failure(.outcomeUnknown)])
    #expect(big == [.failure(.unreachable)])
}

@Test func `a command while there is no connection fails at once, but not before send returns`() throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    server.close()
    let connection = RedisConnection(loop: loop, endpoint: server.endpoint, options: fastOptions())
    defer { connection.close() }
    var reasons: [DownReason] = []
    connection.onDown = { reasons.append($0) }
    connection.start()
    #expect(loop.turns { !reasons.isEmpty })
    var outcomes: [Outcome] = []
    connection.send(["PING"]) { outcomes.append($0) }
    #expect(outcomes.isEmpty)
    let start = EventLoop.readMonotonicClock()
    #expect(loop.turns { !outcomes.isEmpty })
    #expect(EventLoop.readMonotonicClock() - start < .milliseconds(500))
    #expect(outcomes == [.failure(.unreachable)])
    // The reason is reported once, not once for each attempt.
    #expect(loop.turns(atMost: .milliseconds(100)) { reasons.count > 1 } == false)
    #expect(connection.downReason == reasons.first)
}

@Test func `beyond the bound of unanswered commands further ones are unreachable`() throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    server.answer = { command, peer in peer.send(command[0] == "INFO" ? FakeServer.info : "") }
    var options = fastOptions()
    options.mostPending = 10
    options.deadline = .milliseconds(50)
    let connection = RedisConnection(loop: loop, endpoint: server.endpoint, options: options)
    defer { connection.close() }
    #expect(connection.connect(loop))
    var outcomes: [Outcome] = []
    for _ in 0..<15 { connection.send(["GET"]) { outcomes.append($0) } }
    #expect(loop.turns { outcomes.count == 15 })
    #expect(
        outcomes == Array(repeating: .failure(.unreachable), count: 5)
            + Array(repeating: .failure(.outcomeUnknown), count: 10))
    #expect(connection.downReason == .silent)
}

@Test func `a short deadline behind a long one is kept`() throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    server.answer = { command, peer in peer.send(command[0] == "INFO" ? FakeServer.info : "") }
    let connection = RedisConnection(loop: loop, endpoint: server.endpoint, options: fastOptions())
    defer { connection.close() }
    #expect(connection.connect(loop))
    var ended: [String] = []
    connection.send(["LONG"], deadline: .seconds(60)) { _ in ended.append("long") }
    connection.send(["SHORT"], deadline: .milliseconds(30)) { _ in ended.append("short") }
    let start = EventLoop.readMonotonicClock()
    #expect(loop.turns { ended.count == 2 })
    let waited = EventLoop.readMonotonicClock() - start
    #expect(waited >= .milliseconds(29) && waited < .seconds(1))
    #expect(ended == ["long", "short"])
}

@Test func `a loading store is asked again until it serves`() throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    let hash = String(repeating: "a", count: 40) + "\r\n"
    server.answer = { command, peer in
        peer.send(command[0] == "INFO" ? FakeServer.info : peer.number < 4 ? "-LOADING wait\r\n" : "$40\r\n" + hash)
    }
    let script = RedisScript(name: "one", source: "return 1")
    let connection = RedisConnection(loop: loop, endpoint: server.endpoint, scripts: [script], options: fastOptions())
    defer { connection.close() }
    var reasons: [DownReason] = []
    connection.onDown = { reasons.append($0) }
    #expect(connection.connect(loop))
    #expect(server.peers.count == 4)
    #expect(reasons == [.loading])
}

@Test func `a store that fails right after it was ready is asked less and less often`() throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    server.answer = { command, peer in
        peer.send(FakeServer.info)
        if command.last == "replication", peer.number == 1 { peer.close() }
    }
    server.onKill = { $0.close() }
    var options = fastOptions()
    options.backoff = .init(base: .milliseconds(1), cap: .milliseconds(100))
    options.seed = 5
    let connection = RedisConnection(loop: loop, endpoint: server.endpoint, options: options)
    defer { connection.close() }
    var ready = 0
    connection.onReady = { _ in ready += 1 }
    connection.start()
    let start = EventLoop.readMonotonicClock()
    #expect(loop.turns { ready == 12 })
    var backoff = Backoff(bounds: options.backoff, seed: options.seed)
    let leastWait = (1..<12).reduce(TimeSpan.zero) { sum, _ in sum + backoff.next() }
    #expect(leastWait > .milliseconds(100))
    #expect(EventLoop.readMonotonicClock() - start >= leastWait)
}

@Test func `a server that accepts and sends nothing is given up and tried again`() throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    server.answer = { command, peer in if peer.number >= 2 { peer.send(FakeServer.info) } }
    var options = fastOptions()
    options.connectDeadline = .milliseconds(50)
    let connection = RedisConnection(loop: loop, endpoint: server.endpoint, options: options)
    defer { connection.close() }
    #expect(connection.connect(loop))
    #expect(loop.turns { !server.peers[0].isOpen })
}

@Test func `a completion may send, and may end the connection, which gives up the replies behind it`() throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    server.answer = { command, peer in peer.send(command[0] == "INFO" ? FakeServer.info : "+\(command[0])\r\n") }
    let connection = RedisConnection(loop: loop, endpoint: server.endpoint, options: fastOptions())
    #expect(connection.connect(loop))
    var order: [String] = []
    connection.send(["A"]) { _ in
        order.append("A")
        connection.send(["C"]) { outcome in
            order.append("C")
            connection.close()
            #expect(outcome == .success(.status("C")))
        }
        connection.send(["D"]) { outcome in order.append(outcome == .failure(.outcomeUnknown) ? "D unknown" : "D?") }
    }
    connection.send(["B"]) { _ in order.append("B") }
    #expect(loop.turns { order.count == 4 })
    #expect(order == ["A", "B", "C", "D unknown"])
}

@Test func `every completion is called once when the connection is let go`() throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    server.answer = { command, peer in peer.send(command[0] == "INFO" ? FakeServer.info : "") }
    var outcomes: [Outcome] = []
    do {
        let connection = RedisConnection(loop: loop, endpoint: server.endpoint, options: fastOptions())
        #expect(connection.connect(loop))
        connection.send(["A"]) { outcomes.append($0) }
        loop.turn(waitAtMost: .zero)
        connection.send(["B"]) { outcomes.append($0) }
    }
    #expect(loop.turns { outcomes.count == 2 && server.peers.allSatisfy { !$0.isOpen } })
    #expect(outcomes == [.failure(.outcomeUnknown), .failure(.unreachable)])
}
