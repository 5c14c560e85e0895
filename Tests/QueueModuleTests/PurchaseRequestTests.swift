import Base
import Testing

@testable import QueueModule

private func read(_ body: [UInt8]) throws(JSONError) -> (user: String, quantity: Int64) {
    var found = (user: "", quantity: Int64(0))
    try PurchaseRequest.parse(body.span) { found = (String(utf8: $1), $0.quantity) }
    return found
}

private func parse(_ text: String) -> (user: String, quantity: Int64)? { try? read(Array(text.utf8)) }

private func refusal(_ text: String) -> String? {
    do throws(JSONError) {
        _ = try read(Array(text.utf8))
        return nil
    } catch {
        return error.description
    }
}

@Test func `a purchase is a user and a quantity, which is 1 when none is given`() throws {
    #expect(try #require(parse(#"{"user":"u1","quantity":3}"#)) == ("u1", 3))
    #expect(try #require(parse(#"{"user":"u1"}"#)) == ("u1", 1))
    #expect(try #require(parse(#"{"quantity":1000,"user":"~!"}"#)) == ("~!", 1000))
    #expect(try #require(parse(#"{"x":{"user":"no"},"user":"\u0075\u0031","y":[]}"#)) == ("u1", 1))
    let longest = String(repeating: "x", count: 128)
    #expect(try #require(parse(#"{"user":"\#(longest)"}"#)) == (longest, 1))
}

@Test(arguments: [
    (#"{"quantity":1}"#, "user is missing"), (#"{"user":1}"#, "user must be a string"),
    (#"{"user":null}"#, "user must be a string"), (#"{"user":""}"#, "user must be 1 to 128"),
    (#"{"user":"a b"}"#, "user must be 1 to 128"), (#"{"user":"é"}"#, "user must be 1 to 128"),
    (#"{"user":"a\u007f"}"#, "user must be 1 to 128"), (#"{"user":"a","user":"a"}"#, "user is given twice"),
    (#"{"user":"a","quantity":0}"#, "quantity must be an integer from 1 to 1000"),
    (#"{"user":"a","quantity":1001}"#, "quantity must be an integer from 1 to 1000"),
    (#"{"user":"a","quantity":1.0}"#, "quantity must be an integer without"),
    (#"{"user":"a","quantity":"1"}"#, "quantity must be an integer"),
    (#"{"user":"a","quantity":null}"#, "quantity must be an integer"),
    (#"{"user":"a","quantity":1,"quantity":1}"#, "quantity is given twice"),
    ("", "not valid JSON"), ("[]", "the document must be an object"), (#"{"user":"a"} x"#, "not valid JSON"),
])
func `a refusal names the field and the rule`(body: String, reason: String) throws {
    #expect(try #require(refusal(body)).contains(reason))
}

/// The usual form is read by a way of its own; a space in front leads past it.
@Test func `the usual form is judged as any other way to write it`() {
    let longest = String(repeating: "x", count: 128)
    var bodies = ["u", "a b", "é", longest, longest + "x", #"a\"#, #"\u0061"#, "", "~!{}"].flatMap { user in
        ["", ",\"quantity\":1", ",\"quantity\":1000", ",\"quantity\":1001", ",\"quantity\":0"].map {
            Array(#"{"user":"\#(user)"\#($0)}"#.utf8)
        }
    }
    for tail in ["01", "-1", "1.0", "1e2", "00001", "99999999999999999999", "", "1 ", "1,\"x\":2", "\"1\"", "1}"] {
        bodies.append(Array(#"{"user":"u1","quantity":\#(tail)}"#.utf8))
    }
    let usual = Array(#"{"user":"0123456789abcdef","quantity":12}"#.utf8)
    for place in usual.indices {
        bodies.append(Array(usual[..<place]))
        for byte in UInt8.min...UInt8.max {
            bodies.append(Array(usual[..<place]) + [byte] + usual[(place + 1)...])
        }
    }
    for body in bodies {
        let (one, other) = (reading(body), reading([0x20] + body))
        #expect(one == other, "\(String(decoding: body, as: UTF8.self))")
    }
}

private func reading(_ body: [UInt8]) -> String? {
    (try? read(body)).map { "\($0.user) \($0.quantity)" }
}

@Test func `a user of 129 bytes is refused, however it is spelled`() {
    #expect(refusal(#"{"user":"\#(String(repeating: "x", count: 129))"}"#) != nil)
    #expect(refusal(#"{"user":"\#(String(repeating: "\\u0078", count: 129))"}"#) != nil)
}

@Test func `a body leaves nothing of its user for the next one`() throws {
    for prefix in ["", " "] {  // the usual form, and any other
        #expect(try #require(parse(prefix + #"{"user":"longer"}"#)) == ("longer", 1))
        #expect(try #require(parse(prefix + #"{"user":"u"}"#)) == ("u", 1))
        #expect(parse(prefix + "{}") == nil)
    }
}

@Test(arguments: [
    ("application/json", true), ("Application/JSON", true), ("application/json; charset=utf-8", true),
    ("application/json ;x=y", true), ("application/json\t", true), ("application/jsonx", false),
    ("application/json-patch+json", false), ("application/problem+json", false), ("text/json", false), ("", false),
    ("application", false), ("multipart/form-data", false),
])
func `the media type is JSON, with or without parameters`(type: String, isJSON: Bool) {
    #expect(PurchaseRequest.isJSON(type.utf8.span) == isJSON)
}

@Test func `an idempotency key is 1 to 255 printable characters`() {
    func isValid(_ key: String) -> Bool { PurchaseRequest.isValidKey(key.utf8.span) }
    #expect(isValid("a") && isValid("!~") && isValid(String(repeating: "k", count: 255)))
    #expect(!isValid("") && !isValid("a b") && !isValid("é") && !isValid("\u{7f}"))
    #expect(!isValid(String(repeating: "k", count: 256)))
}
