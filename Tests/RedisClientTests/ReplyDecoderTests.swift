import Testing

@testable import RedisClient

/// All replies in `bytes`, fed in pieces that end at `cuts`, and the error that ended it.
func decode(
    _ bytes: [UInt8], cuts: [Int] = [], mostReplyBytes: Int = 1 << 20
) -> (replies: [RedisValue], error: ProtocolError?) {
    var decoder = ReplyDecoder(mostReplyBytes: mostReplyBytes)
    var replies: [RedisValue] = []
    var start = 0
    for end in cuts + [bytes.count] {
        decoder.feed(bytes.span.extracting(start..<end))
        start = end
        do throws(ProtocolError) {
            while let reply = try decoder.next() { replies.append(reply) }
        } catch {
            return (replies, error)
        }
    }
    return (replies, nil)
}

private let everything =
    "+OK\r\n:-42\r\n$5\r\na\r\n\0b\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n-NOSCRIPT No matching script.\r\n-odd one\r\n"
    + "*5\r\n:1\r\n*2\r\n$1\r\nx\r\n*0\r\n-OOM no\r\n$-1\r\n+fine\r\n:9223372036854775807\r\n+PONG\r\n"

private let everythingDecoded: [RedisValue] = [
    .status("OK"), .integer(-42), .bytes([0x61, 0x0d, 0x0a, 0, 0x62]), .bytes([]), .null, .null, .array([]),
    .error(RedisErrorReply(code: "NOSCRIPT", message: "No matching script.")),
    .error(RedisErrorReply(code: "ERR", message: "odd one")),
    .array([
        .integer(1), .array([.bytes([UInt8]("x")), .array([])]),
        .error(RedisErrorReply(code: "OOM", message: "no")), .null, .status("fine"),
    ]),
    .integer(.max), .status("PONG"),
]

@Test func `decodes every kind of reply, cut at every offset`() {
    let bytes = [UInt8](everything)
    for cut in 0...bytes.count {
        let (replies, error) = decode(bytes, cuts: [cut])
        #expect(replies == everythingDecoded, "cut at \(cut)")
        #expect(error == nil)
    }
    #expect(decode(bytes, cuts: Array(1..<bytes.count)).replies == everythingDecoded)
}

@Test(arguments: ["x", "?\r\n", "HTTP/1.1 400 Bad Request\r\n", "$abc\r\n", "*x\r\n", ":1x\r\n", "$-2\r\n", "*-2\r\n"])
func `garbage is a protocol error, for good`(text: String) throws {
    let (replies, error) = decode([UInt8]("+OK\r\n" + text + "+OK\r\n"))
    #expect(replies == [.status("OK")])
    #expect(error?.description.isEmpty == false)
    var decoder = ReplyDecoder(mostReplyBytes: 100)
    decoder.feed([UInt8](text + "\r\n").span)
    #expect(throws: ProtocolError.self) { try decoder.next() }
    decoder.feed([UInt8]("+OK\r\n").span)
    #expect(throws: ProtocolError.self) { try decoder.next() }
}

@Test func `arrays may be nested 7 deep and no deeper`() {
    let seven = [UInt8](String(repeating: "*1\r\n", count: 7) + ":1\r\n")
    var expected = RedisValue.integer(1)
    for _ in 0..<7 { expected = .array([expected]) }
    #expect(decode(seven).replies == [expected])
    for count in [8, 100_000] { #expect(decode([UInt8](String(repeating: "*1\r\n", count: count))).error != nil) }
}

@Test func `a reply longer than allowed is an error, wherever its length hides`() {
    let most = 1000
    let bulk = [UInt8]("$1000000\r\n" + String(repeating: "x", count: 2000))
    let line = [UInt8]("+" + String(repeating: "x", count: 2000))
    let array = [UInt8]("*1000000\r\n" + String(repeating: ":1\r\n", count: 2000))
    for bytes in [bulk, line, array] {
        let whole = decode(bytes, mostReplyBytes: most)
        #expect(whole.error != nil && whole.replies.isEmpty)
        #expect(decode(bytes, cuts: Array(stride(from: 100, to: 2000, by: 100)), mostReplyBytes: most).error != nil)
    }
    let many = [UInt8](String(repeating: "+OK\r\n", count: 2000))
    #expect(decode(many, mostReplyBytes: most).replies.count == 2000)
    #expect(decode(many, cuts: Array(stride(from: 7, to: 9000, by: 7)), mostReplyBytes: most).error == nil)
}

@Test(arguments: ["*2147483647\r\n", "*9223372036854775807\r\n", "$9223372036854775807\r\n"])
func `a huge length that is only claimed costs nothing`(text: String) {
    let (replies, error) = decode([UInt8](text + ":1\r\n"), mostReplyBytes: 10)
    #expect(replies.isEmpty)
    #expect(error != nil)
}
