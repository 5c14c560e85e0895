import Base
import TestKit
import Testing

extension EndToEnd {
    /// The feed of events, read while processes die.
    @Suite struct EventFeed {
        private struct NoAnswer: Error {}

        /// Reads on behind the last event that it has, at whichever queue process answers.
        private struct Reader {
            let cluster: Cluster
            private(set) var events: [EventBody] = []

            init(of cluster: Cluster) { self.cluster = cluster }

            /// One page; false where there was nothing, or nobody answered.
            mutating func readOn(limit: Int = 7) throws -> Bool {
                let after = events.last.map { "&after=\($0.id)" } ?? ""
                for queue in cluster.queues.reversed() {
                    let target = "/admin/v1/events?limit=\(limit)\(after)"
                    guard let reply = try? queue.shop.operate("GET", target), reply.status == 200 else { continue }
                    let page: [EventBody] = try reply.json()
                    events += page
                    return !page.isEmpty
                }
                return false
            }

            /// The types of the events of each purchase, by item and sequence.
            var shown: [String: [String]] {
                var shown: [String: [String]] = [:]
                for event in events {
                    if let sequence = event.data.sequence {
                        shown["\(event.subject) \(sequence)", default: []].append(event.type)
                    }
                }
                return shown
            }
        }

        private func leader(of cluster: Cluster) -> Cluster.Node? {
            cluster.schedulers.first { node in
                guard let metrics = try? node.metrics() else { return false }
                return metrics.sum("sluice_scheduler_leads") == 1
            }
        }

        private func retried(_ call: () throws -> HTTPReply) throws -> HTTPReply {
            var reply: HTTPReply?
            let isDone = eventually(within: .seconds(10 * Knobs.slack)) {
                reply = try? call()
                return reply.map { $0.status < 500 } ?? false
            }
            guard isDone, let reply else { throw NoAnswer() }
            return reply
        }

        /// A ticket; nil once the item is sold out.
        private func buy(_ item: String, _ user: String, at shop: Shop) throws -> String? {
            let reply = try retried { try shop.purchase(item, user: user) }
            return reply.status == 410 ? nil : try reply.json(TicketBody.self).ticket
        }

        @Test func `whoever is killed, the feed shows what every ticket shows, in order, and each event once`() throws {
            let cluster = try Cluster(queues: 2, schedulers: 2)
            var reader = Reader(of: cluster)
            try cluster.shop.putItem("paid", stock: 60, #""pay_window_ms":600000,"queue_limit":200"#)
            try cluster.shop.putItem("gone", stock: 25, #""queue_limit":200"#)
            var paid: [String] = []
            var gone: [String] = []
            for turn in 0..<10 {
                let shop = try #require(cluster.queues.last).shop
                for number in 0..<4 {
                    paid += try [buy("paid", "p\(turn)-\(number)", at: shop)].compactMap { $0 }
                    gone += try [buy("gone", "g\(turn)-\(number)", at: shop)].compactMap { $0 }
                }
                if turn % 3 == 2, let leader = leader(of: cluster) {
                    leader.program.kill9()
                    try cluster.startScheduler()
                }
                if turn % 4 == 3 {
                    cluster.queues.last?.program.kill9()
                    try cluster.startQueue()
                }
                _ = try reader.readOn()
            }
            let shop = try #require(cluster.queues.last).shop
            for (index, ticket) in paid.enumerated() {
                if index % 5 != 4 { try shop.until("reserved", ticket, within: .seconds(10 * Knobs.slack)) }
                if index % 5 == 0 { _ = try retried { try shop.cancel(ticket) } }
                if index % 5 == 4 { _ = try retried { try shop.cancel(ticket) } }
                if (1...3).contains(index % 5) { _ = try retried { try shop.pay(ticket, "paid", "p-\(index)") } }
                if index == 20 { leader(of: cluster)?.program.kill9() }
                if index % 4 == 0 { _ = try reader.readOn() }
            }
            let bodies = try shop.untilAllFinal(paid + gone, within: .seconds(20 * Knobs.slack))
            let wanted = story(of: bodies)
            let isWhole = try eventually(within: .seconds(20 * Knobs.slack)) {
                while try reader.readOn() {}
                let shown = reader.shown
                return wanted.allSatisfy { shown[$0.key]?.last == $0.value.last }
            }
            let (events, shown) = (reader.events, reader.shown)
            #expect(isWhole && Set(events.map(\.id)).count == events.count, "\(events.count) events")
            #expect(events.filter { $0.data.sequence == nil }.map(\.type) == ["sluice.item.sold_out"])
            for (place, types) in wanted where shown[place] ?? [] != types {
                // Who left may have been reserved before, which no ticket shows afterwards.
                let isLeft = types == ["sluice.ticket.cancelled"] && shown[place] == ["sluice.ticket.reserved"] + types
                #expect(isLeft, "\(place): \(shown[place] ?? []), not \(types)")
            }
            #expect(Set(shown.keys) == Set(wanted.filter { !$0.value.isEmpty }.keys))
            for item in ["paid", "gone"] {
                let own = try shop.operate("GET", "/admin/v1/events?item=\(item)").json([EventBody].self)
                #expect(own == events.filter { $0.subject == item })
            }
        }

        /// The types of events that each ticket says it had, by item and sequence.
        private func story(of bodies: [String: TicketBody]) -> [String: [String]] {
            var wanted: [String: [String]] = [:]
            for body in bodies.values {
                let types: [String] =
                    switch body.state {
                    case "sold" where body.item == "paid": ["sluice.ticket.reserved", "sluice.ticket.sold"]
                    case "sold_out": []
                    default: ["sluice.ticket.\(body.state)"]
                    }
                wanted["\(body.item) \(body.sequence)"] = types
            }
            return wanted
        }
    }
}
