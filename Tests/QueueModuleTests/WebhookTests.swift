import Domain
import TestKit
import Testing

@testable import QueueModule

private let path = "/admin/v1/webhooks"

extension QueueRig {
    fileprivate func webhook(
        _ method: String, _ suffix: String = "/shop", _ json: String? = nil, key: String? = nil
    ) throws -> HTTPReply {
        var headers = [(name: "Authorization", value: "Bearer \(Self.token)")]
        if let key { headers.append(("Idempotency-Key", key)) }
        return try administer(method, path + suffix, json: json, headers: headers)
    }
}

@Test func `a webhook is made with a secret that is shown once`() throws {
    let rig = try QueueRig()
    let made = try rig.webhook(
        "PUT", "/shop", #"{"url":"https://shop.example/in","types":["sluice.ticket.sold"],"items":["lamp"]}"#)
    #expect(made.status == 201)
    let body = try object(made.body)
    let secret = try #require(body["secret"] as? String)
    #expect(secret.hasPrefix("whsec_") && secret.count == 6 + 44)
    #expect(body["types"] as? [String] == ["sluice.ticket.sold"] && body["items"] as? [String] == ["lamp"])
    #expect(body["disabled"] as? Bool == false && body["state"] as? String == "sending")
    let changed = try rig.webhook("PUT", "/shop", #"{"disabled":true,"items":[]}"#)
    #expect(changed.status == 200)
    let shown = try rig.webhook("GET")
    let list = try rig.webhook("GET", "")
    for reply in [changed, shown, list] {
        #expect(reply.status == 200 && !reply.text.contains(secret) && !reply.text.contains("whsec_"))
    }
    #expect(try object(shown.body)["state"] as? String == "disabled")
    #expect((try object(list.body)["webhooks"] as? [Any])?.count == 1)
    #expect(try rig.webhook("DELETE").status == 204 && rig.webhook("GET").code == "unknown-webhook")
    #expect(try rig.webhook("DELETE").code == "unknown-webhook")
    #expect(!rig.log.lines.joined().contains(secret))
}

@Test(arguments: [
    ("{}", "url is missing"), (#"{"url":"ftp://x"}"#, "url must be https://"), (#"{"url":1}"#, "url must be a string"),
    (#"{"url":"https://u:p@x"}"#, "without a user"), (#"{"url":"https://x","types":["sold"]}"#, "types must be of"),
    (#"{"url":"https://x","items":["a b"]}"#, "items must be names"),
    (#"{"url":"https://x","typ":[]}"#, "types"), (#"{"url":"https://x","disabled":"no"}"#, "disabled must be"),
])
func `what is wrong with a webhook is named`(json: String, expected: String) throws {
    let rig = try QueueRig()
    let reply = try rig.webhook("PUT", "/shop", json)
    #expect(reply.status == 400 && reply.code == "invalid-request")
    #expect(reply.problem?.detail?.contains(expected) == true, "\(reply.text)")
    #expect(try rig.webhook("GET").status == 404)
}

@Test func `a new secret is shown once, and again only to who sends the same call again`() throws {
    let rig = try QueueRig()
    #expect(try rig.webhook("POST", "/shop/rotate").code == "unknown-webhook")
    let first = try object(rig.webhook("PUT", "/shop", #"{"url":"https://x"}"#).body)["secret"] as? String
    let rotated = try rig.webhook("POST", "/shop/rotate", key: "k-1")
    let second = try object(rotated.body)["secret"] as? String
    #expect(rotated.status == 200 && second?.hasPrefix("whsec_") == true && second != first)
    let again = try rig.webhook("POST", "/shop/rotate", key: "k-1")
    #expect(again.header("Idempotency-Replayed") == "true")
    #expect(try object(again.body)["secret"] as? String == second)
    #expect(try object(rig.webhook("GET").body)["former_secret_until"] is String)
    #expect(try rig.webhook("GET", "/shop/rotate").header("Allow") == "POST")
}

@Test func `what is not delivered is listed, and sent again by its cursor or as dead letters`() throws {
    let rig = try QueueRig()
    _ = try rig.webhook("PUT", "/shop", #"{"url":"https://x"}"#)
    let record = "3 10 1700000000000 17 lamp sluice.ticket.sold lamp/1/17 status 500\n{\"id\":\"e3\"}"
    try rig.server.command("HSET", "sluice:{ctl}:webhook:shop:dead", "e3", record)
    try rig.server.command("RPUSH", "sluice:{ctl}:webhook:shop:dead_ids", "e3")
    let dead = try rig.webhook("GET", "/shop/deliveries?state=dead")
    let letter = try #require((try object(dead.body)["deliveries"] as? [[String: Any]])?.first)
    #expect(letter["id"] as? String == "e3" && letter["attempts"] as? Int == 10 && letter["sequence"] as? Int == 17)
    #expect(
        letter["reason"] as? String == "status 500" && letter["given_up_at"] as? String == "2023-11-14T22:13:20.000Z")
    #expect((letter["event"] as? [String: Any])?["id"] as? String == "e3")
    #expect(try object(rig.webhook("GET").body)["dead"] as? Int == 1)
    let replay = try rig.webhook("POST", "/shop/replay", #"{"dead":true}"#)
    #expect(try object(replay.body)["taken"] as? Int == 1 && object(replay.body)["left"] as? Int == 0)
    #expect((try object(rig.webhook("GET", "/shop/deliveries").body)["deliveries"] as? [Any])?.count == 1)
    #expect(
        (try object(rig.webhook("GET", "/shop/deliveries?state=dead").body)["deliveries"] as? [Any])?.isEmpty == true)
    #expect(try rig.webhook("POST", "/shop/replay", #"{"after":null}"#).status == 200)
    let event = EventCursor(
        item: try #require(ItemName("lamp")), incarnation: 1,
        position: LedgerPosition(id: LedgerID(time: 5, number: 0), place: 0))
    #expect(try rig.webhook("POST", "/shop/replay", #"{"after":"\#(event.text)"}"#).status == 200)
    #expect(try object(rig.webhook("GET").body)["cursor"] as? String == event.text)
    for wrong in [
        "{}", #"{"after":""}"#, #"{"after":"e7"}"#, #"{"after":"a b"}"#, #"{"after":null,"dead":true}"#,
        #"{"dead":false}"#,
    ] {
        #expect(try rig.webhook("POST", "/shop/replay", wrong).status == 400, "\(wrong)")
    }
    #expect(try rig.webhook("GET", "/shop/deliveries?state=all").status == 400)
    #expect(try rig.webhook("GET", "/none/deliveries").status == 404)
    #expect(try rig.webhook("POST", "/none/replay", #"{"dead":true}"#).status == 404)
}
