import Base
import TestKit
import Testing

extension EndToEnd {
    /// What is pushed, through nginx as docs/push.md sets it up.
    @Suite struct ProxyTests {
        private func waiting(_ cluster: Cluster, _ buyers: Int) throws -> [String] {
            try cluster.shop.putItem("i", stock: buyers / 2, #""queue_limit":10000"#)
            return try (1...buyers).map { try cluster.shop.buy("i", user: "b\($0)").ticket }
        }

        @Test(arguments: [false, true])
        func `an event passes the proxy when it is sent, and not when a buffer is full`(buffers: Bool) throws {
            let cluster = try Cluster(workers: 0)
            let proxy = try NginxProcess(before: cluster.shop.http, cutsAfter: 60, buffers: buffers)
            let tickets = try waiting(cluster, 20)
            let streams = try tickets.map { try EventStream(proxy.http, "/v1/tickets/\($0)/events") }
            #expect(
                try eventually(within: .seconds(10)) {
                    for stream in streams { try stream.read() }
                    return streams.allSatisfy { !$0.events.isEmpty }
                }, "the first event is there before the stream ends")
            #expect(streams.allSatisfy { $0.status == 200 && !$0.hasEnded })
            try cluster.startWorker()
            #expect(
                try eventually(within: .seconds(20)) {
                    for stream in streams { try stream.read() }
                    return streams.allSatisfy(\.hasEnded)
                })
            for (index, stream) in streams.enumerated() {
                #expect(try stream.events.last?.ticket().state == (index < 10 ? "sold" : "sold_out"))
            }
        }

        @Test func `a poll waits behind the proxy and is answered by the verdict`() throws {
            let cluster = try Cluster(workers: 0)
            let proxy = try NginxProcess(before: cluster.shop.http, cutsAfter: 30)
            let ticket = try #require(try waiting(cluster, 2).first)
            let client = HTTPClient(proxy.http, patience: .seconds(30))
            try client.post(HTTPRequest("GET", "/v1/tickets/\(ticket)?wait=25&state=queued"))
            #expect(
                try eventually(within: .seconds(5)) { try cluster.shop.metrics()["sluice_polls_waiting"] == 1 })
            try cluster.startWorker()
            let reply = try client.readReply(within: .seconds(20))
            #expect(try reply.json(TicketBody.self).state == "sold")
            #expect(reply.header("Preference-Applied") == "wait=25")
        }

        @Test func `a proxy that cuts silent streams after a second takes no verdict from those who come back`() throws
        {
            let cluster = try Cluster(workers: 0)
            let proxy = try NginxProcess(before: cluster.shop.http, cutsAfter: 1)
            let tickets = try waiting(cluster, 40)
            let listeners = tickets.map { Listener($0, at: proxy.http) }
            func listen() throws { for listener in listeners { try listener.listen() } }
            #expect(
                try eventually(within: .seconds(20)) {
                    try listen()
                    return listeners.allSatisfy { $0.visits > 1 }
                }, "all were cut")
            try cluster.startWorker()
            #expect(
                try eventually(within: .seconds(20)) {
                    try listen()
                    return listeners.allSatisfy(\.hasVerdict)
                })
            for (index, listener) in listeners.enumerated() {
                #expect(listener.states.last == (index < 20 ? "sold" : "sold_out"))
                #expect(listener.states.count { $0 == "sold" || $0 == "sold_out" } == 1, "\(listener.states)")
            }
        }
    }
}
