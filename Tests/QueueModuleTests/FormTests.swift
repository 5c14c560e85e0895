import Base
import TestKit
import Testing

@testable import QueueModule

// What a browser without JavaScript does.

private func form(
    _ target: String, _ body: String, _ headers: [(name: String, value: String)] = [],
    type: String = "application/x-www-form-urlencoded"
) -> HTTPRequest {
    var request = HTTPRequest("POST", target, headers: headers + [("Content-Type", type)])
    request.body = Array(body.utf8)
    return request
}

private func ticket(_ reply: HTTPReply) throws -> String {
    let location = try #require(reply.header("Location"))
    #expect(reply.status == 303 && reply.body.isEmpty && reply.header("Cache-Control") == "no-store")
    return try #require(location.split(separator: "/").last.map(String.init))
}

@Test func `a form buys as the API does: one place for a user, in whichever way it is taken`() throws {
    let rig = try QueueRig()
    try rig.put()
    let first = try ticket(rig.ask(form("/buy/demo", "user=ann%40shop.example&other=1")))
    #expect(try ticket(rig.ask(form("/buy/demo", "user=ann%40shop.example"))) == first)
    #expect(try rig.buy("ann@shop.example").json(TestKit.TicketBody.self).ticket == first)
    #expect(rig.publicServer.currentFigures.accepted == 1)
    // Another key finds the place that the user holds.
    let other = try rig.buy("bob", key: "k").json(TestKit.TicketBody.self).ticket
    #expect(try ticket(rig.ask(form("/buy/demo", "user=bob"))) == other)
}

@Test func `the page of a ticket shows its place in the browser's language, and loads again until it is final`() throws
{
    let rig = try QueueRig()
    try rig.put()
    _ = try rig.buy("bob")
    let target = "/buy/demo/ticket/" + (try ticket(rig.ask(form("/buy/demo", "user=ann"))))
    let page = try rig.ask("GET", target)
    #expect(page.status == 200 && page.header("Content-Type") == "text/html; charset=utf-8")
    #expect(page.header("Cache-Control") == "no-store" && page.header("Vary") == "Accept-Language")
    #expect(page.header("Content-Security-Policy") != nil && page.header("Retry-After") == nil)
    #expect(page.text.contains("Your place: <strong>2 · 1 ahead of you</strong>"), "\(page.text)")
    #expect(page.text.contains("<html lang=\"en\">") && page.text.contains("content=\"2\""))
    #expect(page.text.contains("<form method=\"post\"><button class=\"quiet\">Leave"))
    let chinese = try rig.ask("GET", target, headers: [("Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8")])
    #expect(chinese.text.contains("<html lang=\"zh-CN\">") && chinese.text.contains("您正在排队"))

    let left = try rig.ask(form(target, ""))
    #expect(left.status == 303 && left.header("Location") == target)
    let gone = try rig.ask("GET", target)
    #expect(gone.text.contains("You have left the queue") && !gone.text.contains("http-equiv"))
    #expect(rig.publicServer.parts.responder.wishesKept == 0)
}

@Test func `a form that can't be taken is answered by a page with the status of the API`() throws {
    let rig = try QueueRig()
    try rig.put()
    try rig.put("soon", #"{"stock":1,"opens_at":"2999-01-01T00:00:00Z"}"#)
    for (request, status, text) in [
        (form("/buy/none", "user=ann"), 404, "There is no such item"),
        (form("/buy/soon", "user=ann"), 409, "The sale has not opened yet"),
        (form("/buy/demo", "user=ann+smith"), 400, "value=\"ann smith\""),
        (form("/buy/demo", "user="), 400, "Please check"), (form("/buy/demo", ""), 400, "Please check"),
        (form("/buy/demo", "user=a&user=b"), 400, "Please check"), (form("/buy/demo", "user=%zz"), 400, "Please check"),
        (form("/buy/demo", "user=%E6%9D%8E"), 400, "value=\"李\""),
        (form("/buy/demo", #"{"user":"ann"}"#, type: "application/json"), 400, "Please check"),
        (form("/buy/demo/ticket/forged", ""), 404, "There is no such place"),
        (HTTPRequest("GET", "/buy/demo/ticket/forged"), 404, "There is no such place"),
    ] {
        let reply = try rig.ask(request)
        #expect(reply.status == status && reply.text.contains(text), "\(request.target): \(reply.text)")
        #expect(reply.header("Content-Type") == "text/html; charset=utf-8" && reply.header("Location") == nil)
    }
    #expect(rig.publicServer.currentFigures.accepted == 0)
}

@Test func `what a buyer entered can't become a part of the page`() throws {
    let rig = try QueueRig()
    try rig.put("soon", #"{"stock":1,"opens_at":"2999-01-01T00:00:00Z"}"#)
    let attack = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E%26'"
    for target in ["/buy/soon", "/buy/none"] {
        let text = try rig.ask(form(target, "user=\(attack)")).text
        #expect(!text.contains("<script") && !text.contains("'>"), "\(text)")
    }
    let text = try rig.ask(form("/buy/soon", "user=\(attack)")).text
    #expect(text.contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;\""), "\(text)")
}

@Test(arguments: [
    ([("Sec-Fetch-Site", "cross-site")], false), ([("Sec-Fetch-Site", "same-site")], false),
    ([("Sec-Fetch-Site", "same-origin"), ("Origin", "null")], true), ([("Sec-Fetch-Site", "none")], true),
    ([("Origin", "https://evil.example")], false), ([("Origin", "null")], false), ([("Origin", "HTTP")], false),
    ([], true), ([("Origin", "own")], true), ([("Origin", "own+")], false),
])
func `a form that another site sends buys nothing and leaves nothing`(headers: [(String, String)], isTaken: Bool) throws
{
    let rig = try QueueRig()
    try rig.put()
    let own = "http://" + Endpoint(port: rig.publicServer.port).authority
    let sent = headers.map { (name: $0.0, value: $0.1.replacing("own", with: own).replacing("+", with: ".evil")) }
    let bought = try rig.ask(form("/buy/demo", "user=ann", sent))
    #expect(bought.status == (isTaken ? 303 : 403), "\(bought)")
    let held = try rig.buy("bob").json(TestKit.TicketBody.self).ticket
    #expect(try rig.ask(form("/buy/demo/ticket/\(held)", "", sent)).status == (isTaken ? 303 : 403))
    #expect(try rig.poll(held).json(TestKit.TicketBody.self).state == (isTaken ? "cancelled" : "queued"))
}

private func fields(_ text: String) -> FormFields? { FormFields(text.utf8.span) }

@Test func `a form is read strictly`() {
    #expect(fields("a=1&b=x+y%21&&c")?["b"] == Array("x y!".utf8) && fields("a=1&c")?["c"] == [])
    #expect(fields("=1")?[""] == [0x31] && fields("a==b")?["a"] == Array("=b".utf8) && fields("")?["a"] == nil)
    for text in ["a=%", "a=%4", "a=%g1", "%zz=1", "a=1&a=2", "a&a=1", "%61=1&a=2"] {
        #expect(fields(text) == nil, "\(text)")
    }
    // Every byte, whole and cut: nothing traps.
    for byte in UInt8.min...UInt8.max {
        for text in [[byte], [0x61, 0x3D, byte], [0x61, 0x3D, 0x25, byte, 0x31], [byte, 0x26, byte]] {
            _ = FormFields(text.span)
        }
    }
}

@Test(arguments: [
    ("zh-CN,zh;q=0.9,en;q=0.8", true), ("en-US,en;q=0.9,zh;q=0.8", false), ("zh", true), ("", false), ("de", false),
    ("de, zh;q=0.5", true), ("zh;q=0, en;q=0.1", false), ("en;q=0.5,zh-TW;q=0.51", true), ("*", false),
    (";q=1,,zh;q=", true), ("zh;q=2", true), ("zh;q=0.x,en", false),
])
func `Chinese is shown where it is preferred to English`(field: String, isChinese: Bool) {
    #expect(PlainWords.prefersChinese(field) == isChinese)
}
