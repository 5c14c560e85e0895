import Base
import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// Workers of one store place their orders in the same way, or they do not work beside each other.
    @Suite struct UnlikeSinks {
        private static func service(_ calls: Guarded<Int>) throws -> MisbehavingServer {
            try MisbehavingServer { _ in
                calls.change { $0 += 1 }
                return .reply(status: 200, body: #"{"status":"confirmed","order":"o"}"#)
            }
        }

        @Test(arguments: [[], ["--sink", "delay"]])
        func `a worker without orders refuses to start beside one that calls an order service`(flags: [String]) throws {
            let calls = Guarded(0)
            let server = try Self.service(calls)
            let cluster = try Cluster(sink: .webhook(url: server.url + "/orders"))
            let stray = try Program(
                "sluice-worker", ["--redis-url", cluster.redis.url, "--ops-listen", "127.0.0.1:0"] + flags,
                log: cluster.directory.file("stray.log"))
            #expect(try stray.wait(within: .seconds(10)) == 64)
            #expect(stray.log.contains("--sink") && stray.log.contains("webhook"), "\(stray.log)")
            #expect(!stray.output.contains("ready"))

            try cluster.shop.putItem("i", stock: 60, #""queue_limit":100"#)
            let tickets = try (0..<40).map { try cluster.shop.buy("i", user: "b\($0)").ticket }
            let ended = try cluster.shop.untilAllFinal(tickets, within: .seconds(10))
            #expect(ended.values.count { $0.state == "sold" } == 40 && calls.current == 40)
            let settings = try cluster.shop.operate("GET", "/admin/v1/settings")
            #expect(settings.text.contains(#""sink":"webhook""#), "\(settings)")
        }

        @Test func `a store whose workers placed no orders is free for others once they are gone`() throws {
            let calls = Guarded(0)
            let server = try Self.service(calls)
            let cluster = try Cluster(sink: .none)
            cluster.workers[0].program.terminate()
            #expect(try cluster.workers[0].program.wait(within: .seconds(5)) == 0)
            let worker = try cluster.startWorker(sink: .webhook(url: server.url + "/orders"))
            try cluster.shop.putItem("i", stock: 5)
            let ticket = try cluster.shop.buy("i", user: "a").ticket
            #expect(try cluster.shop.untilFinal(ticket, within: .seconds(10)).order == "o")
            #expect(worker.program.log.contains("\"enlisted\""))
        }
    }
}
