import Base
import TestKit
import Testing

extension EndToEnd {
    /// A worker that is lost while its sink works.
    @Suite struct Lease {
        private let lease = TimeSpan.seconds(3)  // the default of --lease-ms

        /// A cluster whose one worker holds 100 winners in its sink for `milliseconds`.
        private func hundredInTheSink(for milliseconds: Int) throws -> (Cluster, [String]) {
            // A worker gets as much as it has shown it can do, so it shows it first; with orders so long that a busy
            // machine too can keep 100 of them going.
            let cluster = try Cluster(sink: .delay(milliseconds: 100, slots: 200))
            let buyers = 15_000
            try cluster.shop.putItem("warm", stock: buyers, #""queue_limit":\#(buyers)"#)
            let warm = Crowd(cluster.shop.http).send(
                (0..<buyers).map { .purchase(item: "warm", user: "w\($0)") })
            #expect(warm.allSatisfy { $0.status == 202 }, "\(summary(warm))")
            let isWide = try eventually(within: .seconds(20)) {
                try cluster.schedulers[0].metrics().sum("sluice_worker_window") >= 120
            }
            #expect(isWide)
            try cluster.shop.pause("warm")
            #expect(try eventually(within: .seconds(5)) { try cluster.shop.item("warm").held == 0 })

            #expect(try cluster.workers[0].setDelay(milliseconds: milliseconds, slots: 200).status < 300)
            try cluster.shop.putItem("i", stock: 100, #""queue_limit":200"#)
            let answers = Crowd(cluster.shop.http).send((0..<110).map { .purchase(item: "i", user: "b\($0)") })
            let tickets = try answers.map { try $0.reply!.json(TicketBody.self).ticket }
            let held = try eventually(within: .seconds(15)) { try cluster.shop.item("i").held == 100 }
            let item = try cluster.shop.item("i")
            try #require(held, "in the sink: \(item)")
            return (cluster, tickets)
        }

        private func expectSoldOnce(_ cluster: Cluster, _ tickets: [String], within span: TimeSpan) throws {
            let ended = try cluster.shop.untilAllFinal(tickets, within: span)
            #expect(ended.values.count { $0.state == "sold" } == 100)
            #expect(ended.values.count { $0.state == "sold_out" } == 10)
            for body in ended.values { #expect(body.state == (body.sequence <= 100 ? "sold" : "sold_out")) }
            let item = try cluster.shop.item("i") { $0.sold == 100 && $0.held == 0 }
            #expect(item.sold == 100 && item.held == 0 && item.addsUp, "\(item)")
        }

        @Test func `100 winners of a killed worker are settled by another within the lease and a second`() throws {
            let (cluster, tickets) = try hundredInTheSink(for: 60_000)
            try cluster.startWorker(sink: .delay(milliseconds: 5, slots: 200))
            cluster.workers[0].program.kill9()
            try expectSoldOnce(cluster, tickets, within: lease + .seconds(1 * Knobs.slack))
        }

        @Test func `a worker paused past its lease comes back and is fenced`() throws {
            let (cluster, tickets) = try hundredInTheSink(for: 4_000)
            let paused = cluster.workers[0]
            paused.program.stop()
            try cluster.startWorker(sink: .delay(milliseconds: 5, slots: 200))
            try expectSoldOnce(cluster, tickets, within: lease + .seconds(3 * Knobs.slack))

            paused.program.resume()
            let isFenced = try eventually(within: .seconds(10), every: .milliseconds(20)) {
                try paused.metrics().sum("sluice_settles_total", ["outcome": "fenced"]) >= 1
            }
            let settles = try paused.metrics().series.filter { $0.key.contains("settles") }
            #expect(isFenced, "\(settles)")
            // Nothing that the late worker says changes a result.
            try expectSoldOnce(cluster, tickets, within: .seconds(1))
        }

        @Test func `a worker that was given up and came back is missed again when it dies`() throws {
            let cluster = try Cluster(sink: .delay(milliseconds: 5, slots: 4))
            let worker = cluster.workers[0]
            try cluster.shop.putItem("i", stock: 10)
            let first = try cluster.shop.buy("i", user: "a")
            _ = try cluster.shop.untilFinal(first.ticket, within: .seconds(5))
            worker.program.stop()
            let isGivenUp = try eventually(within: lease + .seconds(2 * Knobs.slack)) {
                try cluster.schedulers[0].metrics().sum("sluice_workers_lost_total") >= 1
            }
            #expect(isGivenUp)
            worker.program.resume()
            #expect(try worker.setDelay(milliseconds: 60_000, slots: 4).status < 300)

            let second = try cluster.shop.buy("i", user: "b")
            #expect(try eventually(within: .seconds(5)) { try cluster.shop.item("i").held == 1 })
            try cluster.startWorker(sink: .delay(milliseconds: 5, slots: 4))
            worker.program.kill9()
            let ended = try cluster.shop.untilFinal(second.ticket, within: lease + .seconds(1 * Knobs.slack))
            #expect(ended.state == "sold")
        }
    }
}
