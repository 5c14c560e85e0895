import Base
import TestKit
import Testing

extension EndToEnd {
    @Suite struct SoldOutFlood {
        @Test func `a flood after the end costs the store next to nothing, and every buyer finds the same ticket`()
            throws
        {
            let cluster = try Cluster(workers: 0)
            let shop = cluster.shop
            try shop.putItem("i", stock: 1_000, #""queue_limit":5000"#)
            let buyers = (0..<5_000).map { HTTPRequest.purchase(item: "i", user: "buyer-\($0)") }
            let bought = try Crowd(shop.http).send(buyers).map { try #require($0.reply).json(TicketBody.self) }
            try cluster.startWorker()
            let ended = try shop.untilAllFinal(bought.map(\.ticket), within: .seconds(15))
            let losers = bought.filter { ended[$0.ticket]?.state == "sold_out" }.map(\.ticket)
            try #require(losers.count == 4_000)
            #expect(try eventually(within: .seconds(1)) { try shop.item("i").state == "sold_out" })

            let redis = try BlockingRedis(socketPath: cluster.redis.socketPath)
            let commands = try redis.callsByCommand().values.reduce(0, +)
            let counter = try CallCounter(socketPath: cluster.redis.socketPath)
            let newcomers = Crowd(shop.http).send(
                (0..<10_000).map { .purchase(item: "i", user: "newcomer-\($0)") })
            let polls = Crowd(shop.http).send((0..<10_000).map { .poll(losers[$0 % losers.count]) })
            let calls = try counter.finish()
            let nested = try redis.callsByCommand().values.reduce(0, +) - commands

            #expect(newcomers.allSatisfy { $0.reply?.code == "sold-out" && $0.status == 410 }, "\(summary(newcomers))")
            #expect(polls.allSatisfy { $0.status == 200 }, "\(summary(polls))")
            let states = try Set(polls.map { try #require($0.reply).json(TicketBody.self).state })
            #expect(states == ["sold_out"])
            print("flood after the end: \(calls.count) store calls (\(nested) commands with nested ones)")
            #expect(calls.count <= 300)

            let replays = Crowd(shop.http).send(buyers)
            #expect(replays.allSatisfy { $0.status == 200 }, "\(summary(replays))")
            let same = try replays.map { try #require($0.reply).json(TicketBody.self).ticket }
            #expect(same == bought.map(\.ticket))
        }
    }
}
