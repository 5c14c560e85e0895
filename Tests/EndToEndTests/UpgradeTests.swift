import Base
import Foundation
import TestKit
import Testing

// DESIGN. The programs of the release before are real ones: `make upgrade-check` builds them from their commit and says
// in SLUICE_OLD_BIN_DIR where they are. What they wrote, sent and hold is theirs: nothing here imitates an old format.

private let oldPrograms = ProcessInfo.processInfo.environment["SLUICE_OLD_BIN_DIR"]

extension EndToEnd {
    /// A live sale while every process is replaced, one after the other, in the order of docs/operations.md.
    @Suite(.enabled(if: oldPrograms != nil, "make upgrade-check builds the programs of the release before"))
    struct Upgrades {
        /// How a process leaves for the one that takes its place.
        enum Leave: String, CaseIterable, CustomTestStringConvertible {
            case inOrder, killed
            var testDescription: String { rawValue }
        }

        @Test(arguments: Leave.allCases)
        func `a live sale goes on through an upgrade of every process, and nothing is lost`(leave: Leave) throws {
            let sale = try LiveSale()
            for number in 0..<2 { try sale.replaceScheduler(number, leave) }
            for number in 0..<2 { try sale.replaceWorker(number, leave) }
            for number in 0..<2 { try sale.replaceQueue(number, leave) }
            try sale.end()
        }

        @Test func `a live sale goes on while an upgrade is taken back`() throws {
            let sale = try LiveSale()
            for number in 0..<2 { try sale.replaceScheduler(number, .inOrder) }
            for number in 0..<2 { try sale.replaceWorker(number, .inOrder) }
            for number in 0..<2 { try sale.replaceQueue(number, .inOrder) }
            sale.cluster.folder = oldPrograms
            for number in 2..<4 { try sale.replaceQueue(number, .inOrder) }
            for number in 2..<4 { try sale.replaceWorker(number, .inOrder) }
            for number in 2..<4 { try sale.replaceScheduler(number, .inOrder) }
            try sale.end()
        }

        /// Two processes of each role with an order service that makes mistakes, buyers who come all the time, and a
        /// sale that ended before anything was replaced.
        private final class LiveSale {
            let cluster: Cluster
            private let service: OrderService
            private let sink: Cluster.Sink
            private let asked: [SaleChecker.Asked]
            private let running: Crowd.Running
            private let early: [String: TicketBody]  // of the sale that had ended
            private let stock = 3_000
            private var steps = 0

            init() throws {
                service = try OrderService(seed: Knobs.seed) { _, random in
                    guard random.below(10) == 0 else { return nil }
                    return [.errorAfter, .errorBefore, .resetAfter, .busy, .doubled][Int(random.below(5))]
                }
                sink = .webhook(
                    url: service.url,
                    more: [
                        "--sink-timeout-ms", "300", "--breaker", "alert-only", "--sink-floor-per-second", "500",
                    ])
                let cluster = try Cluster(
                    queues: 2, schedulers: 2, workers: 2, sink: sink, appendOnly: true, folder: oldPrograms)
                try cluster.shop.putItem("early", stock: 20, #""queue_limit":60"#)
                // Whoever comes after the last unit went is turned away.
                let first = try (0..<40).compactMap { number -> String? in
                    let reply = try cluster.shop.purchase("early", user: "early-\(number)")
                    return reply.status == 202 ? try (reply.json() as TicketBody).ticket : nil
                }
                early = try cluster.shop.untilAllFinal(first, within: .seconds(20 * Knobs.slack))
                try cluster.shop.putItem("live", stock: stock, #""queue_limit":4000"#)
                asked = (0..<4_000).map { SaleChecker.Asked(user: "buyer-\($0)") }
                var crowd = Crowd(cluster.queues[0].http, cluster.queues[1].http)
                crowd.isPersistent = true
                crowd.perSecond = 200
                running = crowd.start(asked.map { $0.request(item: "live") }, within: .seconds(60 * Knobs.slack))
                cluster.folder = nil
                self.cluster = cluster
            }

            /// Lets some buyers come to the mixture before the next step.
            private func step() {
                steps += 1
                _ = running.waitUntil(answered: steps * 250, within: .seconds(20 * Knobs.slack))
            }

            private func end(_ program: Program, _ leave: Leave) throws {
                if leave == .killed { program.kill9() } else { program.terminate() }
                #expect(try program.wait(within: .seconds(15)) == (leave == .killed ? -9 : 0))
            }

            func replaceScheduler(_ number: Int, _ leave: Leave) throws {
                step()
                try end(cluster.schedulers[number].program, leave)
                try cluster.startScheduler()
            }

            func replaceWorker(_ number: Int, _ leave: Leave) throws {
                step()
                try end(cluster.workers[number].program, leave)
                try cluster.startWorker(sink: sink)
            }

            /// The new one listens beside the old one before that leaves, as a deploy without a gap does it.
            func replaceQueue(_ number: Int, _ leave: Leave) throws {
                step()
                let old = cluster.queues[number]
                try cluster.startQueue(public: old.http)
                try end(old.program, leave)
            }

            /// Waits for the last buyer's result and judges all of it.
            func end() throws {
                let answers = running.finish(within: .seconds(65 * Knobs.slack))
                #expect(answers.allSatisfy { [200, 202, 410].contains($0.status) }, "\(summary(answers))")
                var checker = SaleChecker()
                try checker.record(answers, to: asked)
                let shop = try #require(cluster.queues.last?.shop)
                let bodies = try shop.untilAllFinal(checker.allTickets, within: .seconds(40 * Knobs.slack))
                checker.record(bodies.values)
                let body = try shop.item("live") { $0.sold == stock && $0.held == 0 }
                #expect(checker.complaint(stock: stock, counted: body.sold) == nil)
                #expect(body.sold == stock && body.held == 0 && body.addsUp, "\(body)")

                let winners = bodies.values.filter { $0.state == "sold" }
                let orders = service.orders.filter { service.purchases[$0.key]?.item == "live" }
                #expect(Set(winners.map(\.ticket)) == Set(orders.keys), "\(winners.count) sold, \(orders.count) orders")
                #expect(winners.allSatisfy { $0.order == orders[$0.ticket] })
                #expect(service.complaints.isEmpty, "\(service.complaints)")

                // What was answered before the first step is still the answer.
                let later = try shop.untilAllFinal(Array(early.keys), within: .seconds(10))
                #expect(early.count >= 20 && later.mapValues(\.state) == early.mapValues(\.state))
                // And the mixture's last word is not the last of the engine: a new item is served.
                try shop.putItem("after", stock: 3)
                let late = try shop.buy("after", user: "late").ticket
                #expect(try shop.untilFinal(late, within: .seconds(10)).state == "sold")
            }
        }
    }
}
