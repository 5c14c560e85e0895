import Testing

@testable import CommandLineModule

@Test func `events are printed a line each, of one item and behind the one that is named`() throws {
    let answer = #"[{"id":"b","type":"sluice.ticket.sold"},{"id":"c","type":"sluice.ticket.sold"}]"#
    let server = StandInServer(["GET /admin/v1/events?limit=1000&item=demo&after=a": (200, answer)])
    let paper = Paper()
    #expect(try run("events --item demo --after a", on: server, paper: paper) == .done)
    #expect(paper.lines == [#"{"id":"b","type":"sluice.ticket.sold"}"#, #"{"id":"c","type":"sluice.ticket.sold"}"#])
    #expect(server.requests.count == 1 && server.requests[0].token?.count == 40)
}

@Test func `the next page begins behind the last event, and following asks the server to wait`() throws {
    let full = "[" + (0..<1_000).map { #"{"id":"e\#($0)"}"# }.joined(separator: ",") + "]"
    let server = StandInServer([
        "GET /admin/v1/events?limit=1000&wait=5": (200, full),
        "GET /admin/v1/events?limit=1000&after=e999&wait=5": (410, #"{"code":"gone","title":"Gone"}"#),
    ])
    let paper = Paper()
    let failure = #expect(throws: Failure.self) { try run("events --follow", on: server, paper: paper) }
    #expect(paper.lines.count == 1_000 && server.requests.count == 2)
    #expect(failure?.lines.first?.contains("410 gone") == true)
}
