import Base
import TestKit
import Testing

extension EndToEnd {
    /// Winners who are to pay: reserved, paid, left, refunded. Nobody's time is over here.
    @Suite struct Paid {
        private static let window = #""pay_window_ms":600000,"queue_limit":100"#

        /// A cluster whose item has so many units and a line of buyers, of which the first are reserved.
        private func sale(
            stock: Int, _ quantities: [Int], queues: Int = 1, reserved: Int
        ) throws -> (cluster: Cluster, tickets: [String]) {
            let cluster = try Cluster(queues: queues, workers: 0)
            try cluster.shop.putItem("i", stock: stock, Self.window)
            let tickets = try quantities.enumerated().map {
                try cluster.shop.buy("i", user: "user-\($0.offset)", quantity: $0.element).ticket
            }
            try cluster.startWorker()
            for ticket in tickets.prefix(reserved) { try cluster.shop.until("reserved", ticket) }
            return (cluster, tickets)
        }

        private func expectCounters(_ shop: Shop, held: Int64, sold: Int64) throws {
            let item = try shop.item("i") { $0.held == held && $0.sold == sold }
            #expect(item.held == held && item.sold == sold && item.addsUp, "\(item)")
        }

        @Test func `a winner pays within the time that the ticket names, at any queue process`() throws {
            let (cluster, tickets) = try sale(stock: 1, [1, 1], queues: 2, reserved: 1)
            let (here, there) = (cluster.queues[0].shop, cluster.queues[1].shop)
            let reserved = try here.poll(tickets[0])
            #expect(RFC3339.parse(reserved.expiresAt ?? "") != nil && !reserved.final)
            #expect(try there.until("reserved", tickets[0]).expiresAt == reserved.expiresAt)
            for _ in 1...2 { #expect(try there.pay(tickets[0]).json(PaymentBody.self).state == "sold") }
            #expect(try there.poll(tickets[0]).state == "sold")
            #expect(try here.untilFinal(tickets[0], within: .seconds(5)).state == "sold")
            #expect(try here.untilFinal(tickets[1], within: .seconds(5)).state == "sold_out")
            try expectCounters(here, held: 0, sold: 1)
        }

        @Test func `what is authorised is captured by the buyer who holds the unit, and voided by who left`() throws {
            let (cluster, tickets) = try sale(stock: 1, [1, 1], reserved: 1)
            let shop = cluster.shop
            #expect(try shop.cancel(tickets[0]).status == 204)
            let late = try shop.pay(tickets[0], "authorized")
            #expect(late.status == 409 && late.code == "late-payment" && late.problem?.decision == "void", "\(late)")
            try shop.until("reserved", tickets[1])
            let taken = try shop.pay(tickets[1], "authorized", "p-2")
            #expect(try taken.status == 200 && taken.json(PaymentBody.self).decision == "capture", "\(taken)")
            #expect(try shop.poll(tickets[0]).state == "cancelled")
            try expectCounters(shop, held: 0, sold: 1)
        }

        @Test func `a payment that failed costs nobody the unit, and the next one sells it`() throws {
            let (cluster, tickets) = try sale(stock: 1, [1], reserved: 1)
            let failed = try cluster.shop.pay(tickets[0], "failed").json(PaymentBody.self)
            #expect(try failed.state == "reserved" && failed.expiresAt == cluster.shop.poll(tickets[0]).expiresAt)
            #expect(try cluster.shop.pay(tickets[0], "paid", "p-2").status == 200)
            let other = try cluster.shop.pay(tickets[0], "paid", "p-3")
            #expect(other.status == 409 && other.code == "not-reserved", "\(other)")
            try expectCounters(cluster.shop, held: 0, sold: 1)
        }

        // MARK: What waitlists elsewhere get wrong

        @Test func `a unit that is given back goes to the oldest in line, not to the newest`() throws {
            let (cluster, tickets) = try sale(stock: 1, [1, 1, 1], reserved: 1)
            let shop = cluster.shop
            for index in 0...1 {
                #expect(try shop.cancel(tickets[index]).status == 204)
                try shop.until("reserved", tickets[index + 1])
                #expect(try index > 0 || shop.poll(tickets[2]).state == "queued")
            }
            #expect(try shop.poll(tickets[0]).state == "cancelled" && shop.poll(tickets[1]).state == "cancelled")
            try expectCounters(shop, held: 1, sold: 0)
        }

        @Test func `who waits for several units gets all of them or waits, and is not passed by`() throws {
            let (cluster, tickets) = try sale(stock: 3, [1, 2, 2, 1], reserved: 2)
            let shop = cluster.shop
            #expect(try shop.cancel(tickets[0]).status == 204)
            // One unit is free; the next wants two, which may still come back.
            try expectCounters(shop, held: 2, sold: 0)
            #expect(try shop.poll(tickets[2]).state == "queued" && shop.poll(tickets[3]).state == "queued")
            #expect(try shop.cancel(tickets[1]).status == 204)
            try shop.until("reserved", tickets[2])
            try shop.until("reserved", tickets[3])
            try expectCounters(shop, held: 3, sold: 0)
        }

        @Test func `a refund with its unit has it sold again, and who was shown sold out keeps that`() throws {
            let (cluster, tickets) = try sale(stock: 2, [1, 1, 1, 1], reserved: 2)
            let shop = cluster.shop
            #expect(try shop.pay(tickets[0]).status == 200)
            let kept = try shop.refund(tickets[0], returnsUnit: false).json(PaymentBody.self)
            #expect(kept.refund?.unitReturned == false && kept.state == "sold")
            #expect(try shop.poll(tickets[2]).state == "queued")
            #expect(try shop.pay(tickets[1], "paid", "p-2").status == 200)
            #expect(try shop.untilFinal(tickets[2], within: .seconds(5)).state == "sold_out", "nothing can come back")

            let late = try shop.refund(tickets[1], "r-2")
            #expect(late.status == 200, "\(late)")
            #expect(try eventually(within: .seconds(5)) { try shop.poll(tickets[1]).refund != nil })
            let sold = try shop.poll(tickets[1])
            #expect(sold.state == "sold" && sold.final && sold.refund?.reference == "r-2")
            #expect(try shop.poll(tickets[2]).state == "sold_out", "a final state that was shown stays")
            let again = try shop.buy("i", user: "new")
            try shop.until("reserved", again.ticket)
            try expectCounters(shop, held: 1, sold: 1)
        }

        @Test func `who left or got the money back may buy again, who holds or has paid may not`() throws {
            let (cluster, tickets) = try sale(stock: 3, [1, 1, 1], reserved: 3)
            let shop = cluster.shop
            func buysAgain(_ number: Int) throws -> HTTPReply {
                try shop.purchase("i", user: "user-\(number)", key: "2")
            }
            #expect(try buysAgain(0).code == "purchase-limit")
            #expect(try shop.cancel(tickets[0]).status == 204)
            #expect(try buysAgain(0).status == 202)
            #expect(try shop.pay(tickets[1]).status == 200)
            #expect(try buysAgain(1).code == "purchase-limit")
            #expect(try shop.refund(tickets[1]).status == 200)
            #expect(try buysAgain(1).status == 202)
        }

        @Test func `who joins after the last unit is held is shown that there is hope, and there is`() throws {
            let (cluster, tickets) = try sale(stock: 1, [1], reserved: 1)
            let shop = cluster.shop
            let item = try shop.item("i") { $0.waitlist == true }
            #expect(item.waitlist == true && item.state == "open" && item.stockLeft == 0)
            let late = try shop.buy("i", user: "late")
            #expect(late.state == "queued" && late.verdict == "possible")
            let second = try shop.buy("i", user: "later")
            #expect(second.verdict == "no_chance", "one unit can come back, and one is ahead")
            #expect(try shop.cancel(tickets[0]).status == 204)
            try shop.until("reserved", late.ticket)
            #expect(try shop.pay(late.ticket).status == 200)
            #expect(try shop.untilFinal(second.ticket, within: .seconds(5)).state == "sold_out")
            #expect(try shop.item("i") { $0.state == "sold_out" }.waitlist == false)
        }

        @Test func `however often units come back, there are never more of them`() throws {
            let (cluster, tickets) = try sale(stock: 2, [Int](repeating: 1, count: 12), reserved: 2)
            let shop = cluster.shop
            for (index, ticket) in tickets.enumerated() {
                try shop.until("reserved", ticket)
                switch index % 3 {
                case 0: for _ in 1...2 { #expect(try shop.cancel(ticket).status == 204) }
                case 1:
                    #expect(try shop.pay(ticket, "paid", "p-\(index)").status == 200)
                    for _ in 1...2 { #expect(try shop.refund(ticket, "r-\(index)").status == 200) }
                default:
                    #expect(try shop.pay(ticket, "failed", "p-\(index)").status == 200)
                    #expect(try shop.cancel(ticket).status == 204)
                }
                let item = try shop.item("i")
                #expect(item.addsUp && item.stockTotal == 2, "\(item)")
            }
            let item = try shop.item("i") { $0.held == 0 && $0.sold == 0 }
            #expect(item.stockLeft == 2 && item.addsUp, "\(item)")
        }
    }
}
