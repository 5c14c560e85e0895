import Base
import TestKit
import Testing

extension EndToEnd {
    /// Clocks that jump, drift and stand still while buyers have to pay.
    @Suite struct Clocks {
        enum Owner: CaseIterable { case redis, scheduler }

        private static let courses: [FakeClock.Course] = [
            .ahead(3_600), .ahead(-3_600), .speed(perMille: 1_300), .speed(perMille: 700), .speed(perMille: 0),
        ]
        private let item = "clocked"
        private let window = TimeSpan.seconds(3)

        /// A cluster of which one process has a clock that the test moves.
        private func cluster(_ owner: Owner, _ clock: FakeClock) throws -> Cluster {
            var options = RedisServerProcess.Options()
            if owner == .redis { options.environment = clock.environment }
            let cluster = try Cluster(schedulers: 0, redis: try RedisServerProcess(options))
            try cluster.startScheduler(environment: owner == .scheduler ? clock.environment : [:])
            return cluster
        }

        @Test(arguments: Owner.allCases, courses)
        func `no wrong clock ends a time to pay early, or more than 2 s after what began under it is due`(
            owner: Owner, course: FakeClock.Course
        ) throws {
            let directory = try TemporaryDirectory()
            let clock = try FakeClock(in: directory)
            let cluster = try cluster(owner, clock)
            let shop = cluster.shop
            try shop.putItem(item, stock: 20, #""pay_window_ms":\#(window.wholeMilliseconds),"queue_limit":100"#)
            var tickets: [(ticket: String, boughtAt: MonotonicInstant)] = []
            var early: [String] = []
            // Buys for as long as the clock is wrong, and looks at all that were bought before.
            func buyAndLook(for span: TimeSpan) throws {
                let end = MonotonicInstant.now + span
                while .now < end {
                    if tickets.count < 20 {
                        let boughtAt = MonotonicInstant.now
                        let reply = try shop.purchase(item, user: "b\(tickets.count)")
                        guard reply.status == 202 else { continue }
                        tickets.append((try (reply.json() as TicketBody).ticket, boughtAt))
                    }
                    try look()
                }
            }
            func look() throws {
                for (ticket, boughtAt) in tickets {
                    guard let reply = try? shop.client.send(.poll(ticket)), reply.status == 200 else { continue }
                    let body: TicketBody = try reply.json()
                    if body.state == "expired", .now < boughtAt + window { early.append("\(body)") }
                }
            }
            try buyAndLook(for: .milliseconds(300))
            try clock.set(course)
            try buyAndLook(for: .seconds(4))
            try clock.set(.right)
            let isRight = MonotonicInstant.now
            #expect(early == [])
            // What was bought last is due a window later.
            let last = try #require(tickets.last).boughtAt + window
            // A hold that began while the clocks parted, or while no leader looked, has its whole time from when they
            // agree: late, never early.
            let limit = max(last, isRight + window) + .seconds(2 * Knobs.slack)
            let bodies = try shop.untilAllFinal(tickets.map(\.ticket), within: limit - .now)
            let left = bodies.values.filter { $0.state != "expired" }
            #expect(bodies.count == tickets.count && left.isEmpty, "\(left.count) left: \(left.prefix(2))")
            let body = try shop.item(item) { $0.held == 0 }
            #expect(body.stockLeft == 20 && body.addsUp, "\(body)")
        }
    }
}
