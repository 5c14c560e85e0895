import Base
import TestKit
import Testing

extension EndToEnd {
    @Suite struct ManyItems {
        private let items = (0..<100).map { "item-\($0)" }

        private func open(_ cluster: Cluster, stock: Int) throws {
            for item in items { try cluster.shop.putItem(item, stock: stock, #""queue_limit":100"#) }
        }

        /// So many buyers for every item, all mixed.
        private func rush(_ cluster: Cluster, buyers: Int) -> [Crowd.Answer] {
            var random = SplitMix64(seed: Knobs.seed)
            let requests = (0..<buyers).flatMap { buyer in
                items.map { HTTPRequest.purchase(item: $0, user: "buyer-\(buyer)") }
            }
            return Crowd(cluster.shop.http).send(requests.shuffled(using: &random))
        }

        private func tickets(_ answers: [Crowd.Answer]) throws -> [TicketBody] {
            try answers.filter { $0.status == 202 }.map { try $0.reply!.json() }
        }

        @Test func `a paused item keeps its queue and stops no other`() throws {
            let cluster = try Cluster(workers: 0)
            try open(cluster, stock: 5)
            let admitted = try tickets(rush(cluster, buyers: 10))
            #expect(admitted.count == 1_000)
            try cluster.shop.pause("item-0")
            try cluster.startWorker()

            let others = admitted.filter { $0.item != "item-0" }
            let ended = try cluster.shop.untilAllFinal(others.map(\.ticket), within: .seconds(10))
            #expect(ended.values.count { $0.state == "sold" } == 99 * 5)
            #expect(ended.values.count { $0.state == "sold_out" } == 99 * 5)
            let paused = try cluster.shop.item("item-0") { $0.state == "paused" }
            #expect(paused.state == "paused" && paused.sold == 0 && paused.waiting == 10, "\(paused)")

            try cluster.shop.resume("item-0")
            let kept = admitted.filter { $0.item == "item-0" }
            let served = try cluster.shop.untilAllFinal(kept.map(\.ticket), within: .seconds(10))
            for before in kept {
                let after = try #require(served[before.ticket])
                #expect(after.sequence == before.sequence)
                #expect(after.state == (before.sequence <= 5 ? "sold" : "sold_out"))
            }
        }

        @Test func `one of two workers killed stops no item`() throws {
            let cluster = try Cluster(workers: 2, sink: .delay(milliseconds: 20, slots: 16))
            try open(cluster, stock: 5)
            let asked = items.flatMap { item in (0..<10).map { (item, "buyer-\($0)") } }
            let running = Crowd(cluster.shop.http).start(asked.map { .purchase(item: $0.0, user: $0.1) })
            #expect(running.waitUntil(answered: 500, within: .seconds(10)))
            cluster.workers[0].program.kill9()
            let admitted = try tickets(running.finish(within: .seconds(30)))

            // 500 winners of 20 ms in 16 slots, and the lease of what the dead worker held.
            let ended = try cluster.shop.untilAllFinal(admitted.map(\.ticket), within: .seconds(15))
            #expect(ended.values.allSatisfy { $0.final })
            for item in items {
                let body = try cluster.shop.item(item) { $0.sold == 5 && $0.held == 0 }
                #expect(body.sold == 5 && body.held == 0 && body.addsUp, "\(body)")
            }
        }
    }
}
