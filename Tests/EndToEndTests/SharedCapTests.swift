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
            let (served, doubts, more, cap) = (60, 120, 40, 20)
            try cluster.shop.putItem("i", stock: served + doubts + more, #""queue_limit":1000"#)
            func buy(_ users: Range<Int>) -> [String] {
                Crowd(cluster.shop.http).send(users.map { .purchase(item: "i", user: "b\($0)") }).compactMap {
                    (try? $0.reply?.json() as TicketBody?)?.ticket
                }
            }
            // It is known to bear more than the cap before it fails.
            _ = try cluster.shop.untilAllFinal(buy(0..<served), within: .seconds(20))
            // Nothing is placed, and soon all is in doubt.
            try set(#"{"faults_per_mille":{"fail_before":1000}}"#)
            var tickets = buy(served..<(served + doubts))
            let areDoubted = try eventually(within: .seconds(20)) {
                try cluster.workers[0].metrics().sum("sluice_doubts_total") >= Double(doubts)
                    && cluster.shop.item("i").held == doubts
            }
            #expect(areDoubted)
            cluster.workers[0].program.kill9()
            try set(#"{"faults_per_mille":{"fail_before":30}}"#)
            for _ in 0..<3 {
                try cluster.startWorker(sink: sink(["--in-doubt-after-ms", "1000", "--sink-cap-per-second", "\(cap)"]))
            }
            #expect(try control.send(HTTPRequest("POST", "/reset/figures")).status < 300)
            tickets += buy((served + doubts)..<(served + doubts + more))
            let began = MonotonicInstant.now
            let bodies = try cluster.shop.untilAllFinal(tickets, within: .seconds(40 * Knobs.slack))
            let took = MonotonicInstant.now - began
            let stats: Stats = try control.get("/stats").json()
            print("shared cap of \(cap): \(stats), \(took.wholeMilliseconds) ms")
            #expect(tickets.count == doubts + more && bodies.values.allSatisfy { $0.state == "sold" })
            #expect(stats.callsInBusiestSecond <= cap + 1, "\(stats)")
            #expect(stats.completed >= doubts + more && stats.calls >= stats.completed)
            let asked = try cluster.workers.dropFirst().map {
                try $0.metrics().sum("sluice_doubts_asked_again_total")
            }
            #expect(asked.allSatisfy { $0 > 0 } && asked.reduce(0, +) >= Double(doubts) / 2, "\(asked)")
        }
    }
}
