import Base
import TestKit
import Testing

// What happens to a sale when the store is shared, restarted, emptied or replaced.
extension EndToEnd {
    @Suite struct Lives {
        @Test func `clusters in two databases of one Redis do not stop each other`() throws {
            let first = try Cluster()
            let second = try Cluster(redis: first.redis, database: 1)
            for cluster in [first, second] { try cluster.shop.putItem("shoe", stock: 50) }
            func sell(_ count: Int, at cluster: Cluster, as prefix: String) throws {
                for number in 0..<count {
                    let ticket = try cluster.shop.buy("shoe", user: "\(prefix)\(number)")
                    let final = try cluster.shop.untilFinal(ticket.ticket, within: .seconds(5))
                    #expect(final.state == "sold")
                }
            }
            try sell(1, at: first, as: "a")
            try sell(40, at: second, as: "b")
            // The scheduler of the first one would take the counters of the second one for its own.
            try sell(5, at: first, as: "c")
        }

        @Test func `a clean restart of Redis while queue processes are paused freezes nothing`() throws {
            let cluster = try Cluster(queues: 3, sink: .delay(milliseconds: 5, slots: 8), appendOnly: true)
            let shop = cluster.shop
            try shop.putItem("demo", stock: 100_000)
            for round in 0..<3 {
                for queue in cluster.queues {
                    for number in 0..<40 { try queue.shop.buy("demo", user: "r\(round)-\(queue.http)-\(number)") }
                }
                let away = cluster.queues.dropFirst()
                for queue in away { queue.program.stop() }
                try cluster.redis.restart()
                // Meanwhile the item goes on in its next life, and there is much to be heard of it.
                try sell(50, at: shop, as: "between-\(round)", within: .seconds(10))
                for queue in away { queue.program.resume() }
                for queue in away {
                    try sell(5, at: queue.shop, as: "after-\(round)-\(queue.http)", within: .seconds(10))
                }
                let item = try shop.item("demo")
                #expect(item.state == "open", "round \(round)")
            }
            let logs = cluster.queues.map(\.program.log).joined()
            #expect(!logs.contains("store_rolled_back"))
        }

        /// Buys until that many were taken, however long the store is away.
        private func sell(_ count: Int, at shop: Shop, as prefix: String, within span: TimeSpan) throws {
            var taken = 0
            _ = try eventually(within: span, every: .milliseconds(5)) {
                let reply = try shop.purchase("demo", user: "\(prefix)-\(taken)")
                if [200, 202].contains(reply.status) { taken += 1 }
                return taken == count
            }
            #expect(taken == count, "\(prefix)")
        }
    }
}
