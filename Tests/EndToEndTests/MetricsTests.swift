import Base
import Foundation
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Watching {
        private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path

        @Test func `each role's page passes promtool and a strict parser, and alarms name only what is there`() throws {
            let service = try OrderService()
            let cluster = try Cluster(sink: .webhook(url: service.url))
            try cluster.shop.putItem("lamp", stock: 5)
            _ = try cluster.shop.untilFinal(cluster.shop.buy("lamp", user: "a").ticket, within: .seconds(10))
            // Its series are there once there is one.
            let hook = try cluster.shop.operate(
                "PUT", "/admin/v1/webhooks/shop", json: #"{"url":"http://127.0.0.1:9/"}"#)
            #expect(hook.status == 201)
            let isShown = try eventually(within: .seconds(20)) {
                try scrape(cluster.schedulers[0].ops, nil, cluster).text.contains("sluice_webhook_failing_seconds{")
            }
            #expect(isShown)
            let tools = try run("/bin/sh", ["\(Self.root)/scripts/watch-tools.sh"], cluster, within: .seconds(120))
            var all = ""
            for (role, endpoint) in [
                ("queue", cluster.shop.admin.endpoint), ("scheduler", cluster.schedulers[0].ops),
                ("worker", cluster.workers[0].ops),
            ] {
                let (plain, open) = (
                    try scrape(endpoint, nil, cluster), try scrape(endpoint, "application/openmetrics-text", cluster)
                )
                #expect(plain.header("Content-Type")?.hasPrefix("text/plain; version=0.0.4") == true)
                #expect(open.header("Content-Type")?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)
                let file = cluster.directory.file("\(role).txt")
                try plain.text.write(toFile: file, atomically: true, encoding: .utf8)
                _ = try run("/bin/sh", ["-c", "\(tools)/usr/bin/promtool check metrics < \(file) 2>&1"], cluster)
                let openFile = cluster.directory.file("\(role).om")
                try open.text.write(toFile: openFile, atomically: true, encoding: .utf8)
                let parser = "from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse"
                let script = "import sys; \(parser); print(len(list(parse(open(sys.argv[1]).read()))))"
                let families = try run(
                    "/usr/bin/env",
                    ["PYTHONPATH=\(tools)/usr/lib/python3/dist-packages", "python3", "-c", script, openFile],
                    cluster)
                #expect(Int(families) ?? 0 > 10, "\(role): \(families)")
                all += plain.text
            }
            try expectAlarmsNameWhatIsThere(in: all)
        }

        /// Each metric that an alarm names is on a page, and for each label that it asks for there is such a series.
        private func expectAlarmsNameWhatIsThere(in pages: String) throws {
            let file = try String(contentsOfFile: "\(Self.root)/docs/alerts/sluice.rules.yml", encoding: .utf8)
            let rules = file.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
            let series = pages.split(separator: "\n").filter { !$0.hasPrefix("#") }
            var found = 0
            for match in rules.matches(of: #/\b((?:sluice|process)_[a-z_]+)(?:\{([^}]*)\})?/#) {
                let own = series.filter { $0.hasPrefix(match.1 + "{") || $0.hasPrefix(match.1 + " ") }
                #expect(!own.isEmpty, "no page has \(match.1)")
                found += 1
                for matcher in (match.2 ?? "").matches(of: #/([a-z_]+)=~?"([^"]*)"/#) {
                    for value in matcher.2.split(separator: "|") {
                        #expect(own.contains { $0.contains("\(matcher.1)=\"\(value)\"") }, "\(match.0): \(value)")
                    }
                }
            }
            #expect(found >= 25)
        }

        @Test func `an item's figures are those of the process, whichever loop its buyers came to`() throws {
            let cluster = try Cluster(queues: 0, workers: 0)
            let queue = try cluster.startQueue(loops: 3)
            try queue.shop.putItem("lamp", stock: 100)
            for connection in 0..<6 {
                let client = HTTPClient(queue.http)
                for buyer in 0..<5 {
                    _ = try client.send(.purchase(item: "lamp", user: "u\(connection)-\(buyer)"))
                }
            }
            #expect(try eventually(within: .seconds(4)) { try queue.shop.metrics().sum("sluice_queue_depth") == 30 })
            // One that nobody asks anything has the figures as well.
            let other = try cluster.startQueue()
            let knows = try eventually(within: .seconds(6)) {
                try other.shop.metrics().sum("sluice_queue_depth", ["item": "lamp"]) == 30
            }
            #expect(knows)
            #expect(try other.shop.metrics()["sluice_stock_in_doubt{item=\"lamp\"}"] == 0)
        }

        @Test func `requests are counted by route and status, with their times`() throws {
            let cluster = try Cluster()
            try cluster.shop.putItem("lamp", stock: 5)
            let ticket = try cluster.shop.buy("lamp", user: "a").ticket
            _ = try cluster.shop.untilFinal(ticket, within: .seconds(5))
            _ = try cluster.shop.purchase("none", user: "a")
            _ = try cluster.shop.client.get("/nothing")
            let metrics = try cluster.shop.metrics()
            func answers(_ route: String, _ status: String) -> Double {
                metrics.sum("sluice_http_responses_total", ["route": route, "status": status])
            }
            #expect(answers("purchase", "2xx") == 1 && answers("purchase", "4xx") == 1 && answers("other", "4xx") == 1)
            #expect(answers("poll", "2xx") >= 1)
            #expect(metrics.sum("sluice_http_request_seconds_count", ["route": "purchase"]) == 2)
            let seconds = metrics.sum("sluice_http_request_seconds_sum", ["route": "purchase"])
            #expect(seconds > 0 && seconds < Double(2 * Knobs.slack), "\(seconds)")
            #expect(metrics["process_open_fds"] ?? 0 > 3 && metrics["process_resident_memory_bytes"] ?? 0 > 1_000_000)
        }

        @Test func `an item that stands still though workers have room is measured and reported`() throws {
            // Its worker receives no grants, because it is stopped; it is not lost as yet.
            let cluster = try Cluster(sink: .delay(milliseconds: 0, slots: 4))
            try cluster.shop.putItem("lamp", stock: 5)
            _ = try cluster.shop.untilFinal(cluster.shop.buy("lamp", user: "a").ticket, within: .seconds(5))
            let before = try cluster.schedulers[0].metrics()["sluice_stalled_seconds"]
            #expect(before == 0)
            cluster.workers[0].program.stop()
            defer { cluster.workers[0].program.resume() }
            _ = try cluster.shop.buy("lamp", user: "b")
            let isMeasured = try eventually(within: .seconds(10)) {
                try cluster.shop.metrics().sum("sluice_queue_stalled_seconds", ["item": "lamp"]) >= 3
            }
            #expect(isMeasured)
        }

        private func scrape(_ endpoint: Endpoint, _ accept: String?, _ cluster: Cluster) throws -> HTTPReply {
            var headers = [(name: "Authorization", value: "Bearer \(cluster.token)")]
            if let accept { headers.append((name: "Accept", value: accept)) }
            return try HTTPClient(endpoint).send(HTTPRequest("GET", "/metrics", headers: headers))
        }

        /// What a command prints; it must end with 0.
        private func run(
            _ command: String, _ arguments: [String], _ cluster: Cluster, within span: TimeSpan = .seconds(30)
        ) throws -> String {
            let log = cluster.directory.file("tool.log")
            let program = try Program(command, arguments, log: log)
            let (exit, output) = try program.finish(within: span)
            #expect(exit == 0, "\(arguments.last ?? command): \(output) \(program.log)")
            return output.trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }
}
