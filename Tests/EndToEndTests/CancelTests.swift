import Base
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Cancel {
        @Test func `who waits may leave, twice if they like, and the others move up`() throws {
            let cluster = try Cluster(workers: 0)
            let shop = cluster.shop
            try shop.putItem("i", stock: 1)
            let leaving = try shop.buy("i", user: "a", key: "first-try")
            let next = try shop.buy("i", user: "b")
            for _ in 0..<2 { #expect(try shop.cancel(leaving.ticket).status == 204) }
            let left = try shop.poll(leaving.ticket)
            #expect(left.state == "cancelled" && left.final)
            #expect(try shop.purchase("i", user: "a", key: "first-try").status == 200, "the key stays used")
            let again = try shop.buy("i", user: "a", key: "second-try")
            #expect(again.sequence > next.sequence, "a new try is at the end of the line")

            try cluster.startWorker()
            #expect(try shop.untilFinal(next.ticket, within: .seconds(5)).state == "sold")
            #expect(try shop.untilFinal(again.ticket, within: .seconds(5)).state == "sold_out")
            #expect(try shop.poll(leaving.ticket).state == "cancelled")
            let item = try shop.item("i") { $0.sold == 1 && $0.waiting == 0 }
            #expect(item.sold == 1 && item.waiting == 0 && item.addsUp, "\(item)")
        }

        @Test func `who cancels without a key buys again without one, as often as they like`() throws {
            let cluster = try Cluster(workers: 0)
            let shop = cluster.shop
            try shop.putItem("i", stock: 10)
            var last: Int64 = 0
            for _ in 0..<10 {
                let reply = try shop.purchase("i", user: "a")
                let place = try reply.json(TicketBody.self)
                #expect(reply.status == 202 && place.state == "queued" && place.sequence > last, "\(reply)")
                last = place.sequence
                let again = try shop.purchase("i", user: "a")
                #expect(again.status == 200, "\(again)")
                #expect(try again.json(TicketBody.self).ticket == place.ticket)
                #expect(try shop.cancel(place.ticket).status == 204)
            }
        }

        @Test func `what is sold or refused can't be left any more`() throws {
            let cluster = try Cluster(workers: 0)
            let shop = cluster.shop
            try shop.putItem("i", stock: 1)
            let winner = try shop.buy("i", user: "a")
            let loser = try shop.buy("i", user: "b")
            try cluster.startWorker()
            for (ticket, state) in [(winner, "sold"), (loser, "sold_out")] {
                #expect(try shop.untilFinal(ticket.ticket, within: .seconds(5)).state == state)
                let reply = try shop.cancel(ticket.ticket)
                #expect(reply.status == 409 && reply.code == "already-final", "\(reply)")
                #expect(try shop.poll(ticket.ticket).state == state)
            }
        }

        @Test func `while the order is being placed no buyer can leave`() throws {
            let cluster = try Cluster(sink: .delay(milliseconds: 1_500, slots: 4))
            let shop = cluster.shop
            try shop.putItem("i", stock: 1)
            let ticket = try shop.buy("i", user: "a")
            #expect(try eventually(within: .seconds(3)) { try shop.poll(ticket.ticket).state == "processing" })
            let item = try shop.item("i") { $0.held == 1 }
            #expect(item.held == 1 && item.stockLeft == 0 && item.addsUp, "\(item)")
            let reply = try shop.cancel(ticket.ticket)
            #expect(reply.status == 409 && reply.code == "in-progress", "\(reply)")
            #expect(try shop.untilFinal(ticket.ticket, within: .seconds(5)).state == "sold")
        }
    }
}
