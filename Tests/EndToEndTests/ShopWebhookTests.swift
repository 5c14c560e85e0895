import Base
import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// Webhooks to a shop that is away, slow, or wants no more, judged by what it got.
    @Suite struct ShopWebhooks {
        private struct Webhook: Decodable {
            var secret: String?
            var state: String
            var pending: Int
        }

        private struct Health: Decodable {
            struct Trouble: Decodable {
                var code: String
                var text: String
            }
            var troubles: [Trouble]
        }

        @discardableResult
        private func put(_ shop: Shop, _ receiver: ShopReceiver, _ more: String = "") throws -> Webhook {
            let reply = try shop.operate("PUT", "/admin/v1/webhooks/shop", json: #"{"url":"\#(receiver.url)"\#(more)}"#)
            try #require(reply.status == 201 || reply.status == 200, "\(reply)")
            return try reply.json()
        }

        private func webhook(_ shop: Shop) throws -> Webhook {
            try shop.operate("GET", "/admin/v1/webhooks/shop").json()
        }

        private func buy(_ shop: Shop, _ item: String, _ count: Int, from first: Int = 0) throws -> [String] {
            var crowd = Crowd(shop.http)
            crowd.connections = 32
            let answers = crowd.send(
                (first..<first + count).map { .purchase(item: item, user: "buyer-\($0)") }, within: .seconds(30))
            #expect(answers.allSatisfy { $0.status == 202 })
            return try answers.compactMap { try $0.reply?.json(TicketBody.self).ticket }
        }

        /// The types of each ticket's events, in the order in which they first came.
        private func stories(_ receiver: ShopReceiver) -> [String: [String]] {
            receiver.events.reduce(into: [:]) { $0[$1.lane, default: []].append($1.type) }
        }

        @Test func `a shop that is away while schedulers are killed gets every event, each ticket's in order`() throws {
            let receiver = try ShopReceiver { _ in .reset }
            let cluster = try Cluster(schedulers: 2)
            let shop = cluster.shop
            try put(shop, receiver)
            let sold = 3_000
            try shop.putItem("plain", stock: sold, #""queue_limit":10000"#)
            try shop.putItem("paid", stock: 200, #""queue_limit":10000,"pay_window_ms":600000"#)
            let plain = try buy(shop, "plain", sold)
            let paid = try buy(shop, "paid", 200)
            for ticket in paid { try shop.until("reserved", ticket, within: .seconds(20)) }
            for (index, ticket) in paid.enumerated() {
                let reply = try index % 2 == 0 ? shop.pay(ticket) : shop.cancel(ticket)
                #expect(reply.status < 300)
            }
            #expect(try shop.untilAllFinal(plain, within: .seconds(60)).values.allSatisfy { $0.state == "sold" })
            // Both schedulers in turn: whoever leads is among them.
            for victim in 0..<2 {
                cluster.schedulers[victim].program.kill9()
                try cluster.startScheduler()
                #expect(eventually(within: .seconds(15)) { receiver.deliveries.count > victim })
            }
            let calls = receiver.deliveries.count
            #expect(calls < 600, "\(calls) calls to a shop that is away")
            receiver.change { _ in ShopReceiver.taken }
            let expected = sold + 400
            let isThere = eventually(within: .seconds(60 * Knobs.slack), every: .milliseconds(100)) {
                receiver.events.count { $0.sequence > 0 } >= expected
            }
            let stories = stories(receiver)
            #expect(isThere, "\(receiver.events.count) of \(expected)")
            #expect(receiver.complaints.isEmpty, "\(receiver.complaints.prefix(3))")
            #expect(stories.filter { $0.key.hasPrefix("plain/") && $0.value == ["sluice.ticket.sold"] }.count == sold)
            let ends = stories.filter { $0.key.hasPrefix("paid/") && !$0.key.hasSuffix("/0") }.values
            #expect(ends.count { $0 == ["sluice.ticket.reserved", "sluice.ticket.sold"] } == 100)
            #expect(ends.count { $0 == ["sluice.ticket.reserved", "sluice.ticket.cancelled"] } == 100)
            #expect(try eventually(within: .seconds(10)) { try webhook(shop).pending == 0 })
            #expect(try webhook(shop).state == "sending")
        }

        // MARK: Signatures

        /// Of `id.timestamp.body`, by openssl.
        private func signature(_ delivery: ShopReceiver.Delivery, secret: String) throws -> String {
            let key = try #require(Data(base64Encoded: String(secret.dropFirst(6))))
            let hex = key.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
            let folder = try TemporaryDirectory()
            let content = try folder.write("\(delivery.id).\(delivery.timestamp).\(delivery.body)", to: "content")
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/openssl")
            process.arguments = ["dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(hex)", "-binary", content]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let code = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return "v1," + code.base64EncodedString()
        }

        @Test func `openssl finds each call signed with the webhook's secret, and with both during a rotation`() throws
        {
            let receiver = try ShopReceiver()
            let cluster = try Cluster()
            let shop = cluster.shop
            let first = try #require(try put(shop, receiver).secret)
            #expect(try webhook(shop).secret == nil)
            try shop.putItem("i", stock: 10)
            _ = try buy(shop, "i", 1)
            #expect(eventually(within: .seconds(10)) { receiver.events.count == 1 })
            let once = try #require(receiver.events.first)
            #expect(try once.signatures == [signature(once, secret: first)])
            let rotated = try shop.operate("POST", "/admin/v1/webhooks/shop/rotate").json(Webhook.self)
            let second = try #require(rotated.secret)
            // The sender reads it within a second.
            let hasBoth = try eventually(within: .seconds(10), every: .milliseconds(300)) {
                _ = try buy(shop, "i", 1, from: receiver.events.count)
                return eventually(within: .seconds(5)) { receiver.events.last?.signatures.count == 2 }
            }
            #expect(hasBoth)
            let twice = try #require(receiver.events.last)
            #expect(try twice.signatures == [signature(twice, secret: second), signature(twice, secret: first)])
            let age = Date().timeIntervalSince1970 - (Double(twice.timestamp) ?? 0)
            #expect(age >= -1 && age < 60)
            for node in [cluster.schedulers[0].program, cluster.queues[0].program] {
                #expect(!node.log.contains("whsec_") && !node.log.contains(first) && !node.log.contains(second))
            }
            #expect(try !shop.operate("GET", "/metrics").text.contains("whsec_"))
        }

        // MARK: Nothing else is slowed, nothing looks green

        private func timeOfSale(_ cluster: Cluster, _ item: String) throws -> TimeSpan {
            let count = 4_000
            try cluster.shop.putItem(item, stock: count, #""queue_limit":10000"#)
            let began = MonotonicInstant.now
            let tickets = try buy(cluster.shop, item, count)
            let bodies = try cluster.shop.untilAllFinal(tickets, within: .seconds(60 * Knobs.slack))
            #expect(bodies.values.allSatisfy { $0.state == "sold" })
            return MonotonicInstant.now - began
        }

        @Test func `a slow shop leaves the drain at its pace`() throws {
            let receiver = try ShopReceiver { _ in .after(.seconds(5), ShopReceiver.taken) }
            let cluster = try Cluster()
            _ = try timeOfSale(cluster, "warm")
            let without = try timeOfSale(cluster, "without")
            try put(cluster.shop, receiver)
            let with = try timeOfSale(cluster, "with")
            print("a sale of 4,000: \(without.wholeMilliseconds) ms, beside a slow shop \(with.wholeMilliseconds) ms")
            #expect(with.nanoseconds < without.nanoseconds * 3 / 2 + 300_000_000)
            #expect(eventually(within: .seconds(10)) { receiver.deliveries.count >= 32 })
        }

        @Test
        func `a shop that wants no more gets nothing more, is named as a trouble, and goes on when it is enabled`()
            throws
        {
            let receiver = try ShopReceiver { _ in .reply(status: 410) }
            let cluster = try Cluster()
            let shop = cluster.shop
            try put(shop, receiver, #","types":["sluice.ticket.sold"]"#)
            try shop.putItem("i", stock: 50)
            _ = try buy(shop, "i", 50)
            #expect(try eventually(within: .seconds(10)) { try webhook(shop).state == "gone" })
            let isNamed = try eventually(within: .seconds(10)) {
                try shop.operate("GET", "/admin/v1/health").json(Health.self).troubles.contains {
                    $0.code == "webhook" && $0.text.contains("webhook shop")
                }
            }
            #expect(isNamed)
            #expect(receiver.deliveries.count <= 32)
            receiver.change { _ in ShopReceiver.taken }
            try put(shop, receiver, #","disabled":false"#)
            #expect(eventually(within: .seconds(15)) { receiver.events.count == 50 })
            #expect(Set(receiver.events.map(\.type)) == ["sluice.ticket.sold"])
        }
    }
}
