import Base
import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// examples/shop as its README starts it, with three buyers of one unit.
    @Suite struct ShopExample {
        /// A browser at the shop: a session, and what the page shows.
        private final class Browser {
            private let client: HTTPClient
            private var cookie = ""

            init(_ shop: Endpoint) throws {
                client = HTTPClient(shop)
                let first = try client.send(HTTPRequest("GET", "/"))
                cookie = String(first.header("Set-Cookie")?.prefix { $0 != ";" } ?? "")
            }

            var page: String {
                get throws { try client.send(HTTPRequest("GET", "/", headers: [("Cookie", cookie)])).text }
            }

            /// What the shop says, in the address of the page that it leads to.
            @discardableResult
            func press(_ button: String, _ form: String = "") throws -> String {
                var request = HTTPRequest("POST", "/" + button, headers: [("Cookie", cookie)])
                request.headers.append(("Content-Type", "application/x-www-form-urlencoded"))
                request.body = Array(form.utf8)
                let reply = try client.send(request)
                guard reply.status == 303 else { return "\(reply.status)" }
                return reply.header("Location")?.removingPercentEncoding ?? ""
            }

            func shows(_ text: String) throws -> Bool {
                try eventually(within: .seconds(15), every: .milliseconds(100)) { try page.contains(text) }
            }
        }

        private struct Story: Decodable, Equatable {
            var sequence: Int
            var events: [String]
        }

        @Test
        func `three buyers of one unit: one gives it back, one lets it lapse, one pays, and the shop learns it all`()
            throws
        {
            let folder = try TemporaryDirectory()
            let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "examples/shop/run.py").path()
            let program = try Program(
                "/usr/bin/python3",
                [
                    script, "--data", folder.file("data"), "--programs", Program.directory, "--stock", "1",
                    "--pay-window", "3s", "--port", "0", "--listen", Endpoint(port: freePort()).authority,
                    "--admin-listen", Endpoint(port: freePort()).authority,
                ], log: folder.file("shop.log"))
            defer {
                program.terminate()
                _ = try? program.wait(within: .seconds(15))
            }
            let isReady = eventually(within: .seconds(30 * Knobs.slack)) { program.output.contains("ready ") }
            try #require(isReady, "\(program.log)")
            let address = program.output.split(separator: " ").first { $0.hasPrefix("http://127.0.0.1:") }
            let port = try #require(address.flatMap { UInt16($0.dropFirst("http://127.0.0.1:".count)) })
            let shop = Endpoint(port: port)
            let (ann, bob, cid) = (try Browser(shop), try Browser(shop), try Browser(shop))

            #expect(try ann.press("buy") == "/" && ann.shows("It is yours until"))
            for other in [bob, cid] { #expect(try other.press("buy") == "/" && other.shows("queued")) }
            #expect(try ann.press("pay", "outcome=failed").contains("refused") && ann.shows("It is yours until"))
            try ann.press("leave")
            #expect(try ann.shows("You left.") && bob.shows("It is yours until"))
            #expect(try bob.shows("You did not pay in time.") && cid.shows("It is yours until"))
            #expect(try cid.press("pay", "outcome=authorized").contains("captured") && cid.shows("and paid"))
            #expect(try bob.press("pay", "outcome=authorized").contains("too late"))

            let client = HTTPClient(shop)
            var stories: [Story] = []
            let expected = [
                Story(sequence: 1, events: ["reserved", "cancelled"]),
                Story(sequence: 2, events: ["reserved", "expired"]),
                Story(sequence: 3, events: ["reserved", "sold"]),
            ]
            let knowsAll = try eventually(within: .seconds(15), every: .milliseconds(100)) {
                stories = try client.get("/books").json([Story].self)
                return stories == expected
            }
            #expect(knowsAll, "\(stories)")
            #expect(try client.send(HTTPRequest("POST", "/buy", json: "{}")).status == 403)
            #expect(try client.send(HTTPRequest("POST", "/webhooks", json: "{}")).status == 401)
        }
    }
}
