import Base
import TestKit
import Testing

extension EndToEnd {
    /// 20,000 purchases by 5,000 users for 1,000 units.
    @Suite struct Sale {
        private let stock = 1_000
        private let item = "sale"

        /// 5,000 users, each sent 4 times.
        private func fourTimesEach() -> [SaleChecker.Asked] {
            var random = SplitMix64(seed: Knobs.seed)
            return (0..<20_000).map { SaleChecker.Asked(user: "buyer-\($0 % 5_000)") }.shuffled(using: &random)
        }

        /// 2,500 users with three keys each, in all sent 8 times: two purchases may win their place, the third may not.
        private func severalKeysEach() -> [SaleChecker.Asked] {
            var random = SplitMix64(seed: Knobs.seed)
            let asked = (0..<20_000).map { number in
                let user = number % 2_500
                let key = number / 2_500 % 3
                return SaleChecker.Asked(user: "buyer-\(user)", key: "key-\(key)", quantity: (user + key) % 3 + 1)
            }
            return asked.shuffled(using: &random)
        }

        @Test func `every buyer gets one ticket, the lowest sequences win, and the ledger adds up`() throws {
            let cluster = try Cluster(workers: 0)
            try cluster.shop.putItem(item, stock: stock, #""queue_limit":5000"#)
            let asked = fourTimesEach()
            let answers = Crowd(cluster.shop.http).send(asked.map { $0.request(item: item) })

            #expect(answers.count { $0.status == 202 } == 5_000)
            #expect(answers.count { $0.status == 200 } == 15_000)
            #expect(answers.allSatisfy { $0.status == 202 || $0.reply?.header("Idempotency-Replayed") == "true" })
            #expect(try cluster.shop.item(item) { $0.waiting == 5_000 }.waiting == 5_000)

            let checker = try settle(cluster, asked: asked, answers: answers)
            #expect(checker.ticketCount == 5_000)
            #expect(checker.count(of: "sold") == 1_000)
            #expect(checker.count(of: "sold_out") == 4_000)
        }

        @Test func `who comes after the end gets 410, and every loser is behind every winner`() throws {
            let cluster = try Cluster()
            try cluster.shop.putItem(item, stock: stock, #""queue_limit":5000"#)
            let asked = fourTimesEach()
            let answers = Crowd(cluster.shop.http).send(asked.map { $0.request(item: item) })

            let late = answers.filter { ![200, 202].contains($0.status) }
            #expect(late.allSatisfy { $0.status == 410 && $0.reply?.code == "sold-out" }, "\(summary(answers))")
            #expect(!late.isEmpty, "with workers running the end comes before the last purchase: \(summary(answers))")
            let checker = try settle(cluster, asked: asked, answers: answers, workers: 0)
            #expect(checker.count(of: "sold") == 1_000)
        }

        @Test(arguments: [true, false])
        func `quantities of 1 to 3 and a limit of two purchases never oversell and leave nothing unsold`(
            workersPaused: Bool
        ) throws {
            let cluster = try Cluster(workers: workersPaused ? 0 : 1)
            try cluster.shop.putItem(item, stock: stock, #""queue_limit":5000,"per_user_limit":2"#)
            let asked = severalKeysEach()
            let answers = Crowd(cluster.shop.http).send(asked.map { $0.request(item: item) })

            if workersPaused {
                #expect(answers.count { $0.status == 202 } == 5_000, "\(summary(answers))")
                let refused = answers.filter { ![200, 202].contains($0.status) }
                #expect(refused.allSatisfy { $0.reply?.code == "purchase-limit" }, "\(summary(answers))")
                #expect(refused.allSatisfy { $0.reply?.header("Location")?.hasPrefix("/v1/tickets/") == true })
            }
            let checker = try settle(cluster, asked: asked, answers: answers, workers: workersPaused ? 1 : 0, limit: 2)
            #expect(checker.soldUnits == 1_000, "single units wait in the queue, so the last one finds its buyer")
        }

        /// Starts what is missing, waits for the end of every ticket, and judges the sale.
        private func settle(
            _ cluster: Cluster, asked: [SaleChecker.Asked], answers: [Crowd.Answer], workers: Int = 1, limit: Int = 1
        ) throws -> SaleChecker {
            for _ in 0..<workers { try cluster.startWorker() }
            var checker = SaleChecker()
            try checker.record(answers, to: asked)
            checker.record(try cluster.shop.untilAllFinal(checker.allTickets, within: .seconds(15)).values)
            // Once more, now that all is over: what was shown must stand.
            checker.record(try cluster.shop.untilAllFinal(checker.allTickets, within: .seconds(5)).values)

            let body = try cluster.shop.item(item) { $0.sold == checker.soldUnits && $0.waiting == 0 }
            #expect(checker.complaint(stock: stock, counted: body.sold, limit: limit) == nil)
            #expect(body.addsUp && body.held == 0 && body.waiting == 0, "\(body)")
            return checker
        }
    }
}

/// How many answers of which status and code there were.
func summary(_ answers: [Crowd.Answer]) -> [String: Int] {
    var counts: [String: Int] = [:]
    for answer in answers { counts["\(answer.status) \(answer.reply?.code ?? "")", default: 0] += 1 }
    return counts
}
