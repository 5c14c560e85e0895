import Base
import TestKit
import Testing

extension EndToEnd {
    @Suite struct PushTests {
        private func sale(
            _ cluster: Cluster, stock: Int, buyers: Int, start: () throws -> Void
        ) throws -> [Listener] {
            try cluster.shop.putItem("i", stock: stock, #""queue_limit":10000"#)
            let tickets = try (1...buyers).map { try cluster.shop.buy("i", user: "b\($0)").ticket }
            let listeners = tickets.map { Listener($0, at: cluster.shop.http) }
            #expect(
                try eventually(within: .seconds(20)) {
                    for listener in listeners { try listener.listen() }
                    return listeners.allSatisfy(\.isBegun)
                })
            try start()
            return listeners
        }

        private func checkVerdicts(_ listeners: [Listener], stock: Int, _ cluster: Cluster) throws {
            for (index, listener) in listeners.enumerated() {
                #expect(listener.states.last == (index < stock ? "sold" : "sold_out"))
                #expect(listener.states.last == (try cluster.shop.poll(listener.ticket).state))
                let finals = listener.states.filter { $0 == "sold" || $0 == "sold_out" }
                #expect(finals.count == 1, "\(listener.states)")
            }
        }

        @Test func `whoever listens is shown the verdict once, at once`() throws {
            let cluster = try Cluster(workers: 0)
            let listeners = try sale(cluster, stock: 100, buyers: 300) { try cluster.startWorker() }
            #expect(
                try eventually(within: .seconds(20)) {
                    for listener in listeners { try listener.listen() }
                    return listeners.allSatisfy(\.hasVerdict)
                })
            #expect(listeners.allSatisfy { $0.visits == 1 })
            try checkVerdicts(listeners, stock: 100, cluster)
            let page = try cluster.shop.metrics()
            #expect(page["sluice_streams"] == 0 && page["sluice_listeners"] == 0)
        }

        @Test func `a thousand cuts at random moments miss no verdict`() throws {
            let cluster = try Cluster(workers: 0)
            var random = SplitMix64(seed: 11)
            let listeners = try sale(cluster, stock: 150, buyers: 200) {
                try cluster.startWorker(sink: .delay(milliseconds: 40, slots: 2))
            }
            var cuts = 0
            #expect(
                try eventually(within: .seconds(60), every: .zero) {
                    for _ in 0..<4 where cuts < 1_000 {
                        let victim = listeners[Int(random.below(200))]
                        if !victim.hasVerdict || cuts > 900 { (cuts, _) = (cuts + 1, victim.cut()) }
                    }
                    for listener in listeners { try listener.listen() }
                    return listeners.allSatisfy(\.hasVerdict)
                })
            #expect(cuts >= 500)
            #expect(listeners.reduce(0) { $0 + $1.visits } > 500)
            try checkVerdicts(listeners, stock: 150, cluster)
        }

        @Test func `a queue process that is killed leaves nobody who listens in the dark`() throws {
            let cluster = try Cluster(workers: 0)
            let listeners = try sale(cluster, stock: 60, buyers: 100) {
                try cluster.startWorker(sink: .delay(milliseconds: 40, slots: 2))
            }
            var kills = 0
            #expect(
                try eventually(within: .seconds(60), every: .milliseconds(5)) {
                    for listener in listeners { try listener.listen() }
                    if listeners.count(where: \.hasVerdict) > 15 * (kills + 1), kills < 3 {
                        let address = cluster.shop.http
                        cluster.queues.last?.program.kill9()
                        try cluster.startQueue(public: address)
                        kills += 1
                    }
                    return listeners.allSatisfy(\.hasVerdict)
                })
            #expect(kills == 3)
            let shop = try #require(cluster.queues.last?.shop)
            for (index, listener) in listeners.enumerated() {
                #expect(listener.states.last == (index < 60 ? "sold" : "sold_out"))
                #expect(listener.states.last == (try shop.poll(listener.ticket).state))
            }
        }

        @Test func `a poll that waits is answered within milliseconds of the verdict`() throws {
            let cluster = try Cluster(workers: 0)
            try cluster.shop.putItem("i", stock: 1)
            let ticket = try cluster.shop.buy("i", user: "a").ticket
            let client = HTTPClient(cluster.shop.http, patience: .seconds(30))
            try client.post(HTTPRequest("GET", "/v1/tickets/\(ticket)?wait=25&state=queued"))
            let isWaiting = try eventually(within: .seconds(5)) {
                try cluster.shop.metrics()["sluice_polls_waiting"] == 1
            }
            #expect(isWaiting)
            try cluster.startWorker()
            let reply = try client.readReply(within: .seconds(20))
            #expect(try reply.json(TicketBody.self).state == "sold")
            #expect(reply.header("Preference-Applied") == "wait=25")
        }
    }
}
