import Base
import EventLoop
import TestKit
import Testing

@testable import PostgresClient

private func connected() throws -> (EventLoop, PostgresConnection) {
    let server = try PostgresServerProcess.shared()
    let loop = try EventLoop()
    let connection = PostgresConnection(loop: loop, options: try PostgresOptions(url: server.makeSchema()))
    try #require(connection.connect(loop))
    return (loop, connection)
}

@Test func `values arrive as they were given, whatever is in them`() throws {
    let (loop, connection) = try connected()
    let texts = ["plain", "", #"quote " ' \ {brace},"#, "NULL", "née 🎟", "%s $1 --"]
    let rows = try connection.ask(
        loop, "SELECT t, n, $3::bigint FROM unnest($1::text[], $2::bigint[]) AS g (t, n)", .texts(texts),
        .integers([0, -1, .max, .min, 5, 6]), .integer(-7))?.get()
    #expect(rows?.count == 6)
    #expect((0..<6).map { rows?[$0, 0] } == texts)
    #expect((0..<6).map { rows?[$0, 1] } == ["0", "-1", "\(Int64.max)", "\(Int64.min)", "5", "6"])
    #expect(rows?[5, 2] == "-7")
    #expect(connection.ask(loop, "SELECT count(*) FROM unnest($1::text[])", .texts([]))?.first == "0")
    #expect(try connection.ask(loop, "SELECT NULL")?.get()[0, 0] == nil)
}

@Test func `several statements without values are one transaction`() throws {
    let (loop, connection) = try connected()
    #expect(connection.ask(loop, "CREATE TABLE t (n int UNIQUE); INSERT INTO t VALUES (1); SELECT 5")?.first == "5")
    #expect(connection.ask(loop, "INSERT INTO t VALUES (2); INSERT INTO t VALUES (1)")?.code == "23505")
    #expect(connection.ask(loop, "SELECT count(*) FROM t")?.first == "1")
    #expect(try connection.ask(loop, "INSERT INTO t VALUES (3), (4)")?.get().affected == 2)
}

@Test func `a refusal has its SQLSTATE, and the connection serves on`() throws {
    let (loop, connection) = try connected()
    #expect(connection.ask(loop, "SELECT * FROM nowhere")?.code == "42P01")
    #expect(connection.ask(loop, "SELECT $1::bigint / 0", .integer(1))?.code == "22012")
    #expect(connection.ask(loop, "SELECT $1::text[]", .texts(["a\0b"]))?.code == "22021")
    #expect(connection.isIdle && connection.ask(loop, "SELECT 1")?.first == "1")
}

@Test func `a commit that fails after the rows were sent is a refusal`() throws {
    let (loop, connection) = try connected()
    let trigger = """
        CREATE TABLE t (n int);
        CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'XX123', MESSAGE = 'no'; END $$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION no()
        """
    #expect(connection.ask(loop, trigger)?.code == nil)
    #expect(connection.ask(loop, "INSERT INTO t VALUES ($1::bigint) RETURNING n", .integer(1))?.code == "XX123")
    #expect(connection.ask(loop, "SELECT count(*) FROM t")?.first == "0")
}

@Test func `one statement at a time, and the next after it`() throws {
    let (loop, connection) = try connected()
    var outcomes: [Outcome] = []
    connection.send(PostgresStatement("SELECT 1")) { outcomes.append($0) }
    #expect(!connection.isIdle)
    connection.send(PostgresStatement("SELECT 2")) { outcomes.append($0) }
    #expect(outcomes.isEmpty)
    #expect(loop.turns { outcomes.count == 2 })
    #expect(outcomes.contains(.failure(.unreachable)) && outcomes.contains { $0.first == "1" })
}

@Test func `an answer of 8 MiB and a value of 8 MiB pass through`() throws {
    let (loop, connection) = try connected()
    let text = String(repeating: "0123456789abcdef", count: 1 << 19)
    let answer = connection.ask(loop, "SELECT t FROM unnest($1::text[]) AS g (t)", .texts([text]))?.first
    let isWhole = answer == text
    #expect(isWhole)
}

@Test func `only URLs of PostgreSQL are taken`() {
    for url in ["postgresql://", "postgres://h/d", "postgresql://u:p%40@[::1]:5/d?sslmode=require&connect_timeout=1"] {
        #expect(throws: Never.self) { try PostgresOptions(url: url) }
    }
    for url in ["", "host=a", "redis://h", "postgresql://h/d?nonsense=1", "postgresql://h/%zz", "postgresql://h/d\0"] {
        #expect(throws: InvalidPostgresURL.self) { try PostgresOptions(url: url) }
    }
}
