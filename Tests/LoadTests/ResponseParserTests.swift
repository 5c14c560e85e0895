import LoadKit
import Testing

private let accepted = """
    HTTP/1.1 202 Accepted\r
    Date: Sat, 21 Nov 2026 00:00:00 GMT\r
    content-LENGTH: 7\r
    Content-Type:application/json\r
    Location: \t /v1/tickets/abc \r
    Retry-After: 2\r
    Idempotency-Replayed: true\r
    \r
    {"a":1}
    """
private let refused = "HTTP/1.1 503 \r\nConnection: keep-alive, Close\r\nContent-Length: 0\r\n\r\n"

private func parse(_ text: String) throws -> [Response] {
    var parser = ResponseParser()
    parser.receive(Array(text.utf8)[...])
    var all: [Response] = []
    while let response = try parser.next() { all.append(response) }
    return all
}

@Test func `reads answers cut at every offset`() throws {
    let bytes = Array((accepted + refused).utf8)
    let whole = try parse(accepted + refused)
    #expect(whole.map(\.status) == [202, 503])
    #expect(whole[0].body == Array(#"{"a":1}"#.utf8))
    #expect(whole[0].location == "/v1/tickets/abc")
    #expect(whole[0].contentType == "application/json")
    #expect(whole[0].retryAfterSeconds == 2)
    #expect(whole[0].isReplay)
    #expect(!whole[0].isLast)
    #expect(whole[1].isLast)
    #expect(!whole[1].isReplay)
    for cut in 0...bytes.count {
        var parser = ResponseParser()
        var seen: [Response] = []
        for part in [bytes[..<cut], bytes[cut...]] {
            parser.receive(part)
            while let response = try parser.next() { seen.append(response) }
        }
        #expect(seen == whole, "cut at \(cut)")
        #expect(!parser.holdsBytes)
    }
}

@Test func `answers byte by byte are the same`() throws {
    var parser = ResponseParser()
    var seen: [Response] = []
    for byte in (accepted + refused).utf8 {
        parser.receive([byte])
        while let response = try parser.next() { seen.append(response) }
    }
    #expect(seen == (try parse(accepted + refused)))
}

@Test(arguments: [
    "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 99 X\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 2000\r\nContent-Length: 0\r\n\r\n", "http/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx", "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n folded\r\n\r\nx", "HTTP/1.1 200 OK\r\n: 1\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2097152\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: a\u{0}b\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 503 No\r\nRetry-After: soon\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n",
])
func `refuses what is not strict HTTP`(text: String) {
    #expect(throws: MalformedResponse.self) { try parse(text) }
}

@Test func `an answer without content has none, and a head over the limit is refused before its end`() throws {
    #expect(try parse("HTTP/1.1 204 No Content\r\n\r\n").map(\.status) == [204])
    let endless = "HTTP/1.1 200 OK\r\nX: " + String(repeating: "a", count: ResponseParser.headLimit)
    #expect(throws: MalformedResponse.self) { try parse(endless) }
}
