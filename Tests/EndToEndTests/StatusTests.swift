import Base
import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// Nothing that stands still may look green: `sluice status`, `doctor` and `/readyz` in what a real night brings.
    @Suite struct Status {
        @Test func `a cluster that has just begun is well from its last ready line on`() throws {
            for _ in 0..<3 {
                let (exit, text) = try House().sluice("status")
                #expect(exit == 0, "\(text)")
            }
        }

        @Test func `a killed scheduler is named, and gone from the answer when another one leads`() throws {
            let house = try House()
            try house.expectWell()
            house.cluster.schedulers[0].program.kill9()
            try house.expect("no-leader", "scheduler")
            #expect(try house.impairments().contains { $0.contains("scheduler") })
            try house.cluster.startScheduler()
            try house.expectWell()
        }

        @Test func `a killed worker is named`() throws {
            let house = try House()
            try house.expectWell()
            house.cluster.workers[0].program.kill9()
            try house.expect("no-worker", "worker")
            try house.cluster.startWorker()
            try house.expectWell()
        }

        @Test func `an open breaker with buyers waiting is named, and mended when the order service answers`() throws {
            let service = try OrderService(fault: { _, _ in .errorBefore })
            let sink = Cluster.Sink.webhook(
                url: service.url,
                more: [
                    "--sink-timeout-ms", "500", "--breaker-minimum-calls", "5", "--breaker-window-ms", "5000",
                    "--breaker-open-ms", "1000",
                ])
            let house = try House(sink: sink)
            try house.cluster.shop.putItem("lamp", stock: 100)
            for buyer in 0..<30 { try house.cluster.shop.buy("lamp", user: "u\(buyer)") }
            try house.expect("breaker-open", "breaker")
            service.change { _, _ in nil }
            try house.expectWell(within: .seconds(20))
        }

        @Test func `while Redis is away Redis is named, not the server itself, and the nodes are shown as they were`()
            throws
        {
            let house = try House()
            try house.cluster.shop.putItem("lamp", stock: 7)
            _ = try house.cluster.shop.item("lamp")  // a process shows items that it knows
            try house.expectWell()
            house.cluster.redis.stop()
            try house.expect("store-away", "redis")
            let (exit, text) = try house.sluice("status")
            #expect(exit == 3 && !text.contains("sluice status") && text.contains("lamp"), "\(text)")
            for name in ["queue", "scheduler", "worker"] { #expect(text.contains(name), "\(text)") }
            let doctor = try house.sluice("doctor", "--redis-url", house.cluster.redis.url)
            #expect(doctor.exit == 3 && doctor.output.hasPrefix("fail"), "\(doctor.output)")
            try house.cluster.redis.restart()
            try house.expectWell(within: .seconds(20))
        }

        @Test func `an item that was frozen is named by status and by the doctor, whose causes come first`() throws {
            let house = try House()
            try house.cluster.shop.putItem("lamp", stock: 7)
            _ = try house.cluster.shop.buy("lamp", user: "a")
            try house.expectWell()
            _ = try house.cluster.redis.command("HSET", "sluice:{lamp}:meta", "frozen", "1")
            try house.expect("frozen", "lamp")
            let doctor = try house.sluice("doctor", "--redis-url", house.cluster.redis.url)
            #expect(doctor.exit == 3 && doctor.output.hasPrefix("fail"), "\(doctor.output)")
            #expect(doctor.output.contains("lamp is frozen"))
        }

        @Test func `a node of another build is a warning, and one with another key a problem`() throws {
            let house = try House()
            try house.expectWell()
            let now = Int64(Date().timeIntervalSince1970 * 1000)
            func describe(_ name: String, _ more: String) throws {
                let json = #"{"id":"\#(name)","role":"queue","ready":true\#(more)}"#
                _ = try house.cluster.redis.command("HSET", "sluice:{ctl}:nodes", name, "x \(now) \(json)")
            }
            try describe("queue-x", #","version":"0.0.1","commit":"old""#)
            let (exit, text) = try house.sluice("status")
            #expect(exit == 0 && text.contains("versions differ"), "\(text)")
            try describe("queue-x", #","fingerprints":{"a_key":"1f"}"#)
            try describe("queue-y", #","fingerprints":{"a_key":"2e"}"#)
            let differing = try house.sluice("status")
            #expect(differing.exit == 3 && differing.output.contains("a_key differs"), "\(differing)")
        }
    }
}

/// A cluster that is watched by the command line.
private struct House {
    let cluster: Cluster
    private let token: String

    init(sink: Cluster.Sink = .none) throws {
        cluster = try Cluster(sink: sink)
        token = try cluster.directory.write(cluster.token + "\n", to: "token-of-the-operator")
    }

    func sluice(_ words: String...) throws -> (exit: Int32, output: String) {
        let shop = cluster.shop
        let servers = words[0] == "status" ? ["--public-url", "http://\(shop.http.authority)"] : []
        let program = try Program(
            "sluice",
            words + ["--url", "http://\(shop.admin.endpoint.authority)", "--admin-token-file", token] + servers,
            log: cluster.directory.file("sluice.log"))
        return try program.finish()
    }

    /// Exit 3, the cause in the first line and in the metrics, within 6 s.
    func expect(_ code: String, _ word: String) throws {
        var last: (exit: Int32, output: String) = (0, "")
        let isShown = try eventually(within: .seconds(6 * Knobs.slack), every: .milliseconds(200)) {
            last = try sluice("status")
            let first = last.output.prefix { $0 != "\n" }.lowercased()
            return last.exit == 3 && first.hasPrefix("problem") && first.contains(word)
        }
        #expect(isShown, "\(last)")
        let isMeasured = try eventually(within: .seconds(6 * Knobs.slack)) {
            try cluster.shop.metrics().sum("sluice_trouble", ["code": code]) > 0
        }
        #expect(isMeasured)
    }

    func expectWell(within span: TimeSpan = .seconds(8 * Knobs.slack)) throws {
        var last: (exit: Int32, output: String) = (0, "")
        let isWell = try eventually(within: span, every: .milliseconds(200)) {
            last = try sluice("status")
            return last.exit == 0 && last.output.hasPrefix("ready")
        }
        #expect(isWell, "\(last)")
    }

    func impairments() throws -> [String] {
        let reply = try cluster.shop.client.get("/readyz")
        let body = try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any]
        return body?["impaired"] as? [String] ?? []
    }
}
