import Base
import TestKit
import Testing

/// One malformed request, with a second one hidden or following in it.
struct Smuggled: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var statuses: Set<Int> = [400]

    var testDescription: String { name }

    init(_ name: String, _ head: String, body: String = "", statuses: Set<Int> = [400]) {
        self.name = name
        bytes = Array((head + "\r\n\r\n" + body).utf8)
        self.statuses = statuses
    }

    private static let post = "POST /v1/items/i/purchases HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    private static let hidden = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    private static let hiddenInChunks = "0\r\n\r\n" + hidden

    /// Framing that two servers might read in two ways.
    static let shapes: [Smuggled] = [
        Smuggled(
            "both lengths", post + "Content-Length: 5\r\nTransfer-Encoding: chunked", body: hiddenInChunks),
        Smuggled(
            "both lengths, in the other order", post + "Transfer-Encoding: chunked\r\nContent-Length: 5",
            body: hiddenInChunks),
        Smuggled("two lengths", post + "Content-Length: 0\r\nContent-Length: 35", body: hidden),
        Smuggled("two lengths in one field", post + "Content-Length: 0, 35", body: hidden),
        Smuggled("a negative length", post + "Content-Length: -1", body: hidden),
        Smuggled("a length with a plus", post + "Content-Length: +0", body: hidden),
        Smuggled("a length in hex", post + "Content-Length: 0x0", body: hidden),
        Smuggled("an empty length", post + "Content-Length: ", body: hidden),
        Smuggled("a length with a space inside", post + "Content-Length: 1 0", body: hidden),
        Smuggled("a length with a fraction", post + "Content-Length: 0.0", body: hidden),
        Smuggled(
            "a length above 2^63", post + "Content-Length: 9223372036854775808", body: hidden, statuses: [400, 413]),
        Smuggled(
            "a length above 2^64", post + "Content-Length: 18446744073709551616", body: hidden, statuses: [400, 413]),
        Smuggled(
            "a length of 100 digits", post + "Content-Length: " + String(repeating: "9", count: 100), body: hidden,
            statuses: [400, 413]),
        Smuggled(
            "an unknown coding", post + "Transfer-Encoding: xchunked", body: hiddenInChunks, statuses: [400, 501]),
        Smuggled("identity", post + "Transfer-Encoding: identity", body: hidden, statuses: [400, 501]),
        Smuggled(
            "a coding before chunked", post + "Transfer-Encoding: gzip, chunked", body: hiddenInChunks,
            statuses: [400, 501]),
        Smuggled(
            "chunked, not last", post + "Transfer-Encoding: chunked, identity", body: hiddenInChunks,
            statuses: [400, 501]),
        Smuggled(
            "chunked twice", post + "Transfer-Encoding: chunked, chunked", body: hiddenInChunks, statuses: [400, 501]),
        Smuggled(
            "two codings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", body: hiddenInChunks,
            statuses: [400, 501]),
        Smuggled("a vertical tab in the coding", post + "Transfer-Encoding: \u{0B}chunked", body: hiddenInChunks),
        Smuggled("a space before the colon", post + "Transfer-Encoding : chunked", body: hiddenInChunks),
        Smuggled("a space before the length's colon", post + "Content-Length : 0", body: hidden),
        Smuggled("a folded line", post + "X-A: b\r\n Content-Length: 35", body: hidden),
        Smuggled("a folded coding", post + "Transfer-Encoding:\r\n chunked", body: hiddenInChunks),
        Smuggled("a bare line feed between fields", post + "X-A: b\nContent-Length: 35", body: hidden),
        Smuggled("a bare carriage return in a value", post + "X-A: b\rContent-Length: 35", body: hidden),
        Smuggled("a NUL in a value", post + "X-A: b\u{0}c\r\nContent-Length: 0"),
        Smuggled("a NUL in a name", post + "X-\u{0}A: b\r\nContent-Length: 0"),
        Smuggled("a field without a colon", post + "Content-Length 0", body: hidden),
        Smuggled("a field without a name", post + ": 0", body: hidden),
        Smuggled("a space in the name", post + "Content Length: 0", body: hidden),
        Smuggled("no Host", "GET /livez HTTP/1.1"),
        Smuggled("two Hosts", "GET /livez HTTP/1.1\r\nHost: a\r\nHost: b"),
        Smuggled("a Host that is none", "GET /livez HTTP/1.1\r\nHost: a b"),
        Smuggled("two spaces in the request line", "GET  /livez HTTP/1.1\r\nHost: x"),
        Smuggled("a tab in the request line", "GET\t/livez HTTP/1.1\r\nHost: x"),
        Smuggled("a line feed in the target", "GET /li\nvez HTTP/1.1\r\nHost: x"),
        Smuggled("a leading space", " GET /livez HTTP/1.1\r\nHost: x"),
        Smuggled("no version", "GET /livez"),
        Smuggled("a version in lower case", "GET /livez http/1.1\r\nHost: x"),
        Smuggled("a version of the future", "GET /livez HTTP/3.0\r\nHost: x", statuses: [400, 505]),
        Smuggled("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM", statuses: [400, 505]),
        Smuggled("a TLS hello", "\u{16}\u{03}\u{01}\u{02}"),
        Smuggled("a chunk size that is none", post + "Transfer-Encoding: chunked", body: "g\r\n\r\n" + hidden),
        Smuggled("a negative chunk size", post + "Transfer-Encoding: chunked", body: "-1\r\n\r\n" + hidden),
        Smuggled("a chunk size with a prefix", post + "Transfer-Encoding: chunked", body: "0x0\r\n\r\n" + hidden),
        Smuggled(
            "a huge chunk size", post + "Transfer-Encoding: chunked", body: "ffffffffffffffff1\r\nabc",
            statuses: [400, 413]),
        Smuggled(
            "a chunk that doesn't end", post + "Transfer-Encoding: chunked", body: "1\r\nabc\r\n0\r\n\r\n" + hidden),
        Smuggled("a bare line feed after a chunk size", post + "Transfer-Encoding: chunked", body: "0\n\n" + hidden),
    ]
}

extension EndToEnd {
    /// Requests that another server in front might read otherwise.
    @Suite struct Smuggling {
        @Test func `each shape gets its 4xx and the connection closed, and no second request is born`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 1_000)
            let good = HTTPClient(cluster.shop.http)
            for (number, shape) in Smuggled.shapes.enumerated() {
                let attacker = HTTPClient(cluster.shop.http, patience: .seconds(2))
                try attacker.sendRaw(shape.bytes)
                let reply = try? attacker.readReply()
                #expect(
                    reply.map { shape.statuses.contains($0.status) } == true,
                    "\(shape.name): \(String(describing: reply))")
                #expect(attacker.isClosed(within: .seconds(2)), "\(shape.name): still open, or another answer follows")
                // Beside it, on its own connection, a buyer notices nothing.
                #expect(try good.send(.purchase(item: "i", user: "good-\(number)")).status == 202, "\(shape.name)")
            }
        }

        @Test func `honest framing is understood: pipelined, chunked, in pieces`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 1_000)
            let client = HTTPClient(cluster.shop.http)
            let head = "POST /v1/items/i/purchases HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            let chunked = head + "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"user\":\r\n5\r\n\"u1\"}\r\n0\r\n\r\n"
            try client.sendRaw(
                chunked + "GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/items/i HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.readReply().status == 202)
            #expect(try client.readReply().status == 200)
            #expect(try client.readReply().json(ItemBody.self).item == "i")

            for byte in Array((head + "Content-Length: 13\r\n\r\n{\"user\":\"u2\"}").utf8) {
                try client.sendRaw([byte])
            }
            #expect(try client.readReply().status == 202)
        }
    }
}
