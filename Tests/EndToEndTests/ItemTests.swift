import Base
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Items {
        @Test func `the status can be cached for a second and asked for by its tag`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            let shop = cluster.shop
            try shop.putItem("i", stock: 10)
            let first = try shop.client.get("/v1/items/i")
            #expect(first.header("Cache-Control") == "public, max-age=1")
            let tag = try #require(first.header("ETag"))
            #expect(tag.hasPrefix("W/\""))
            #expect(try first.json(ItemBody.self).serverTime != nil)

            for asked in [tag, "W/\"other\", \(tag)", "*"] {
                let same = try shop.client.get("/v1/items/i", headers: [("If-None-Match", asked)])
                #expect(same.status == 304 && same.body.isEmpty, "\(asked): \(same)")
                #expect(same.header("ETag") == tag)
            }
            try shop.restock("i", units: 1)
            _ = try shop.item("i") { $0.stockTotal == 11 }
            let changed = try shop.client.get("/v1/items/i", headers: [("If-None-Match", tag)])
            #expect(changed.status == 200 && changed.header("ETag") != tag)
            #expect(try changed.json(ItemBody.self).stockTotal == 11)
        }

        @Test func `the tag leaves the time out`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            let first = try cluster.shop.client.get("/v1/items/i")
            let tag = try #require(first.header("ETag"))
            var later = first
            let time = try first.json(ItemBody.self).serverTime
            #expect(
                try eventually(within: .seconds(3), every: .milliseconds(50)) {
                    later = try cluster.shop.client.get("/v1/items/i")
                    return try later.json(ItemBody.self).serverTime != time
                })
            #expect(later.header("ETag") == tag)
        }

        @Test func `a poll gets a time to come again and is kept by no cache`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            let ticket = try cluster.shop.buy("i", user: "a")
            let reply = try cluster.shop.client.send(.poll(ticket.ticket))
            #expect(reply.status == 200 && reply.header("Cache-Control") == "no-store")
            let body: TicketBody = try reply.json()
            #expect(body.ticket == ticket.ticket && body.sequence == ticket.sequence && (body.pollAfterMs ?? 0) > 0)
        }

        @Test func `a final ticket has no place any more`() throws {
            let cluster = try Cluster()
            try cluster.shop.putItem("i", stock: 10)
            let ticket = try cluster.shop.buy("i", user: "a")
            let body = try cluster.shop.untilFinal(ticket.ticket, within: .seconds(5))
            #expect(body.state == "sold" && body.final)
            #expect(body.position == nil && body.ahead == nil && body.verdict == nil, "\(body)")
        }
    }
}
