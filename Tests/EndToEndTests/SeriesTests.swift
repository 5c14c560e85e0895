import Base
import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// What an item's series shows of a sale.
    @Suite struct Series {
        private struct Body: Decodable {
            struct Point: Decodable {
                var at: String
                var arrivals: Int64
                var waiting: Int64
                var sold: Int64
                var held: Int64
                var stockLeft: Int64
            }

            var points: [Point]
        }

        private func series(of cluster: Cluster, step: String) throws -> [Body.Point] {
            let reply = try cluster.shop.operate("GET", "/admin/v1/items/sale/series?step=\(step)")
            try #require(reply.status == 200, "\(reply)")
            return try reply.json(Body.self).points
        }

        /// The JSON lines that a program has printed.
        private func points(of program: Program) throws -> [Body.Point] {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try program.output.split(separator: "\n").compactMap { line in
                guard line.hasSuffix("}") else { return nil }  // its end is on its way
                return try decoder.decode(Body.Point.self, from: Data(line.utf8))
            }
        }

        @Test func `a rush of 10,000 purchases is all in the curve, though the leader is killed, and is watched live`()
            throws
        {
            let cluster = try Cluster(schedulers: 2, sink: .delay(milliseconds: 1, slots: 4))
            try cluster.shop.putItem("sale", stock: 1_000, #""queue_limit":20000"#)
            let isBegun = try eventually(within: .seconds(10 * Knobs.slack)) {
                try !series(of: cluster, step: "1s").isEmpty
            }
            try #require(isBegun)
            let admin = try #require(try cluster.queues[0].program.ready().endpoint("admin"))
            let watch = try Program(
                "sluice", ["watch", "sale", "--json", "--admin-url", "http://\(admin.authority)"],
                environment: ["SLUICE_ADMIN_TOKEN": cluster.token], log: cluster.directory.file("watch.log"))
            let isWatching = try eventually(within: .seconds(10 * Knobs.slack)) { try !points(of: watch).isEmpty }
            try #require(isWatching)

            let crowd = Crowd(cluster.shop.http).start(
                (0..<10_000).map { SaleChecker.Asked(user: "b\($0)").request(item: "sale") })
            #expect(crowd.waitUntil(answered: 5_000, within: .seconds(30 * Knobs.slack)))
            let leader = cluster.schedulers.first { (try? $0.metrics().sum("sluice_scheduler_leads")) == 1 }
            try #require(leader).program.kill9()
            let answers = crowd.finish(within: .seconds(60 * Knobs.slack))
            let admitted = answers.count { $0.status == 202 }
            #expect(admitted > 1_000)
            _ = try cluster.shop.item("sale") { $0.sold == 1_000 && $0.held == 0 }

            for step in ["1s", "1m"] {
                let isWhole = try eventually(within: .seconds(15 * Knobs.slack)) {
                    let points = try series(of: cluster, step: step)
                    return points.last?.sold == 1_000 && points.reduce(0) { $0 + $1.arrivals } == admitted
                }
                let found = try series(of: cluster, step: step)
                #expect(isWhole, "\(admitted): \(found)")
            }
            let last = try #require(try series(of: cluster, step: "1s").last)
            #expect(last.held == 0 && last.waiting == 0 && last.stockLeft == 0)
            let isSeen = try eventually(within: .seconds(15 * Knobs.slack)) {
                try points(of: watch).last?.sold == 1_000
            }
            let seen = try points(of: watch)
            #expect(isSeen && seen.reduce(0) { $0 + $1.arrivals } == admitted, "\(seen)")
            #expect(Set(seen.map(\.at)).count == seen.count)
            watch.interrupt()
            try watch.wait()
        }
    }
}
