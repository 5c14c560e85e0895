import Base
import EventLoop
import TestKit
import Testing

@testable import PostgresClient

private let sleep = PostgresStatement("SELECT pg_sleep(60)")

@Test func `a server killed in mid-statement leaves the outcome unknown, and is used again after its start`() throws {
    let server = try PostgresServerProcess()
    let loop = try EventLoop()
    let connection = PostgresConnection(loop: loop, options: try PostgresOptions(url: server.url()))
    var ready = 0
    var reasons: [PostgresDown] = []
    connection.onReady = { ready += 1 }
    connection.onDown = { reasons.append($0) }
    #expect(connection.connect(loop))
    #expect(connection.ask(loop, "CREATE TABLE t (n int); INSERT INTO t VALUES (1)")?.code == nil)
    var outcome: Outcome?
    connection.send(sleep, deadline: .seconds(60)) { outcome = $0 }
    server.kill9()
    #expect(loop.turns { outcome != nil })
    #expect(outcome == .failure(.outcomeUnknown))
    #expect(connection.ask(loop, "SELECT 1") == .failure(.unreachable))
    guard case .lost? = reasons.first else {
        Issue.record("\(reasons)")
        return
    }
    try server.start()
    #expect(loop.turns(atMost: .seconds(5)) { ready == 2 })
    #expect(connection.ask(loop, "SELECT count(*) FROM t")?.first == "1")
    #expect(connection.downReason == nil)
}

@Test func `a statement that the server ends together with the connection has an unknown outcome`() throws {
    let server = try PostgresServerProcess.shared()
    let loop = try EventLoop()
    let url = try server.makeSchema()
    let connection = PostgresConnection(loop: loop, options: try PostgresOptions(url: url))
    #expect(connection.connect(loop))
    let backend = try #require(connection.ask(loop, "SELECT pg_backend_pid()")?.first)
    var outcome: Outcome?
    connection.send(sleep, deadline: .seconds(60)) { outcome = $0 }
    loop.turn(waitAtMost: .zero)
    try server.sql("SELECT pg_terminate_backend(\(backend))", in: url)
    #expect(loop.turns { outcome != nil })
    #expect(outcome == .failure(.outcomeUnknown))
    #expect(loop.turns { connection.isReady })
}

@Test func `a silent server is given up at the deadline, and used again when it answers`() throws {
    let server = try PostgresServerProcess()
    let loop = try EventLoop()
    var options = try PostgresOptions(url: server.url())
    options.connectDeadline = .milliseconds(200)
    let connection = PostgresConnection(loop: loop, options: options)
    #expect(connection.connect(loop))
    server.pause()
    defer { server.resume() }
    var outcome: Outcome?
    let start = loop.now
    connection.send(PostgresStatement("SELECT 1"), deadline: .milliseconds(100)) { outcome = $0 }
    #expect(loop.turns { outcome != nil })
    #expect(outcome == .failure(.outcomeUnknown))
    #expect(loop.now - start >= .milliseconds(100))
    #expect(connection.downReason == .silent)
    // The socket still takes connections; nobody answers on them.
    #expect(loop.turns { connection.isTrying } && loop.turns { !connection.isTrying })
    #expect(connection.downReason == .silent)
    server.resume()
    #expect(loop.turns(atMost: .seconds(5)) { connection.isReady })
}

@Test func `an idle connection notices that its server ended`() throws {
    let server = try PostgresServerProcess()
    let loop = try EventLoop()
    let connection = PostgresConnection(loop: loop, options: try PostgresOptions(url: server.url()))
    #expect(connection.connect(loop))
    server.stop()
    #expect(loop.turns(atMost: .seconds(5)) { !connection.isReady })
    var reason: String { connection.downReason?.description ?? "" }
    #expect(loop.turns(atMost: .seconds(5)) { reason.hasPrefix("no connection") }, "\(reason)")
    #expect(reason.contains("No such file"), "\(reason)")
}

@Test func `a server's refusal of a connection is reported by its code`() throws {
    let server = try PostgresServerProcess.shared()
    let url = try server.makeSchema()
    try server.sql("DO $$ BEGIN CREATE ROLE hush LOGIN PASSWORD 'p@ss/1'; EXCEPTION WHEN duplicate_object THEN END $$")
    let loop = try EventLoop()
    let login = url.replacing("sluice@", with: "hush:p%40ss%2F1@")
    let cases = [
        (login, nil), (url.replacing("sluice@", with: "hush:wrong@"), "28P01"),
        (server.url(database: "nowhere"), "3D000"), (url.replacing("sluice@", with: "nobody@"), "28000"),
    ]
    for (url, code) in cases {
        let connection = PostgresConnection(loop: loop, options: try PostgresOptions(url: url))
        connection.start()
        #expect(loop.turns { connection.isReady || connection.downReason != nil })
        var reported: String?
        if case .refused(let refusal)? = connection.downReason { reported = refusal.code }
        #expect(reported == code, "\(String(describing: connection.downReason))")
        #expect(connection.downReason?.description.contains("wrong") != true)
        connection.close()
    }
}

@Test func `closing fails what is under way, in a coming turn, and ends the attempts`() throws {
    let loop = try EventLoop()
    let server = try PostgresServerProcess.shared()
    let options = try PostgresOptions(url: server.makeSchema())
    let connection = PostgresConnection(loop: loop, options: options)
    connection.onDown = { Issue.record("its own close was reported: \($0)") }
    #expect(connection.connect(loop))
    var outcome: Outcome?
    connection.send(sleep) { outcome = $0 }
    connection.close()
    #expect(outcome == nil && !connection.isReady)
    #expect(loop.turns { outcome != nil })
    #expect(outcome == .failure(.outcomeUnknown))
    loop.turn(waitAtMost: .milliseconds(50))
    #expect(!connection.isTrying)
}

@Test func `a pool uses all its connections, and is down only when none is left`() throws {
    let server = try PostgresServerProcess.shared()
    let url = try server.makeSchema()
    let loop = try EventLoop()
    var options = try PostgresOptions(url: url)
    options.name = "pool of three"
    let pool = PostgresPool(loop: loop, options: options, size: 3)
    defer { pool.close() }
    var ups = 0
    var downs: [PostgresDown] = []
    pool.onUp = { ups += 1 }
    pool.onDown = { downs.append($0) }
    pool.start()
    #expect(loop.turns { pool.readyCount == 3 })
    var pids: Set<String> = []
    var failures: [PostgresFailure] = []
    for _ in 0..<4 {
        pool.send(PostgresStatement("SELECT pg_backend_pid(), pg_sleep(0.02)")) { outcome in
            if let pid = outcome.first { pids.insert(pid) }
            if case .failure(let failure) = outcome { failures.append(failure) }
        }
    }
    #expect(!pool.hasRoom)
    #expect(loop.turns { pids.count == 3 })
    #expect(failures == [.unreachable] && pool.hasRoom)
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pool of three'"
    try server.sql(end + " AND pid = \(pids.sorted()[0])", in: url)
    #expect(loop.turns { pool.readyCount == 2 })
    #expect(downs.isEmpty && ups == 1)
    #expect(loop.turns { pool.readyCount == 3 })
    try server.sql(end, in: url)
    #expect(loop.turns { downs.count == 1 })
    #expect(loop.turns { pool.readyCount == 3 })
    #expect(ups == 2 && pool.downReason == nil)
}
