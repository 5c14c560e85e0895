import Base
import EventLoop
import TestKit
import Testing

@testable import PostgresClient

// What goes first in a transaction, and that nothing of it stays behind.

private let opening = "SELECT set_config('statement_timeout', '1234', true)"

private func connected() throws -> (EventLoop, PostgresConnection) {
    let loop = try EventLoop()
    let url = try PostgresServerProcess.shared().makeSchema()
    let connection = PostgresConnection(loop: loop, options: try PostgresOptions(url: url))
    try #require(connection.connect(loop))
    return (loop, connection)
}

extension PostgresConnection {
    fileprivate func ask(_ loop: EventLoop, _ statement: PostgresStatement) -> Outcome? {
        var result: Outcome?
        loop.turn(waitAtMost: .zero)
        send(statement) { result = $0 }
        _ = loop.turns { result != nil }
        return result
    }
}

@Test(arguments: [true, false])
func `what goes first holds in its transaction, and not in the session`(hasValues: Bool) throws {
    let (loop, connection) = try connected()
    let statement =
        hasValues
        ? PostgresStatement("SELECT current_setting('statement_timeout') || $1::bigint", [.integer(5)], first: opening)
        : PostgresStatement("SELECT current_setting('statement_timeout') || '5'", first: opening)
    for _ in 0..<3 {
        #expect(connection.ask(loop, statement)?.first == "1234ms5")
        #expect(connection.ask(loop, "SHOW statement_timeout")?.first == "0")
    }
}

@Test(arguments: [true, false])
func `a time limit that goes first bounds what follows`(hasValues: Bool) throws {
    let (loop, connection) = try connected()
    let first = "SELECT set_config('statement_timeout', '50', true)"
    let sleep = "SELECT pg_sleep(20)" + (hasValues ? " WHERE $1::bigint = 1" : "")
    let statement = PostgresStatement(sleep, hasValues ? [.integer(1)] : [], first: first)
    #expect(connection.ask(loop, statement)?.code == "57014")
    #expect(connection.isIdle && connection.ask(loop, "SHOW statement_timeout")?.first == "0")
}

@Test func `what is refused undoes all, whichever it was, and the connection serves on`() throws {
    let (loop, connection) = try connected()
    #expect(connection.ask(loop, "CREATE TABLE t (n bigint UNIQUE)")?.code == nil)
    let insert = PostgresStatement("INSERT INTO t VALUES ($1::bigint) RETURNING n", [.integer(1)], first: opening)
    #expect(connection.ask(loop, insert)?.first == "1")
    let again = PostgresStatement("INSERT INTO t VALUES ($1::bigint)", [.integer(1)], first: "INSERT INTO t VALUES (2)")
    #expect(connection.ask(loop, again)?.code == "23505")
    let never = PostgresStatement("INSERT INTO t VALUES ($1::bigint)", [.integer(3)], first: "SELECT * FROM nowhere")
    #expect(connection.ask(loop, never)?.code == "42P01")
    #expect(connection.isIdle && connection.ask(loop, "SELECT count(*) FROM t")?.first == "1")
    #expect(connection.ask(loop, insert)?.code == "23505")
}

@Test func `a commit that fails is a refusal also where something went first`() throws {
    let (loop, connection) = try connected()
    let trigger = """
        CREATE TABLE t (n bigint);
        CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'XX123', MESSAGE = 'no'; END $$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION no()
        """
    #expect(connection.ask(loop, trigger)?.code == nil)
    let insert = PostgresStatement("INSERT INTO t VALUES ($1::bigint) RETURNING n", [.integer(1)], first: opening)
    #expect(connection.ask(loop, insert)?.code == "XX123")
    #expect(connection.isIdle && connection.ask(loop, "SELECT count(*) FROM t")?.first == "0")
}
