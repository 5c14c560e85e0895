import Base
import TestKit
import Testing

extension EndToEnd {
    @Suite struct RedisAway {
        enum Fault: CaseIterable {
            case silent, gone
        }

        @Test(arguments: Fault.allCases)
        func `without the store nothing hangs: purchases are refused, known tickets answered for 5 s`(
            fault: Fault
        ) throws {
            let cluster = try Cluster(workers: 0, appendOnly: true)
            let shop = cluster.shop
            shop.client.patience = .seconds(3)
            try shop.putItem("i", stock: 100)
            // Its item is paused before there is a worker, so this purchase keeps waiting.
            try shop.putItem("kept", stock: 100)
            let waiting = try shop.buy("kept", user: "a")
            try shop.pause("kept")
            try cluster.startWorker()
            try #require(try shop.poll(waiting.ticket).state == "queued")
            let quiet = cluster.programs.map(\.logLineCount).reduce(0, +)

            switch fault {
            case .silent: cluster.redis.pause()
            case .gone: cluster.redis.kill9()
            }
            let away = MonotonicInstant.now
            try expectKnown(shop, waiting)
            var refusals = 0
            let readyzShowsIt = try eventually(within: .seconds(4), every: .milliseconds(100)) {
                try expectRefusal(shop, user: "late-\(refusals)")
                refusals += 1
                let ready = try shop.client.get("/readyz")
                let text = ready.text.lowercased()
                return ready.status == 503 && (text.contains("redis") || text.contains("store"))
            }
            #expect(readyzShowsIt)
            #expect(try shop.client.get("/livez").status == 200)

            // By 5 s (and the second a call may take) memory is too old to be answered from.
            let refused = try eventually(within: away + .milliseconds(6_500) - .now, every: .milliseconds(50)) {
                try shop.client.send(.poll(waiting.ticket)).status == 503
            }
            #expect(refused)
            try expectRefusal(shop, user: "later")
            let seconds = Double((MonotonicInstant.now - away).nanoseconds) / 1e9
            let lines = cluster.programs.map(\.logLineCount).reduce(0, +) - quiet
            #expect(
                Double(lines) / seconds <= 10 * Double(cluster.programs.count), "\(lines) log lines in \(seconds) s")
            for program in cluster.programs {
                #expect(program.isRunning, "\(program.name) ended: \(program.log.suffix(500))")
            }

            switch fault {
            case .silent: cluster.redis.resume()
            case .gone: try cluster.redis.restart()
            }
            let works = try eventually(within: .seconds(5), every: .milliseconds(20)) {
                [200, 202].contains(try shop.purchase("i", user: "after").status)
            }
            #expect(works)
            try shop.resume("kept")
            #expect(try shop.untilFinal(waiting.ticket, within: .seconds(5)).state == "sold")
            #expect(try eventually(within: .seconds(3)) { try shop.client.get("/readyz").status == 200 })
        }

        private func expectKnown(_ shop: Shop, _ waiting: TicketBody) throws {
            let (reply, took) = try timed { try shop.client.send(.poll(waiting.ticket)) }
            #expect(reply.status == 200 && took < .milliseconds(500), "\(reply) after \(took.wholeMilliseconds) ms")
            #expect(try reply.json(TicketBody.self).sequence == waiting.sequence)
        }

        /// A purchase is refused within a second, in words a client understands.
        private func expectRefusal(_ shop: Shop, user: String) throws {
            let (reply, took) = try timed { try shop.purchase("i", user: user) }
            #expect(reply.status == 503 && reply.code == "store-unavailable", "\(reply)")
            #expect(reply.header("Retry-After") != nil)
            #expect(took <= .milliseconds(1_000 + 100 * Knobs.slack), "\(took.wholeMilliseconds) ms")
        }
    }
}
