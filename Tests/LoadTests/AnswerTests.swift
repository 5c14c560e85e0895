import LoadKit
import Testing

private let queued = #"{"ticket":"t","item":"i","state":"queued","sequence":3,"poll_after_ms":9,"final":false}"#

private func response(_ status: Int, _ body: String, _ change: (inout Response) -> Void = { _ in }) -> Response {
    var response = Response(status: status)
    response.body = Array(body.utf8)
    response.contentType = status < 300 ? "application/json" : "application/problem+json"
    change(&response)
    return response
}

private func problem(_ code: String, _ more: String = "") -> String { #"{"status":0,"code":"\#(code)"\#(more)}"# }

@Test func `an accepted purchase, a replay and a poll are tickets`() throws {
    let new = Answer(to: true, response(202, queued) { $0.location = "/v1/tickets/t" })
    let replay = Answer(to: true, response(200, queued) { $0.isReplay = true })
    let poll = Answer(to: false, response(200, queued))
    let body = try TicketBody(json: Array(queued.utf8))
    #expect(new == Answer(.ticket(body, isNew: true)))
    #expect(replay == Answer(.ticket(body, isNew: false)))
    #expect(poll == Answer(.ticket(body, isNew: false)))
}

@Test func `a ticket in the wrong dress is taken and objected to`() {
    let wrong = [
        Answer(to: true, response(202, queued) { $0.location = "/v1/tickets/x" }),
        Answer(to: true, response(202, queued)),
        Answer(to: true, response(200, queued)), Answer(to: false, response(202, queued)),
        Answer(to: false, response(200, queued) { $0.contentType = "text/html" }),
    ]
    for answer in wrong {
        #expect(answer.complaint != nil)
        guard case .ticket = answer.meaning else {
            Issue.record("\(answer)")
            continue
        }
    }
}

@Test func `a refusal says when to come back, in milliseconds where it can`() {
    let seconds = Answer(to: true, response(503, problem("queue-full")) { $0.retryAfterSeconds = 2 })
    let fine = Answer(
        to: true, response(429, problem("rate-limited", #","retry_after_ms":40"#)) { $0.retryAfterSeconds = 1 })
    let early = Answer(to: true, response(409, problem("not-open")) { $0.retryAfterSeconds = 5 })
    let forgot = Answer(to: false, response(503, problem("store-unavailable")))
    #expect(seconds == Answer(.later(after: .seconds(2), code: "queue-full")))
    #expect(fine == Answer(.later(after: .milliseconds(40), code: "rate-limited")))
    #expect(early == Answer(.later(after: .seconds(5), code: "not-open")))
    #expect(forgot.meaning == .later(after: .seconds(1), code: "store-unavailable"))
    #expect(forgot.complaint != nil)
}

@Test func `only the end of a sale ends a purchase, and nothing else is allowed`() {
    #expect(Answer(to: true, response(410, problem("sold-out"))) == Answer(.over(code: "sold-out")))
    #expect(Answer(to: true, response(410, problem("closed"))) == Answer(.over(code: "closed")))
    let wrong = [
        Answer(to: false, response(410, problem("sold-out"))), Answer(to: false, response(410, problem("lost"))),
        Answer(to: false, response(404, problem("unknown-ticket"))), Answer(to: true, response(500, problem("bug"))),
        Answer(to: true, response(409, problem("purchase-limit"))), Answer(to: true, response(503, "gone")),
        Answer(to: true, response(200, "{}")), Answer(to: true, response(302, "{}")),
    ]
    for answer in wrong {
        #expect(answer.meaning == .wrong)
        #expect(answer.complaint != nil)
    }
}
