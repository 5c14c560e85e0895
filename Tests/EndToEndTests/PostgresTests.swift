import Base
import TestKit
import Testing

extension EndToEnd {
    /// The order sink `postgres`: the built programs and a real server.
    @Suite struct Postgres {
        private let server: PostgresServerProcess
        private let directory: TemporaryDirectory

        init() throws {
            server = try PostgresServerProcess()
            directory = try TemporaryDirectory()
        }

        private func run(_ name: String, _ arguments: [String]) throws -> (exit: Int32, text: String) {
            let program = try Program(name, arguments, log: directory.file("log"))
            let ended = try program.finish(within: .seconds(10))
            return (ended.exit, ended.output + program.log)
        }

        private func keyFile() throws -> String {
            try directory.write(String(repeating: "ab", count: 32) + "\n", to: "key")
        }

        private func makeTable() throws {
            let made = try run("sluice", ["orders", "init", "--postgres-url", server.url()])
            try #require(made.exit == 0, "\(made.text)")
        }

        @Test func `a winner becomes one row, and its ticket is the buyer's`() throws {
            try makeTable()
            let cluster = try Cluster(sink: .postgres(url: server.url()))
            try cluster.shop.putItem("i", stock: 1)
            let winner = try cluster.shop.buy("i", user: "q'u{o},t%e")
            let settled = try cluster.shop.untilFinal(winner.ticket, within: .seconds(5))
            #expect(settled.state == "sold")
            #expect(settled.order == "1")
            #expect(
                try server.sql(#"SELECT ticket, item, "user", state FROM orders"#)
                    == "\(winner.ticket)|i|q'u{o},t%e|confirmed")
            let metrics = try cluster.workers[0].metrics()
            #expect(metrics.sum("sluice_orders_total", ["outcome": "confirmed"]) == 1)
            #expect(metrics.sum("sluice_breaker_state") == 0)
        }

        @Test func `PostgreSQL killed and started again under load: nothing lost, nothing twice, the queue goes on`()
            throws
        {
            try makeTable()
            let cluster = try Cluster(workers: 2, sink: .postgres(url: server.url()))
            let stock = 3_000
            try cluster.shop.putItem("i", stock: stock, #""queue_limit":5000"#)
            let asked = (0..<4_000).map { SaleChecker.Asked(user: "buyer-\($0)") }
            var crowd = Crowd(cluster.shop.http)
            crowd.perSecond = 2_000
            let running = crowd.start(asked.map { $0.request(item: "i") }, within: .seconds(30))
            for goal in [600, 1_800] {
                #expect(running.waitUntil(answered: goal, within: .seconds(10)))
                server.kill9()
                let opened = try eventually(within: .seconds(5)) {
                    try cluster.workers.allSatisfy { try $0.metrics().sum("sluice_breaker_state") > 0 }
                }
                #expect(opened, "no breaker opened")
                let isShown = try eventually(within: .seconds(2)) {
                    try HTTPClient(cluster.workers[0].ops).get("/readyz").text.contains("postgres: ")
                }
                #expect(isShown, "ready without its database")
                // Away: purchases are taken in as before.
                #expect(running.waitUntil(answered: goal + 700, within: .seconds(5)))
                try server.start()
            }
            // A worker that starts while it is away serves as soon as it is back.
            server.kill9()
            try cluster.startWorker(sink: .postgres(url: server.url()))
            try server.start()
            let answers = running.finish(within: .seconds(40))
            var checker = SaleChecker()
            try checker.record(answers, to: asked)
            #expect(answers.allSatisfy { [202, 410].contains($0.status) }, "\(summary(answers))")
            checker.record(
                try cluster.shop.untilAllFinal(checker.allTickets, within: .seconds(15 * Knobs.slack)).values)
            let item = try cluster.shop.item("i") { $0.sold == stock }
            #expect(checker.complaint(stock: stock, counted: item.sold) == nil)
            #expect(item.sold == stock && item.held == 0 && item.addsUp, "\(item)")
            #expect(
                try server.sql(
                    #"SELECT count(*), count(DISTINCT ticket), count(DISTINCT "user"), max(sequence) FROM orders"#)
                    == "\(stock)|\(stock)|\(stock)|\(stock)")
            let closed = try cluster.workers.allSatisfy { try $0.metrics().sum("sluice_breaker_state") == 0 }
            #expect(closed)
        }

        @Test func `a worker without its table doesn't start, and reports what makes it`() throws {
            let cluster = try Cluster(workers: 0)
            let flags = ["--sink", "postgres", "--redis-url", cluster.redis.url, "--ops-listen", "127.0.0.1:0"]
            let key = ["--ticket-key-file", try keyFile()]
            let bare = try run("sluice-worker", flags + key + ["--postgres-url", server.url()])
            #expect(bare.exit == 64 && bare.text.contains("sluice orders init"), "\(bare.text)")
            let missing = try run("sluice-worker", flags)
            #expect(missing.exit == 64, "\(missing.text)")
            for word in ["--postgres-url", "--ticket-key-file"] { #expect(missing.text.contains(word)) }
            let other = try run(
                "sluice-worker", flags + key + ["--postgres-url", server.url(database: "nowhere")])
            #expect(other.exit == 64 && other.text.contains("3D000"), "\(other.text)")
            let shown = try run(
                "sluice-worker",
                flags + key + ["--postgres-url", "postgresql://u:hush@h/d?password=hush", "--check-config"])
            #expect(shown.exit == 0 && shown.text.contains("postgresql://u:***@h/d?password=***"), "\(shown.text)")
            #expect(!shown.text.contains("hush"))
        }

        @Test func `up hands the database and the ticket key on to its workers`() throws {
            try makeTable()
            let up = try Up(["--sink", "postgres", "--postgres-url", server.url(), "--postgres-connections", "2"])
            try up.shop.putItem("i", stock: 5)
            let bought = try up.shop.buy("i", user: "a")
            #expect(try up.shop.untilFinal(bought.ticket, within: .seconds(5)).state == "sold")
            #expect(try server.sql("SELECT ticket FROM orders") == bought.ticket)
            #expect(
                try server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'worker%'") == "2")
        }
    }
}
