import Base
import Domain
import EventLoop
import PostgresClient
import TestKit
import Testing

@testable import OrderTable

@Test func `a batch is placed as rows, and a retry gives the same answers`() throws {
    let rig = try Rig()
    var rows = (1...256).map { row($0) }
    rows[6].user = #"q"u\o{t},e'"#
    rows[6].quantity = 1000
    rows[6].keyDigest = (1 << 56) - 1
    let first = try rig.place(rows)?.get()
    #expect(first?.count == 256 && first?.allSatisfy(\.isConfirmed) == true)
    #expect(Set(first?.map { "\(String(describing: $0))" } ?? []).count == 256)
    #expect(try rig.place(rows)?.get() == first)
    #expect(try rig.place(rows.reversed())?.get() == first?.reversed())
    #expect(
        try rig.sql("SELECT count(*), count(DISTINCT ticket), min(state), max(state) FROM orders")
            == "256|256|confirmed|confirmed")
    let seventh = try rig.sql(
        """
        SELECT ticket, item, "user", key_digest, quantity, incarnation, sequence, attempt, reason IS NULL,
            extract(epoch FROM admitted_at) * 1000 FROM orders WHERE sequence = 7
        """)
    #expect(
        seventh == #"ticket-7|shoes|q"u\o{t},e'|72057594037927935|1000|0000000000000abc|7|1|t|1795000000123.000000"#)
}

@Test func `a user's key is good for one order, and the refusal of the second stays`() throws {
    let rig = try Rig()
    let (first, second) = (row(1, user: "a"), row(2, user: "a"))
    #expect(try rig.place([first])?.get()[0].isConfirmed == true)
    let refused: [OrderAnswer?] = [.refused(reason: "key-taken")]
    #expect(try rig.place([second])?.get() == refused)
    // Another key, another user, another item: none of them is in the way.
    #expect(try rig.place([row(3, user: "a", key: 5), row(4, user: "b")])?.get().allSatisfy(\.isConfirmed) == true)
    // The refusal holds when what it rested on is gone.
    #expect(try rig.sql("DELETE FROM orders WHERE sequence = 1 RETURNING 1") == "1")
    #expect(try rig.place([second])?.get() == refused)
    #expect(try rig.sql("SELECT state, reason FROM orders WHERE sequence = 2") == "refused|key-taken")
}

@Test func `of two with one key in one batch one wins, and the other is refused when it is asked again`() throws {
    let rig = try Rig()
    let rows = [row(1, user: "a"), row(2, user: "a"), row(3)]
    let answers = try #require(try rig.place(rows)?.get())
    #expect(answers[0].isConfirmed && answers[1] == nil && answers[2].isConfirmed)
    #expect(try rig.place(rows)?.get() == [answers[0], .refused(reason: "key-taken"), answers[2]])
}

@Test func `the same purchase under a ticket of another key is the same order, or the same refusal`() throws {
    let rig = try Rig()
    let first = try rig.place([row(1, user: "a"), row(5)])?.get()
    #expect(try rig.place([row(2, user: "a")])?.get() == [.refused(reason: "key-taken")])
    #expect(try rig.place([row(1, user: "a", ticket: "signed anew"), row(5)])?.get() == first)
    #expect(try rig.sql("DELETE FROM orders WHERE sequence = 1 RETURNING 1") == "1")
    #expect(try rig.place([row(2, user: "a", ticket: "too")])?.get() == [.refused(reason: "key-taken")])
    #expect(try rig.sql("SELECT count(*) FROM orders") == "2")
}

@Test func `a purchase in the place of another order gets no answer and changes nothing`() throws {
    let rig = try Rig()
    #expect(try rig.place([row(1, user: "a")])?.get()[0].isConfirmed == true)
    #expect(try rig.place([row(1, user: "b", ticket: "of b")])?.get() == [nil])
    #expect(try rig.sql(#"SELECT "user" FROM orders"#) == "a")
}

@Test func `an item made again under its name is another item, with a key and without`() throws {
    let rig = try Rig()
    for key in [UInt64(0), 5] {
        let user = "user of \(key)"
        for (life, incarnation) in [(Int64(1), UInt64(0xABC)), (2, 0xDEF), (3, .max)] {
            let sequence = Int64(key) + 1
            let first = row(sequence, user: user, key: key, ticket: "\(life) \(key)", incarnation: incarnation)
            #expect(try rig.place([first])?.get()[0].isConfirmed == true, "life \(life), key \(key)")
            let second = row(sequence + 20, user: user, key: key, ticket: "\(life) \(key)+", incarnation: incarnation)
            #expect(try rig.place([second])?.get() == [.refused(reason: "key-taken")], "life \(life), key \(key)")
        }
    }
}

@Test func `a table of an earlier release is refused, and made good without harm to its orders`() throws {
    let rig = try Rig()
    _ = try rig.sql("DROP INDEX orders_user_key")
    _ = try rig.sql(
        #"CREATE UNIQUE INDEX orders_user_key ON orders (item, "user", key_digest) WHERE state = 'confirmed'"#)
    let first = try rig.place([row(1, user: "a")])?.get()
    guard case .unusable(let text)? = rig.check() else {
        Issue.record("an index without the incarnation is taken for good")
        return
    }
    #expect(text.contains("sluice orders init"))
    guard case .success? = rig.create() else {
        Issue.record("not made good")
        return
    }
    #expect(rig.check() == .usable)
    #expect(try rig.place([row(1, user: "a")])?.get() == first)
    #expect(try rig.place([row(1, user: "a", ticket: "new", incarnation: 2)])?.get()[0].isConfirmed == true)
    let indexes = "SELECT count(*) FROM pg_indexes WHERE tablename = 'orders' AND schemaname = current_schema()"
    #expect(try rig.sql(indexes) == "3")
}

@Test func `two connections that place the same purchases at once agree`() throws {
    let rig = try Rig(connections: 4)
    var answers: [[OrderAnswer?]] = []
    for batch in 0..<50 {
        let rows = (1...20).map { row(Int64(batch * 20 + $0)) }
        var left = 4
        for _ in 0..<4 {
            rig.table.place(rows) { result in
                left -= 1
                if case .success(let all) = result { answers.append(all) }
            }
        }
        #expect(rig.turns { left == 0 })
        let again = try rig.place(rows)?.get() ?? []
        #expect(again.allSatisfy { $0.isConfirmed })
        for one in answers { for (given, final) in zip(one, again) where given != nil { #expect(given == final) } }
        answers = []
    }
    #expect(try rig.sql("SELECT count(*) FROM orders") == "1000")
}

@Test func `a row that the server can't take undoes its batch, and the failure is one that a row may cause`() throws {
    let rig = try Rig()
    guard case .failure(let failure)? = rig.place([row(1), row(2, user: "a\0b")]) else {
        Issue.record("a NUL was taken")
        return
    }
    #expect(failure.mayBeOfOneRow && !failure.isBusy && !failure.isOfSetUp)
    #expect(try rig.sql("SELECT count(*) FROM orders") == "0")
}

@Test func `the table is made once, and its check reports what is wrong with it`() throws {
    let rig = try Rig(isMade: false)
    func problem() -> String { if case .unusable(let text)? = rig.check() { text } else { "" } }
    #expect(problem().contains("sluice orders init"))
    guard case .success? = rig.create(), case .success? = rig.create() else {
        Issue.record("not made")
        return
    }
    #expect(rig.check() == .usable)
    _ = try rig.sql("DROP INDEX orders_user_key")
    #expect(problem().contains("unique index"))
    guard case .success? = rig.create() else { return }
    #expect(rig.check() == .usable)
    _ = try rig.sql("ALTER TABLE orders DROP COLUMN attempt")
    #expect(problem().contains("another shape"))
}

@Test func `a batch gives up before we do and outlives a crash, and leaves the session as it was`() throws {
    let url = try PostgresServerProcess.shared().makeSchema(options: "-csynchronous_commit=off")
    let rig = try Rig(url: url, connections: 1, deadline: .milliseconds(1500))
    _ = try rig.sql(
        """
        ALTER TABLE orders ADD COLUMN commits text DEFAULT current_setting('synchronous_commit'),
            ADD COLUMN bound text DEFAULT current_setting('statement_timeout')
        """)
    func shown(_ name: String) -> String? {
        var shown: String?
        rig.table.pool.send(PostgresStatement("SHOW \(name)")) { shown = try? $0.get()[0, 0] }
        #expect(rig.turns { shown != nil })
        return shown
    }
    #expect(shown("statement_timeout") == "0" && shown("synchronous_commit") == "off")
    #expect(try rig.place([row(1)])?.get()[0].isConfirmed == true)
    #expect(shown("statement_timeout") == "0" && shown("synchronous_commit") == "off")
    #expect(rig.check() == .usable)
    #expect(shown("statement_timeout") == "0")
    #expect(try rig.sql("SELECT commits, bound FROM orders") == "on|1350ms")
}

@Test(arguments: ["local", "remote_apply"])
func `the database's own setting of durability stays, where it is more than nothing`(level: String) throws {
    let url = try PostgresServerProcess.shared().makeSchema(options: "-csynchronous_commit=\(level)")
    let rig = try Rig(url: url, connections: 1)
    _ = try rig.sql("ALTER TABLE orders ADD COLUMN commits text DEFAULT current_setting('synchronous_commit')")
    #expect(try rig.place([row(1)])?.get()[0].isConfirmed == true)
    #expect(try rig.sql("SELECT commits FROM orders") == level)
}

@Test func `a batch that waits for a lock is given up by the server, and its connection serves on`() throws {
    let rig = try Rig(connections: 1, deadline: .milliseconds(1_000))
    let locker = try PostgresOptions(url: rig.url)
    let connection = PostgresConnection(loop: rig.loop, options: locker)
    connection.start()
    #expect(rig.turns { connection.isReady })
    var isLocked = false
    connection.send(PostgresStatement("LOCK TABLE orders; SELECT pg_sleep(1.5)"), deadline: .seconds(20)) { _ in
        isLocked = false
    }
    let held = """
        SELECT count(*) FROM pg_locks
        WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'orders'::regclass
        """
    #expect(rig.turns { (try? rig.sql(held)) == "1" })
    isLocked = true
    guard case .failure(.refused(code: "57014", _))? = rig.place([row(1)]) else {
        Issue.record("it was not cancelled")
        return
    }
    #expect(isLocked && rig.table.readyConnections == 1)
    #expect(rig.turns { !isLocked })
    #expect(try rig.place([row(1)])?.get()[0].isConfirmed == true)
}

@Test func `a batch finds its rows by index, also before the server has statistics`() throws {
    let rig = try Rig(connections: 1)
    _ = try rig.sql(
        """
        INSERT INTO orders
            (ticket, item, incarnation, "user", key_digest, sequence, quantity, attempt, admitted_at, state)
        SELECT 'filler-' || n, 'shoes', '0000000000000abc', 'u' || n, 0, n, 1, 1, now(), 'confirmed'
        FROM generate_series(1, 20000) AS n
        """)
    var statement = OrderTable.placing
    for number in 1...9 {
        let array = (1...256).map { "\($0)" }.joined(separator: ",")
        statement = statement.replacing("$\(number)::", with: "'{\(array)}'::")
    }
    let plan = try rig.sql("EXPLAIN " + statement)
    let scans = plan.split(separator: "\n").filter { $0.contains(" on orders ") && $0.contains("Scan") }
    #expect(scans.count == 2 && scans.allSatisfy { $0.contains("Index") && !$0.contains("Bitmap") }, "\(plan)")
    #expect(scans.contains { $0.contains("orders_user_key") } && scans.contains { $0.contains("orders_purchase") })
}
