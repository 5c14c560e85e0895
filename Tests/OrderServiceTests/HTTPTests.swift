import Base
import EventLoop
import TestKit
import Testing

@testable import OrderServiceModule

/// The whole service on a thread of its own, ended with this value.
private final class RunningService {
    private struct Serving: Sendable {
        var orders: UInt16 = 0
        var control: UInt16 = 0
        var remote: EventLoop.Remote?
    }

    private let thread: LoopThread
    private let remote: EventLoop.Remote
    let orders: HTTPClient
    let control: HTTPClient

    init(secret: String? = nil) throws {
        let serving = Guarded(Serving())
        let key = secret.flatMap { WebhookCheck.secret($0) }
        thread = LoopThread {
            do {
                let loop = try EventLoop()
                var settings = ServiceSettings()
                settings.serviceTime = .milliseconds(2)
                let driver = ServiceDriver(loop: loop, settings: settings, seed: 1)
                let orders = try OrderServer(
                    driver: driver, check: key.map { WebhookCheck(secret: $0) }, address: "127.0.0.1", port: 0)
                let control = try ControlServer(driver: driver, orders: orders, address: "127.0.0.1", port: 0)
                serving.change { $0 = Serving(orders: orders.port, control: control.port, remote: loop.remote) }
                loop.run()
                orders.close()
                control.close()
            } catch {
                Issue.record("\(error)")
            }
        }
        let found = serving.wait(within: .seconds(10)) { $0.remote == nil ? nil : $0 }
        let started = try #require(found)
        remote = try #require(started.remote)
        orders = HTTPClient(Endpoint(host: "127.0.0.1", port: started.orders))
        control = HTTPClient(Endpoint(host: "127.0.0.1", port: started.control))
    }

    deinit {
        remote.stop()
        thread.join()
    }

    func order(_ id: String, fields: [(name: String, value: String)] = [], body: String? = nil) throws -> HTTPReply {
        let order = """
            {"type":"order.place","ticket":"t-\(id)","item":"i","user":"u","quantity":1,"sequence":1,"attempt":1,\
            "admitted_at":"2026-01-01T00:00:00Z"}
            """
        return try orders.send(
            HTTPRequest("POST", "/orders", headers: [("webhook-id", id)] + fields, json: body ?? order))
    }

    func set(_ json: String) throws -> HTTPReply { try control.send(HTTPRequest("PUT", "/control", json: json)) }
}

@Test func `orders are placed over HTTP, counted and listed, and it breaks as its settings want`() throws {
    let service = try RunningService()
    #expect(try service.order("a").text == #"{"status":"confirmed","order":"order-1"}"#)
    #expect(try service.order("a").text == #"{"status":"confirmed","order":"order-1"}"#)
    #expect(try service.set(#"{"faults_per_mille":{"refuse":1000}}"#).status == 200)
    #expect(try service.order("b").text.hasPrefix(#"{"status":"refused","reason":""#))
    #expect(
        try service.set(#"{"faults_per_mille":{"busy":1000},"busy_status":429,"retry_after_seconds":3}"#).status == 200)
    let busy = try service.order("c")
    #expect(busy.status == 429)
    #expect(busy.header("Retry-After") == "3")
    #expect(try service.set(#"{"faults_per_mille":{"busy":0,"refuse":0,"fail_after_apply":1000}}"#).status == 200)
    #expect(try service.order("d").status == 500)
    #expect(try service.set(#"{"faults_per_mille":{"fail_after_apply":0,"wrong_body":1000}}"#).status == 200)
    for _ in 0..<4 { #expect(try service.order("e").status == 200) }
    #expect(
        try service.set(#"{"faults_per_mille":{"wrong_body":0,"timeout_after_apply":1000},"answer_late_ms":50}"#).status
            == 200)
    #expect(try service.order("f").text == #"{"status":"confirmed","order":"order-4"}"#)
    #expect(try service.set(#"{"slots":0}"#).status == 400)
    #expect(try service.order("g", body: "{}").status == 400)

    let list = try service.control.get("/orders").text
    #expect(list.contains(#"{"number":1,"id":"a","ticket":"t-a","calls":2,"status":"confirmed","order":"order-1"}"#))
    #expect(list.contains(#"{"number":2,"id":"b","ticket":"t-b","calls":1,"status":"refused","order":null}"#))
    #expect(list.contains(#""id":"c""#) && list.hasSuffix(#""next":null}"#))
    #expect(try service.control.get("/orders?after=5").text.hasPrefix(#"{"orders":[{"number":6,"id":"f""#))
    let stats = try service.control.get("/stats").text
    for part in [#""calls":10"#, #""orders":4"#, #""refusals":1"#, #""turned_away":1"#, #""calls_rejected":1"#] {
        #expect(stats.contains(part), "\(part) in \(stats)")
    }
    #expect(try service.control.send(HTTPRequest("POST", "/reset")).text.contains(#""calls":0"#))
    #expect(try service.control.get("/orders").text == #"{"orders":[],"next":null}"#)
    #expect(try service.control.get("/else").status == 404)
}

@Test func `a reset is a connection that ends without an answer`() throws {
    let service = try RunningService()
    #expect(try service.set(#"{"faults_per_mille":{"reset":1000}}"#).status == 200)
    #expect(throws: SocketError.closed) { try service.order("a") }
    #expect(try service.control.get("/stats").text.contains(#""calls":1,"#))
}

@Test func `with a secret only signed orders are taken`() throws {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    let service = try RunningService(secret: secret)
    #expect(try service.order("a").status == 401)
    let now = EventLoop.readWallClock().milliseconds / 1_000
    let body = #"{"type":"order.place","ticket":"t","item":"i","user":"u","quantity":1,"sequence":1,"attempt":1}"#
    func sign(_ timestamp: Int64) throws -> [(name: String, value: String)] {
        let (id, time, text) = (Array("a".utf8), Array("\(timestamp)".utf8), Array(body.utf8))
        let key = try #require(WebhookCheck.secret(secret))
        let code = WebhookCheck.code(id: id.span, timestamp: time.span, body: text.span, secret: key)
        return [("webhook-timestamp", "\(timestamp)"), ("Webhook-Signature", "v1," + base64(code))]
    }
    #expect(try service.order("a", fields: try sign(now), body: body).status == 200)
    #expect(try service.order("b", fields: try sign(now), body: body).text.contains("forged"))
    #expect(try service.order("a", fields: try sign(now - 400), body: body).text.contains("stale"))
    #expect(try service.control.get("/stats").text.contains(#""orders":1"#))
}

private func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let piece = bytes[start..<min(start + 3, bytes.count)]
        let word = piece.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - piece.count))
        for place in 0...piece.count { text.append(digits[word >> (18 - 6 * place) & 63]) }
        text += String(repeating: "=", count: 3 - piece.count)
    }
    return text
}
