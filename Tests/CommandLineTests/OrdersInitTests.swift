import OrderTable
import TestKit
import Testing

@testable import CommandLineModule

private final class Recorder {
    var output: [String] = []
    func run(_ arguments: String...) throws -> ExitCode {
        let parsed = try ArgumentParser(environment: [:]).parse(["orders", "init"] + arguments)
        guard case .run(let invocation) = parsed else { throw Failure(.usage, "not run") }
        let console = Console(
            isTerminal: false, output: { self.output.append($0) }, complaint: { _ in }, question: { nil })
        return try OrdersInit(invocation, console: console).run()
    }
}

@Test func `the table of orders is made, and made again without harm`() throws {
    let server = try PostgresServerProcess.shared()
    let url = try server.makeSchema()
    let recorder = Recorder()
    #expect(try recorder.run("--postgres-url", url) == .done)
    try server.sql(
        """
        INSERT INTO orders
            (ticket, item, "user", key_digest, quantity, incarnation, sequence, attempt, state, admitted_at)
        VALUES ('t', 'i', 'u', 0, 1, 'x', 1, 1, 'confirmed', now())
        """, in: url)
    let folder = try TemporaryDirectory()
    #expect(try recorder.run("--postgres-url-file", folder.write(url + "\n", to: "url")) == .done)
    #expect(recorder.output == [#"the table "orders" is there"#, #"the table "orders" is there"#])
    #expect(try server.sql("SELECT count(*), max(reference) FROM orders", in: url) == "1|1")
}

@Test func `a dry run prints the SQL, which psql takes too, and needs no database`() throws {
    let recorder = Recorder()
    #expect(try recorder.run("--dry-run") == .done)
    let server = try PostgresServerProcess.shared()
    let url = try server.makeSchema()
    try server.sql(recorder.output.joined(separator: "\n"), in: url)
    #expect(try server.sql("SELECT count(*) FROM orders", in: url) == "0")
}

@Test func `what stands in the way is reported, without the password`() throws {
    let server = try PostgresServerProcess.shared()
    let url = try server.makeSchema()
    try server.sql("CREATE TABLE orders (id int)", in: url)
    for (arguments, code, word) in [
        ([url], ExitCode.failed, "another table"), ([server.url(database: "nowhere")], .failed, "3D000"),
        (["postgresql://u:hush@/d?nonsense=1"], .badConfiguration, "libpq"), ([], .usage, "--postgres-url"),
    ] {
        let failure = #expect(throws: Failure.self) {
            try arguments.isEmpty ? Recorder().run() : Recorder().run("--postgres-url", arguments[0])
        }
        #expect(failure?.code == code)
        let text = failure?.lines.joined() ?? ""
        #expect(text.contains(word) && !text.contains("hush"), "\(text)")
    }
}

@Test(arguments: [
    ("CREATE TABLE orders (id bigint PRIMARY KEY, item text, \"user\" text)", #"no column "ticket""#),
    ("CREATE VIEW orders AS SELECT 1 AS id", "no table"),
    (OrderTable.creation + "; ALTER TABLE orders ALTER admitted_at TYPE text", #""admitted_at" is text"#),
    (OrderTable.creation + "; ALTER TABLE orders ADD shop text NOT NULL", #""shop" must be given"#),
])
func `another table of this name is refused with what differs, and stays as it is`(sql: String, says: String) throws {
    let server = try PostgresServerProcess.shared()
    let url = try server.makeSchema()
    try server.sql(sql, in: url)
    let shape = """
        SELECT relname, relkind, relnatts FROM pg_class WHERE relnamespace = current_schema()::regnamespace ORDER BY 1
        """
    let before = try server.sql(shape, in: url)
    let failure = #expect(throws: Failure.self) { try Recorder().run("--postgres-url", url) }
    #expect(failure?.code == .failed)
    let text = failure?.lines.joined() ?? ""
    #expect(text.contains("another table") && text.contains(says) && text.contains("Nothing was changed"), "\(text)")
    #expect(try server.sql(shape, in: url) == before)
}

@Test func `columns that the merchant added do no harm`() throws {
    let server = try PostgresServerProcess.shared()
    let url = try server.makeSchema()
    #expect(try Recorder().run("--postgres-url", url) == .done)
    try server.sql("ALTER TABLE orders ADD shop text NOT NULL DEFAULT 'a', ADD note text", in: url)
    #expect(try Recorder().run("--postgres-url", url) == .done)
}
