import Base
import EventLoop
import TestKit
import Testing

extension EndToEnd {
    /// Purchases whose processing ends the worker that does it.
    @Suite struct Poison {
        private let item = "trap"

        /// Ends a worker in the middle of a call, each time one comes for a user of `poison`.
        private final class Trap: Sendable {
            private struct State {
                var worker: Program?
                var crashes: [String: Int] = [:]
            }

            private let state = Locked(State())
            let poison: Set<String>

            init(_ poison: Set<String>) { self.poison = poison }

            /// The one that makes the calls from now on.
            func set(_ worker: Program) { state.withLock { $0.worker = worker } }

            var crashes: [String: Int] { state.withLock { $0.crashes } }

            /// Kills before anything is answered; whoever called is gone by then.
            func meet(_ call: OrderService.Call) -> OrderService.Fault? {
                guard poison.contains(call.user) else { return nil }
                state.withLock {
                    $0.worker?.kill9()
                    $0.crashes[call.user, default: 0] += 1
                }
                return .silenceBefore
            }
        }

        @Test func `a purchase that ends its workers is in doubt after five, and no other is`() throws {
            // Each order takes a while, so that others are under way beside the poison whenever a worker ends.
            let service = try OrderService { _, _ in .slow }
            let trap = Trap(["buyer-20"])
            service.watch { trap.meet($0) }
            let sink = Cluster.Sink.webhook(url: service.url, more: ["--sink-floor-per-second", "1000"])
            let cluster = try Cluster(workers: 0, sink: sink)
            trap.set(try cluster.startWorker(sink: sink).program)
            let (buyers, stock) = (400, 390)
            try cluster.shop.putItem(item, stock: stock, #""queue_limit":\#(buyers)"#)
            var tickets: [String: String] = [:]  // user by ticket
            for number in 0..<buyers {
                tickets[try cluster.shop.buy(item, user: "buyer-\(number)").ticket] = "buyer-\(number)"
            }

            // A supervisor: whenever the worker is gone, there is a new one.
            let began = MonotonicInstant.now
            var dead = 0
            let isOver = try eventually(within: .seconds(40 * Knobs.slack), every: .milliseconds(20)) {
                if let last = cluster.workers.last, !last.program.isRunning {
                    dead += 1
                    trap.set(try cluster.startWorker(sink: sink).program)
                }
                let body = try cluster.shop.item(item)
                return body.sold == stock - 1 && body.held == 1 && body.state == "sold_out"
            }
            let crashes = trap.crashes
            let bodies = try cluster.shop.untilAllFinal(
                tickets.filter { !trap.poison.contains($0.value) }.map(\.key), within: .seconds(5))
            let states = Dictionary(grouping: bodies.values, by: \.state).mapValues(\.count)
            print("poison: \(crashes) in \((MonotonicInstant.now - began).wholeMilliseconds) ms, others \(states)")
            let body = try cluster.shop.item(item)
            try #require(isOver, "\(body), \(states)")
            #expect(crashes == ["buyer-20": 5] && dead == 5, "\(crashes), \(dead) workers ended")
            #expect(states == ["sold": stock - 1, "sold_out": buyers - stock])
            let poison = try #require(tickets.first { trap.poison.contains($0.value) }?.key)
            let doubtful = try cluster.shop.poll(poison)
            #expect(doubtful.state == "in_doubt" && !doubtful.final, "\(doubtful)")
            #expect(body.held == 1 && body.stockLeft == 0 && body.addsUp, "\(body)")
            // Nobody calls for it again, and each of the others has one order.
            #expect(service.callsOf[poison] == 5 && service.orders[poison] == nil)
            let winners = Set(bodies.values.filter { $0.state == "sold" }.map(\.ticket))
            #expect(winners == Set(service.orders.keys) && service.complaints.isEmpty, "\(service.complaints)")
        }
    }
}
