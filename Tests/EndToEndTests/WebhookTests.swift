import Base
import TestKit
import Testing

extension EndToEnd {
    /// The webhook sink before an order service that misbehaves, judged by that service's own books.
    @Suite struct Webhooks {
        private let item = "sneaker"

        private func buy(_ cluster: Cluster, _ count: Int, from first: Int = 0) throws -> [String: String] {
            var crowd = Crowd(cluster.shop.http)
            crowd.connections = 32
            let users = (first..<first + count).map { "buyer-\($0)" }
            let answers = crowd.send(users.map { .purchase(item: item, user: $0) }, within: .seconds(30))
            #expect(answers.allSatisfy { $0.status == 202 }, "\(summary(answers))")
            var tickets: [String: String] = [:]
            for (user, answer) in zip(users, answers) {
                if let reply = answer.reply, let body: TicketBody = try? reply.json() { tickets[body.ticket] = user }
            }
            return tickets
        }

        /// Every winner has exactly one order in the service's books, under the ticket that the buyer holds, and the
        /// service has no other.
        private func expectOneOrderEach(
            _ service: OrderService, _ tickets: [String: String], _ bodies: [String: TicketBody], sold: Int
        ) {
            let (orders, purchases) = (service.orders, service.purchases)
            let winners = bodies.values.filter { $0.state == "sold" }
            #expect(winners.count == sold && orders.count == sold)
            #expect(Set(orders.values).count == orders.count)
            #expect(Set(winners.map(\.ticket)) == Set(orders.keys))
            #expect(winners.allSatisfy { $0.order == orders[$0.ticket] })
            #expect(orders.keys.allSatisfy { purchases[$0]?.user == tickets[$0] && purchases[$0]?.item == item })
            #expect(service.complaints.isEmpty, "\(service.complaints)")
        }

        @Test func `whatever goes wrong with 10,000 calls, each winner has one order and no unit is given away`() throws
        {
            // Every second call meets a fault, of every kind there is.
            let service = try OrderService(seed: Knobs.seed) { _, random in
                guard random.below(2) == 0 else { return nil }
                let all = OrderService.Fault.allCases
                let fault = all[Int(random.below(Int64(all.count)))]
                // Each silence costs its caller a whole timeout.
                return fault == .silenceAfter || fault == .silenceBefore ? (random.below(10) == 0 ? fault : nil) : fault
            } refuses: {
                $0.hasSuffix("7")
            }
            // Nobody would let a service go on like this: the floor keeps the scheduler from slowing down for it.
            let more = ["--sink-timeout-ms", "120", "--breaker", "alert-only", "--sink-floor-per-second", "2000"]
            let cluster = try Cluster(workers: 2, sink: .webhook(url: service.url, more: more))
            let (buyers, stock) = (7_800, 6_500)
            try cluster.shop.putItem(item, stock: stock, #""queue_limit":\#(buyers)"#)
            let began = MonotonicInstant.now
            let tickets = try buy(cluster, buyers)
            let bodies = try cluster.shop.untilAllFinal(Array(tickets.keys), within: .seconds(150 * Knobs.slack))
            let took = MonotonicInstant.now - began
            let states = Dictionary(grouping: bodies.values, by: \.state).mapValues(\.count)
            print("webhook: \(service.calls) calls in \(took.wholeMilliseconds) ms, \(states)")
            #expect(bodies.values.allSatisfy { $0.final }, "\(states)")
            #expect(service.calls >= 10_000)
            expectOneOrderEach(service, tickets, bodies, sold: stock)
            // Whoever was refused in the service's books was rejected, in its words, and nobody else.
            let rejected = bodies.values.filter { $0.state == "rejected" }
            #expect(Set(rejected.map(\.ticket)) == service.refused && !rejected.isEmpty)
            #expect(rejected.allSatisfy { $0.reason == "not for you" && $0.order == nil })
            let body = try cluster.shop.item(item) { $0.sold == stock && $0.held == 0 }
            #expect(body.sold == stock && body.held == 0 && body.addsUp, "\(body)")
            for worker in cluster.workers { #expect(try worker.metrics().sum("sluice_doubts_total") == 0) }
        }

        @Test func `a worker killed in mid-call leaves its orders to another, under the same ids`() throws {
            let service = try OrderService { _, random in random.below(2) == 0 ? .slow : nil }
            // The floor, because how far the scheduler slows down for such a service is not the question here.
            let sink = Cluster.Sink.webhook(
                url: service.url,
                more: ["--sink-timeout-ms", "500", "--breaker", "alert-only", "--sink-floor-per-second", "200"])
            let cluster = try Cluster(workers: 2, sink: sink)
            try cluster.shop.putItem(item, stock: 1_000, #""queue_limit":1000"#)
            let tickets = try buy(cluster, 1_000)
            var random = SplitMix64(seed: Knobs.seed)
            for _ in 0..<3 {
                let done = service.orders.count
                _ = eventually(within: .seconds(5)) { service.orders.count > done + 50 }
                let victim = Int(random.below(2)) + cluster.workers.count - 2
                cluster.workers[victim].program.kill9()
                try cluster.startWorker(sink: sink)
            }
            let bodies = try cluster.shop.untilAllFinal(Array(tickets.keys), within: .seconds(60 * Knobs.slack))
            expectOneOrderEach(service, tickets, bodies, sold: 1_000)
            #expect(bodies.values.allSatisfy { $0.final })
        }

        @Test func `an open breaker stops the grants and nothing else, and all goes on by itself`() throws {
            let service = try OrderService()
            let cluster = try Cluster(
                sink: .webhook(
                    url: service.url,
                    more: ["--sink-timeout-ms", "200", "--breaker-open-ms", "200", "--breaker-minimum-calls", "10"]))
            let worker = cluster.workers[0]
            try cluster.shop.putItem(item, stock: 400, #""queue_limit":2000"#)
            var tickets = try buy(cluster, 50)
            #expect(eventually(within: .seconds(10)) { service.orders.count == 50 })
            service.change { _, _ in .errorBefore }
            tickets.merge(try buy(cluster, 200, from: 50), uniquingKeysWith: { $1 })
            let opens = try eventually(within: .seconds(10)) {
                try worker.metrics().sum("sluice_breaker_opened_total") >= 1
            }
            #expect(opens)
            let held = try cluster.shop.item(item).held
            // Intake and places go on; what waits stays in the queue.
            tickets.merge(try buy(cluster, 150, from: 250), uniquingKeysWith: { $1 })
            let calls = service.calls
            let during = try cluster.shop.item(item)
            #expect(during.waiting >= 150 && during.held <= held + 10 && during.addsUp, "\(during), \(held)")
            #expect(eventually(within: .seconds(5)) { service.calls > calls }, "no probe in 5 s")
            service.change { _, _ in nil }
            let bodies = try cluster.shop.untilAllFinal(Array(tickets.keys), within: .seconds(20 * Knobs.slack))
            expectOneOrderEach(service, tickets, bodies, sold: 400)
            #expect(try worker.metrics().sum("sluice_breaker_state") == 0)
        }

        @Test func `who never answers leaves purchases in doubt, and the doubt ends when it answers`() throws {
            // It places the orders and says nothing.
            let service = try OrderService { _, _ in .silenceAfter }
            let sink = Cluster.Sink.webhook(
                url: service.url,
                more: [
                    "--sink-timeout-ms", "100", "--in-doubt-after-ms", "700", "--breaker-open-ms", "200",
                    "--breaker-minimum-calls", "1000", "--sink-floor-per-second", "100",
                ])
            let cluster = try Cluster(sink: sink)
            try cluster.shop.putItem(item, stock: 8, #""queue_limit":100"#)
            let tickets = try buy(cluster, 12)
            var seen: [TicketBody] = []
            let isDoubted = try eventually(within: .seconds(15), every: .milliseconds(20)) {
                seen = try tickets.keys.map { try cluster.shop.poll($0) }
                let doubts = try cluster.workers[0].metrics().sum("sluice_doubts_total")
                return try doubts >= 8 && cluster.shop.item(item).held == 8
            }
            #expect(isDoubted, "\(seen)")
            #expect(seen.allSatisfy { ["in_doubt", "processing", "sold_out", "queued"].contains($0.state) }, "\(seen)")
            let held = try cluster.shop.item(item)
            #expect(held.held == 8 && held.sold == 0 && held.stockLeft == 0, "\(held)")
            // Also when its worker is another one by then.
            cluster.workers[0].program.kill9()
            service.change { _, _ in nil }
            try cluster.startWorker(sink: sink)
            let bodies = try cluster.shop.untilAllFinal(Array(tickets.keys), within: .seconds(30 * Knobs.slack))
            expectOneOrderEach(service, tickets, bodies, sold: 8)
            #expect(bodies.values.allSatisfy { $0.final }, "\(bodies)")
        }

        @Test func `the breaker can be set by hand over the ops listener`() throws {
            let service = try OrderService()
            let cluster = try Cluster(sink: .webhook(url: service.url, more: ["--breaker", "manual"]))
            let ops = HTTPClient(cluster.workers[0].ops)
            func put(_ json: String) throws -> HTTPReply {
                try ops.send(HTTPRequest("PUT", "/ops/v1/breaker", json: json))
            }
            let opened = try put(#"{"state":"open"}"#).text
            #expect(opened.contains(#""state":"open""#))
            #expect(try put(#"{"state":"ajar"}"#).status == 400)
            try cluster.shop.putItem(item, stock: 3)
            let tickets = try buy(cluster, 3)
            #expect(try cluster.shop.item(item).sold == 0 && service.calls == 0)
            let shown = try ops.get("/ops/v1/breaker").text
            #expect(shown.contains(#""mode":"manual""#))
            #expect(try put(#"{"mode":"auto","state":"open"}"#).status == 400)
            #expect(try put(#"{"state":"closed"}"#).status == 200)
            let bodies = try cluster.shop.untilAllFinal(Array(tickets.keys), within: .seconds(10))
            expectOneOrderEach(service, tickets, bodies, sold: 3)
        }
    }
}
