import LoadKit
import Testing

private let accepted = Array(
    ("HTTP/1.1 202 Accepted\r\nDate: Sat, 21 Nov 2026 12:31:00 GMT\r\nContent-Type: application/json\r\n"
        + "Location: /v1/tickets/AUxW\r\nRetry-After: 3\r\nCONTENT-length: 7\r\n\r\n{\"a\":1}").utf8)

private func parse(_ text: String) throws -> AnswerHead? {
    let bytes = Array(text.utf8)
    return try AnswerHead.parse(bytes.span)
}

@Test func `the head of an answer gives its status, lengths and pause, cut anywhere it waits for more`() throws {
    let headLength = accepted.count - 7
    for end in 0...accepted.count {
        let head = try AnswerHead.parse(accepted.span.extracting(..<end))
        guard end >= headLength else {
            #expect(head == nil, "\(end)")
            continue
        }
        #expect(head?.status == 202)
        #expect(head?.length == headLength)
        #expect(head?.bodyCount == 7)
        #expect(head?.retryAfterSeconds == 3)
        #expect(head?.isLast == false)
    }
}

@Test func `no length is needed where there is no body, and a last answer is known`() throws {
    #expect(try parse("HTTP/1.1 204 No Content\r\n\r\n")?.bodyCount == 0)
    let last = try parse("HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    #expect(last?.isLast == true)
    #expect(last?.retryAfterSeconds == nil)
}

@Test(
    arguments: [
        "SPDY/3.1 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 503 OK\r\nRetry-After: soon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
    ])
func `an answer that cannot be delimited is refused`(text: String) {
    #expect(throws: MalformedResponse.self) { try parse(text) }
}

@Test func `a head without an end is refused at its bound`() {
    let text = "HTTP/1.1 200 OK\r\n" + String(repeating: "X-Filler: 0123456789\r\n", count: 1_000)
    #expect(throws: MalformedResponse.self) { try parse(text) }
}

private let queued = Array(
    (#"{"ticket":"AUx-_9","item":"a","user":"u\"1","quantity":1,"state":"queued","sequence":17,"position":4,"#
        + #""eta":{"p50_ms":null,"state":"sold","poll_after_ms":[1,{"sequence":3}]},"poll_after_ms":89,"reason":null,"#
        + #""final":false}"#).utf8)

@Test func `a ticket's body gives what a buyer acts on, and nothing of what is nested in it`() {
    let glance = BodyGlance(queued.span)
    #expect(String(decoding: queued[glance.ticket], as: UTF8.self) == "AUx-_9")
    #expect(glance.state == .queued)
    #expect(glance.sequence == 17)
    #expect(glance.pollAfterMilliseconds == 89)
    #expect(!glance.isFinal)
    #expect(glance.isTicket)
}

@Test func `a body cut anywhere is read without harm`() {
    for end in 0..<queued.count {
        let glance = BodyGlance(queued.span.extracting(..<end))
        #expect(glance.ticket.upperBound <= end)
    }
}

@Test(
    arguments: [
        (#"{"ticket":"a","state":"sold","sequence":1,"final":true}"#, true),
        (#"{"ticket":"a","state":"sold","sequence":1,"final":false,"poll_after_ms":5}"#, false),
        (#"{"ticket":"a","state":"queued","sequence":1,"final":false,"poll_after_ms":0}"#, false),
        (#"{"ticket":"a","state":"queued","sequence":0,"final":false,"poll_after_ms":5}"#, false),
        (#"{"ticket":"","state":"sold","sequence":1,"final":true}"#, false),
        (#"{"ticket":7,"state":"sold","sequence":1,"final":true}"#, false),
        (#"{"ticket":"a","state":"gone","sequence":1,"final":true}"#, false), (#"{}"#, false), (#"[]"#, false),
    ])
func `a ticket is one only when it is whole and agrees with itself`(text: String, isTicket: Bool) {
    let bytes = Array(text.utf8)
    #expect(BodyGlance(bytes.span).isTicket == isTicket)
}

@Test func `a problem's body gives its code and pause`() {
    let bytes = Array(#"{"type":"about:blank","status":503,"code":"queue-full","retry_after_ms":250}"#.utf8)
    let glance = BodyGlance(bytes.span)
    #expect(glance.refusal == .queueFull)
    #expect(glance.retryAfterMilliseconds == 250)
    let unknown = Array(#"{"code":"queue-fill"}"#.utf8)
    #expect(BodyGlance(unknown.span).refusal == .other)
}
