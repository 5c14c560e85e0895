import Base
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Pace {
        /// Units sold per second, seen over `span`, and the most that was held meanwhile.
        private func measure(_ shop: Shop, over span: TimeSpan) throws -> (perSecond: Double, mostHeld: Int64) {
            let start = MonotonicInstant.now
            let before = try shop.item("i").sold
            var mostHeld: Int64 = 0
            _ = try eventually(within: span, every: .milliseconds(20)) {
                mostHeld = max(mostHeld, try shop.item("i").held)
                return false
            }
            let sold = try shop.item("i").sold - before
            return (Double(sold) / (Double((.now - start).nanoseconds) / 1e9), mostHeld)
        }

        /// What the scheduler says of its worker, for a failure's message.
        private func window(_ cluster: Cluster) throws -> String {
            try cluster.schedulers[0].metrics().series.filter { $0.key.contains("worker") }.sorted { $0.key < $1.key }
                .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        }

        @Test func `the grants follow a sink that becomes ten times slower, and faster again`() throws {
            // 4 slots of 20 ms: 200 orders a second.
            let cluster = try Cluster(sink: .delay(milliseconds: 20, slots: 4))
            try cluster.shop.putItem("i", stock: 20_000, #""queue_limit":20000"#)
            let buyers = Crowd(cluster.shop.http).send((0..<6_000).map { .purchase(item: "i", user: "b\($0)") })
            #expect(buyers.allSatisfy { $0.status == 202 }, "\(summary(buyers))")

            let fast = try measure(cluster.shop, over: .seconds(2))
            let windowAfterFast = try window(cluster)
            #expect(fast.perSecond > 100, "\(fast), \(windowAfterFast)")

            #expect(try cluster.workers[0].setDelay(milliseconds: 200, slots: 4).status < 300)
            let bounded = try eventually(within: .seconds(5), every: .milliseconds(20)) {
                try cluster.shop.item("i").held <= 16
            }
            let held = try cluster.shop.item("i").held
            #expect(bounded, "still \(held) held 5 s after the sink became slow")
            let slow = try measure(cluster.shop, over: .seconds(3))
            // 4 slots of 200 ms: 20 orders a second, and no more than 0.8 s of them at the worker. A window that was
            // learnt on a busy machine may begin below the slots and climb, so the lower bound is only that it goes on.
            let seen = try window(cluster)
            #expect(slow.perSecond > 6 && slow.perSecond < 28, "\(slow), \(seen)")
            #expect(slow.mostHeld <= 16, "\(slow), \(seen)")

            #expect(try cluster.workers[0].setDelay(milliseconds: 20, slots: 4).status < 300)
            var again = 0.0
            let follows = try eventually(within: .seconds(5)) {
                again = try measure(cluster.shop, over: .milliseconds(500)).perSecond
                return again > 120
            }
            let last = try window(cluster)
            #expect(follows, "\(again) a second, 5 s after the sink became fast again, \(last)")
        }
    }
}
