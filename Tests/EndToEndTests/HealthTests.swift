import Base
import Foundation
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Health {
        @Test func `a process shows that it lives, is ready, which build it is and what it answers`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            let client = cluster.shop.client
            #expect(try client.get("/livez").status == 200)
            #expect(try client.get("/readyz").status == 200)
            let version = try client.get("/version")
            #expect(version.status == 200)
            #expect(try JSONSerialization.jsonObject(with: Data(version.body)) is [String: Any])

            let document = try client.get("/openapi.json")
            let json = try #require(try JSONSerialization.jsonObject(with: Data(document.body)) as? [String: Any])
            #expect((json["openapi"] as? String)?.hasPrefix("3.1") == true)
            let paths = try #require(json["paths"] as? [String: Any])
            for path in ["/v1/items/{item}/purchases", "/v1/tickets/{ticket}", "/v1/items/{item}"] {
                #expect(paths[path] != nil, "\(paths.keys.sorted())")
            }
        }

        @Test func `a standby scheduler takes over within 3 s`() throws {
            let cluster = try Cluster(schedulers: 2)
            let shop = cluster.shop
            try shop.putItem("i", stock: 10)
            _ = try shop.untilFinal(shop.buy("i", user: "a").ticket, within: .seconds(5))
            cluster.schedulers[0].program.kill9()
            let ticket = try shop.buy("i", user: "b")
            #expect(try shop.untilFinal(ticket.ticket, within: .seconds(3 * Knobs.slack)).state == "sold")
        }

        @Test func `a leader paused and resumed does no harm`() throws {
            let cluster = try Cluster(schedulers: 2)
            let shop = cluster.shop
            try shop.putItem("i", stock: 10)
            _ = try shop.untilFinal(shop.buy("i", user: "a").ticket, within: .seconds(5))
            cluster.schedulers[0].program.stop()
            let first = try shop.buy("i", user: "b")
            #expect(try shop.untilFinal(first.ticket, within: .seconds(5)).state == "sold")
            cluster.schedulers[0].program.resume()
            let second = try shop.buy("i", user: "c")
            #expect(try shop.untilFinal(second.ticket, within: .seconds(5)).state == "sold")
            let item = try shop.item("i") { $0.sold == 3 }
            #expect(item.sold == 3 && item.addsUp)
        }
    }
}
