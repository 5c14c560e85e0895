import Base
import TestKit
import Testing

extension EndToEnd {
    /// Bodies of a purchase that are none.
    @Suite struct Bodies {
        /// Name, body. Each is within the size limit, and each is a 400 `invalid-request`.
        static let wrong: [(String, [UInt8])] = [
            ("empty", []), ("not JSON", Array("user=u".utf8)), ("an array", Array("[]".utf8)),
            ("a string", Array(#""u""#.utf8)), ("null", Array("null".utf8)), ("no user", Array("{}".utf8)),
            ("user of a wrong type", Array(#"{"user":1}"#.utf8)), ("user null", Array(#"{"user":null}"#.utf8)),
            ("user empty", Array(#"{"user":""}"#.utf8)), ("user with a space", Array(#"{"user":"a b"}"#.utf8)),
            ("user beyond ASCII", Array(#"{"user":"é"}"#.utf8)),
            ("user of 129", Array((#"{"user":""# + String(repeating: "u", count: 129) + #""}"#).utf8)),
            ("quantity 0", Array(#"{"user":"u","quantity":0}"#.utf8)),
            ("quantity 1001", Array(#"{"user":"u","quantity":1001}"#.utf8)),
            ("quantity negative", Array(#"{"user":"u","quantity":-1}"#.utf8)),
            ("quantity a string", Array(#"{"user":"u","quantity":"1"}"#.utf8)),
            ("quantity a fraction", Array(#"{"user":"u","quantity":1.5}"#.utf8)),
            ("quantity huge", Array(#"{"user":"u","quantity":1e999}"#.utf8)),
            (
                "quantity of many digits",
                Array((#"{"user":"u","quantity":"# + String(repeating: "9", count: 3_000) + "}").utf8)
            ),
            ("quantity with a leading zero", Array(#"{"user":"u","quantity":01}"#.utf8)),
            ("the same key twice", Array(#"{"user":"u","user":"v"}"#.utf8)),
            ("bytes after the end", Array(#"{"user":"u"}x"#.utf8)), ("two documents", Array(#"{"user":"u"}{}"#.utf8)),
            ("a comma at the end", Array(#"{"user":"u",}"#.utf8)), ("cut off", Array(#"{"user":"u""#.utf8)),
            ("single quotes", Array("{'user':'u'}".utf8)), ("a comment", Array(#"{"user":"u"/**/}"#.utf8)),
            ("invalid UTF-8", Array(#"{"user":"u","x":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)),
            ("overlong UTF-8", Array(#"{"user":"u","x":""#.utf8) + [0xC0, 0xAF] + Array(#""}"#.utf8)),
            ("a surrogate in UTF-8", Array(#"{"user":"u","x":""#.utf8) + [0xED, 0xA0, 0x80] + Array(#""}"#.utf8)),
            ("a lone surrogate", Array(#"{"user":"\ud800"}"#.utf8)),
            ("a control character", Array("{\"user\":\"u\u{01}\"}".utf8)),
            ("a NUL", Array("{\"user\":\"u\u{0}\"}".utf8)),
            ("a byte order mark", [0xEF, 0xBB, 0xBF] + Array(#"{"user":"u"}"#.utf8)),
            ("2,000 deep", Array((String(repeating: "[", count: 2_000) + String(repeating: "]", count: 2_000)).utf8)),
            ("deep in an unknown field", Array((#"{"user":"u","x":"# + String(repeating: "[", count: 1_900)).utf8)),
        ]

        @Test func `a body that is no purchase is a 400 with the reason, and the connection lives on`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 1_000)
            for (name, bytes) in Self.wrong {
                var request = HTTPRequest("POST", "/v1/items/i/purchases", json: "")
                request.body = bytes
                let reply = try cluster.shop.client.send(request)
                #expect(reply.status == 400 && reply.code == "invalid-request", "\(name): \(reply)")
            }
            #expect(try cluster.shop.item("i").waiting == 0, "none of them was taken for a purchase")
        }

        @Test(arguments: [(#"{"user":5}"#, "user"), (#"{"user":"u","quantity":"x"}"#, "quantity")])
        func `a wrong field is named`(body: String, field: String) throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            let reply = try cluster.shop.client.send(HTTPRequest("POST", "/v1/items/i/purchases", json: body))
            #expect(reply.problem?.detail?.contains(field) == true, "\(reply)")
        }

        @Test func `10,000 levels are refused where the body may be that large`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            let deep = #"{"stock":1,"x":"# + String(repeating: "[", count: 10_000)
            #expect(try cluster.shop.operate("PUT", "/admin/v1/items/i", json: deep).status == 400)
            #expect(try cluster.shop.client.get("/livez").status == 200)
        }

        @Test func `media types: JSON with a charset is taken, others are 415, also before a wrong body`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            func send(_ type: String, _ body: String) throws -> HTTPReply {
                try cluster.shop.client.send(
                    HTTPRequest("POST", "/v1/items/i/purchases", headers: [("Content-Type", type)], json: body))
            }
            #expect(try send("application/json; charset=utf-8", #"{"user":"u"}"#).status == 202)
            for type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"] {
                let reply = try send(type, "nonsense")
                #expect(reply.status == 415, "\(type): \(reply)")
                #expect(reply.header("Content-Type")?.hasPrefix("application/problem+json") == true)
            }
        }

        @Test func `unknown fields are ignored, escapes are read`() throws {
            let cluster = try Cluster(schedulers: 0, workers: 0)
            try cluster.shop.putItem("i", stock: 10)
            let reply = try cluster.shop.client.send(
                HTTPRequest(
                    "POST", "/v1/items/i/purchases",
                    json: #" { "extra" : [ {"a":[1,2.5e3,true,null]} ] , "user" : "\u0075\u0031" , "quantity" : 2 } "#))
            let body: TicketBody = try reply.json()
            #expect(reply.status == 202 && body.user == "u1" && body.quantity == 2, "\(reply)")
        }
    }
}
