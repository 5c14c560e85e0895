import Base
import EventLoop
import TestKit
import Testing

@testable import RedisClient

/// Every error that says something of the store, as it words it, and what it means; the table of docs/operations.md.
private struct Line: Sendable, CustomTestStringConvertible {
    let reply: String
    let rule: ErrorRule
    var testDescription: String { reply }

    init(_ reply: String, _ rule: ErrorRule) {
        self.reply = reply
        self.rule = rule
    }

    static let all = [
        Line("READONLY You can't write against a read only replica.", .givesUp(.unsuitable(.replica))),
        Line("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", replica),
        Line("MOVED 3999 127.0.0.1:6381", .givesUp(.unsuitable(.clusterNode))),
        Line("ASK 3999 127.0.0.1:6381", .givesUp(.unsuitable(.clusterNode))),
        Line("CLUSTERDOWN The cluster is down", .givesUp(.unsuitable(.clusterNode))),
        Line("LOADING Redis is loading the dataset in memory", .givesUp(.loading)),
        Line("BUSY Redis is busy running a script.", .givesUp(refused("BUSY", "Redis is busy running a script."))),
        Line("NOAUTH Authentication required.", .givesUp(refused("NOAUTH", "Authentication required."))),
        Line("MISCONF Errors writing to the AOF file: No space left on device", .refusesWrites(.disk)),
        Line("NOREPLICAS Not enough good replicas to write.", .refusesWrites(.replicas)),
        Line("OOM command not allowed when used memory > 'maxmemory'.", .refusesWrites(.memory)),
        Line("NOPERM this user has no permissions to run the 'evalsha' command", .refusesWrites(.right)),
        Line("ERR The user executing the script can't run this command script: 1.", .refusesWrites(.right)),
        Line("EXECABORT Transaction discarded because of previous errors.", .refusesCommand),
        Line("WRONGTYPE Operation against a key holding the wrong kind of value", .refusesCommand),
        Line("ERR unknown command 'X'", .refusesCommand),
    ]

    private static let replica = ErrorRule.givesUp(.unsuitable(.replica))

    private static func refused(_ code: String, _ message: String) -> DownReason {
        .refused(RedisErrorReply(code: code, message: message))
    }
}

private func fastOptions() -> RedisOptions {
    var options = RedisOptions()
    options.backoff = .init(base: .milliseconds(1), cap: .milliseconds(10))
    return options
}

@Test(arguments: Line.all)
private func `an error that means the server is given up ends the connection, and no other does`(line: Line) throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    server.answer = { command, peer in
        if command[0] == "INFO" { return peer.send(FakeServer.info) }
        peer.send(command[0] == "WRITE" ? "-\(line.reply)\r\n" : "+OK\r\n")
    }
    let connection = RedisConnection(loop: loop, endpoint: server.endpoint, options: fastOptions())
    defer { connection.close() }
    var reasons: [DownReason] = []
    var refusals: [RedisErrorReply] = []
    connection.onDown = { reasons.append($0) }
    connection.onRefusal = { error, _ in refusals.append(error) }
    #expect(connection.connect(loop))

    var outcomes: [Result<RedisValue, RedisFailure>] = []
    for word in ["WRITE", "READ"] { connection.send([word]) { outcomes.append($0) } }
    #expect(loop.turns { outcomes.count == 2 && connection.isReady })
    let error = RedisErrorReply(line: line.reply)
    #expect(error.rule == line.rule)
    #expect(outcomes.first == .failure(.refused(error)))
    if case .givesUp(let reason) = line.rule {
        #expect(reasons == [reason] && refusals.isEmpty && server.peers.count == 2)
        #expect(outcomes.last == .failure(.outcomeUnknown))
    } else {
        #expect(reasons.isEmpty && refusals == [error] && server.peers.count == 1)
        #expect(outcomes.last == .success(.status("OK")))
    }
}

@Test func `an expected refusal is not reported`() throws {
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    server.answer = { command, peer in
        peer.send(command[0] == "INFO" ? FakeServer.info : "-NOPERM no\r\n")
    }
    let connection = RedisConnection(loop: loop, endpoint: server.endpoint, options: fastOptions())
    defer { connection.close() }
    var refusals = 0
    connection.onRefusal = { _, _ in refusals += 1 }
    #expect(connection.connect(loop))
    var answered = 0
    connection.send(["CONFIG", "GET", "x"], mayBeRefused: true) { _ in answered += 1 }
    #expect(loop.turns { answered == 1 })
    #expect(refusals == 0)
}

/// What a server says of itself that is none to work with, and what it is called.
private struct UnfitServer: Sendable, CustomTestStringConvertible {
    let server: String
    let replication: String
    let reason: DownReason
    var testDescription: String { "\(reason)" }

    static let all = [
        UnfitServer(
            server: "redis_version:7.0.15\r\nredis_mode:cluster\r\nrun_id:1\r\n", replication: "role:master\r\n",
            reason: .unsuitable(.clusterNode)),
        UnfitServer(
            server: "redis_version:7.0.15\r\nredis_mode:sentinel\r\nrun_id:1\r\n", replication: "",
            reason: .unsuitable(.sentinel)),
        UnfitServer(
            server: "redis_version:6.2.14\r\nredis_mode:standalone\r\nrun_id:1\r\n", replication: "role:master\r\n",
            reason: .unsuitable(.tooOld(version: "6.2.14"))),
        UnfitServer(
            server: "redis_version:7.2.4\r\nserver_name:valkey\r\nrun_id:1\r\n", replication: "role:slave\r\n",
            reason: .unsuitable(.replica)),
        UnfitServer(
            server: "redis_version:7.2.4\r\nrun_id:1\r\n", replication: "nothing:1\r\n",
            reason: .protocolError("INFO replication names no role")),
    ]
}

@Test(arguments: UnfitServer.all)
private func `a server that is unfit is named, not waited for as if it were loading`(unfit: UnfitServer)
    throws
{
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    server.answer = { command, peer in
        guard command[0] == "INFO" else { return peer.send("-ERR unknown command\r\n") }
        peer.send(FakeServer.bulk(command[1] == "server" ? unfit.server : unfit.replication))
    }
    var endpoint = server.endpoint
    endpoint.database = 3
    let script = RedisScript(name: "one", source: "#!lua\nreturn 1")
    let connection = RedisConnection(loop: loop, endpoint: endpoint, scripts: [script], options: fastOptions())
    defer { connection.close() }
    let subscriber = RedisSubscriber(loop: loop, endpoint: endpoint, channels: ["a"], options: fastOptions())
    defer { subscriber.close() }
    var reasons: [DownReason] = []
    connection.onDown = { reasons.append($0) }
    subscriber.onDown = { reasons.append($0) }
    connection.start()
    subscriber.start()
    #expect(loop.turns { server.peers.count >= 6 })
    #expect(reasons == [unfit.reason, unfit.reason])
    #expect(!connection.isReady && !subscriber.isReady)
}

@Test func `a listener whose PING is refused for a full disk goes on, and leaves a server that is not the store's`()
    throws
{
    let loop = try EventLoop()
    let server = try FakeServer(loop: loop)
    defer { server.close() }
    var pings = 0
    server.answer = { command, peer in
        switch command[0] {
        case "INFO": peer.send(FakeServer.info)
        case "PING":
            pings += 1
            peer.send("-MISCONF Errors writing to the AOF file: No space left on device\r\n")
        default: peer.send("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
        }
    }
    var options = fastOptions()
    options.keepAlive = .milliseconds(10)
    let subscriber = RedisSubscriber(loop: loop, endpoint: server.endpoint, channels: ["a"], options: options)
    defer { subscriber.close() }
    subscriber.start()
    #expect(loop.turns { pings == 3 })
    #expect(subscriber.isReady && server.peers.count == 1)
    subscriber.disconnect(unlessAt: "1")
    #expect(subscriber.isReady)
    subscriber.disconnect(unlessAt: "another")
    #expect(!subscriber.isReady)
    #expect(loop.turns { subscriber.isReady && server.peers.count == 2 })
}
