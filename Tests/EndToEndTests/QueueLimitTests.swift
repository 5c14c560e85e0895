import Base
import TestKit
import Testing

extension EndToEnd {
    @Suite struct QueueLimit {
        @Test func `a queue of 100 takes exactly 100 of 1,000 buyers and gives the others a time to come again`() throws
        {
            let cluster = try Cluster(workers: 0)
            try cluster.shop.putItem("small", stock: 1_000, #""queue_limit":100"#)
            let asked = (0..<1_000).map { SaleChecker.Asked(user: "buyer-\($0)") }
            let answers = Crowd(cluster.shop.http).send(asked.map { $0.request(item: "small") })

            let refused = answers.filter { $0.status == 503 }
            #expect(answers.count { $0.status == 202 } == 100, "\(summary(answers))")
            #expect(refused.count == 900)
            #expect(refused.allSatisfy { $0.reply?.code == "queue-full" })
            #expect(refused.allSatisfy { ($0.reply?.header("Retry-After").flatMap { Int($0) } ?? 0) >= 1 })

            try cluster.startWorker()
            var checker = SaleChecker()
            try checker.record(answers, to: asked)
            checker.record(try cluster.shop.untilAllFinal(checker.allTickets, within: .seconds(5)).values)
            #expect(checker.count(of: "sold") == 100)
            let counted = try cluster.shop.item("small") { $0.sold == 100 }.sold
            #expect(checker.complaint(stock: 1_000, counted: counted) == nil)

            // The places are free again: nothing counts who has left.
            #expect(try cluster.shop.purchase("small", user: "late").status == 202)
        }

        @Test func `a purchase of more units than one waits as one place`() throws {
            let cluster = try Cluster(workers: 0)
            try cluster.shop.putItem("pairs", stock: 100, #""queue_limit":2"#)
            #expect(try cluster.shop.purchase("pairs", user: "a", quantity: 5).status == 202)
            #expect(try cluster.shop.purchase("pairs", user: "b", quantity: 5).status == 202)
            #expect(try cluster.shop.purchase("pairs", user: "c").code == "queue-full")
        }
    }
}
