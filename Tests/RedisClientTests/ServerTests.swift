import Base
import EventLoop
import TestKit
import Testing

@testable import RedisClient

private typealias Outcome = Result<RedisValue, RedisFailure>

private let echo = RedisScript(name: "echo", source: "return {KEYS[1], ARGV[1], #ARGV}")

@Test func `answers a pipeline of 10,000 in order, over a unix socket`() throws {
    let server = try RedisServerProcess()
    let loop = try EventLoop()
    let connection = RedisConnection(loop: loop, endpoint: .unix(server))
    #expect(connection.connect(loop))
    var seen: [Int64] = []
    for index in 0..<Int64(10_000) {
        connection.send(
            {
                $0.command(argumentCount: 2)
                $0.argument("ECHO")
                $0.argument(index)
            }, deadline: .seconds(20)
        ) { outcome in
            if case .success(.bytes(let bytes)) = outcome, let number = Int64(String(decoding: bytes, as: UTF8.self)) {
                seen.append(number)
            }
        }
    }
    #expect(loop.turns { connection.pendingCount == 0 })
    #expect(seen == Array(0..<10_000))
}

@Test func `evaluates scripts without a failure while the store forgets them`() throws {
    let server = try RedisServerProcess()
    let loop = try EventLoop()
    let connection = RedisConnection(loop: loop, endpoint: .unix(server), scripts: [echo])
    #expect(connection.connect(loop))
    var outcomes: [Int: Outcome] = [:]
    let batch = [UInt8](repeating: 0x62, count: 5000)
    for index in 0..<1000 {
        if index == 300 || index == 700 {
            connection.send(["SCRIPT", "FLUSH"]) { #expect($0 == .success(.status("OK"))) }
        }
        connection.evaluate(
            echo, keyCount: 1, argumentCount: 3, deadline: .seconds(20),
            build: {
                $0.argument("key:\(index)")
                $0.argument(Int64(index))
                $0.argument(batch)
            }, completion: { outcomes[index] = $0 })
        if index % 100 == 0 { loop.turn(waitAtMost: .zero) }
    }
    #expect(loop.turns { outcomes.count == 1000 })
    for index in 0..<1000 {
        let expected = RedisValue.array([.bytes([UInt8]("key:\(index)")), .bytes([UInt8]("\(index)")), .integer(2)])
        #expect(outcomes[index] == .success(expected))
    }
    #expect(try server.command("INFO", "errorstats").contains("errorstat_NOSCRIPT"))
    #expect(try server.command("INFO", "commandstats").contains("cmdstat_eval:"))
}

@Test func `a paused store is noticed within the deadline, and used again after`() throws {
    let server = try RedisServerProcess()
    let loop = try EventLoop()
    let connection = RedisConnection(loop: loop, endpoint: .unix(server))
    var ready = 0
    var reasons: [DownReason] = []
    connection.onReady = { _ in ready += 1 }
    connection.onDown = { reasons.append($0) }
    #expect(connection.connect(loop))
    server.pause()
    defer { server.resume() }
    var outcome: Outcome?
    let start = EventLoop.readMonotonicClock()
    connection.send(["INCR", "x"], deadline: .milliseconds(200)) { outcome = $0 }
    #expect(loop.turns { outcome != nil })
    #expect(outcome == .failure(.outcomeUnknown))
    #expect((EventLoop.readMonotonicClock() - start) < .milliseconds(1200))
    #expect(reasons.first == .silent)
    server.resume()
    let resumed = EventLoop.readMonotonicClock()
    #expect(loop.turns { ready == 2 })
    #expect(EventLoop.readMonotonicClock() - resumed < .seconds(2))
    #expect(connection.ask(loop, "GET", "x") == .success(.bytes([UInt8]("1"))))
}

@Test func `an idle connection notices a paused store too`() throws {
    let server = try RedisServerProcess()
    let loop = try EventLoop()
    var options = RedisOptions()
    options.keepAlive = .milliseconds(100)
    options.deadline = .milliseconds(200)
    let connection = RedisConnection(loop: loop, endpoint: .unix(server), options: options)
    #expect(connection.connect(loop))
    var isAnswered = false
    // Answered after a look at the pipeline, which then knows of no deadline but this.
    connection.send(["BLPOP", "nothing", "0.25"], deadline: .seconds(60)) { _ in isAnswered = true }
    #expect(loop.turns { isAnswered })
    server.pause()
    #expect(loop.turns(atMost: .seconds(5)) { !connection.isReady })
    #expect(connection.downReason == .silent)
}

@Test func `comes back with scripts and another run id after the store was killed`() throws {
    let server = try RedisServerProcess(.init(appendOnly: true))
    let loop = try EventLoop()
    let connection = RedisConnection(loop: loop, endpoint: .unix(server), scripts: [echo])
    var identities: [ServerIdentity] = []
    connection.onReady = { identities.append($0) }
    #expect(connection.connect(loop))
    #expect(connection.ask(loop, "SET", "kept", "1") == .success(.status("OK")))
    server.kill9()
    #expect(loop.turns { !connection.isReady })
    #expect(connection.ask(loop, "PING") == .failure(.unreachable))
    try server.start()
    #expect(loop.turns(atMost: .seconds(5)) { connection.isReady })
    #expect(identities.count == 2 && identities[0].runID != identities[1].runID)
    #expect(identities[1].runID.utf8.count == 40 && identities[1].version.hasPrefix("7."))
    var outcome: Outcome?
    connection.evaluate(echo, keyCount: 1, argumentCount: 1, build: { $0.argument("k") }, completion: { outcome = $0 })
    #expect(loop.turns { outcome != nil })
    #expect(outcome == .success(.array([.bytes([UInt8]("k"))])))  // a Lua table ends at its first nil
    #expect(connection.ask(loop, "GET", "kept") == .success(.bytes([UInt8]("1"))))
}

@Test func `logs in by password or user over TCP, and names a wrong password as the cause`() throws {
    let server = try RedisServerProcess(
        .init(
            listensOnTCP: true, configuration: ["user shop on >hush ~sluice:* +@all", "user mute on nopass -@all"],
            password: "p@ss/1"))
    let loop = try EventLoop()
    let port = try #require(server.port)
    let cases: [(String, String?)] = [
        ("redis://:p%40ss%2F1@127.0.0.1:\(port)", nil), ("redis://shop:hush@localhost:\(port)/3", nil),
        ("redis://shop:wrong@127.0.0.1:\(port)", "WRONGPASS"), ("redis://127.0.0.1:\(port)", "NOAUTH"),
        ("redis://mute@127.0.0.1:\(port)", "NOPERM"), ("redis://:p%40ss%2F1@127.0.0.1:\(port)/99", "ERR"),
    ]
    for (url, expectedCode) in cases {
        let connection = RedisConnection(loop: loop, endpoint: try RedisEndpoint(url: url))
        connection.start()
        #expect(loop.turns { connection.isReady || connection.downReason != nil })
        var code: String?
        if case .refused(let error)? = connection.downReason { code = error.code }
        #expect(code == expectedCode, "\(connection.endpoint)")
        #expect(connection.isReady == (expectedCode == nil))
    }
}

@Test func `uses the database and the name it is configured with`() throws {
    let server = try RedisServerProcess()
    let loop = try EventLoop()
    var options = RedisOptions()
    options.name = "sluice-test"
    let endpoint = try RedisEndpoint(url: server.url + "?db=5")
    let connection = RedisConnection(loop: loop, endpoint: endpoint, options: options)
    #expect(connection.connect(loop))
    #expect(connection.ask(loop, "SET", "here", "1") == .success(.status("OK")))
    #expect(try server.command("INFO", "keyspace").contains("db5:keys=1"))
    #expect(try server.command("CLIENT", "LIST").contains("name=sluice-test"))
}

@Test func `hands on what the store refuses, by its code`() throws {
    let server = try RedisServerProcess()
    let loop = try EventLoop()
    let connection = RedisConnection(loop: loop, endpoint: .unix(server))
    #expect(connection.connect(loop))
    #expect(connection.ask(loop, "RPUSH", "list", "1") == .success(.integer(1)))
    guard case .failure(.refused(let error))? = connection.ask(loop, "GET", "list") else {
        Issue.record("a wrong type must be refused")
        return
    }
    #expect(error.code == "WRONGTYPE")
    #expect(connection.isReady)
}

@Test func `sends and receives 8 MiB through buffers that are smaller`() throws {
    let server = try RedisServerProcess()
    let loop = try EventLoop()
    var options = RedisOptions()
    options.deadline = .seconds(20)
    options.mostReplyBytes = 8 << 20
    let connection = RedisConnection(loop: loop, endpoint: .unix(server), options: options)
    #expect(connection.connect(loop))
    var generator = SplitMix64(seed: 1)
    let value = (0..<(8 << 20) - 64).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    var outcomes: [Outcome] = []
    connection.send({
        $0.command(argumentCount: 3)
        $0.argument("SET")
        $0.argument("big")
        $0.argument(value)
    }) { outcomes.append($0) }
    connection.send(["GET", "big"]) { outcomes.append($0) }
    connection.send(["PING"]) { outcomes.append($0) }
    #expect(loop.turns { outcomes.count == 3 })
    // Compared outside of #expect, which would print 8 MiB.
    let isWhole = outcomes == [.success(.status("OK")), .success(.bytes(value)), .success(.status("PONG"))]
    #expect(isWhole)
    #expect(connection.ask(loop, "APPEND", "big", String(repeating: "x", count: 128)) != nil)
    let isUnknown = connection.ask(loop, "GET", "big") == .failure(.outcomeUnknown)
    #expect(isUnknown)
    guard case .protocolError? = connection.downReason else {
        Issue.record("\(String(describing: connection.downReason))")
        return
    }
}

@Test func `idle, a connection costs at most one command a second`() throws {
    let server = try RedisServerProcess()
    let loop = try EventLoop()
    let connection = RedisConnection(loop: loop, endpoint: .unix(server))
    let subscriber = RedisSubscriber(loop: loop, endpoint: .unix(server), channels: ["a"])
    subscriber.start()
    #expect(connection.connect(loop))
    #expect(loop.turns { subscriber.isReady })
    func pings() throws -> Int {
        let line = try server.command("INFO", "commandstats").split(separator: "\r\n").first {
            $0.hasPrefix("cmdstat_ping:")
        }
        return line?.split(separator: "calls=").dropFirst().first.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
    }
    let before = try pings()
    var isOver = false
    loop.schedule(after: .milliseconds(2300)) { isOver = true }
    #expect(loop.turns { isOver })
    let sent = try pings() - before
    #expect((2...4).contains(sent))  // two connections, 2.3 s
}
