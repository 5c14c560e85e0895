import Base
import TestKit
import Testing

extension EndToEnd {
    /// Thousands of holds that end together while payments for them come, and `kill -9` of each process meanwhile.
    @Suite struct ExpiryKills {
        private static let stock = 2_000
        private static let buyers = 4_000
        private static let window = TimeSpan.seconds(3)

        /// How the store keeps its promise, and what stands behind the workers.
        enum Kind: CaseIterable {
            case fast, safe

            var flags: [String] {
                switch self {
                case .fast: ["--durability", "fast"]
                // Orders under way when a worker is killed go to another one.
                case .safe: ["--durability", "safe", "--sink", "delay", "--delay-ms", "1", "--delay-slots", "64"]
                }
            }
        }

        @Test(arguments: Kind.allCases)
        func `holds that end together while payments come, and kills, leave books that agree`(kind: Kind) throws {
            var random = SplitMix64(seed: Knobs.seed)
            let up = try Up(kind.flags)
            let wanted = max(1, Knobs.expiryKills / Kind.allCases.count)
            var (kills, wave) = (0, 0)
            while kills < wanted {
                wave += 1
                kills += try story("wave-\(wave)", of: up, kills: min(4, wanted - kills), &random)
            }
        }

        /// - Returns: how many processes were killed.
        private func story(_ item: String, of up: Up, kills: Int, _ random: inout SplitMix64) throws -> Int {
            let shop = up.shop
            try shop.putItem(
                item, stock: Self.stock,
                #""queue_limit":\#(Self.buyers),"pay_window_ms":\#(Self.window.wholeMilliseconds)"#)
            var buying = Crowd(shop.http)
            (buying.connections, buying.isPersistent) = (32, true)
            let asked = (0..<Self.buyers).map { SaleChecker.Asked(user: "buyer-\($0)") }
            let answers = buying.send(asked.map { $0.request(item: item) }, within: .seconds(30))
            var sale = SaleChecker()
            try sale.record(answers, to: asked)
            let tickets = sale.allTickets  // in order of sequence
            try #require(tickets.count == Self.buyers, "\(summary(answers))")

            var checker = PaymentChecker()
            let reports = reports(of: tickets.prefix(Self.stock), &random)
            var paying = Crowd(shop.admin.endpoint)
            (paying.connections, paying.isPersistent) = (32, true)
            // They begin before the deadline and end behind it.
            paying.perSecond = Int64(reports.count) * 1_000 / (Self.window.wholeMilliseconds * 2)
            let running = paying.start(
                reports.map { shop.payment($0.ticket, $0.outcome, $0.reference) }, within: .seconds(60))
            try killSome(kills, of: up, while: running, reports.count, &random)
            for (answer, report) in zip(running.finish(within: .seconds(65)), reports) {
                checker.record(answer.reply, to: report)
            }
            let bodies = try payNext(tickets, item, shop, &checker)
            sale.record(bodies.values)
            let expired = tickets.filter { bodies[$0]?.state == "expired" }.prefix(100)
            report(
                expired.enumerated().map { number, ticket in
                    .init(
                        ticket: ticket, outcome: number % 2 == 0 ? "paid" : "authorized", reference: "l-\(number)")
                }, shop, &checker)

            let body = try shop.item(item) { $0.held == 0 }
            let store = try StoreBooks(of: item, from: BlockingRedis(socketPath: "\(up.data)/redis/redis.sock"))
            let states = Dictionary(grouping: bodies.values, by: \.state).mapValues(\.count)
            print("\(item): \(kills) kills, \(checker.bought) bought, \(checker.late) late, \(states)")
            #expect(sale.complaint(stock: Self.stock, counted: body.sold) == nil)
            let violations = checker.violations(tickets: bodies.values, item: body, store: store)
            #expect(violations.isEmpty, "\(violations.count), SEED=\(Knobs.seed): \(violations.prefix(5))")
            #expect(checker.late >= 100 && states["expired"] ?? 0 > 100 && states["sold"] ?? 0 > 500, "\(states)")
            // Units are left only where everybody had one in their hands, and let the time pass.
            #expect(body.stockLeft == 0 || states["sold_out"] == nil, "\(states), \(body)")
            return kills
        }

        /// Two thirds pay, half of those after they authorised it, and a few pay twice; in any order.
        private func reports(of tickets: ArraySlice<String>, _ random: inout SplitMix64) -> [PaymentChecker.Report] {
            var reports: [PaymentChecker.Report] = []
            for (number, ticket) in tickets.enumerated() {
                let choice = random.below(3)
                guard choice > 0 else { continue }
                for copy in 0...(random.below(10) == 0 ? 1 : 0) {
                    reports.append(
                        .init(
                            ticket: ticket, outcome: choice == 1 ? "authorized" : "paid",
                            reference: "p-\(number)-\(copy)"))
                }
            }
            return reports.shuffled(using: &random)
        }

        /// Kills each of the processes once, in any order, at random moments around the deadline.
        private func killSome(
            _ kills: Int, of up: Up, while running: Crowd.Running, _ count: Int, _ random: inout SplitMix64
        ) throws {
            let victims = ["queue", "scheduler", "worker", "redis"].shuffled(using: &random).prefix(kills)
            let moments = victims.map { _ in count / 4 + Int(random.below(Int64(count / 2))) }.sorted()
            for (victim, moment) in zip(victims, moments) {
                _ = running.waitUntil(answered: moment, within: .seconds(10))
                let child = try #require(try up.children().first { $0.name.contains(victim) })
                #expect(Signal.kill9(child.pid), "\(child) was listed, and not running")
                let isReplaced = try eventually(within: .seconds(5 * Knobs.slack)) {
                    try up.children().contains { $0.name == child.name && $0.pid != child.pid }
                }
                try #require(isReplaced, "\(child) was not started again")
            }
        }

        /// Who is next pays as soon as there is something to pay; until all tickets are final.
        private func payNext(
            _ tickets: [String], _ item: String, _ shop: Shop, _ checker: inout PaymentChecker
        ) throws -> [String: TicketBody] {
            let deadline = Deadline(within: .seconds(60 * Knobs.slack))
            var bodies: [String: TicketBody] = [:]
            var paid: Set<String> = []
            while !deadline.isPast {
                let open = tickets.filter { bodies[$0]?.final != true }
                if open.isEmpty { break }
                bodies.merge(try shop.untilAllFinal(open, within: .zero)) { $1 }
                let first = Set(tickets.prefix(Self.stock))
                let due = open.filter {
                    !first.contains($0) && bodies[$0]?.state == "reserved" && paid.insert($0).inserted
                }
                let reports = due.map {
                    PaymentChecker.Report(
                        ticket: $0, outcome: "authorized", reference: "n-\(bodies[$0]?.sequence ?? 0)")
                }
                report(reports, shop, &checker)
            }
            return bodies
        }

        private func report(_ reports: [PaymentChecker.Report], _ shop: Shop, _ checker: inout PaymentChecker) {
            var paying = Crowd(shop.admin.endpoint)
            (paying.connections, paying.isPersistent) = (32, true)
            let answers = paying.send(
                reports.map { shop.payment($0.ticket, $0.outcome, $0.reference) }, within: .seconds(30))
            for (answer, report) in zip(answers, reports) { checker.record(answer.reply, to: report) }
        }
    }
}
