import Base
import FuzzTargets
import Testing

/// Whether the reader takes `bytes` for one JSON document.
func isAccepted(_ bytes: [UInt8]) -> Bool {
    do throws(JSONError) {
        try JSONReader.read(bytes.span) { (reader) throws(JSONError) in try reader.skip() }
        return true
    } catch {
        return false
    }
}

func refusal(_ text: String, _ body: (inout JSONReader) throws(JSONError) -> Void) -> JSONError? {
    do throws(JSONError) {
        try JSONReader.read(text.utf8.span, body)
        return nil
    } catch {
        return error
    }
}

private func integer(_ text: String, in range: ClosedRange<Int64> = .min ... .max) throws -> Int64 {
    try JSONReader.read(text.utf8.span) { (reader) throws(JSONError) in try reader.integer(in: range) }
}

private func string(_ text: String) throws -> String {
    try JSONReader.read(text.utf8.span) { (reader) throws(JSONError) in reader.copy(try reader.string()) }
}

@Test(arguments: JSONCorpus.valid)
func `takes what RFC 8259 allows`(document: JSONCase) {
    #expect(isAccepted(document.bytes))
}

@Test(arguments: JSONCorpus.invalid)
func `refuses what RFC 8259 does not allow`(document: JSONCase) {
    #expect(!isAccepted(document.bytes))
}

@Test func `the corpus is not thinned out`() {
    #expect(JSONCorpus.valid.count + JSONCorpus.invalid.count >= 200)
}

@Test func `a document cut at any byte is refused`() {
    let document = Array(#" {"user":"u\u00e9\uD83D\uDE00é😀","n":[-1.5e+3,0,true,false,null],"o":{"a":{}}}"#.utf8)
    #expect(isAccepted(document))
    for length in 0..<document.count { #expect(!isAccepted(Array(document[..<length])), "cut at \(length)") }
}

@Test func `white space may stand at the end, nothing else`() {
    for byte in UInt8.min...UInt8.max {
        #expect(isAccepted(Array("{}".utf8) + [byte]) == [0x20, 0x09, 0x0A, 0x0D].contains(byte), "byte \(byte)")
    }
}

@Test(arguments: [
    ("0", 0), ("-0", 0), ("-1", -1), ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
    (" 7 ", 7),
])
func `integers are exact`(text: String, value: Int64) throws {
    #expect(try integer(text) == value)
}

@Test(arguments: ["1.0", "1e2", "0.0", "-0.0", "1E0", "0e0"])
func `a number with a fraction or an exponent is no integer`(text: String) {
    #expect(refusal(text) { (reader) throws(JSONError) in _ = try reader.integer() }?.reason == .expected(.integer))
}

@Test(arguments: [
    "9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
    "99999999999999999999999", "-99999999999999999999999", String(repeating: "9", count: 100_000),
])
func `an integer beyond 64 bits is out of range, not wrapped`(text: String) {
    #expect(
        refusal(text) { (reader) throws(JSONError) in _ = try reader.integer() }?.reason == .outOfRange(.min ... .max))
}

@Test func `a range is inclusive and named in the error`() throws {
    #expect(try integer("1", in: 1...1000) == 1)
    #expect(try integer("1000", in: 1...1000) == 1000)
    for text in ["0", "1001", "-1"] {
        let error = refusal(text) { (reader) throws(JSONError) in _ = try reader.integer(in: 1...1000) }
        #expect(error?.description == "the document must be an integer from 1 to 1000")
    }
}

@Test(arguments: [
    (#""""#, ""), (#""plain""#, "plain"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9""#, "Aé"),
    (#""\uD83D\uDE00""#, "😀"), (#""é\u20AC€""#, "é€€"), (#""\u0000""#, "\u{0}"), (#""\uDBFF\uDFFF""#, "\u{10FFFF}"),
])
func `strings are decoded exactly`(text: String, value: String) throws {
    let decoded = try string(text)
    #expect(Array(decoded.utf8) == Array(value.utf8))
}

@Test func `a string without escapes is a range of the input`() throws {
    let document = #"{"user":"u-1"}"#
    let text = try JSONReader.read(document.utf8.span) { (reader) throws(JSONError) -> JSONText? in
        try reader.beginObject()
        var found: JSONText?
        while let key = try reader.nextKey() {
            guard reader.matches(key, "user") else {
                try reader.skip()
                continue
            }
            found = try reader.string()
        }
        return found
    }
    let found = try #require(text)
    #expect(!found.hasEscapes)
    #expect(Array(document.utf8)[found.range] == Array("u-1".utf8)[...])
}

@Test func `a value of another kind differs from bad grammar`() {
    let kinds: [(JSONError.Kind, (inout JSONReader) throws(JSONError) -> Void)] = [
        (.object, { (reader) throws(JSONError) in try reader.beginObject() }),
        (.array, { (reader) throws(JSONError) in try reader.beginArray() }),
        (.string, { (reader) throws(JSONError) in _ = try reader.string() }),
        (.integer, { (reader) throws(JSONError) in _ = try reader.integer() }),
        (.boolean, { (reader) throws(JSONError) in _ = try reader.bool() }),
    ]
    for (kind, read) in kinds {
        #expect(refusal("null", read)?.reason == .expected(kind))
        #expect(refusal("?", read)?.reason == .malformed)
        #expect(refusal("", read)?.reason == .malformed)
    }
}

@Test func `nesting beyond the limit is reported as that`() {
    let deep = String(repeating: "[", count: 17) + String(repeating: "]", count: 17)
    #expect(refusal(deep) { (reader) throws(JSONError) in try reader.skip() }?.reason == .tooDeep)
}

@Test func `random damage is judged as a second reader judges it`() throws {
    var random = SplitMix64(seed: 20_261_111)
    let seeds = JSONCorpus.valid.map(\.bytes).filter { !$0.isEmpty && $0.count < 200 }
    var accepted = 0
    for _ in 0..<20_000 {
        var document = seeds[Int(random.below(Int64(seeds.count)))]
        for _ in 0...random.below(2) {
            let index = Int(random.below(Int64(document.count)))
            switch random.below(3) {
            case 0: document[index] = UInt8(random.below(256))
            case 1: document.insert(UInt8(random.below(128)), at: index)
            default: if document.count > 1 { document.remove(at: index) }
            }
        }
        let isAccepted = isAccepted(document)
        #expect(isAccepted == (ReferenceJSON.read(document) != nil), "\(document)")
        if isAccepted { accepted += 1 }
    }
    #expect(accepted > 1000)
}
