import Base
import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// The answers to a purchase, as the contract has them.
    @Suite struct Purchases {
        @Test func `a purchase is accepted with its place and where to ask`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            let shop = cluster.shop
            try shop.putItem("i", stock: 2, #""queue_limit":10"#)
            for number in 1...3 {
                let reply = try shop.purchase("i", user: "u\(number)", quantity: 1)
                let body: TicketBody = try reply.json()
                #expect(reply.status == 202)
                #expect(reply.header("Location") == "/v1/tickets/\(body.ticket)")
                #expect(reply.header("Retry-After").flatMap { Int($0) } != nil)
                #expect(reply.header("Cache-Control") == "no-store")
                #expect(reply.header("Content-Type")?.hasPrefix("application/json") == true)
                #expect(body.item == "i" && body.user == "u\(number)" && body.quantity == 1)
                #expect(body.state == "queued" && !body.final)
                #expect(body.sequence == number && body.position == Int64(number) && body.ahead == Int64(number - 1))
                let verdicts = number <= 2 ? ["certain"] : ["possible", "no_chance"]
                #expect(verdicts.contains(body.verdict ?? ""), "\(body)")
                #expect((body.pollAfterMs ?? 0) > 0)
            }
            #expect(try shop.item("i") { $0.waiting == 3 }.waiting == 3)
        }

        @Test func `a replay finds the same ticket, another quantity is a mismatch, another key hits the limit`() throws
        {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            let shop = cluster.shop
            try shop.putItem("i", stock: 10)
            let first = try shop.buy("i", user: "a", quantity: 2, key: "k1")
            let again = try shop.purchase("i", user: "a", quantity: 2, key: "k1")
            #expect(again.status == 200 && again.header("Idempotency-Replayed") == "true")
            #expect(try again.json(TicketBody.self).ticket == first.ticket)

            let mismatch = try shop.purchase("i", user: "a", quantity: 3, key: "k1")
            #expect(mismatch.status == 422 && mismatch.code == "idempotency-mismatch", "\(mismatch)")
            let limit = try shop.purchase("i", user: "a", quantity: 2, key: "k2")
            #expect(limit.status == 409 && limit.code == "purchase-limit", "\(limit)")
            #expect(limit.header("Location") == "/v1/tickets/\(first.ticket)")
            let noKey = try shop.purchase("i", user: "a", quantity: 2)
            #expect(noKey.code == "purchase-limit", "no key is a key of its own")
            #expect(try shop.item("i") { $0.waiting == 1 }.waiting == 1)
        }

        @Test func `who asks for more units than a user may have gets no ticket of another's`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 10, #""per_user_units":2"#)
            try cluster.shop.buy("i", user: "somebody")
            let greedy = try cluster.shop.purchase("i", user: "greedy", quantity: 3)
            #expect(greedy.status == 409 && greedy.code == "purchase-limit", "\(greedy)")
            #expect(greedy.header("Location") == nil, "\(greedy)")
        }

        @Test func `the replay comes before every refusal of the item's state`() throws {
            let cluster = try Cluster(workers: 0)
            let shop = cluster.shop
            try shop.putItem("i", stock: 1, #""queue_limit":2"#)
            let winner = try shop.buy("i", user: "a")
            let loser = try shop.buy("i", user: "b")
            func expectReplays(_ state: String) throws {
                for ticket in [winner, loser] {
                    let reply = try shop.purchase("i", user: ticket.user ?? "")
                    #expect(reply.status == 200, "\(state): \(reply)")
                    #expect(try reply.json(TicketBody.self).ticket == ticket.ticket)
                }
            }
            #expect(try shop.purchase("i", user: "c").code == "queue-full")
            try expectReplays("queue full")
            try shop.pause("i")
            #expect(try shop.purchase("i", user: "c").code == "paused")
            try expectReplays("paused")
            try shop.resume("i")
            try cluster.startWorker()
            _ = try shop.untilFinal(loser.ticket, within: .seconds(5))
            #expect(try shop.purchase("i", user: "c").code == "sold-out")
            try expectReplays("sold out")
            try shop.close("i")
            #expect(try shop.purchase("i", user: "c").code == "closed")
            try expectReplays("closed")
        }

        @Test func `before the opening it is not open, with the time to come again, and opens by itself`() throws {
            let cluster = try Cluster()
            let shop = cluster.shop
            let opening = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 3))
            try shop.putItem("i", stock: 10, #""opens_at":"\#(opening)""#)
            let early = try shop.purchase("i", user: "a")
            #expect(early.status == 409 && early.code == "not-open", "\(early)")
            #expect((1...4).contains(early.header("Retry-After").flatMap { Int($0) } ?? 0))
            #expect(try shop.item("i").state == "scheduled")
            let opened = try eventually(within: .seconds(5)) { try shop.purchase("i", user: "a").status == 202 }
            #expect(opened)
            #expect(try shop.item("i") { $0.state == "open" }.state == "open")
        }

        @Test func `every refusal is a problem with its code`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            let shop = cluster.shop
            try shop.putItem("i", stock: 10, #""queue_limit":1"#)
            try shop.buy("i", user: "a")
            let replies: [(HTTPReply, Int, String)] = [
                (try shop.purchase("none", user: "a"), 404, "unknown-item"),
                (try shop.client.get("/v1/items/none"), 404, "unknown-item"),
                (try shop.client.get("/v1/tickets/none"), 404, "unknown-ticket"),
                (try shop.purchase("i", user: "b"), 503, "queue-full"),
                (try shop.purchase("i", user: ""), 400, "invalid-request"),
                // The order of the checks: a wrong body goes before an unknown item.
                (try shop.purchase("none", user: ""), 400, "invalid-request"),
            ]
            for (reply, status, code) in replies {
                let problem = try #require(reply.problem)
                #expect(reply.status == status && problem.status == status && problem.code == code, "\(reply)")
                #expect(reply.header("Content-Type")?.hasPrefix("application/problem+json") == true)
                #expect(
                    problem.type != nil && problem.title?.isEmpty == false && problem.detail?.isEmpty == false,
                    "\(reply)")
                #expect(reply.header("Date")?.hasSuffix(" GMT") == true)
                #expect((reply.status == 503) == (reply.header("Retry-After") != nil), "\(reply)")
            }
        }

        @Test func `a trace is carried on, and every answer has its date`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            let reply = try cluster.shop.client.get(
                "/livez", headers: [("traceparent", "00-\(trace)-00f067aa0ba902b7-01")])
            #expect(reply.header("traceparent")?.contains(trace) == true)
            #expect(reply.header("Date")?.hasSuffix(" GMT") == true)
        }

        @Test func `an item made by one process is found by another that has not read it`() throws {
            let cluster = try Cluster(queues: 2, schedulers: 0, workers: 0)
            try cluster.queues[0].shop.putItem("i", stock: 10)
            #expect(try cluster.queues[1].shop.purchase("i", user: "a").status == 202)
        }
    }
}
