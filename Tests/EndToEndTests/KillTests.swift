import Base
import TestKit
import Testing

extension EndToEnd {
    /// `kill -9` at random moments under load, restarted by `sluice up`.
    @Suite struct Kills {
        private let item = "stormy"

        @Test func `processes killed at random lose nothing, double nothing and move no buyer`() throws {
            var random = SplitMix64(seed: Knobs.seed)
            let up = try Up()
            // Stock for nearly all, so that units are being sold through all of the kills.
            let buyers = Knobs.kills * 200
            let stock = buyers * 9 / 10
            try up.shop.putItem(item, stock: stock, #""queue_limit":\#(buyers)"#)

            // Each buyer sends twice, the copies a while apart: the second finds the ticket of the first.
            let asked = (0..<buyers * 2).map { number in
                SaleChecker.Asked(user: "buyer-\(number % 200 + number / 400 * 200)")
            }
            var crowd = Crowd(up.shop.http)
            crowd.connections = 32
            crowd.isPersistent = true
            crowd.perSecond = 1_500
            let running = crowd.start(asked.map { $0.request(item: item) }, within: .seconds(Int64(60 + Knobs.kills)))

            for number in 1..<max(2, Knobs.kills) {
                let due = asked.count * number / Knobs.kills
                // At a random moment after its turn has come in the load.
                guard running.waitUntil(answered: due - Int(random.below(100)), within: .seconds(30)) else { break }
                try killOne(up, &random)
            }
            let answers = running.finish(within: .seconds(Int64(65 + Knobs.kills)))
            let lastKill = try killOne(up, &random)

            var checker = SaleChecker()
            try checker.record(answers, to: asked)
            #expect(answers.allSatisfy { $0.reply != nil }, "\(summary(answers))")
            let left = lastKill + .seconds(5) - .now
            checker.record(try up.shop.untilAllFinal(checker.allTickets, within: left).values)
            let settledIn = MonotonicInstant.now - lastKill
            checker.record(try up.shop.untilAllFinal(checker.allTickets, within: .seconds(5)).values)
            let body = try up.shop.item(item) { $0.sold == stock && $0.held == 0 }
            print(
                "\(Knobs.kills) kills: \(summary(answers)), all final \(settledIn.wholeMilliseconds) ms after the last")
            #expect(checker.complaint(stock: stock, counted: body.sold) == nil)
            #expect(body.sold == stock && body.held == 0 && body.addsUp, "\(body)")
        }

        /// Kills one of the children that run now, and waits until the list names another process in its place.
        ///
        /// - Returns: when it was killed.
        @discardableResult
        private func killOne(_ up: Up, _ random: inout SplitMix64) throws -> MonotonicInstant {
            let children = try up.children().filter { child in
                ["queue", "scheduler", "worker"].contains { child.name.contains($0) }
            }
            let victim = try #require(children.randomElement(using: &random))
            #expect(Signal.kill9(victim.pid), "\(victim) was listed, and not running")
            let killed = MonotonicInstant.now
            let isReplaced = try eventually(within: .seconds(5)) {
                try up.children().contains { $0.name == victim.name && $0.pid != victim.pid }
            }
            try #require(isReplaced, "\(victim) was not started again")
            return killed
        }

        @Test func `a Redis started again under load costs no purchase, and work goes on within 5 s`() throws {
            let cluster = try Cluster(appendOnly: true)
            try cluster.shop.putItem(item, stock: 4_000, #""queue_limit":5000"#)
            let asked = (0..<5_000).map { SaleChecker.Asked(user: "buyer-\($0)") }
            var crowd = Crowd(cluster.shop.http)
            crowd.isPersistent = true
            crowd.perSecond = 1_000
            let running = crowd.start(asked.map { $0.request(item: item) }, within: .seconds(40))
            #expect(running.waitUntil(answered: 1_500, within: .seconds(10)))
            try cluster.redis.restart()
            let back = MonotonicInstant.now
            let works = try eventually(within: .seconds(5), every: .milliseconds(20)) {
                let reply = try cluster.shop.purchase(item, user: "first-after")
                return reply.status == 202 || reply.status == 200
            }
            #expect(works, "no purchase 5 s after the store answers again")
            let first = try cluster.shop.buy(item, user: "first-after")
            #expect(try cluster.shop.untilFinal(first.ticket, within: back + .seconds(5) - .now).final)

            let answers = running.finish(within: .seconds(45))
            var checker = SaleChecker()
            try checker.record(answers, to: asked)
            checker.accepted(
                user: "first-after", key: "", quantity: 1, status: 202, ticket: first.ticket, sequence: first.sequence,
                state: first.state, isFinal: first.final)
            #expect(answers.allSatisfy { [200, 202, 410].contains($0.status) }, "\(summary(answers))")
            checker.record(try cluster.shop.untilAllFinal(checker.allTickets, within: .seconds(10)).values)
            let body = try cluster.shop.item(item) { $0.sold == 4_000 }
            #expect(checker.complaint(stock: 4_000, counted: body.sold) == nil)
            #expect(body.sold == 4_000 && body.addsUp, "\(body)")
        }
    }
}
