import Base
import TestKit
import Testing

extension EndToEnd {
    /// Purchases of which nobody knows whether they became orders, and an operator who looks it up.
    @Suite struct Doubts {
        private let item = "sneaker"

        /// An order service that says nothing to the first buyers, and a cluster whose worker gives up soon.
        private func cluster(_ service: OrderService) throws -> Cluster {
            let more = [
                "--sink-timeout-ms", "100", "--in-doubt-after-ms", "500", "--breaker-minimum-calls", "1000",
                "--sink-floor-per-second", "200",
            ]
            return try Cluster(sink: .webhook(url: service.url, more: more))
        }

        private func isDoubted(_ count: Int64, _ shop: Shop) throws -> Bool {
            try eventually(within: .seconds(15 * Knobs.slack), every: .milliseconds(20)) {
                try shop.doubts(of: item).inDoubt == count
            }
        }

        @Test func `lost answers are listed, and an operator ends each as the order service has it`() throws {
            let service = try OrderService()
            service.watch { ["lost-0", "lost-1", "lost-2"].contains($0.user) ? .silenceAfter : nil }
            let cluster = try cluster(service)
            let shop = cluster.shop
            // The last unit stays reserved, so that there is a line.
            try shop.putItem(item, stock: 4, #""queue_limit":10,"pay_window_ms":600000"#)
            let lost = try (0..<3).map { try shop.buy(item, user: "lost-\($0)").ticket }
            let answered = try shop.buy(item, user: "answered").ticket
            let next = try (0..<2).map { try shop.buy(item, user: "next-\($0)").ticket }
            try shop.until("reserved", answered)
            try #require(try isDoubted(3, shop))
            let page = try shop.doubts(of: item)
            #expect(page.doubts.map(\.ticket) == lost && page.doubts.map(\.user) == (0..<3).map { "lost-\($0)" })
            #expect(page.doubts.allSatisfy { $0.cause == "unanswered" && $0.quantity == 1 })
            let items = try shop.operate("GET", "/admin/v1/doubts").json(DoubtItemsBody.self).items
            #expect(items == [.init(item: item, inDoubt: 3)])

            // The operator found two of the orders; the third one was thrown out of the books there.
            for ticket in lost[..<2] {
                let order = try #require(service.orders[ticket])
                let settled = try shop.settle(ticket, order: order).json(SettledBody.self)
                #expect(settled.state == "reserved" && settled.expiresAt != nil, "\(settled)")
                #expect(try shop.pay(ticket, "paid", "p-\(order)").status == 200)
                #expect(try eventually(within: .seconds(5)) { try shop.poll(ticket).order == order })
                #expect(try shop.poll(ticket).state == "sold")
            }
            #expect(try shop.poll(next[0]).state == "queued", "no unit is free")
            #expect(try shop.settle(lost[2], order: nil).status == 200)
            #expect(try shop.untilFinal(lost[2], within: .seconds(5)).state == "rejected")
            // Its unit goes to the next in line, and to nobody else.
            try shop.until("reserved", next[0])
            #expect(try shop.poll(next[1]).state == "queued")
            #expect(try shop.settle(lost[2], order: "o").problem?.state == "rejected", "what was shown stays")
            #expect(try shop.doubts(of: item).doubts.isEmpty)
            let body = try shop.item(item) { $0.sold == 2 && $0.held == 2 }
            #expect(body.sold == 2 && body.held == 2 && body.stockLeft == 0 && body.addsUp, "\(body)")
        }

        @Test func `what an operator and the order service end at the same moment ends one way`() throws {
            let service = try OrderService { _, _ in .silenceBefore }
            let cluster = try cluster(service)
            let shop = cluster.shop
            try shop.putItem(item, stock: 64, #""queue_limit":100"#)
            let tickets = try (0..<64).map { try shop.buy(item, user: "user-\($0)").ticket }
            try #require(try isDoubted(64, shop))
            // The service answers from now on; workers call for all doubts again while the operator refuses them all.
            service.change { _, _ in .slow }
            var (asking, refusing) = (Crowd(cluster.workers[0].ops), Crowd(shop.admin.endpoint))
            // Each call takes half of them, and the operator is done with the other half before the next.
            (asking.connections, asking.perSecond, refusing.connections, refusing.perSecond) = (1, 2, 4, 400)
            let call = HTTPRequest("POST", "/ops/v1/doubts", json: #"{"item":"\#(item)"}"#)
            let asked = asking.start([HTTPRequest](repeating: call, count: 4), within: .seconds(20))
            let answers = refusing.send(tickets.map { shop.settlement($0, order: nil) }, within: .seconds(20))
            #expect(asked.finish(within: .seconds(25)).allSatisfy { $0.reply != nil })

            let bodies = try shop.untilAllFinal(tickets, within: .seconds(30 * Knobs.slack))
            var refused = 0
            for (ticket, answer) in zip(tickets, answers) {
                let body = try #require(bodies[ticket])
                if answer.status == 200 {
                    refused += 1
                    #expect(body.state == "rejected" && service.orders[ticket] == nil, "\(body)")
                } else {
                    #expect(answer.status == 409 && answer.reply?.code == "not-in-doubt", "\(answer)")
                    #expect(body.state == "sold" && body.order == service.orders[ticket], "\(body)")
                }
            }
            print("doubts: \(refused) refused by the operator, \(service.orders.count) became orders")
            #expect(service.orders.count == 64 - refused && refused > 0 && refused < 64)
            let body = try shop.item(item) { $0.held == 0 }
            #expect(body.held == 0 && body.sold == 64 - refused && body.stockLeft == refused && body.addsUp, "\(body)")
        }
    }
}
