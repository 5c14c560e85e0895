import Base
import TestKit
import Testing

extension EndToEnd {
    /// All calls of a group together, as the one who is called counts them.
    @Suite struct SharedCap {
        private struct Stats: Decodable {
            var calls: Int
            var callsInBusiestSecond: Int
            var completed: Int
        }

        // Buyers: served before the trouble, in doubt because of it, and coming after it.
        private let served = 60
        private let doubts = 120
        private let more = 40
        /// Calls or rows a second.
        private let cap = 20
        /// In one second, as the one who is called counts them. A machine that stands still for a quarter of a second
        /// brings five of the next second's together; that no more go out than the cap and one is shown where time is
        /// simulated.
        private var most: Int { cap + 1 + cap / 4 }

        private func buy(_ cluster: Cluster, _ users: Range<Int>) -> [String] {
            Crowd(cluster.shop.http).send(users.map { .purchase(item: "i", user: "b\($0)") }).compactMap {
                (try? $0.reply?.json() as TicketBody?)?.ticket
            }
        }

        private func expectDoubts(_ cluster: Cluster, _ count: Int) throws {
            let areDoubted = try eventually(within: .seconds(20)) {
                try cluster.workers[0].metrics().sum("sluice_doubts_total") >= Double(count)
                    && cluster.shop.item("i").held >= count
                    // Also in the store, but for those that are asked for again already.
                    && cluster.shop.doubts(of: "i").inDoubt >= Int64(count + 1) / 2
            }
            #expect(areDoubted)
        }

        @Test func `three workers stay within the cap of their group with many doubts, retries and new purchases`()
            throws
        {
            let directory = try TemporaryDirectory()
            let service = try Program(
                "order-service", ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"],
                log: directory.file("service.log"))
            let ready = try service.ready()
            let orders = try #require(ready.endpoint("http"))
            let control = HTTPClient(try #require(ready.endpoint("control")))
            func set(_ json: String) throws {
                let reply = try control.send(HTTPRequest("PUT", "/control", json: json))
                try #require(reply.status == 200, "\(reply.text)")
            }
            func sink(_ more: [String]) -> Cluster.Sink {
                .webhook(
                    url: "http://\(orders.authority)/orders",
                    more: ["--sink-timeout-ms", "300", "--breaker", "alert-only"] + more)
            }
            try set(#"{"slots":100,"service_us":1000}"#)
            let cluster = try Cluster(sink: sink(["--in-doubt-after-ms", "200", "--sink-floor-per-second", "1000"]))
            try cluster.shop.putItem("i", stock: served + doubts + more, #""queue_limit":1000"#)
            // It is known to bear more than the cap before it fails.
            _ = try cluster.shop.untilAllFinal(buy(cluster, 0..<served), within: .seconds(20))
            // Nothing is placed, and soon all is in doubt.
            try set(#"{"faults_per_mille":{"fail_before":1000}}"#)
            var tickets = buy(cluster, served..<(served + doubts))
            try expectDoubts(cluster, doubts)
            cluster.workers[0].program.kill9()
            try set(#"{"faults_per_mille":{"fail_before":30}}"#)
            for _ in 0..<3 {
                try cluster.startWorker(sink: sink(["--in-doubt-after-ms", "1000", "--sink-cap-per-second", "\(cap)"]))
            }
            let reset = MonotonicInstant.now
            #expect(try control.send(HTTPRequest("POST", "/reset/figures")).status < 300)
            tickets += buy(cluster, (served + doubts)..<(served + doubts + more))
            let began = MonotonicInstant.now
            let bodies = try cluster.shop.untilAllFinal(tickets, within: .seconds(40 * Knobs.slack))
            let took = MonotonicInstant.now - began
            let stats: Stats = try control.get("/stats").json()
            let milliseconds = Int((MonotonicInstant.now - reset).wholeMilliseconds)
            print("shared cap of \(cap): \(stats), \(took.wholeMilliseconds) ms")
            #expect(tickets.count == doubts + more && bodies.values.allSatisfy { $0.state == "sold" })
            #expect(stats.callsInBusiestSecond <= most, "\(stats)")
            #expect(stats.calls <= cap * milliseconds / 1_000 + 2, "\(stats) in \(milliseconds) ms")
            #expect(stats.completed >= doubts + more && stats.calls >= stats.completed)
            let asked = try cluster.workers.dropFirst().map {
                try $0.metrics().sum("sluice_doubts_asked_again_total")
            }
            #expect(asked.allSatisfy { $0 > 0 } && asked.reduce(0, +) >= Double(doubts) / 2, "\(asked)")
        }

        @Test func `three workers place no more rows a second than the cap, doubts included`() throws {
            let server = try PostgresServerProcess()
            let directory = try TemporaryDirectory()
            let made = try Program(
                "sluice", ["orders", "init", "--postgres-url", server.url()], log: directory.file("log"))
            try #require(made.finish(within: .seconds(10)).exit == 0)
            func sink(_ more: [String]) -> Cluster.Sink {
                .postgres(url: server.url(), more: ["--sink-timeout-ms", "300", "--breaker", "alert-only"] + more)
            }
            let cluster = try Cluster(sink: sink(["--in-doubt-after-ms", "200", "--sink-floor-per-second", "1000"]))
            try cluster.shop.putItem("i", stock: served + doubts + more, #""queue_limit":1000"#)
            _ = try cluster.shop.untilAllFinal(buy(cluster, 0..<served), within: .seconds(20))
            // No row is written in time: what went out is in doubt after a while, and the server is busy with no more.
            try server.sql(
                """
                CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN PERFORM pg_sleep(10); RETURN NULL; END $$;
                CREATE TRIGGER stall BEFORE INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION stall();
                """)
            var tickets = buy(cluster, served..<(served + doubts))
            let first = 10
            try expectDoubts(cluster, first)
            // Of those that it asked for again itself some are in its hands: they come back without a doubt.
            let askedBefore = try cluster.workers[0].metrics().sum("sluice_doubts_asked_again_total")
            cluster.workers[0].program.kill9()
            try server.sql("DROP TRIGGER stall ON orders")
            for _ in 0..<3 {
                try cluster.startWorker(sink: sink(["--in-doubt-after-ms", "1000", "--sink-cap-per-second", "\(cap)"]))
            }
            tickets += buy(cluster, (served + doubts)..<(served + doubts + more))
            let began = MonotonicInstant.now
            let bodies = try cluster.shop.untilAllFinal(tickets, within: .seconds(40 * Knobs.slack))
            let took = MonotonicInstant.now - began
            let busiest = try server.sql(
                """
                SELECT max(rows) FROM (
                    SELECT count(*) OVER (ORDER BY placed_at RANGE BETWEEN '1 second' PRECEDING AND CURRENT ROW) AS rows
                    FROM orders WHERE sequence > \(served)) AS seconds
                """)
            print("shared cap of \(cap) rows: \(busiest) in the busiest second, \(took.wholeMilliseconds) ms")
            #expect(tickets.count == doubts + more && bodies.values.allSatisfy { $0.state == "sold" })
            #expect(try #require(Int(busiest)) <= most)
            let asked = try cluster.workers.dropFirst().map {
                try $0.metrics().sum("sluice_doubts_asked_again_total")
            }
            let askedSince = asked.reduce(0, +)
            #expect(askedSince > 0 && askedBefore + askedSince >= Double(first) / 2, "\(askedBefore), then \(asked)")
        }
    }
}
