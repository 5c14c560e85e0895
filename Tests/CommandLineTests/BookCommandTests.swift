import Testing

@testable import CommandLineModule

private let path = "/admin/v1/items/demo/purchases"
private let row =
    #"{"sequence":7,"user":"ann","quantity":1,"state":"sold","order":null,"admitted_at":"2026-11-12T09:30:00.000Z"}"#

@Test func `purchases are shown as a table, and where there are more it says how to get them`() throws {
    let server = StandInServer(["GET \(path)?state=sold&user=a%2Fb": (200, #"{"purchases":[\#(row)],"next":"7"}"#)])
    let paper = Paper()
    #expect(try run("item purchases demo --state sold --user a/b", on: server, paper: paper) == .done)
    #expect(paper.lines.count == 3 && paper.lines[0].hasPrefix("SEQUENCE  USER") && paper.lines[1].hasPrefix("7  "))
    #expect(paper.lines[2] == "the first 1; all of them: --format csv or --format ndjson")
    let none = StandInServer(["GET \(path)": (200, #"{"purchases":[],"next":null}"#)])
    let other = Paper()
    #expect(try run("item purchases demo", on: none, paper: other) == .done && other.lines == ["no such purchases"])
}

@Test(arguments: ["csv", "ndjson"])
func `all purchases are copied part after part, with one heading`(format: String) throws {
    let isCSV = format == "csv"
    func part(_ range: Range<Int>) -> String {
        let rows = range.map { isCSV ? "\($0),\"u\",1" : #"{"sequence":\#($0)}"# }
        return ((isCSV ? ["sequence,user,quantity"] : []) + rows).map { $0 + (isCSV ? "\r\n" : "\n") }.joined()
    }
    let server = StandInServer([
        "GET \(path)?tickets=true&after=0&limit=10000": (200, part(1..<10_001)),
        "GET \(path)?tickets=true&after=10000&limit=10000": (200, part(10_001..<10_004)),
    ])
    let paper = Paper()
    #expect(try run("item purchases demo --tickets --format \(format)", on: server, paper: paper) == .done)
    #expect(paper.lines.count == 10_003 + (isCSV ? 1 : 0) && server.requests.count == 2)
    #expect(paper.lines.filter { $0.hasPrefix("sequence") }.count == (isCSV ? 1 : 0))
    #expect(server.requests.allSatisfy { $0.accept == (isCSV ? "text/csv" : "application/x-ndjson") })
}

@Test func `a user's purchases are gathered over all pages, each once`() throws {
    func page(_ item: String, next: String) -> String {
        #"{"user":"ann","purchases":[{"item":"\#(item)","sequence":3,"state":"sold"}],"next":\#(next)}"#
    }
    let server = StandInServer([
        "GET /admin/v1/users/ann": (200, page("a", next: #""5""#)),
        "GET /admin/v1/users/ann?after=5": (200, page("b", next: #""9""#)),
        "GET /admin/v1/users/ann?after=9": (200, page("a", next: "null")),
    ])
    let paper = Paper()
    #expect(try run("user show ann", on: server, paper: paper) == .done)
    #expect(paper.lines.count == 3 && paper.lines[0].hasPrefix("ITEM  SEQUENCE") && paper.lines[2].hasPrefix("b "))
    let none = StandInServer(["GET /admin/v1/users/bob": (200, #"{"user":"bob","purchases":[],"next":null}"#)])
    let other = Paper()
    #expect(try run("user show bob", on: none, paper: other) == .done)
    #expect(other.lines == ["bob has no purchase of any item"])
}

@Test func `an archive may take long, and says where it is and what is missing`() throws {
    let answer = #"{"purchases":5,"missing":2,"file":"demo-1.ndjson","sha256":"ab"}"#
    let server = StandInServer(["POST /admin/v1/items/demo/archive": (200, answer)])
    let paper = Paper()
    #expect(try run("item archive demo", on: server, paper: paper) == .done)
    #expect(paper.lines[0] == "archived demo: 5 purchases in demo-1.ndjson (sha256 ab)")
    #expect(paper.lines.count == 2 && paper.lines[1].hasPrefix("2 purchases have no row"))
    #expect(server.requests[0].timeoutMilliseconds > 60_000)
}

@Test func `deleting asks for the item's name, and says what force loses`() throws {
    let item = #"{"item":"demo","state":"closed","sold":3,"waiting":4,"held":2}"#
    let answers = [
        "GET /admin/v1/items/demo": (200, item), "DELETE /admin/v1/items/demo": (204, ""),
        "DELETE /admin/v1/items/demo?force=true": (204, ""),
    ]
    let (server, paper) = (StandInServer(answers), Paper())
    #expect(throws: Failure.self) { try run("item delete demo", on: server, paper: paper) }
    #expect(server.requests.map(\.method) == ["GET"] && paper.complaints.contains("3 units are sold"))
    #expect(!paper.complaints.contains("they are lost") && paper.complaints.contains("sold).\nIts tickets"))
    paper.answer = "demo"
    #expect(try run("item delete demo --force", on: server, paper: paper) == .done)
    #expect(paper.complaints.contains("4 purchases wait and 2 units are held: they are lost"))
    #expect(paper.lines == ["deleted demo"] && server.requests.last?.url.hasSuffix("?force=true") == true)
    let quiet = StandInServer(answers)
    #expect(try run("item delete demo --yes", on: quiet, paper: Paper()) == .done && quiet.requests.count == 1)
}
