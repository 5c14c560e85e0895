import Base
import Testing

private func written(
    _ escaping: JSONWriter.Escaping = .required, _ body: (inout JSONWriter) -> Void
) -> String {
    var buffer = ByteBuffer()
    buffer.appendJSON(escaping: escaping, body)
    return String(decoding: buffer.bytes, as: UTF8.self)
}

@Test func `commas stand between members and nowhere else`() {
    let text = written { json in
        json.beginObject()
        json.field("a", 1 as Int64)
        json.key("b")
        json.beginArray()
        json.beginArray()
        json.endArray()
        json.beginObject()
        json.endObject()
        json.integer(-2)
        json.bool(true)
        json.null()
        json.string("x" as String)
        json.endArray()
        json.field("c", nil as String?)
        json.field("d", false)
        json.field("e", constant: "queued")
        json.field("f", nil as WallInstant?)
        json.field("g", WallInstant(milliseconds: 0))
        json.endObject()
    }
    #expect(
        text
            == #"{"a":1,"b":[[],{},-2,true,null,"x"],"c":null,"d":false,"e":"queued","f":null,"#
            + #""g":"1970-01-01T00:00:00.000Z"}"#
    )
    #expect(isAccepted(Array(text.utf8)))
}

@Test(
    arguments: [
        (0, "0"), (1_500, "1.5"), (33_600, "33.6"), (5, "0.005"), (50, "0.05"), (1_230, "1.23"), (7_000, "7"),
        (-5, "-0.005"), (-1_500, "-1.5"), (999, "0.999"), (9_000_000_000_001, "9000000000.001"),
    ] as [(Int64, String)])
func `thousandths are written as short as they are exact`(value: Int64, text: String) {
    var buffer = ByteBuffer()
    buffer.appendJSON { $0.thousandths(value) }
    #expect(String(decoding: buffer.bytes, as: UTF8.self) == text)
}

@Test func `a document is appended to what the buffer holds`() {
    var buffer = ByteBuffer()
    buffer.append("head\r\n\r\n")
    buffer.appendJSON { json in
        json.beginArray()
        json.endArray()
    }
    #expect(buffer.bytes == Array("head\r\n\r\n[]".utf8))
}

@Test func `every scalar comes back as it went in, in both ways of escaping`() throws {
    for escaping in [JSONWriter.Escaping.required, .hostile] {
        for start in stride(from: 0, through: 0x10_FFFF, by: 0x400) where !(0xD800...0xDFFF).contains(start) {
            let text = String(String.UnicodeScalarView((start..<start + 0x400).compactMap { Unicode.Scalar($0) }))
            let document = Array(written(escaping) { $0.string(text) }.utf8)
            let back = try JSONReader.read(document.span) { (reader) throws(JSONError) in
                reader.copy(try reader.string())
            }
            #expect(Array(back.utf8) == Array(text.utf8), "from \(start)")
        }
    }
}

@Test(arguments: [
    ("\u{1B}[2J", #""\u001b[2J""#), ("a\nb\r\t", #""a\nb\r\t""#), ("\u{7F}\u{85}\u{9B}", #""\u007f\u0085\u009b""#),
    ("\u{202E}txt.exe", #""\u202etxt.exe""#), ("\u{2066}\u{2069}\u{61C}\u{200F}", #""\u2066\u2069\u061c\u200f""#),
    ("\u{2028}\u{2029}\u{FEFF}\u{200B}", #""\u2028\u2029\ufeff\u200b""#), ("\u{E0041}", #""\udb40\udc41""#),
    ("é😀漢", #""é😀漢""#), (#"\""#, #""\\\"""#),
])
func `hostile characters are written out`(text: String, document: String) {
    #expect(written(.hostile) { $0.string(text) } == document)
}

@Test func `bytes that are not UTF-8 become replacement characters, one each`() {
    let bytes: [UInt8] = [0x61, 0xFF, 0xC0, 0x80, 0x62, 0xE2, 0x82]
    #expect(written { $0.string(bytes.span) } == "\"a\u{FFFD}\u{FFFD}\u{FFFD}b\u{FFFD}\u{FFFD}\"")
}

@Test func `a long string is cut between characters, within its limit`() {
    func cut(_ text: String, _ limit: Int) -> String { written(.hostile) { $0.string(text.utf8.span, limit: limit) } }
    #expect(cut("abcdefgh", 8) == "\"abcdefgh\"")
    #expect(cut("abcdefghi", 8) == "\"abcde…\"")
    #expect(cut("éééééé", 8) == "\"éé…\"")
    #expect(cut("😀😀😀", 8) == "\"😀…\"")
    #expect(cut("\u{1}\u{1}\u{1}", 12) == #""\u0001…""#)
    #expect(cut("abc", 2) == "\"\"")
    for limit in 0...40 {
        let inside = cut("ab\u{1B}é\"😀\u{202E}\u{E0041}xyz", limit).dropFirst().dropLast()
        #expect(inside.utf8.count <= limit)
    }
}
