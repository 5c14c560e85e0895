import Testing

@testable import CommandLineModule

private let path = "/admin/v1/webhooks/shop"
private let body = #"{"name":"shop","state":"sending","pending":2,"dead":0,"url":"https://x","reason":null}"#

@Test func `a webhook is put with what is given, and its secret printed with a word of warning`() throws {
    let made = body.replacing(#""name""#, with: #""secret":"whsec_QUJD","name""#)
    let (server, paper) = (StandInServer(["PUT \(path)": (201, made)]), Paper())
    let line = "webhook put shop --to https://x --types sluice.ticket.sold,sluice.ticket.expired --items all"
    #expect(try run(line, on: server, paper: paper) == .done)
    #expect(
        server.requests.map(\.body?.text)
            == [#"{"items":[],"types":["sluice.ticket.sold","sluice.ticket.expired"],"url":"https://x"}"#])
    #expect(paper.lines == ["put shop", "secret (shown now and never again): whsec_QUJD"])
}

@Test(arguments: [("--enable", "false"), ("--disable", "true")])
func `a webhook is switched off and on`(flag: String, value: String) throws {
    let (server, paper) = (StandInServer(["PUT \(path)": (200, body)]), Paper())
    #expect(try run("webhook put shop \(flag)", on: server, paper: paper) == .done)
    #expect(server.requests.map(\.body?.text) == [#"{"disabled":\#(value)}"#] && paper.lines == ["put shop"])
}

@Test(arguments: [
    "webhook put shop", "webhook put shop --enable --disable", "webhook replay shop",
    "webhook replay shop --dead --all", "webhook replay shop --after e --dead",
])
func `what can't be meant is not sent`(line: String) {
    let server = StandInServer([:])
    let failure = #expect(throws: Failure.self) { try run(line, on: server, paper: Paper()) }
    #expect(failure?.code == .usage && server.requests.isEmpty)
}

@Test func `a rotation is sent with a key, so that a lost answer costs no second secret`() throws {
    let made = body.replacing(#""name""#, with: #""secret":"whsec_REVG","name""#)
    let (server, paper) = (StandInServer(["POST \(path)/rotate": (200, made)]), Paper())
    #expect(try run("webhook rotate shop", on: server, paper: paper) == .done)
    #expect(server.requests[0].key?.count == 32 && paper.lines.last?.hasSuffix("whsec_REVG") == true)
}

@Test func `webhooks and what they have not delivered are tables, over as many pages as there are`() throws {
    let letter = #"{"event":{},"id":"e1","type":"t","item":"i","sequence":7,"attempts":10,"reason":"status 500"}"#
    let server = StandInServer([
        "GET /admin/v1/webhooks": (200, #"{"webhooks":[\#(body)]}"#), "GET \(path)": (200, body),
        "GET \(path)/deliveries?state=dead": (200, #"{"deliveries":[\#(letter)],"next_cursor":"9"}"#),
        "GET \(path)/deliveries?state=dead&cursor=9": (200, #"{"deliveries":[\#(letter)],"next_cursor":null}"#),
    ])
    let paper = Paper()
    #expect(try run("webhook ls", on: server, paper: paper) == .done)
    #expect(paper.lines.last?.contains("shop") == true && paper.lines.last?.contains("https://x") == true)
    #expect(try run("webhook deliveries shop --dead", on: server, paper: paper) == .done)
    #expect(paper.lines.suffix(2).allSatisfy { $0.contains("e1") && $0.contains("status 500") })
    #expect(try run("webhook show shop", on: server, paper: paper) == .done)
}

@Test func `a replay names what is sent again, and a deletion asks first`() throws {
    let server = StandInServer([
        "POST \(path)/replay": (200, #"{"taken":1,"left":0}"#), "DELETE \(path)": (204, ""),
    ])
    for (flags, body) in [
        ("--dead", #"{"dead":true}"#), ("--all", #"{"after":null}"#), ("--after e7", #"{"after":"e7"}"#),
    ] {
        #expect(try run("webhook replay shop \(flags)", on: server, paper: Paper()) == .done)
        #expect(server.requests.last?.body?.text == body)
    }
    #expect(throws: Failure.self) { try run("webhook delete shop", on: server, paper: Paper()) }
    #expect(server.requests.last?.method == "POST")
    #expect(try run("webhook delete shop --yes", on: server, paper: Paper()) == .done)
    #expect(server.requests.last?.method == "DELETE")
}
