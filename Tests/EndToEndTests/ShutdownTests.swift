import Base
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Shutdown {
        @Test func `under load a queue process that is asked to end answers what it took and loses nothing`() throws {
            let cluster = try Cluster(queues: 2)
            let (leaving, staying) = (cluster.queues[0], cluster.queues[1])
            try leaving.shop.putItem("i", stock: 5_000, #""queue_limit":10000"#)
            let asked = (0..<6_000).map { SaleChecker.Asked(user: "buyer-\($0)") }
            var crowd = Crowd(leaving.http, staying.http)
            crowd.isPersistent = true
            let running = crowd.start(asked.map { $0.request(item: "i") }, within: .seconds(40))
            #expect(running.waitUntil(answered: 1_000, within: .seconds(10)))
            leaving.program.terminate()
            // Those that still ask there are sent away or find it gone; the rest of the crowd goes on at the other.
            let (exit, took) = try timed { try leaving.program.wait(within: .seconds(10)) }
            #expect(exit == 0, "\(leaving.program.log.suffix(500))")
            #expect(took <= .seconds(5))
            crowd.endpoints = [staying.http]
            let first = running.finish(within: .seconds(45))
            let unanswered = asked.indices.filter { first[$0].reply == nil }
            let second = crowd.send(unanswered.map { asked[$0].request(item: "i") })

            var checker = SaleChecker()
            try checker.record(first, to: asked)
            try checker.record(second, to: unanswered.map { asked[$0] })
            let ended = try staying.shop.untilAllFinal(checker.allTickets, within: .seconds(10))
            #expect(ended.count == checker.ticketCount, "every ticket given out is known")
            checker.record(ended.values)
            let counted = try staying.shop.item("i") { $0.sold == 5_000 }.sold
            #expect(checker.complaint(stock: 5_000, counted: counted) == nil)
        }

        @Test func `a request under way is answered, readiness falls, and the exit is clean`() throws {
            let cluster = try Cluster(workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            let buyer = HTTPClient(cluster.shop.http)
            let probe = HTTPClient(cluster.shop.http)
            #expect(try probe.get("/readyz").status == 200)
            let body = #"{"user":"a","quantity":1}"#
            // Half of the request is there when the signal comes: it was begun, so it is served.
            try buyer.sendRaw(
                "POST /v1/items/i/purchases HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body.prefix(5))")
            #expect(try probe.get("/livez").status == 200)
            cluster.queues[0].program.terminate()
            let fell = eventually(within: .seconds(1)) { (try? probe.get("/readyz").status) != 200 }
            #expect(fell)
            try buyer.sendRaw(String(body.dropFirst(5)))
            let reply = try buyer.readReply(within: .seconds(3))
            #expect(reply.status == 202 || reply.code == "draining", "\(reply)")
            #expect(try cluster.queues[0].program.wait(within: .seconds(5)) == 0)
        }

        @Test(arguments: ["scheduler", "worker"])
        func `the other processes end cleanly too`(name: String) throws {
            let cluster = try Cluster()
            try cluster.shop.putItem("i", stock: 10)
            let ticket = try cluster.shop.buy("i", user: "a")
            _ = try cluster.shop.untilFinal(ticket.ticket, within: .seconds(5))
            let program = name == "worker" ? cluster.workers[0].program : cluster.schedulers[0].program
            program.terminate()
            #expect(try program.wait(within: .seconds(5)) == 0, "\(program.log.suffix(500))")
        }

        @Test func `a worker asked to end settles or gives back what it holds`() throws {
            let cluster = try Cluster(sink: .delay(milliseconds: 300, slots: 4))
            try cluster.shop.putItem("i", stock: 20, #""queue_limit":50"#)
            let tickets = try (0..<20).map { try cluster.shop.buy("i", user: "b\($0)").ticket }
            #expect(try eventually(within: .seconds(5)) { try cluster.shop.item("i").held > 0 })
            try cluster.startWorker(sink: .delay(milliseconds: 5, slots: 4))
            cluster.workers[0].program.terminate()
            #expect(try cluster.workers[0].program.wait(within: .seconds(5)) == 0)
            let ended = try cluster.shop.untilAllFinal(tickets, within: .seconds(8))
            #expect(ended.values.count { $0.state == "sold" } == 20)
            let item = try cluster.shop.item("i") { $0.sold == 20 && $0.held == 0 }
            #expect(item.sold == 20 && item.held == 0 && item.addsUp, "\(item)")
        }

        @Test func `a second signal ends it at once`() throws {
            let cluster = try Cluster(workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            // A request that is never finished keeps the first signal's drain waiting.
            let slow = HTTPClient(cluster.shop.http)
            try slow.sendRaw("POST /v1/items/i/purchases HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n{")
            let probe = HTTPClient(cluster.shop.http)
            #expect(try probe.get("/livez").status == 200)
            let program = cluster.queues[0].program
            program.terminate()
            _ = eventually(within: .seconds(1)) { (try? probe.get("/readyz").status) != 200 }
            program.terminate()
            let (_, took) = try timed { try program.wait(within: .seconds(5)) }
            #expect(took <= .milliseconds(500 * Knobs.slack), "\(took.wholeMilliseconds) ms")
        }
    }
}
