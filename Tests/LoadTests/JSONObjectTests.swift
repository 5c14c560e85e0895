import LoadKit
import Testing

private func object(_ text: String) throws -> JSONObject { try JSONObject(Array(text.utf8)) }

@Test func `finds the fields of a ticket in any order, past what it does not know`() throws {
    let body = #"""
         {"eta":{"p50_ms":1,"final":true,"x":["]}\"",{}]} , "final" : false,"\u0073equence":17,"poll_after_ms":250,
        "reason":"a \"b\" \\ \/ \b\f\n\r\t \u00e9 \ud83d\ude00 é","state":"queued","item":"i","ticket":"t-1",
        "user":null,"more":-1.5e+3,"none":[],"e":{} }
        """#
    let json = try object(body)
    #expect(try json.integer("sequence") == 17)
    #expect(try json.truth("final") == false)
    #expect(try json.text("reason") == "a \"b\" \\ / \u{8}\u{C}\n\r\t é 😀 é")
    #expect(try json.text("user") == nil)
    #expect(try json.text("absent") == nil)
    let ticket = try TicketBody(json: Array(body.utf8))
    #expect(ticket.ticket == "t-1")
    #expect(ticket.sequence == 17)
    #expect(ticket.state == .queued)
    #expect(ticket.pollAfter == .milliseconds(250))
    #expect(ticket.user == nil)
}

@Test(arguments: [
    "", "{", "}", "[]", "null", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":1}x"#, #"{"a":1,"a":2}"#,
    #"{"a":1,"\u0061":2}"#, #"{a:1}"#, #"{"a":tru}"#, #"{"a":01}"#, #"{"a":1.}"#, #"{"a":-}"#, #"{"a":"b}"#,
    #"{"a":"\"#, "{\"a\":\"\n\"}", #"{"a":[1,]}"#, #"{"a":[}"#, #"{"a":{"b"}}"#, #"{"a":1 "b":2}"#, #"{"\x":1}"#,
    #"{"\ud800":1}"#, #"{"\u12":1}"#,
])
func `refuses what is no JSON object`(text: String) {
    #expect(throws: MalformedJSON.self) { try object(text) }
}

@Test func `refuses depth, and text that is not UTF-8`() throws {
    let deep = #"{"a":"# + String(repeating: "[", count: 10_000)
    #expect(throws: MalformedJSON.self) { try object(deep) }
    let broken = Array(#"{"a":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
    let json = try JSONObject(broken)
    #expect(throws: MalformedJSON.self) { try json.text("a") }
}

@Test(arguments: [#""1""#, "1.5", "1e3", "true", "[]", "1234567890123456789"])
func `a field of another type is refused`(value: String) throws {
    let json = try object(#"{"a":\#(value)}"#)
    #expect(throws: MalformedJSON.self) { try json.integer("a") }
}

@Test func `integers keep their sign and size`() throws {
    let json = try object(#"{"a":-42,"b":999999999999999999,"c":0,"d":"7"}"#)
    #expect(try json.integer("a") == -42)
    #expect(try json.integer("b") == 999_999_999_999_999_999)
    #expect(try json.integer("c") == 0)
    #expect(try json.text("d") == "7")
    #expect(throws: MalformedJSON.self) { try json.truth("c") }
}

@Test(arguments: [
    #"{"item":"i","state":"queued","sequence":1,"poll_after_ms":1,"final":false}"#,
    #"{"ticket":"","item":"i","state":"queued","sequence":1,"poll_after_ms":1,"final":false}"#,
    #"{"ticket":"t","item":"i","state":"paid","sequence":1,"poll_after_ms":1,"final":false}"#,
    #"{"ticket":"t","item":"i","state":"queued","sequence":0,"poll_after_ms":1,"final":false}"#,
    #"{"ticket":"t","item":"i","state":"queued","sequence":1,"poll_after_ms":0,"final":false}"#,
    #"{"ticket":"t","item":"i","state":"queued","sequence":1,"final":false}"#,
    #"{"ticket":"t","item":"i","state":"queued","sequence":1,"poll_after_ms":1,"final":true}"#,
    #"{"ticket":"t","item":"i","state":"sold","sequence":1,"final":false}"#,
    #"{"ticket":"t","item":"i","state":"sold","sequence":1}"#,
])
func `refuses a ticket body that no buyer can act on`(text: String) {
    #expect(throws: MalformedJSON.self) { try TicketBody(json: Array(text.utf8)) }
}
