import Base
import Testing

/// A purchase read the way the queue reads one.
private struct Purchase: Equatable {
    var user: String?
    var quantity: Int64 = 1

    static func read(_ text: String) throws(JSONError) -> Purchase {
        try JSONReader.read(text.utf8.span) { (reader) throws(JSONError) -> Purchase in
            var purchase = Purchase()
            var seen = JSONSeenFields()
            try reader.beginObject()
            while let key = try reader.nextKey() {
                if try reader.matches(key, "user", once: 0, in: &seen) {
                    purchase.user = reader.copy(try reader.string())
                } else if try reader.matches(key, "quantity", once: 1, in: &seen) {
                    purchase.quantity = try reader.integer(in: 1...1000)
                } else {
                    try reader.skip()
                }
            }
            return purchase
        }
    }

    static func refusal(_ text: String) -> String? {
        do throws(JSONError) {
            _ = try read(text)
            return nil
        } catch {
            return error.description
        }
    }
}

@Test(arguments: [
    #"{"user":"u1","quantity":2}"#, #"{"quantity":2,"user":"u1"}"#, #" { "user" : "u1" , "quantity" : 2 } "#,
    #"{"x":[{"user":1}],"user":"u1","y":{"quantity":"no"},"quantity":2,"z":null}"#, #"{"u\u0073er":"u1","quantity":2}"#,
    #"{"user":"\u0075\u0031","quantity":2}"#, #"{"a":1,"a":2,"user":"u1","quantity":2}"#,
])
func `known fields are found in any order and spelling, unknown ones are read over`(text: String) throws {
    #expect(try Purchase.read(text) == Purchase(user: "u1", quantity: 2))
}

@Test(arguments: [
    (#"{"user":1}"#, "user must be a string"), (#"{"user":null}"#, "user must be a string"),
    (#"{"user":"u","quantity":"1"}"#, "quantity must be an integer without fraction or exponent"),
    (#"{"user":"u","quantity":1.0}"#, "quantity must be an integer without fraction or exponent"),
    (#"{"user":"u","quantity":true}"#, "quantity must be an integer without fraction or exponent"),
    (#"{"user":"u","quantity":0}"#, "quantity must be an integer from 1 to 1000"),
    (#"{"user":"u","quantity":99999999999999999999}"#, "quantity must be an integer from 1 to 1000"),
    (#"{"user":"u","user":"v"}"#, "user is given twice"), (#"{"user":"u","us\u0065r":"v"}"#, "user is given twice"),
    (#"{"user":"u","quantity":01}"#, "not valid JSON at byte 25"), ("[]", "the document must be an object"),
    (#"{"user":"u","#, "not valid JSON at byte 12"), (#"{"user":"u"}}"#, "not valid JSON at byte 12"),
    (#"{"a":{"b":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}}"#, "JSON nested more than 16 levels deep"),
])
func `a refusal names the field and what was expected`(text: String, says: String) {
    #expect(Purchase.refusal(text) == says)
}

@Test func `an error after an unknown field does not name the known one before it`() {
    #expect(Purchase.refusal(#"{"user":"u","other":tru}"#) == "not valid JSON at byte 20")
}

@Test func `names that share a beginning stay apart`() {
    #expect(Purchase.refusal(#"{"use":1,"users":1,"User":1,"":1,"user\u0000":1}"#) == nil)
}

@Test func `null differs from a value, and half of it refused`() throws {
    func limit(_ text: String) throws(JSONError) -> Int64? {
        try JSONReader.read(text.utf8.span) { (reader) throws(JSONError) in
            try reader.null() ? nil : try reader.integer()
        }
    }
    #expect(try limit("null") == nil)
    #expect(try limit(" 5 ") == 5)
    #expect(throws: JSONError.self) { try limit("nul") }
}

@Test func `arrays are walked element by element`() throws {
    let sum = try JSONReader.read("[1, [2, 3], 4]".utf8.span) { (reader) throws(JSONError) -> Int64 in
        var sum: Int64 = 0
        try reader.beginArray()
        var index = 0
        while try reader.nextElement() {
            if index == 1 { try reader.skip() } else { sum += try reader.integer() }
            index += 1
        }
        return sum
    }
    #expect(sum == 5)
}

@Test func `an object left half read is refused`() {
    let error = refusal(#"{"a":1}"#) { (reader) throws(JSONError) in
        try reader.beginObject()
        _ = try reader.nextKey()
        try reader.skip()
    }
    #expect(error?.reason == .malformed)
}

@Test func `the caller's own rules give the same kind of error`() {
    let error = refusal(#"{"user":""}"#) { (reader) throws(JSONError) in
        try reader.beginObject()
        while let key = try reader.nextKey() {
            guard reader.matches(key, "user") else { continue }
            if try reader.string().range.isEmpty { throw reader.failure(.mustBe("1 to 128 printable characters")) }
        }
    }
    #expect(error?.description == "user must be 1 to 128 printable characters")
}
