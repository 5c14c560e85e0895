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

@Test func `what stands in the way is told, without the password`() throws {
    let server = try PostgresServerProcess.shared()
    let url = try server.makeSchema()
    try server.sql("CREATE TABLE orders (id int)", in: url)
    for (arguments, code, word) in [
        ([url], ExitCode.failed, "42703"), ([server.url(database: "nowhere")], .failed, "3D000"),
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
