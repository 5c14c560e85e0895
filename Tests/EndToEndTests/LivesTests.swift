import Base
import TestKit
import Testing

// What happens to a sale when the store is shared, restarted, emptied or replaced.
extension EndToEnd {
    @Suite struct Lives {
        @Test func `clusters in two databases of one Redis do not stop each other`() throws {
            let first = try Cluster()
            let second = try Cluster(redis: first.redis, database: 1)
            for cluster in [first, second] { try cluster.shop.putItem("shoe", stock: 50) }
            func sell(_ count: Int, at cluster: Cluster, as prefix: String) throws {
                for number in 0..<count {
                    let ticket = try cluster.shop.buy("shoe", user: "\(prefix)\(number)")
                    let final = try cluster.shop.untilFinal(ticket.ticket, within: .seconds(5))
                    #expect(final.state == "sold")
                }
            }
            try sell(1, at: first, as: "a")
            try sell(40, at: second, as: "b")
            // The scheduler of the first one would take the counters of the second one for its own.
            try sell(5, at: first, as: "c")
        }

        @Test func `a clean restart of Redis while queue processes are paused freezes nothing`() throws {
            let cluster = try Cluster(queues: 3, sink: .delay(milliseconds: 5, slots: 8), appendOnly: true)
            let shop = cluster.shop
            try shop.putItem("demo", stock: 100_000)
            for pass in 0..<3 {
                for queue in cluster.queues {
                    for number in 0..<40 { try queue.shop.buy("demo", user: "r\(pass)-\(queue.http.port)-\(number)") }
                }
                let away = cluster.queues.dropFirst()
                for queue in away { queue.program.stop() }
                try cluster.redis.restart()
                // Meanwhile the item goes on in its next life, and sends many notifications.
                try sell(50, at: shop, as: "between-\(pass)", within: .seconds(10))
                for queue in away { queue.program.resume() }
                for queue in away {
                    try sell(5, at: queue.shop, as: "after-\(pass)-\(queue.http.port)", within: .seconds(10))
                }
                let item = try shop.item("demo")
                #expect(item.state == "open", "pass \(pass)")
            }
            let logs = cluster.queues.map(\.program.log).joined()
            #expect(!logs.contains("store_rolled_back"))
        }

        @Test func `FLUSHALL under load is reported within a second, and what is made anew is served`() throws {
            let cluster = try Cluster(queues: 2)
            let shop = cluster.shop
            try shop.putItem("demo", stock: 400)
            // Some terms, so that workers know a higher one than the first of an empty store.
            for _ in 0..<2 {
                cluster.schedulers.last?.program.kill9()
                try cluster.startScheduler()
            }
            try sell(100, at: shop, as: "before", within: .seconds(20))
            try sell(1, at: cluster.queues[1].shop, as: "second", within: .seconds(10))
            let soldOnce = try eventually(within: .seconds(10), every: .milliseconds(20)) {
                try shop.item("demo").sold == 101
            }
            #expect(soldOnce)
            try cluster.redis.command("FLUSHALL")
            let emptied = MonotonicInstant.now
            let isReported = eventually(
                within: .seconds(1) + .milliseconds(500 * Knobs.slack), every: .milliseconds(10)
            ) {
                cluster.programs.filter(\.isRunning).allSatisfy { $0.log.contains("store_emptied") }
            }
            #expect(isReported, "\((MonotonicInstant.now - emptied).wholeMilliseconds) ms")
            // A program that retries its put must not sell the stock a second time.
            var reply = try shop.operate("PUT", "/admin/v1/items/demo", json: #"{"stock":400}"#)
            _ = try eventually(within: .seconds(5), every: .milliseconds(50)) {
                reply = try shop.operate("PUT", "/admin/v1/items/demo", json: #"{"stock":400}"#)
                return reply.status != 503
            }
            #expect(reply.status == 409 && reply.code == "item-lost", "\(reply)")
            #expect(try shop.operate("PUT", "/admin/v1/items/demo?as_new=true", json: #"{"stock":299}"#).status == 201)
            let ticket = try shop.buy("demo", user: "after")
            #expect(try shop.untilFinal(ticket.ticket, within: .seconds(5)).state == "sold")
            try shop.putItem("other", stock: 5)
            let other = try shop.buy("other", user: "after")
            #expect(try shop.untilFinal(other.ticket, within: .seconds(5)).state == "sold")
        }

        @Test func `a ticket of the second that a power cut took is lost for ever`() throws {
            let cluster = try Cluster(appendOnly: true)
            try cluster.shop.putItem("demo", stock: 1_000)
            let kept = try cluster.shop.buy("demo", user: "kept")
            _ = try cluster.shop.untilFinal(kept.ticket, within: .seconds(5))
            let lost = try sellWhatIsLost(10, at: cluster)
            for program in cluster.programs { program.kill9() }
            for program in cluster.programs { try program.wait() }
            cluster.redis.kill9()
            try cluster.redis.restoreLog()
            try cluster.redis.start()
            let queue = try cluster.startQueue()
            try cluster.startScheduler()
            try cluster.startWorker()
            try sell(20, at: queue.shop, as: "after", within: .seconds(20))
            for ticket in lost {
                let reply = try queue.shop.client.send(.poll(ticket))
                #expect(reply.status == 410 && reply.code == "lost", "\(reply)")
            }
            #expect(try queue.shop.poll(kept.ticket).state == "sold")
            let newest = try queue.shop.buy("demo", user: "newest")
            #expect(newest.position ?? 0 <= 21, "the gap counts as no place: \(newest)")
            #expect(try queue.shop.untilFinal(newest.ticket, within: .seconds(5)).state == "sold")
        }

        @Test(arguments: ["worker", "scheduler"])
        func `whichever role outlives a store that lost its last second reports it: the item is frozen`(role: String)
            throws
        {
            let cluster = try Cluster(appendOnly: true)
            try cluster.shop.putItem("demo", stock: 1_000)
            let lost = try sellWhatIsLost(10, at: cluster)
            let survivor = role == "worker" ? cluster.workers[0].program : cluster.schedulers[0].program
            let others = cluster.programs.filter { $0 !== survivor }
            for program in others { program.kill9() }
            for program in others { try program.wait() }
            cluster.redis.kill9()
            try cluster.redis.restoreLog()
            try cluster.redis.start()
            let queue = try cluster.startQueue()
            if role == "worker" { try cluster.startScheduler() } else { try cluster.startWorker() }
            let isFrozen = try eventually(within: .seconds(10 * Knobs.slack), every: .milliseconds(50)) {
                try queue.shop.item("demo").state == "frozen"
            }
            #expect(isFrozen && survivor.log.contains("store_rolled_back"), "\(survivor.log.suffix(2_000))")
            for ticket in lost { #expect(try queue.shop.client.send(.poll(ticket)).status == 410) }
        }

        @Test func `a queue process that does not fit to those that are there refuses to start`() throws {
            let cluster = try Cluster()
            func start(_ flags: [String], key: String, redis: String) throws -> Program {
                let token = try cluster.directory.write(cluster.token + "\n", to: "token")
                return try Program(
                    "sluice-queue",
                    [
                        "--redis-url", redis, "--admin-listen", "127.0.0.1:0", "--ticket-key-file", key,
                        "--admin-token-file", token, "--loops", "1",
                    ] + flags, log: cluster.directory.file("other-\(MonotonicInstant.now.nanoseconds).log"))
            }
            let other = try cluster.directory.write(String(repeating: "ab", count: 32) + "\n", to: "other-key")
            let refused = try start(["--listen", "127.0.0.1:0"], key: other, redis: cluster.redis.url)
            #expect(try refused.wait() == 64 && !refused.output.contains("ready "))
            #expect(refused.log.contains("--ticket-key-file"), "\(refused.log)")

            let first = ["--listen", "127.0.0.1:0", "--node-name", "twin"]
            let twin = try start(first, key: cluster.keyFile, redis: cluster.redis.url)
            _ = try twin.ready()
            let second = try start(first, key: cluster.keyFile, redis: cluster.redis.url)
            #expect(try second.wait() == 64 && second.log.contains("--node-name"), "\(second.log)")
            twin.kill9()
            try twin.wait()
            let again = try start(first, key: cluster.keyFile, redis: cluster.redis.url)
            _ = try again.ready(within: .seconds(3))

            let elsewhere = try RedisServerProcess()
            let shared = ["--listen", cluster.shop.http.authority]
            let beside = try start(shared, key: cluster.keyFile, redis: cluster.redis.url)
            _ = try beside.ready()
            let foreign = try start(shared, key: cluster.keyFile, redis: elsewhere.url)
            #expect(try foreign.wait(within: .seconds(15)) == 64 && foreign.log.contains("--listen"), "\(foreign.log)")
        }

        /// Buys until that many were taken, however long the store is away.
        private func sell(_ count: Int, at shop: Shop, as prefix: String, within span: TimeSpan) throws {
            var taken = 0
            _ = try eventually(within: span, every: .milliseconds(5)) {
                let reply = try shop.purchase("demo", user: "\(prefix)-\(taken)")
                if [200, 202].contains(reply.status) { taken += 1 }
                return taken == count
            }
            #expect(taken == count, "\(prefix)")
        }
    }
}

/// Sells that many of `demo` behind what the append-only file of the store will hold when it is restored.
private func sellWhatIsLost(_ count: Int, at cluster: Cluster) throws -> [String] {
    // What the file holds now is what survives. `everysec` may be a second behind, so it is written out first.
    try cluster.redis.command("CONFIG", "SET", "appendfsync", "always")
    let marked = try cluster.shop.buy("demo", user: "marked")
    _ = try cluster.shop.untilFinal(marked.ticket, within: .seconds(5))
    try cluster.redis.copyLog()
    return try (0..<count).map { number in
        let ticket = try cluster.shop.buy("demo", user: "lost-\(number)")
        #expect(try cluster.shop.untilFinal(ticket.ticket, within: .seconds(5)).state == "sold")
        return ticket.ticket
    }
}
