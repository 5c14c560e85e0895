import Base
import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// What the processes make of a store that is there and refuses.
    @Suite struct StoreAnswers {
        private func readiness(_ cluster: Cluster) throws -> [HTTPReply] {
            let nodes = (cluster.schedulers + cluster.workers).map { HTTPClient($0.ops) }
            return try ([cluster.shop.client] + nodes).map { try $0.get("/readyz") }
        }

        private func described(_ cluster: Cluster) -> String {
            ((try? readiness(cluster)) ?? []).map { "\($0.status) \($0.text)" }.joined(separator: "\n")
        }

        private func events(_ name: String, in program: Program) -> Int {
            program.log.split(separator: "\n").count { $0.contains("\"\(name)\"") }
        }

        @Test func `a failover behind one address: not ready at once, and sold again within seconds, with no help`()
            throws
        {
            let cluster = try Cluster(redis: RedisServerProcess(.init(listensOnTCP: true)))
            let successor = try RedisServerProcess(.init(listensOnTCP: true))
            let (shop, old) = (cluster.shop, cluster.redis)
            try shop.putItem("i", stock: 10)
            #expect(try shop.untilFinal(shop.buy("i", user: "a").ticket, within: .seconds(5)).state == "sold")
            try successor.command("REPLICAOF", "127.0.0.1", "\(try #require(old.port))")
            let isCopied = try eventually(within: .seconds(10)) {
                try successor.command("INFO", "replication").contains("master_link_status:up")
                    && successor.command("HGET", "sluice:{i}:meta", "sold") == "1"
            }
            try #require(isCopied)

            // Demoted, and for a while the address leads to nothing better.
            try successor.command("REPLICAOF", "NO", "ONE")
            try old.command("REPLICAOF", "127.0.0.1", "\(try #require(successor.port))")
            let falls = try eventually(within: .seconds(4)) {
                try readiness(cluster).allSatisfy { $0.status == 503 && $0.text.contains("replica") }
            }
            #expect(falls, "\(described(cluster))")
            #expect(try shop.purchase("i", user: "b").code == "store-unavailable")

            try old.lendName(to: successor)
            let works = try eventually(within: .seconds(10)) {
                [200, 202].contains(try shop.purchase("i", user: "b").status)
            }
            #expect(works)
            let ticket = try shop.purchase("i", user: "b").json(TicketBody.self).ticket
            #expect(try shop.untilFinal(ticket, within: .seconds(10)).state == "sold")
            #expect(try eventually(within: .seconds(5)) { try readiness(cluster).allSatisfy { $0.status == 200 } })
            for program in cluster.programs {
                let downs = events("store_down", in: program)
                #expect(program.isRunning && (1...2).contains(downs), "\(program.name): \(downs)")
            }
        }

        @Test func `a store that refuses writes: polls go on, who must write is not ready, and the log has it once`()
            throws
        {
            let cluster = try Cluster(workers: 0)
            let shop = cluster.shop
            try shop.putItem("i", stock: 10)
            let waiting = try shop.buy("i", user: "a").ticket
            try cluster.startWorker()
            #expect(try shop.untilFinal(waiting, within: .seconds(5)).state == "sold")

            try cluster.redis.command("CONFIG", "SET", "min-replicas-to-write", "1")
            let isKnown = try eventually(within: .seconds(4)) {
                let all = try readiness(cluster)
                return all.map(\.status) == [200, 503, 503] && all.allSatisfy { $0.text.contains("NOREPLICAS") }
            }
            #expect(isKnown, "\(described(cluster))")
            for user in 0..<20 { #expect(try shop.purchase("i", user: "\(user)").code == "store-unavailable") }
            #expect(try shop.purchase("i", user: "a").status == 200)
            #expect(try shop.poll(waiting).state == "sold")
            #expect(try shop.client.get("/v1/items/i").status == 200)
            let late = try Program(
                "sluice-worker", ["--redis-url", cluster.redis.url, "--ops-listen", "127.0.0.1:0"],
                log: cluster.directory.file("late.log"))
            #expect(eventually(within: .seconds(4)) { events("store_impaired", in: late) == 1 })
            #expect(late.output.isEmpty && late.isRunning)

            try cluster.redis.command("CONFIG", "SET", "min-replicas-to-write", "0")
            // The probe and its rest, a new term, what the leader says every two seconds, and the look at that.
            let heals = try eventually(within: .seconds(10 * Knobs.slack)) {
                try readiness(cluster).allSatisfy { $0.status == 200 && $0.text.contains("\"impaired\":[]") }
            }
            #expect(heals, "\(described(cluster))")
            _ = try late.ready()
            let ticket = try shop.buy("i", user: "b").ticket
            #expect(try shop.untilFinal(ticket, within: .seconds(5)).state == "sold")
            for program in cluster.programs {
                #expect(events("store_impaired", in: program) == 1 && events("store_restored", in: program) == 1)
                #expect(events("store_call_failed", in: program) == 0 && events("store_down", in: program) == 0)
            }
        }

        @Test func `a full store drains: workers and scheduler go on, newcomers alone are refused`() throws {
            let cluster = try Cluster(workers: 0)
            let shop = cluster.shop
            try shop.putItem("i", stock: 10)
            let waiting = try (0..<5).map { try shop.buy("i", user: "u\($0)").ticket }
            try cluster.redis.command("CONFIG", "SET", "maxmemory", "1mb")
            try cluster.startWorker()
            let ended = try shop.untilAllFinal(waiting, within: .seconds(10))
            #expect(ended.values.count { $0.state == "sold" } == 5)
            #expect(try shop.purchase("i", user: "new").code == "store-unavailable")
            let again = try shop.purchase("i", user: "u0")
            #expect(try again.status == 200 && again.json(TicketBody.self).ticket == waiting[0])
            let isKnown = try eventually(within: .seconds(4)) {
                try readiness(cluster).allSatisfy { $0.status == 200 && $0.text.contains("OOM") }
            }
            #expect(isKnown, "\(described(cluster))")
            let metrics = try cluster.workers[0].metrics()
            #expect(metrics["sluice_store_impaired{cause=\"oom\"}"] == 1, "\(metrics)")
            // The list of nodes stays true as well.
            let isListed = try eventually(within: .seconds(4)) {
                try shop.operate("GET", "/admin/v1/nodes").text.contains("\"worker\"")
            }
            #expect(isListed)
        }

        enum UnfitServer: String, CaseIterable {
            case clusterNode, replica

            var configuration: [String] {
                switch self {
                case .clusterNode: ["cluster-enabled yes"]
                case .replica: ["replicaof 127.0.0.1 1"]
                }
            }
            var words: String {
                switch self {
                case .clusterNode: "node of a Redis Cluster"
                case .replica: "replica"
                }
            }
        }

        @Test(arguments: UnfitServer.allCases)
        func `a store that is none to work with stops the start of every program, with 64 and its name`(
            server: UnfitServer
        ) throws {
            let redis = try RedisServerProcess(.init(configuration: server.configuration))
            let directory = try TemporaryDirectory()
            let key = try directory.write(String(repeating: "00", count: 32) + "\n", to: "ticket-key")
            let token = try directory.write(String(repeating: "t", count: 40) + "\n", to: "admin-token")
            let programs = [
                (
                    "sluice-queue",
                    [
                        "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--ticket-key-file", key,
                        "--admin-token-file", token, "--loops", "2",
                    ]
                ), ("sluice-scheduler", []), ("sluice-worker", []),
            ]
            for (name, flags) in programs {
                let log = directory.file("\(name).log")
                let program = try Program(name, ["--redis-url", redis.url] + flags, log: log)
                let ended = try program.finish()
                #expect(ended.exit == 64 && ended.output.isEmpty, "\(name): \(ended)")
                #expect(program.log.contains(server.words), "\(name): \(program.log)")
            }
            let doctor = try Program(
                "sluice", ["doctor", "--redis-url", redis.url, "--data", directory.path], log: directory.file("d.log"))
            let ended = try doctor.finish()
            #expect(ended.exit == 3 && ended.output.contains(server.words), "\(ended)")
        }

        @Test func `100,000 items go on after a restart of the store, also those beyond what may be asked at once`()
            throws
        {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            let items = 100_000
            // As `put` makes them, in a life of the store that is over.
            let make = """
                for i = ARGV[1], ARGV[2] do
                    redis.call('SADD', 'sluice:{ctl}:items', 'i' .. i)
                    redis.call('HSET', 'sluice:{i' .. i .. '}:meta', 'boot', 'over', 'incarnation', '1122334455667788',
                        'version', 1, 'news', 1, 'head', 0, 'tail', 0, 'cancelled', 0, 'free', 1, 'held', 0,
                        'in_doubt', 0, 'sold', 0, 'ended_at', 0, 'ended', 0, 'redo', 0, 'frozen', 0, 'closed', 0,
                        'paused', 0, 'opens_at', 0, 'closes_at', 0, 'queue_limit', 9, 'per_user_units', 0,
                        'largest', 1, 'per_user_limit', 1, 'on_sold_out_close', 0, 'weight', 1, 'salt', ARGV[3])
                end
                """
            for first in stride(from: 1, to: items, by: 5_000) {
                try cluster.redis.command("EVAL", make, "0", "\(first)", "\(first + 4_999)", "0123456789abcdef")
            }
            #expect(try cluster.shop.purchase("i1", user: "a").code == "degraded")
            let scheduler = try cluster.startScheduler().program
            let isDone = eventually(within: .seconds(Int64(30 * Knobs.slack)), every: .milliseconds(100)) {
                events("items_reopened", in: scheduler) == 1
            }
            #expect(isDone, "\(scheduler.log.suffix(500))")
            let closedOff = """
                local count = 0
                for i = 1, ARGV[1] do
                    if redis.call('HGET', 'sluice:{i' .. i .. '}:meta', 'boot') == 'over' then count = count + 1 end
                end
                return count
                """
            #expect(try cluster.redis.command("EVAL", closedOff, "0", "\(items)") == "0")
            #expect(try cluster.shop.purchase("i\(items)", user: "a").status == 202)
            #expect(events("store_down", in: scheduler) == 0 && events("item_reopened", in: scheduler) == 0)
            #expect(scheduler.logLineCount < 30, "\(scheduler.log)")
        }

        @Test func `doctor names a process whose clock is off, by what the process wrote down itself`() throws {
            let cluster = try Cluster(appendOnly: true)
            let doctor = {
                try Program(
                    "sluice", ["doctor", "--redis-url", cluster.redis.url, "--data", cluster.directory.path],
                    log: cluster.directory.file("doctor.log")
                ).finish()
            }
            let nodes = try cluster.shop.operate("GET", "/admin/v1/nodes").text
            #expect(nodes.components(separatedBy: "\"clock_skew_ms\":").count >= 2, "\(nodes)")
            let well = try doctor()
            #expect(well.exit == 0, "\(well)")
            let seconds = try cluster.redis.command("TIME").prefix { $0 != "\n" }
            try cluster.redis.command(
                "HSET", "sluice:{ctl}:nodes", "queue-far",
                #"abc \#(seconds)000 {"clock_skew_ms":-5000,"id":"queue-far"}"#)
            let found = try doctor()
            #expect(found.exit == 3 && found.output.contains("queue-far is 5000 ms behind Redis"), "\(found)")
        }

        @Test func `a lease that a clock set back has stretched to an hour keeps no scheduler from leading`() throws {
            let cluster = try Cluster(schedulers: 0)
            try cluster.shop.putItem("i", stock: 10)
            try cluster.redis.command("SET", "sluice:{ctl}:leader", "dead", "PX", "3562000")
            try cluster.startScheduler()
            let ticket = try cluster.shop.buy("i", user: "a").ticket
            #expect(try cluster.shop.untilFinal(ticket, within: .seconds(5)).state == "sold")
        }
    }
}
