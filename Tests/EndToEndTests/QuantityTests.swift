import Base
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Quantity {
        @Test func `a purchase of 3 with 2 left ends without them, and a later one of 2 gets them`() throws {
            let cluster = try Cluster(workers: 0)
            let shop = cluster.shop
            try shop.putItem("i", stock: 5, #""queue_limit":10"#)
            let first = try shop.buy("i", user: "a", quantity: 3)
            let tooMany = try shop.buy("i", user: "b", quantity: 3)
            let fits = try shop.buy("i", user: "c", quantity: 2)
            let late = try shop.buy("i", user: "d")
            try cluster.startWorker()

            #expect(try shop.untilFinal(first.ticket, within: .seconds(5)).state == "sold")
            let refused = try shop.untilFinal(tooMany.ticket, within: .seconds(5))
            #expect(refused.state == "sold_out" && refused.reason == "insufficient-stock", "\(refused)")
            #expect(try shop.untilFinal(fits.ticket, within: .seconds(5)).state == "sold")
            #expect(try shop.untilFinal(late.ticket, within: .seconds(5)).state == "sold_out")
            let item = try shop.item("i") { $0.sold == 5 }
            #expect(item.sold == 5 && item.stockLeft == 0 && item.state == "sold_out", "\(item)")
        }

        @Test func `a unit that no waiting purchase can take stays on sale`() throws {
            let cluster = try Cluster()
            let shop = cluster.shop
            try shop.putItem("i", stock: 3)
            for (user, quantity, state) in [("a", 2, "sold"), ("b", 2, "sold_out"), ("c", 1, "sold")] {
                let ticket = try shop.buy("i", user: user, quantity: quantity)
                #expect(try shop.untilFinal(ticket.ticket, within: .seconds(5)).state == state)
            }
            #expect(try shop.item("i") { $0.sold == 3 }.sold == 3)
        }
    }
}
