import Base
import EventLoop
import TestKit
import Testing

@testable import RedisClient

// What was sent on a connection that was given up may arrive after all that is sent on the next one.

private func options() -> RedisOptions {
    var options = RedisOptions()
    options.backoff = .init(base: .milliseconds(1), cap: .milliseconds(10))
    options.deadline = .milliseconds(50)
    return options
}

@Test func `a connection is ready only when the server has killed the one before it`() throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    server.answer = { command, peer in if command[0] == "INFO" { peer.send(FakeServer.info) } }
    let connection = RedisConnection(loop: loop, endpoint: server.endpoint, options: options())
    defer { connection.close() }
    #expect(connection.connect(loop))
    #expect(server.clientCommands.map(\.words) == [["CLIENT", "ID"]], "there was none before the first one")
    server.killed = nil
    connection.send(["LOST"]) { _ in }
    #expect(loop.turns { server.clientCommands.count == 3 })
    #expect(server.clientCommands[2].peer == 2 && server.clientCommands[2].words == ["CLIENT", "KILL", "ID", "1"])
    #expect(!connection.isReady)
    server.peers[1].send(":1\r\n")
    #expect(loop.turns { connection.isReady })
}

@Test func `one that ends before its kill was answered leaves that to the next, and is itself no danger`() throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    server.answer = { command, peer in if command[0] == "INFO" { peer.send(FakeServer.info) } }
    let connection = RedisConnection(loop: loop, endpoint: server.endpoint, options: options())
    defer { connection.close() }
    #expect(connection.connect(loop))
    server.killed = nil
    server.peers[0].close()
    #expect(loop.turns { server.clientCommands.count == 3 })
    server.peers[1].close()
    #expect(loop.turns { server.clientCommands.count == 5 })
    server.peers[2].send("-NOPERM no\r\n")
    #expect(loop.turns { connection.isReady })
    let killed = server.clientCommands.filter { $0.words[1] == "KILL" }
    #expect(killed.map(\.peer) == [2, 3] && killed.map { $0.words[3] } == ["1", "1"])
}

@Test func `nothing is killed on another server process, whose connections have numbers of their own`() throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    server.answer = { command, peer in
        let other = FakeServer.bulk("redis_version:7.0.15\r\nrun_id:\(peer.number)\r\nrole:master\r\n")
        if command[0] == "INFO" { peer.send(other) }
    }
    let connection = RedisConnection(loop: loop, endpoint: server.endpoint, options: options())
    defer { connection.close() }
    #expect(connection.connect(loop))
    server.peers[0].close()
    #expect(loop.turns { server.peers.count == 2 && connection.isReady })
    #expect(server.clientCommands.allSatisfy { $0.words == ["CLIENT", "ID"] })
}

@Test func `a real server carries nothing out that comes late on the connection before`() throws {
    let redis = try RedisServerProcess()
    let forwarder = try HoldingForwarder(to: redis.socketPath)
    let loop = try EventLoop()
    let endpoint = RedisEndpoint(address: .tcp(host: "127.0.0.1", port: forwarder.port))
    var options = options()
    options.deadline = .milliseconds(200)
    options.connectDeadline = .seconds(10)
    let connection = RedisConnection(loop: loop, endpoint: endpoint, options: options)
    defer { connection.close() }
    #expect(connection.connect(loop))
    forwarder.hold()
    var outcome: Result<RedisValue, RedisFailure>?
    connection.send(["SET", "late", "1"]) { outcome = $0 }
    #expect(loop.turns { outcome != nil && connection.isReady })
    #expect(outcome == .failure(.outcomeUnknown) && forwarder.held > 0)
    forwarder.release()
    // What was let through lies at the server before this is asked.
    #expect(try redis.command("PING") == "PONG")
    #expect(try redis.command("EXISTS", "late") == "0")
}
