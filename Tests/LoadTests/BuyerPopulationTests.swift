import LoadKit
import Testing

/// Buyers, and a server played by the test; times are milliseconds.
private final class Scene {
    var buyers: BuyerPopulation
    var request: RequestTag
    private(set) var next: BuyerPopulation.Next?

    init(_ scenario: Scenario = Scenario(), leaves: Bool = false) {
        let ledger = SaleLedger(items: [("i", 100)], stem: "u-")
        let pages = RequestPages(to: Endpoint(loopbackPort: 80), items: ["i"], stem: "u-")
        buyers = BuyerPopulation(scenario, ledger: ledger, pages: pages, start: .zero)
        request = buyers.arrives(
            .purchase(item: 0, isReplay: false, leaves: leaves), due: .milliseconds(1_000), pick: { _ in 0 })
    }

    /// What the request that leaves at `time` looks like.
    @discardableResult
    func sent(at time: Int64 = 1_000) -> String {
        var bytes: [UInt8] = []
        buyers.compose(&request, into: &bytes, now: .milliseconds(time))
        return String(decoding: bytes, as: UTF8.self)
    }

    func receives(_ status: Int, _ body: String, due: Int64 = 1_000, at time: Int64, retryAfter: Int64? = nil) {
        var head = AnswerHead(status: status)
        head.retryAfterSeconds = retryAfter
        let bytes = Array(body.utf8)
        next = buyers.receives(request, due: .milliseconds(due), head, body: bytes.span, now: .milliseconds(time))
        if let next { request = next.request }
    }

    func loses(_ loss: Loss, at time: Int64) {
        next = buyers.loses(request, due: .milliseconds(1_000), loss, now: .milliseconds(time))
        if let next { request = next.request }
    }

    var breaches: [String] { buyers.ledger.reports.map(\.kind) }
}

private func ticket(_ state: String, sequence: Int = 1, pollAfter: Int = 50) -> String {
    let isFinal = ["sold", "sold_out", "cancelled", "rejected", "expired"].contains(state)
    return #"{"ticket":"tick-\#(sequence)","state":"\#(state)","sequence":\#(sequence),"#
        + #""poll_after_ms":\#(isFinal ? 0 : pollAfter),"final":\#(isFinal)}"#
}

private func problem(_ code: String) -> String { #"{"status":0,"code":"\#(code)"}"# }

@Test
func `a whole buyer: submits, polls after the given pause, ends with the final answer, measured from the due time`() {
    let scene = Scene()
    let purchase = scene.sent()
    #expect(purchase.hasPrefix("POST /v1/items/i/purchases HTTP/1.1\r\nHost: 127.0.0.1:80\r\n"))
    #expect(purchase.hasSuffix("Content-Length: 23\r\n\r\n{\"user\":\"u-0000000000\"}"))
    scene.receives(202, ticket("queued"), at: 1_030)
    #expect(scene.next == BuyerPopulation.Next(RequestTag(.poll, 0), at: .milliseconds(1_080)))
    #expect(scene.sent(at: 1_080) == "GET /v1/tickets/tick-1 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n")
    scene.receives(200, ticket("processing", pollAfter: 7), due: 1_080, at: 1_090)
    #expect(scene.next?.time == .milliseconds(1_097))
    scene.sent(at: 1_097)
    scene.receives(200, ticket("sold"), due: 1_097, at: 1_100)
    #expect(scene.next == nil)
    #expect(scene.buyers.live == 0)
    let meters = scene.buyers.meters
    #expect(meters.accepted.largest == .milliseconds(30))
    #expect(meters.polls.largest == .milliseconds(10))
    #expect(meters.finals.largest == .milliseconds(100))
    #expect(meters.all.count == 3)
    #expect(scene.buyers.ledger.sold == 1)
    #expect(meters.timeline.bins[10].accepted == 1)
    #expect(meters.timeline.bins[11].sold == 1)
    #expect(meters.timeline.bins.map(\.waiting).suffix(2) == [1, 0])
    #expect(scene.breaches.isEmpty)
}

@Test func `an answer late by a scene of the server is charged from when it was due`() {
    let scene = Scene()
    scene.sent(at: 4_000)
    scene.receives(202, ticket("queued"), at: 4_001)
    #expect(scene.buyers.meters.accepted.largest == .milliseconds(3_001))
}

@Test func `comes back after Retry-After as often as buyers do, then gives up`() {
    var scenario = Scenario()
    scenario.users.retries = 2
    let scene = Scene(scenario)
    scene.sent()
    scene.receives(503, problem("queue-full"), at: 1_010, retryAfter: 2)
    #expect(scene.next == BuyerPopulation.Next(RequestTag(.purchase, 0), at: .milliseconds(3_010)))
    scene.sent(at: 3_010)
    scene.receives(429, #"{"code":"rate-limited","retry_after_ms":5}"#, at: 3_020, retryAfter: 1)
    #expect(scene.next?.time == .milliseconds(3_025), "the finer time in the body goes before the header")
    scene.sent(at: 3_025)
    scene.receives(503, problem("degraded"), at: 3_030, retryAfter: 1)
    #expect(scene.next == nil)
    #expect(scene.buyers.meters.gaveUp == 1)
    #expect(scene.buyers.live == 0)
    #expect(scene.buyers.meters.refused.count == 3)
    #expect(scene.breaches.isEmpty)
}

@Test func `a buyer who is answered that it is over stops`() {
    let scene = Scene()
    scene.sent()
    scene.receives(410, problem("sold-out"), at: 1_001)
    #expect(scene.next == nil)
    #expect(scene.buyers.meters.turnedAway == 1)
    #expect(scene.buyers.ledger.items[0].sawSoldOut)
}

@Test func `leaves the queue when meant to, or polls on when it is too late for that`() {
    let scene = Scene(leaves: true)
    scene.sent()
    scene.receives(202, ticket("queued"), at: 1_000)
    #expect(scene.next == BuyerPopulation.Next(RequestTag(.leave, 0), at: .milliseconds(1_025)))
    #expect(scene.sent(at: 1_025).hasPrefix("DELETE /v1/tickets/tick-1 HTTP/1.1\r\n"))
    scene.receives(409, problem("in-progress"), at: 1_030)
    #expect(scene.next == BuyerPopulation.Next(RequestTag(.poll, 0), at: .milliseconds(1_030)))
    let other = Scene(leaves: true)
    other.sent()
    other.receives(202, ticket("queued"), at: 1_000)
    other.sent(at: 1_025)
    other.receives(204, "", at: 1_030)
    #expect(other.next == nil)
    #expect(other.buyers.ledger.cancelled == 1)
    #expect(scene.breaches + other.breaches == [])
}

@Test func `a lost answer is asked for again, and what stays lost makes the item's count unsure`() {
    var scenario = Scenario()
    scenario.users.retries = 1
    let scene = Scene(scenario)
    scene.sent()
    scene.loses(.unanswered, at: 2_000)
    #expect(scene.next?.request == RequestTag(.purchase, 0))
    scene.sent(at: 2_100)
    scene.loses(.notConnected, at: 2_200)
    #expect(scene.next == nil)
    #expect(scene.buyers.unsure == 1)
    #expect(scene.buyers.meters.unanswered == 2)
    #expect(scene.buyers.meters.all.largest == .milliseconds(1_200))
}

@Test func `an answer that the contract does not know is wrong`() {
    for (status, body) in [(200, "{}"), (404, problem("unknown-item")), (500, ""), (202, ticket("gone"))] {
        let scene = Scene()
        scene.sent()
        scene.receives(status, body, at: 1_001)
        #expect(scene.breaches == ["contract"], "\(status)")
        #expect(scene.buyers.meters.wrong == 1)
        #expect(scene.buyers.live == 0)
    }
}

@Test func `a repeated user asks as before and gets the same ticket`() {
    let scene = Scene()
    scene.sent()
    scene.receives(202, ticket("queued", sequence: 9), at: 1_001)
    scene.request = scene.buyers.arrives(
        .purchase(item: 0, isReplay: true, leaves: false), due: .milliseconds(1_002), pick: { _ in 0 })
    #expect(scene.sent().hasSuffix("{\"user\":\"u-0000000000\"}"))
    scene.receives(200, ticket("queued", sequence: 9), at: 1_003)
    #expect(scene.buyers.ledger.replays == 1)
    #expect(scene.buyers.ledger.accepted == 1)
    scene.request = scene.buyers.arrives(
        .purchase(item: 0, isReplay: true, leaves: false), due: .milliseconds(1_002), pick: { _ in 0 })
    scene.sent(at: 1_004)
    scene.receives(503, problem("queue-full"), at: 1_005)
    #expect(scene.breaches == ["holder-refused"])
}

@Test func `a bot asks again at once until the end, in a meter of its own`() {
    let scene = Scene()
    scene.request = scene.buyers.botArrives(item: 0, due: .milliseconds(1_000))
    scene.sent()
    scene.receives(202, ticket("queued"), at: 1_001)
    #expect(scene.next == BuyerPopulation.Next(RequestTag(.purchase, 1), at: .milliseconds(1_001)))
    scene.sent(at: 1_001)
    scene.receives(429, problem("rate-limited"), at: 1_002, retryAfter: 60)
    #expect(scene.next?.time == .milliseconds(1_002))
    scene.buyers.close()
    scene.sent(at: 1_002)
    scene.receives(200, ticket("queued"), at: 1_003)
    #expect(scene.next == BuyerPopulation.Next(RequestTag(.poll, 1), at: .milliseconds(1_053)))
    #expect(scene.buyers.meters.bots.count == 3)
    #expect(scene.buyers.meters.all.count == 0)
}

@Test func `polls of known tickets see what became of them; before there is one, the item is read`() {
    let scene = Scene()
    let early = scene.buyers.arrives(.poll, due: .zero, pick: { _ in 0 })
    #expect(early.kind == .view)
    scene.sent()
    scene.receives(202, ticket("queued"), at: 1_001)
    scene.request = scene.buyers.arrives(.poll, due: .milliseconds(1_002), pick: { _ in 0 })
    #expect(scene.sent(at: 1_002).hasPrefix("GET /v1/tickets/tick-1 "))
    scene.receives(200, ticket("sold"), at: 1_010)
    #expect(scene.next == nil)
    #expect(scene.buyers.ledger.sold == 1)
    let reviews = scene.buyers.reviews()
    #expect(reviews.count == 1)
    scene.request = reviews[0]
    scene.sent(at: 2_000)
    scene.receives(200, ticket("queued"), at: 2_001)
    #expect(scene.breaches == ["final-changed"])
}

@Test func `who has a place and no final answer is asked for at the end, whatever the pause`() {
    let scene = Scene()
    #expect(scene.buyers.stragglers().isEmpty, "not asked yet")
    scene.sent()
    scene.receives(202, ticket("queued", pollAfter: 30_000), at: 1_001)
    #expect(scene.buyers.stragglers() == [RequestTag(.poll, 0)])
    #expect(scene.buyers.meters.longestPollAfter == 30_000)
    scene.sent(at: 5_000)
    scene.receives(200, ticket("sold"), at: 5_001)
    #expect(scene.buyers.stragglers().isEmpty)
}

@Test func `a request survives its 64 bits`() {
    for kind in [RequestTag.Kind.purchase, .poll, .leave, .check, .view] {
        var request = RequestTag(kind, 134_217_727)
        request.user = .max
        request.knewFinal = true
        #expect(RequestTag(bits: request.bits) == request)
        request.knewPlace = true
        request.knewFinal = false
        #expect(RequestTag(bits: request.bits) == request)
    }
}

@Test func `who asked again and was not answered has no ticket, though the row holds one of another buyer`() {
    let scene = Scene()
    scene.sent()
    scene.receives(202, ticket("queued"), at: 1_010)
    let second = scene.buyers.arrives(
        .purchase(item: 0, isReplay: false, leaves: false), due: .milliseconds(1_020), pick: { _ in 0 })
    scene.request = second
    scene.sent(at: 1_020)
    scene.receives(202, ticket("sold", sequence: 2), at: 1_030)
    #expect(scene.buyers.live == 1)
    // The first buyer again, in the row of the second one.
    let again = scene.buyers.arrives(
        .purchase(item: 0, isReplay: true, leaves: false), due: .milliseconds(1_040), pick: { $0 - 1 })
    #expect(again.number == second.number)
    #expect(scene.buyers.stragglers() == [RequestTag(.poll, 0)])
}
