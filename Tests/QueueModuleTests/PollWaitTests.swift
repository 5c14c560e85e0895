import Base
import Domain
import Testing

@testable import QueueModule

private func wait(_ query: String = "", _ preference: String = "") throws -> PollWait? {
    try PollWait(query: query, preference: preference)
}

@Test func `a wish to wait is taken from the query or from Prefer, and is capped`() throws {
    #expect(try wait("wait=20")?.seconds == 20 && wait("", "wait=7")?.seconds == 7)
    #expect(try wait("wait=20", "wait=7")?.seconds == 20)
    #expect(try wait("wait=600")?.seconds == 25 && wait("wait=86400")?.seconds == 25)
    #expect(try wait("", "respond-async, WAIT = \"12\"; x=1, wait=3")?.seconds == 12)
    #expect(try wait("a=b&wait=1&state=in_doubt")?.known == TicketBody.State.inDoubt.letter)
    #expect(try wait("wait=1")?.known == nil)
}

@Test(arguments: ["", "wait=0", "waiting=5", "v=3", "state=queued"])
func `a poll that does not wish to wait is like any other`(query: String) throws {
    #expect(try wait(query) == nil)
}

@Test(arguments: ["", "wait", "wait=", "wait=x", "wait=-1", "waits=3", "=3", ";;,,=", "wait=0"])
func `a preference that can't be understood is not followed`(preference: String) throws {
    #expect(try wait("", preference) == nil)
}

@Test(arguments: ["wait=", "wait", "wait=abc", "wait=-1", "wait=1.5", "wait=86401", "wait=5&state=", "state=won"])
func `a wish that can't be understood is refused by its name`(query: String) {
    let refusal = #expect(throws: PollWait.Refusal.self) { try wait(query) }
    #expect(
        refusal?.reason.hasPrefix(query.hasPrefix("wait=5&") ? "state" : String(query.prefix { $0 != "=" })) == true)
}

@Test func `each state has a letter and a name of its own`() {
    let all = TicketBody.State.all
    #expect(Set(all.map(\.letter)).count == 9 && Set(all.map { "\($0.name)" }).count == 9)
    #expect(TicketBody.State.finalLetters.count == 5)
    #expect(!all.map(\.letter).contains(ShownTicket.unknown) && !all.map(\.letter).contains(ShownTicket.separator))
}

@Test func `a list of tickets has 1 to 16 of them, each once`() throws {
    func list(_ query: String) throws -> [String] {
        let bytes = Array(query.utf8)
        return try TicketList(bytes.span).tickets.map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(try list("tickets=a,b,a,,c") == ["a", "b", "c"])
    #expect(try list("x=1&tickets=a%2Cb") == ["a", "b"])
    let many = (1...17).map { "t\($0)" }
    #expect(try list("tickets=\(many.prefix(16).joined(separator: ","))").count == 16)
    for bad in [
        "", "tickets=", "tickets=,", "tickets=a&tickets=b", "tickets=%zz", "tickets=\(many.joined(separator: ","))",
    ] {
        #expect(throws: TicketList.Refusal.self) { try list(bad) }
    }
}
