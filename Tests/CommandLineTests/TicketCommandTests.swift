import Testing

@testable import CommandLineModule

private let payment = "POST /admin/v1/tickets/T1/payment"
private let refund = "POST /admin/v1/tickets/T1/refund"
private let ticket = #"{"item":"demo","state":"sold"}"#

@Test func `the time to pay is given with its unit and sent in milliseconds`() throws {
    let server = StandInServer(["PUT /admin/v1/items/demo": (201, #"{"item":"demo","state":"open"}"#)])
    let line = "item put demo --stock 5 --pay-window 15m --pay-grace 30s --pay-spread 0 --yes"
    #expect(try run(line, on: server, paper: Paper()) == .done)
    #expect(
        server.requests.last?.body?.text
            == #"{"pay_grace_ms":30000,"pay_spread_ms":0,"pay_window_ms":900000,"stock":5}"#)
}

@Test(arguments: ["15", "m", "1.5h", "-1s", "8d", "99999999999999999999s", "9223372036854775807d", "15 m", "15M"])
func `a time to pay without a unit, or out of range, is refused`(time: String) {
    let words = ["item", "put", "demo", "--pay-window", time]
    let failure = #expect(throws: Failure.self) { _ = try ArgumentParser(environment: [:]).parse(words) }
    #expect(failure?.code == .usage && failure?.lines.contains { $0.contains("15m or 2h") } == true)
}

@Test(arguments: [
    ("--paid p-1", #"{"outcome":"paid","reference":"p-1"}"#, #"{"state":"sold"}"#, "sold"),
    (
        "--failed p-1", #"{"outcome":"failed","reference":"p-1"}"#, #"{"state":"reserved","expires_at":null}"#,
        "payment failed: still reserved"
    ),
])
func `a payment is reported with its reference, and asks nothing`(
    flags: String, body: String, answer: String, line: String
) throws {
    let (server, paper) = (StandInServer([payment: (200, answer)]), Paper())
    #expect(try run("ticket pay T1 \(flags)", on: server, paper: paper) == .done)
    #expect(server.requests.map(\.body?.text) == [body] && server.requests[0].token?.count == 40)
    #expect(paper.lines == [line] && paper.complaints.isEmpty)
}

@Test(arguments: ["", "--paid a --failed b"])
func `a payment was made or failed, and not both`(flags: String) {
    let server = StandInServer([:])
    let failure = #expect(throws: Failure.self) { try run("ticket pay T1 \(flags)", on: server, paper: Paper()) }
    #expect(failure?.code == .usage && server.requests.isEmpty)
}

@Test func `a payment without an answer is reported again, and a late one is said to be`() throws {
    let away = StandInServer([payment: (503, #"{"code":"store-unavailable"}"#)])
    #expect(throws: Failure.self) { try run("ticket pay T1 --paid p-1", on: away, paper: Paper()) }
    #expect(away.requests.count == 3)
    let late = StandInServer([payment: (409, #"{"title":"Late","code":"late-payment","detail":"pay it back"}"#)])
    let failure = #expect(throws: Failure.self) { try run("ticket pay T1 --paid p-1", on: late, paper: Paper()) }
    #expect(late.requests.count == 1 && failure?.lines.first?.contains("pay it back (409 late-payment)") == true)
}

@Test func `a refund asks for the item's name, and says what becomes of the units`() throws {
    let server = StandInServer(["GET /v1/tickets/T1": (200, ticket), refund: (200, #"{"state":"sold"}"#)])
    let paper = Paper()
    #expect(throws: Failure.self) { try run("ticket refund T1 --reference r-1", on: server, paper: paper) }
    #expect(server.requests.map(\.method) == ["GET"] && paper.complaints.contains("go to the next in line"))
    paper.answer = "demo"
    #expect(try run("ticket refund T1 --reference r-1 --keep-unit", on: server, paper: paper) == .done)
    #expect(paper.complaints.contains("stay sold") && paper.lines == ["refunded"])
    #expect(server.requests.last?.body?.text == #"{"reference":"r-1","return_unit":false}"#)
    #expect(server.requests.last?.url.hasPrefix("http://127.0.0.1:8081/") == true)
    #expect(try run("ticket refund T1 --reference r-1 --yes", on: server, paper: Paper()) == .done)
    #expect(server.requests.last?.body?.text == #"{"reference":"r-1","return_unit":true}"#)
}

@Test(arguments: ["", "--reference é", "--reference \(String(repeating: "r", count: 129))"])
func `a refund needs a reference that the server takes`(flags: String) {
    let server = StandInServer([:])
    let failure = #expect(throws: Failure.self) {
        try run("ticket refund T1 --yes \(flags)", on: server, paper: Paper())
    }
    #expect(failure?.code == .usage && server.requests.isEmpty)
}

@Test func `a ticket shows until when it must be paid, and its refund`() throws {
    let refund = #"{"at":"2026-01-01T00:00:00.000Z","reference":"r-1","unit_returned":true}"#
    let server = StandInServer([
        "GET /v1/tickets/T1": (200, #"{"state":"reserved","expires_at":"2026-01-01T00:15:00.000Z"}"#),
        "GET /v1/tickets/T2": (200, #"{"state":"sold","refund":\#(refund)}"#),
    ])
    let (reserved, sold) = (Paper(), Paper())
    #expect(try run("ticket show T1", on: server, paper: reserved) == .done)
    #expect(reserved.lines.contains("expires_at  2026-01-01T00:15:00.000Z"))
    #expect(try run("ticket show T2", on: server, paper: sold) == .done)
    #expect(sold.lines.contains { $0.hasPrefix("refund") && $0.contains("r-1") })
}

// MARK: Doubts

private let settle = "POST /admin/v1/tickets/T1/settle"

@Test(arguments: [
    ("--confirmed o-7", #"{"order":"o-7","outcome":"confirmed"}"#, "settled: confirmed"),
    ("--refused --reason none", #"{"outcome":"refused","reason":"none"}"#, "settled: rejected"),
])
func `a doubt is ended as it was found, after the item's name was typed`(flags: String, body: String, line: String)
    throws
{
    let doubtful = #"{"item":"demo","state":"in_doubt"}"#
    let server = StandInServer(["GET /v1/tickets/T1": (200, doubtful), settle: (200, #"{"state":"sold"}"#)])
    let paper = Paper()
    #expect(throws: Failure.self) { try run("ticket settle T1 \(flags)", on: server, paper: paper) }
    #expect(server.requests.map(\.method) == ["GET"] && paper.complaints.contains("demo (now in_doubt)"))
    paper.answer = "demo"
    #expect(try run("ticket settle T1 \(flags)", on: server, paper: paper) == .done)
    #expect(server.requests.last?.body?.text == body && server.requests.last?.key != nil && paper.lines == [line])
    #expect(try run("ticket settle T1 --yes \(flags)", on: server, paper: Paper()) == .done)
}

@Test(arguments: ["", "--confirmed o --refused", "--reason why"])
func `a doubt is settled one way, and not both`(flags: String) {
    let server = StandInServer([:])
    let failure = #expect(throws: Failure.self) {
        try run("ticket settle T1 --yes \(flags)", on: server, paper: Paper())
    }
    #expect(failure?.code == .usage && server.requests.isEmpty)
}

@Test func `doubts of an item are listed to the end, and those of all items one after the other`() throws {
    func doubt(_ item: String, _ sequence: Int) -> String {
        #"{"item":"\#(item)","sequence":\#(sequence),"user":"ann","cause":"unanswered","ticket":"T\#(sequence)"}"#
    }
    let server = StandInServer([
        "GET /admin/v1/items/demo/doubts": (200, #"{"doubts":[\#(doubt("demo", 1))],"next_cursor":"9"}"#),
        "GET /admin/v1/items/demo/doubts?after=9": (200, #"{"doubts":[\#(doubt("demo", 12))],"next_cursor":null}"#),
        "GET /admin/v1/items/calm/doubts": (200, #"{"doubts":[],"next_cursor":null}"#),
        "GET /admin/v1/doubts": (200, #"{"items":[{"item":"calm"},{"item":"demo"}],"next_cursor":null}"#),
    ])
    for line in ["item doubts demo", "doubts"] {
        let paper = Paper()
        #expect(try run(line, on: server, paper: paper) == .done)
        #expect(paper.lines.count == 3 && paper.lines[0].hasPrefix("ITEM  SEQUENCE  USER"), "\(paper.lines)")
        #expect(paper.lines[1].hasSuffix("T1") && paper.lines[2].hasSuffix("T12"))
    }
    let calm = Paper()
    #expect(try run("item doubts calm", on: server, paper: calm) == .done)
    #expect(calm.lines == ["nothing is in doubt"])
}
