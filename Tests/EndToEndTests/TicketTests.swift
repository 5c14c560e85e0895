import Base
import TestKit
import Testing

extension EndToEnd {
    /// Tickets that are not ours.
    @Suite struct Forgery {
        /// The ticket with one character of its own alphabet changed, at every place.
        private func altered(_ ticket: String) -> [String] {
            let characters = Array(ticket)
            return characters.indices.map { index in
                var copy = characters
                copy[index] = copy[index] == "A" ? "B" : "A"
                return String(copy)
            }
        }

        @Test func `an altered, cut, lengthened or invented ticket is unknown and costs no store call`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            let shop = cluster.shop
            try shop.putItem("i", stock: 10)
            let ticket = try shop.buy("i", user: "a").ticket
            var forged = altered(ticket)
            forged += (0..<ticket.count).dropFirst().map { String(ticket.prefix($0)) }
            forged += [
                ticket + "A", ticket + "=", "A" + ticket, ticket + ticket, ticket.lowercased(), ticket.uppercased(),
            ]
            forged += ["x", "-", "0", String(repeating: "A", count: ticket.count), String(repeating: "A", count: 500)]
            forged.removeAll { $0 == ticket }

            let counter = try CallCounter(socketPath: cluster.redis.socketPath)
            let answers = Crowd(shop.http).send(forged.map { .poll($0) })
            let calls = try counter.finish()
            for (forgery, answer) in zip(forged, answers) {
                #expect(
                    answer.status == 404 && answer.reply?.code == "unknown-ticket",
                    "\(forgery): \(String(describing: answer.reply))")
            }
            let asked = calls.filter { $0.contains("{i}") }
            #expect(asked.count <= 2, "\(asked.prefix(5))")  // 2: a refresh of the item that falls into this moment
            #expect(try shop.cancel(forged[0]).status == 404)
            #expect(try shop.poll(ticket).state == "queued")
        }

        @Test func `a ticket made under another key is unknown`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            cluster.queues[0].program.terminate()
            try cluster.queues[0].program.wait()
            let foreigner = try cluster.startQueue(withForeignKey: true)
            let foreign = try foreigner.shop.buy("i", user: "a").ticket
            #expect(try foreigner.shop.poll(foreign).state == "queued")
            foreigner.program.terminate()
            try foreigner.program.wait()
            let ours = try cluster.startQueue()
            #expect(try ours.shop.client.send(.poll(foreign)).code == "unknown-ticket")
        }

        @Test func `a ticket of an item's earlier incarnation is unknown`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            let old = try cluster.shop.buy("i", user: "a")
            cluster.queues[0].program.terminate()
            try cluster.queues[0].program.wait()
            try BlockingRedis(socketPath: cluster.redis.socketPath).command(["FLUSHALL"])
            let fresh = try cluster.startQueue().shop
            try fresh.putItem("i", stock: 10)
            let new = try fresh.buy("i", user: "a")
            #expect(new.sequence == old.sequence && new.ticket != old.ticket)
            #expect(try fresh.client.send(.poll(old.ticket)).code == "unknown-ticket")
        }

        @Test func `the two keys of a rotation are both valid, the first one signs`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            let ticket = try cluster.shop.buy("i", user: "a").ticket
            let rotated = try cluster.startQueue(rotatingKey: true)
            #expect(try rotated.shop.poll(ticket).state == "queued")
            let under = try rotated.shop.buy("i", user: "b").ticket
            #expect(try cluster.shop.client.send(.poll(under)).code == "unknown-ticket")
        }
    }
}
