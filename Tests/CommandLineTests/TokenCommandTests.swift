import Testing

@testable import CommandLineModule

private let path = "/admin/v1/tokens"
private let body =
    #"{"id":"ab12","role":"operator","items":["lamp","desk"],"created_at":"t0","expires_at":null,"created_by":"a"}"#

@Test func `a token is made with what is given, and printed with a word of warning`() throws {
    let made = body.replacing(#""role""#, with: #""token":"slo_ab12_x","role""#)
    let (server, paper) = (StandInServer(["POST \(path)": (201, made)]), Paper())
    let line = "token add --role operator --items lamp,desk --expires 2027-01-01T00:00:00Z"
    #expect(try run(line, on: server, paper: paper) == .done)
    #expect(
        server.requests.map(\.body?.text)
            == [#"{"expires_at":"2027-01-01T00:00:00Z","items":["lamp","desk"],"role":"operator"}"#])
    #expect(paper.lines == ["made a token", "id: ab12", "token (shown now and never again): slo_ab12_x"])
}

@Test func `a token without a role is not asked for`() throws {
    let server = StandInServer([:])
    let failure = #expect(throws: Failure.self) { try run("token add", on: server, paper: Paper()) }
    #expect(failure?.code == .usage && server.requests.isEmpty)
}

@Test func `tokens are a table, and one is revoked by its id`() throws {
    let server = StandInServer([
        "GET \(path)": (200, #"{"tokens":[\#(body)]}"#), "DELETE \(path)/ab12": (204, ""),
    ])
    let paper = Paper()
    #expect(try run("token ls", on: server, paper: paper) == .done)
    #expect(paper.lines.last?.contains("lamp,desk") == true && paper.lines.last?.contains("operator") == true)
    #expect(try run("token revoke ab12", on: server, paper: paper) == .done)
    #expect(paper.lines.last == "revoked ab12")
}
