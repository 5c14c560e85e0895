import Base
import TestKit
import Testing

extension EndToEnd {
    /// Sizes, deadlines and methods of the public listener.
    @Suite struct HTTPLimits {
        private let head = "POST /v1/items/i/purchases HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

        private func attack(_ cluster: Cluster, _ text: String) throws -> HTTPReply {
            let client = HTTPClient(cluster.shop.http, patience: .seconds(2))
            try client.sendRaw(text)
            return try client.readReply()
        }

        @Test func `what is over a limit gets the status that names it`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            let long = String(repeating: "a", count: 9_000)
            #expect(try attack(cluster, "GET /livez HTTP/1.1\r\nHost: x\r\nX-A: \(long)\r\n\r\n").status == 431)
            let many = (0..<200).map { "X-\($0): a\r\n" }.joined()
            #expect(try attack(cluster, "GET /livez HTTP/1.1\r\nHost: x\r\n\(many)\r\n").status == 431)
            let url = String(repeating: "a", count: 5_000)
            #expect(try attack(cluster, "GET /v1/tickets/\(url) HTTP/1.1\r\nHost: x\r\n\r\n").status == 414)
            for (reply, code) in [
                (try attack(cluster, head + "Content-Length: 5000\r\n\r\n"), 413),
                (
                    try attack(
                        cluster,
                        head + "Transfer-Encoding: chunked\r\n\r\n1389\r\n" + String(repeating: " ", count: 5_001)), 413
                ),
            ] {
                #expect(reply.status == code)
                #expect(reply.header("Content-Type")?.hasPrefix("application/problem+json") == true)
            }
        }

        @Test func `a refusal before the whole body was read can still be read`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            for _ in 0..<20 {
                let client = HTTPClient(cluster.shop.http)
                let body = String(repeating: " ", count: 60_000)
                try client.sendRaw(head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
                #expect(try client.readReply().status == 413)
                #expect(client.isClosed(within: .seconds(3)))
            }
        }

        @Test func `methods: an unknown one and a wrong one are refused`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            let client = cluster.shop.client
            #expect([400, 405].contains(try client.send(HTTPRequest("BREW", "/v1/items/i")).status))
            for (method, target) in [
                ("GET", "/v1/items/i/purchases"), ("PUT", "/v1/items/i"), ("POST", "/livez"),
                ("PATCH", "/v1/tickets/x"),
            ] {
                let reply = try client.send(HTTPRequest(method, target, json: "{}"))
                #expect(reply.status == 405, "\(method) \(target): \(reply)")
                #expect(reply.header("Allow") != nil, "\(method) \(target)")
            }
            #expect(try client.get("/nowhere").status == 404)
        }

        @Test func `a slow head and a slow body are cut off with 408 while others are served`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            let slowHead = HTTPClient(cluster.shop.http)
            try slowHead.sendRaw("GET /livez HTTP/1.1\r\nHost: x\r\n")
            let slowBody = HTTPClient(cluster.shop.http)
            try slowBody.sendRaw(head + "Content-Length: 1000\r\n\r\n{")
            // The deadlines are absolute, so dribbling on doesn't help.
            for (name, client) in [("head", slowHead), ("body", slowBody)] {
                var reply: HTTPReply?
                let isCut = eventually(within: .seconds(20)) {
                    reply = try? client.readReply(within: .milliseconds(250))
                    if reply == nil { try? client.sendRaw("X") }
                    return reply != nil || client.isClosed(within: .milliseconds(1))
                }
                #expect(isCut, "the slow \(name) is still waited for")
                #expect(reply?.status == 408, "slow \(name)")
                #expect(try cluster.shop.client.get("/livez").status == 200)
            }
        }

        @Test func `200 idle connections beside it cost a buyer nothing`() throws {
            let cluster = try Cluster()
            try cluster.shop.putItem("i", stock: 10)
            let idle = (0..<200).map { _ in HTTPClient(cluster.shop.http) }
            for client in idle { try client.sendRaw("GET /livez HTTP/1.1\r\n") }
            let ticket = try cluster.shop.buy("i", user: "a")
            #expect(try cluster.shop.untilFinal(ticket.ticket, within: .seconds(1)).state == "sold")
        }
    }
}
