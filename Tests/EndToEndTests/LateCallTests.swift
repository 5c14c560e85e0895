import Base
import TestKit
import Testing

extension EndToEnd {
    /// Calls of a worker that Redis carries out when the worker has given them up.
    @Suite struct LateCalls {
        private let sink = Cluster.Sink.delay(milliseconds: 50, slots: 4)

        /// The worker's first `deduct` arrives when the worker has come back on another connection and has asked what
        /// it holds.
        private func sellAll(mayKill: Bool) throws {
            let cluster = try Cluster(workers: 0)
            if !mayKill { try cluster.redis.command("ACL", "SETUSER", "default", "-client|kill") }
            let forwarder = try HoldingForwarder(to: cluster.redis.socketPath)
            let worker = try cluster.startWorker(sink: sink, storeURL: forwarder.url)
            try cluster.shop.putItem("warm", stock: 1)
            let warm = try cluster.shop.buy("warm", user: "w")
            #expect(try cluster.shop.untilFinal(warm.ticket, within: .seconds(10)).state == "sold")
            try cluster.shop.putItem("i", stock: 40)
            let isIdle = try eventually(within: .seconds(10)) { try worker.metrics().sum("sluice_in_flight") == 0 }
            #expect(isIdle)

            forwarder.hold()
            let tickets = try (0..<40).map { try cluster.shop.buy("i", user: "u\($0)").ticket }
            // Sales mean that it has come back, has recalled and has taken anew.
            let isBack = try eventually(within: .seconds(10)) { try cluster.shop.item("i").sold > 0 }
            #expect(isBack && forwarder.held > 0)
            forwarder.release()
            let bodies = try cluster.shop.untilAllFinal(tickets, within: .seconds(15 * Knobs.slack))
            let states = Dictionary(grouping: bodies.values, by: \.state).mapValues(\.count)
            #expect(states == ["sold": 40])
            let item = try cluster.shop.item("i") { $0.sold == 40 }
            #expect(item.sold == 40 && item.held == 0 && item.addsUp, "\(item)")
        }

        @Test func `a deduct that was held back is never carried out: its connection is killed`() throws {
            try sellAll(mayKill: true)
        }

        @Test func `a deduct that is carried out late is found by its worker`() throws { try sellAll(mayKill: false) }

        @Test func `a deduct that is carried out when its worker is forgotten is found by the leader`() throws {
            let cluster = try Cluster(workers: 0)
            let forwarder = try HoldingForwarder(to: cluster.redis.socketPath)
            let worker = try cluster.startWorker(sink: sink, storeURL: forwarder.url)
            try cluster.shop.putItem("i", stock: 4)
            let isKnown = try eventually(within: .seconds(10)) {
                try cluster.schedulers[0].metrics().sum("sluice_worker_window") > 0
            }
            #expect(isKnown)
            forwarder.hold()
            let tickets = try (0..<4).map { try cluster.shop.buy("i", user: "u\($0)").ticket }
            let deduct = 200  // bytes: more than its reports and beats
            #expect(eventually(within: .seconds(10)) { forwarder.held > deduct })
            worker.program.kill9()
            let isForgotten = try eventually(within: .seconds(10 * Knobs.slack)) {
                try cluster.redis.command("HLEN", "sluice:{ctl}:workers") == "0"
            }
            #expect(isForgotten)
            forwarder.release()
            let isTaken = try eventually(within: .seconds(5)) { try cluster.shop.item("i").held > 0 }
            #expect(isTaken)
            try cluster.startWorker(sink: sink)
            let bodies = try cluster.shop.untilAllFinal(tickets, within: .seconds(20 * Knobs.slack))
            let states = Dictionary(grouping: bodies.values, by: \.state).mapValues(\.count)
            #expect(states == ["sold": 4])
        }
    }
}
