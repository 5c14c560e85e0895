import Base
import Dispatch
import TestKit
import Testing

extension EndToEnd {
    /// An item that is deleted as docs/operations.md says, and made again under its name, while all processes run.
    @Suite struct SameName {
        private let item = "sneaker"

        private func delete(_ cluster: Cluster) throws {
            let redis = try BlockingRedis(socketPath: cluster.redis.socketPath)
            try redis.command(["UNLINK", "sluice:{\(item)}:meta"])
            if case .array(let keys) = try redis.command(["KEYS", "sluice:{\(item)}:*"]), !keys.isEmpty {
                try redis.command(["UNLINK"] + keys.compactMap(\.string))
            }
            for list in ["items", "ready", "doubts"] { try redis.command(["SREM", "sluice:{ctl}:\(list)", item]) }
        }

        @Test func `an item made again under its name is served, whatever the last one counted`() throws {
            let cluster = try Cluster(workers: 2)
            for (life, stock) in [30, 3, 2, 20].enumerated() {
                try cluster.shop.putItem(item, stock: stock, #""queue_limit":100"#)
                // Until a queue process has read the new item, it answers 503: a buyer retries that.
                let isOpen = try eventually(within: .seconds(5)) {
                    try [200, 202].contains(cluster.shop.purchase(item, user: "u0").status)
                }
                #expect(isOpen, "life \(life + 1)")
                let tickets = try (0..<stock).map { try cluster.shop.buy(item, user: "u\($0)").ticket }
                let bodies = try cluster.shop.untilAllFinal(tickets, within: .seconds(10 * Knobs.slack))
                let states = Dictionary(grouping: bodies.values, by: \.state).mapValues(\.count)
                #expect(states == ["sold": stock], "life \(life + 1)")
                try delete(cluster)
            }
        }

        @Test func `an answer that comes late for a deleted item ends no purchase of the new one`() throws {
            let service = try OrderService(refuses: { $0.hasPrefix("old") })
            let gate = DispatchSemaphore(value: 0)
            service.watch { _ in
                gate.wait()
                gate.signal()
                return nil
            }
            let more = ["--sink-timeout-ms", "60000", "--sink-floor-per-second", "100"]
            let cluster = try Cluster(sink: .webhook(url: service.url, more: more))
            try cluster.shop.putItem(item, stock: 1)
            let old = try cluster.shop.buy(item, user: "old")
            try #require(try eventually(within: .seconds(10)) { try cluster.shop.item(item).held == 1 })
            try delete(cluster)
            try cluster.shop.putItem(item, stock: 1)
            let new = try cluster.shop.buy(item, user: "new")
            // Both have sequence 1 and attempt 1, are held by the same worker, and wait for their answers.
            let isHeld = try eventually(within: .seconds(10)) { try cluster.shop.item(item).held == 1 }
            let held = try cluster.shop.item(item)
            #expect(isHeld, "\(held)")
            gate.signal()
            let ended = try cluster.shop.untilFinal(new.ticket, within: .seconds(10))
            #expect(ended.state == "sold" && ended.order == service.orders[new.ticket], "\(ended)")
            #expect(service.refused == [old.ticket] && Set(service.orders.keys) == [new.ticket])
            let body = try cluster.shop.item(item) { $0.sold == 1 }
            #expect(body.sold == 1 && body.held == 0 && body.stockLeft == 0 && body.addsUp, "\(body)")
            let settles = try cluster.workers[0].metrics()
            #expect(settles.sum("sluice_settles_total", ["outcome": "settled"]) == 1)
            let isSaid = eventually(within: .seconds(5)) { cluster.workers[0].program.log.contains(#""item_deleted""#) }
            #expect(isSaid)
        }
    }
}
