import Base
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Unloaded {
        @Test func `one purchase has its final result within 5 ms, 20 ms at the worst percent`() throws {
            let cluster = try Cluster()
            try cluster.shop.putItem("i", stock: 100_000)
            var histogram = Histogram()
            for number in -20..<Knobs.repetitions {
                let (ticket, took) = try timed {
                    let ticket = try cluster.shop.buy("i", user: "b\(number)")
                    return try cluster.shop.untilFinal(ticket.ticket, within: .seconds(5), every: .milliseconds(1))
                }
                #expect(ticket.state == "sold")
                if number >= 0 { histogram.record(took.wholeMicroseconds) }  // the first ones warm up
            }
            let (p50, p99) = (histogram.quantile(perMille: 500), histogram.quantile(perMille: 990))
            print("one purchase to its result: p50 \(p50) us, p99 \(p99) us, \(Knobs.repetitions) rounds")
            #expect(p50 <= 5_000 * Knobs.slack)
            #expect(p99 <= 20_000 * Knobs.slack)
        }

        @Test func `idle, the three processes use under 1 % of a core and 20 store calls a second`() throws {
            let cluster = try Cluster()
            try cluster.shop.putItem("i", stock: 10)
            let ticket = try cluster.shop.buy("i", user: "a")
            _ = try cluster.shop.untilFinal(ticket.ticket, within: .seconds(5))

            // Here the passing of time is what is measured: 1 s to come to rest, then 5 s of rest.
            rest(.seconds(1))
            let redis = try BlockingRedis(socketPath: cluster.redis.socketPath)
            let counter = try CallCounter(socketPath: cluster.redis.socketPath)
            let commands = try redis.callsByCommand().values.reduce(0, +)
            let before = try cpu(cluster)
            rest(.seconds(5))
            let used = try cpu(cluster) - before
            let nested = try redis.callsByCommand().values.reduce(0, +) - commands
            let calls = try counter.finish()

            let share = Double(used.nanoseconds) / 5e9
            print("idle: \(share * 100) % of a core, \(calls.count) calls (\(nested) with nested ones) in 5 s")
            #expect(share < 0.01)
            #expect(calls.count <= 100, "\(calls.prefix(20))")
        }

        private func rest(_ span: TimeSpan) { _ = eventually(within: span, every: .milliseconds(500)) { false } }

        private func cpu(_ cluster: Cluster) throws -> TimeSpan {
            try cluster.programs.reduce(.zero) { $0 + (try #require(processorTime(of: $1.pid))) }
        }
    }
}
