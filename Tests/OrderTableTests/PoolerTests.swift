import Base
import TestKit
import Testing

@testable import OrderTable

/// A pooler that gives a session to another client after each transaction.
@Suite struct PoolerTests {
    /// A schema of its own, and a login whose sessions work in it and lose what they commit.
    private struct Shop {
        let server: PostgresServerProcess
        let login: String
        let pooler: PoolerProcess

        init() throws {
            server = try PostgresServerProcess.shared()
            login = "p\(String(UInt64.random(in: 0 ... .max), radix: 36))"
            try server.sql(
                """
                CREATE ROLE \(login) LOGIN; CREATE SCHEMA \(login) AUTHORIZATION \(login);
                ALTER ROLE \(login) SET search_path = \(login); ALTER ROLE \(login) SET synchronous_commit = off
                """)
            pooler = try PoolerProcess(before: server, login: login)
        }

        /// What another client of the pooler sees.
        func other(_ sql: String) throws -> String { try server.sql(sql, in: pooler.url) }
    }

    @Test func `what a batch sets reaches no other client of the pooler, and holds for every order`() throws {
        let shop = try Shop()
        let rig = try Rig(url: shop.pooler.url, connections: 3, deadline: .milliseconds(1500))
        #expect(rig.check() == .usable)
        _ = try shop.other(
            """
            ALTER TABLE orders ADD COLUMN commits text DEFAULT current_setting('synchronous_commit'),
                ADD COLUMN bound text DEFAULT current_setting('statement_timeout')
            """)
        for pass in 0..<3 {
            for sequence in 1...10 {
                let placed = rig.place([row(Int64(pass * 10 + sequence))])
                #expect(try placed?.get()[0].isConfirmed == true)
                #expect(try shop.other("SHOW statement_timeout; SHOW synchronous_commit") == "0\noff")
            }
            // The next order finds a session that nobody has set anything in.
            _ = try? shop.server.sql(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE usename = '\(shop.login)'
                """)
            #expect(eventually(within: .seconds(20)) { (try? shop.other("SELECT 1")) == "1" })
        }
        #expect(try shop.other("SELECT DISTINCT commits || ' ' || bound FROM orders") == "on 1350ms")
    }
}
