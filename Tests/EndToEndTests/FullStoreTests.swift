import Base
import TestKit
import Testing

extension EndToEnd {
    /// A Redis at its `maxmemory`: newcomers are refused, work goes on and ends.
    @Suite struct FullStore {
        private func limit(_ cluster: Cluster, _ bytes: String) throws {
            try cluster.redis.command("CONFIG", "SET", "maxmemory", bytes)
        }

        @Test func `what a worker took while the store was full, and lost, is found and finished by another`() throws {
            let cluster = try Cluster(workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            let tickets = try (0..<5).map { try cluster.shop.buy("i", user: "u\($0)").ticket }
            try limit(cluster, "1mb")
            // It registers, takes its first purchases and is killed, all of it without room in the store.
            let worker = try cluster.startWorker(sink: .delay(milliseconds: 60_000, slots: 4))
            #expect(try cluster.shop.purchase("i", user: "late").status == 503)
            let isHeld = try eventually(within: .seconds(10)) { try cluster.shop.item("i").held >= 2 }
            #expect(isHeld)
            worker.program.kill9()
            try limit(cluster, "0")
            try cluster.startWorker(sink: .delay(milliseconds: 5, slots: 4))
            let bodies = try cluster.shop.untilAllFinal(tickets, within: .seconds(10 * Knobs.slack))
            #expect(bodies.values.count { $0.state == "sold" } == 5, "\(bodies.values.map(\.state))")
            let item = try cluster.shop.item("i") { $0.sold == 5 }
            #expect(item.sold == 5 && item.held == 0 && item.addsUp, "\(item)")
        }

        @Test func `a new item is refused by a full store, and one that was made outlives a restart`() throws {
            let cluster = try Cluster(workers: 1, appendOnly: true)
            try cluster.shop.putItem("old", stock: 10)
            try limit(cluster, "1mb")
            let refused = try cluster.shop.operate("PUT", "/admin/v1/items/new", json: #"{"stock":10}"#)
            #expect(refused.status == 503, "\(refused)")
            #expect(try cluster.redis.command("EXISTS", "sluice:{new}:meta") == "0")
            #expect(try cluster.shop.putItem("old", stock: 12).status == 200, "an item that is there can be changed")
            try limit(cluster, "0")
            #expect(try cluster.shop.putItem("new", stock: 10).status == 201)
            try cluster.redis.restart()
            for item in ["old", "new"] {
                let isServed = try eventually(within: .seconds(15 * Knobs.slack)) {
                    try [200, 202].contains(cluster.shop.purchase(item, user: "u").status)
                }
                #expect(isServed, "\(item)")
            }
        }
    }
}
