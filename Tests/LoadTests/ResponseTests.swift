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

private func parse(_ text: String) throws -> Response { try Response(Array(text.utf8)) }

@Test func `reads what a buyer acts on`() throws {
    let whole = try parse(accepted)
    #expect(whole.status == 202 && whole.body == Array(#"{"a":1}"#.utf8))
    #expect(whole.location == "/v1/tickets/abc" && whole.contentType == "application/json")
    #expect(whole.retryAfterSeconds == 2 && whole.isReplay)
    let busy = try parse(refused)
    #expect(busy.status == 503 && !busy.isReplay)
}

@Test func `an answer cut anywhere is none, and so are two`() {
    let bytes = Array(accepted.utf8)
    for cut in bytes.indices { #expect(throws: MalformedResponse.self) { try Response(Array(bytes[..<cut])) } }
    #expect(throws: MalformedResponse.self) { try parse(accepted + refused) }
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

@Test func `an answer without content has none, and a head over the limit is refused`() throws {
    #expect(try parse("HTTP/1.1 204 No Content\r\n\r\n").body.isEmpty)
    let filler = String(repeating: "a", count: Response.headLimit)
    #expect(throws: MalformedResponse.self) {
        try parse("HTTP/1.1 200 OK\r\nX: \(filler)\r\nContent-Length: 0\r\n\r\n")
    }
}
