import Base
import Foundation
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Admin {
        @Test func `no admin route answers on the public listener`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            let ticket = try cluster.shop.buy("i", user: "a").ticket
            let bearer = [(name: "Authorization", value: "Bearer \(cluster.token)")]
            for (method, target) in [
                ("PUT", "/admin/v1/items/i"), ("GET", "/admin/v1/items"), ("GET", "/admin/v1/items/i"),
                ("POST", "/admin/v1/items/i/pause"), ("POST", "/admin/v1/items/i/resume"),
                ("POST", "/admin/v1/items/i/close"), ("POST", "/admin/v1/items/i/restock"),
                ("POST", "/admin/v1/tickets/\(ticket)/payment"), ("GET", "/admin/v1/nodes"), ("GET", "/metrics"),
                ("PUT", "/ops/v1/delay"),
            ] {
                let request = HTTPRequest(
                    method, target, headers: bearer, json: method == "GET" ? nil : #"{"stock":1}"#)
                #expect(try cluster.shop.client.send(request).status == 404, "\(method) \(target)")
            }
            #expect(try cluster.shop.item("i").state == "open")
        }

        @Test func `without the token, or with a wrong one, every admin call is 401`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            let wrong = [
                nil, "", "Bearer", "Bearer ", "Bearer x", "Bearer \(cluster.token)x",
                "Bearer \(cluster.token.dropLast())",
                "bearer-\(cluster.token)", "Basic \(cluster.token)", cluster.token,
            ]
            let calls = [
                ("GET", "/admin/v1/items"), ("PUT", "/admin/v1/items/i"), ("POST", "/admin/v1/items/i/close"),
                ("GET", "/admin/v1/nodes"),
            ]
            for (index, value) in wrong.enumerated() {
                // Wrong tokens are slowed after a few: each is shown at one path, no token at every one.
                for (method, target) in (value ?? "").isEmpty ? calls : [calls[index % calls.count]] {
                    let headers = value.map { [(name: "Authorization", value: $0)] } ?? []
                    let request = HTTPRequest(
                        method, target, headers: headers, json: method == "PUT" ? #"{"stock":1}"# : nil)
                    let reply = try cluster.shop.admin.send(request)
                    #expect(reply.status == 401, "\(method) \(target) with \(value ?? "nothing"): \(reply)")
                    #expect(reply.header("Content-Type")?.hasPrefix("application/problem+json") == true)
                }
            }
            let item = try cluster.shop.item("i")
            #expect(item.state == "open" && item.stockTotal == 10)
        }

        @Test func `an item is created once, updated, and never cut below what is sold`() throws {
            let cluster = try Cluster()
            let shop = cluster.shop
            #expect(try shop.putItem("i", stock: 10).status == 201)
            let created = try shop.item("i")
            #expect(created.state == "open" && created.stockTotal == 10 && created.stockLeft == 10)
            #expect(created.queueLimit == 30, "three times the stock")
            #expect(try shop.putItem("i", stock: 12, #""queue_limit":7"#).status == 200)
            #expect(try shop.putItem("i", stock: 12).status == 200)
            let updated = try shop.item("i") { $0.stockTotal == 12 && $0.queueLimit == 7 }
            #expect(updated.stockTotal == 12 && updated.queueLimit == 7, "what is left out stays: \(updated)")

            for user in ["a", "b", "c"] {
                _ = try shop.untilFinal(shop.buy("i", user: user).ticket, within: .seconds(5))
            }
            let cut = try shop.operate("PUT", "/admin/v1/items/i", json: #"{"stock":2}"#)
            #expect(cut.status == 409, "\(cut)")
            #expect(try shop.putItem("i", stock: 3).status == 200)
            let left = try shop.item("i") { $0.stockLeft == 0 }
            #expect(left.stockLeft == 0 && left.sold == 3 && left.addsUp, "\(left)")
        }

        @Test func `a wrong item is a 400 that names the field`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            let wrong = [
                ("stock", #"{"stock":-1}"#), ("stock", #"{"stock":"1"}"#), ("stock", "{}"),
                ("queue_limit", #"{"stock":1,"queue_limit":-5}"#), ("opens_at", #"{"stock":1,"opens_at":"soon"}"#),
                ("on_sold_out", #"{"stock":1,"on_sold_out":"explode"}"#),
                ("per_user_limit", #"{"stock":1,"per_user_limit":"x"}"#),
            ]
            for (field, json) in wrong {
                let reply = try cluster.shop.operate("PUT", "/admin/v1/items/i", json: json)
                #expect(reply.status == 400 && reply.problem?.detail?.contains(field) == true, "\(json): \(reply)")
            }
            #expect(try cluster.shop.client.get("/v1/items/i").status == 404)
            for name in ["a%20b", String(repeating: "x", count: 65), "a.b", "%7B%7D"] {
                let reply = try cluster.shop.operate("PUT", "/admin/v1/items/\(name)", json: #"{"stock":1}"#)
                #expect([400, 404].contains(reply.status), "\(name): \(reply)")
            }
        }

        @Test func `items are listed page by page, each once`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            let names = (0..<250).map { "item-\($0)" }
            for name in names { try cluster.shop.putItem(name, stock: 1) }
            var seen: [String] = []
            var target = "/admin/v1/items"
            for _ in 0..<100 {
                let reply = try cluster.shop.operate("GET", target)
                try #require(reply.status == 200, "\(reply)")
                let page = try #require(try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any])
                let items = try #require(page["items"] as? [[String: Any]])
                seen += items.compactMap { $0["item"] as? String }
                guard let cursor = page["cursor"] as? String ?? page["next_cursor"] as? String else { break }
                target = "/admin/v1/items?cursor=\(cursor)"
            }
            #expect(seen.sorted() == names.sorted())
        }

        @Test func `pause, resume, close and restock do what they are named after, and may be sent twice`() throws {
            let cluster = try Cluster(workers: 0)
            let shop = cluster.shop
            try shop.putItem("i", stock: 2)
            let waiting = try shop.buy("i", user: "a")
            for _ in 0..<2 { try shop.pause("i") }
            #expect(try shop.purchase("i", user: "b").code == "paused")
            #expect(try shop.purchase("i", user: "a").status == 200, "who holds a place keeps it")
            for _ in 0..<2 { try shop.resume("i") }
            let second = try shop.buy("i", user: "b")
            for _ in 0..<2 { try shop.close("i") }
            let refusal = try shop.purchase("i", user: "c")
            #expect(refusal.status == 410 && refusal.code == "closed", "\(refusal)")
            #expect(try shop.item("i") { $0.state == "closed" }.state == "closed")

            // Closing ends intake only: who waits is served.
            try cluster.startWorker()
            for ticket in [waiting, second] {
                #expect(try shop.untilFinal(ticket.ticket, within: .seconds(5)).state == "sold")
            }
            #expect(try shop.purchase("i", user: "a").status == 200)

            try shop.putItem("j", stock: 1)
            _ = try shop.untilFinal(shop.buy("j", user: "a").ticket, within: .seconds(5))
            let loser = try shop.purchase("j", user: "b")
            #expect(loser.code == "sold-out")
            try shop.restock("j", units: 10)
            #expect(try shop.item("j") { $0.stockTotal == 11 }.stockTotal == 11)
            #expect(try shop.untilFinal(shop.buy("j", user: "b").ticket, within: .seconds(5)).state == "sold")
            #expect(try shop.operate("POST", "/admin/v1/items/j/restock", json: #"{"units":0}"#).status == 400)
            #expect(try shop.operate("POST", "/admin/v1/items/none/pause").status == 404)
        }

        @Test func `the admin's view of an item has its counters, and metrics count purchases`() throws {
            let cluster = try Cluster()
            let shop = cluster.shop
            try shop.putItem("i", stock: 10)
            _ = try shop.untilFinal(shop.buy("i", user: "a").ticket, within: .seconds(5))
            _ = try shop.item("i") { $0.sold == 1 }
            let reply = try shop.operate("GET", "/admin/v1/items/i")
            #expect(reply.status == 200)
            #expect(try reply.json(ItemBody.self).sold == 1)
            #expect(try shop.operate("GET", "/admin/v1/items/none").code == "unknown-item")
            let metrics = try shop.metrics()
            #expect(metrics.series.keys.contains { $0.hasPrefix("sluice_") })
            #expect(!metrics.series.keys.contains { $0.contains("\"a\"") }, "no user is ever a label")
            for node in cluster.schedulers + cluster.workers {
                #expect(try node.metrics().series.keys.contains { $0.hasPrefix("sluice_") })
                #expect(try HTTPClient(node.ops).get("/readyz").status == 200)
            }
        }

        @Test func `every process is listed with its role`() throws {
            let cluster = try Cluster(workers: 2)
            let isComplete = try eventually(within: .seconds(3)) {
                let text = try cluster.shop.operate("GET", "/admin/v1/nodes").text
                return ["queue", "scheduler", "worker"].allSatisfy { text.contains($0) }
            }
            #expect(isComplete)
        }
    }
}
