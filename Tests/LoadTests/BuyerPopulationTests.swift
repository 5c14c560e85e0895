import LoadKit
import Testing

/// A market and a server played by the test; times are milliseconds.
private final class Stall {
    var market: BuyerPopulation
    var asking: Asking
    private(set) var next: BuyerPopulation.Next?

    init(_ scenario: Scenario = Scenario(), leaves: Bool = false) {
        let ledger = SaleLedger(items: [("i", 100)], stem: "u-")
        let pages = RequestPages(to: Endpoint(loopbackPort: 80), items: ["i"], stem: "u-")
        market = BuyerPopulation(scenario, ledger: ledger, pages: pages, start: .zero)
        asking = market.arrives(
            .purchase(item: 0, isRepeat: false, leaves: leaves), due: .milliseconds(1_000), pick: { _ in 0 })
    }

    /// What the request that leaves at `time` looks like.
    @discardableResult
    func sent(at time: Int64 = 1_000) -> String {
        var bytes: [UInt8] = []
        market.compose(&asking, into: &bytes, now: .milliseconds(time))
        return String(decoding: bytes, as: UTF8.self)
    }

    func hears(_ status: Int, _ body: String, due: Int64 = 1_000, at time: Int64, retryAfter: Int64? = nil) {
        var head = AnswerHead(status: status)
        head.retryAfterSeconds = retryAfter
        let bytes = Array(body.utf8)
        next = market.hears(asking, due: .milliseconds(due), head, body: bytes.span, now: .milliseconds(time))
        if let next { asking = next.asking }
    }

    func loses(_ loss: Loss, at time: Int64) {
        next = market.loses(asking, due: .milliseconds(1_000), loss, now: .milliseconds(time))
        if let next { asking = next.asking }
    }

    var breaches: [String] { market.ledger.reports.map(\.kind) }
}

private func ticket(_ state: String, sequence: Int = 1, pollAfter: Int = 50) -> String {
    let isFinal = ["sold", "sold_out", "cancelled", "rejected", "expired"].contains(state)
    return #"{"ticket":"tick-\#(sequence)","state":"\#(state)","sequence":\#(sequence),"#
        + #""poll_after_ms":\#(isFinal ? 0 : pollAfter),"final":\#(isFinal)}"#
}

private func problem(_ code: String) -> String { #"{"status":0,"code":"\#(code)"}"# }

@Test func `a whole buyer: submits, polls as told, ends with the final answer, measured from the due time`() {
    let stall = Stall()
    let purchase = stall.sent()
    #expect(purchase.hasPrefix("POST /v1/items/i/purchases HTTP/1.1\r\nHost: 127.0.0.1:80\r\n"))
    #expect(purchase.hasSuffix("Content-Length: 23\r\n\r\n{\"user\":\"u-0000000000\"}"))
    stall.hears(202, ticket("queued"), at: 1_030)
    #expect(stall.next == BuyerPopulation.Next(Asking(.poll, 0), at: .milliseconds(1_080)))
    #expect(stall.sent(at: 1_080) == "GET /v1/tickets/tick-1 HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n")
    stall.hears(200, ticket("processing", pollAfter: 7), due: 1_080, at: 1_090)
    #expect(stall.next?.time == .milliseconds(1_097))
    stall.sent(at: 1_097)
    stall.hears(200, ticket("sold"), due: 1_097, at: 1_100)
    #expect(stall.next == nil)
    #expect(stall.market.live == 0)
    let meters = stall.market.meters
    #expect(meters.accepted.largest == .milliseconds(30))
    #expect(meters.polls.largest == .milliseconds(10))
    #expect(meters.finals.largest == .milliseconds(100))
    #expect(meters.all.count == 3)
    #expect(stall.market.ledger.sold == 1)
    #expect(meters.timeline.bins[10].accepted == 1)
    #expect(meters.timeline.bins[11].sold == 1)
    #expect(meters.timeline.bins.map(\.waiting).suffix(2) == [1, 0])
    #expect(stall.breaches.isEmpty)
}

@Test func `an answer late by a stall of the server is charged from when it was due`() {
    let stall = Stall()
    stall.sent(at: 4_000)
    stall.hears(202, ticket("queued"), at: 4_001)
    #expect(stall.market.meters.accepted.largest == .milliseconds(3_001))
}

@Test func `comes back after Retry-After as often as buyers do, then gives up`() {
    var scenario = Scenario()
    scenario.users.retries = 2
    let stall = Stall(scenario)
    stall.sent()
    stall.hears(503, problem("queue-full"), at: 1_010, retryAfter: 2)
    #expect(stall.next == BuyerPopulation.Next(Asking(.purchase, 0), at: .milliseconds(3_010)))
    stall.sent(at: 3_010)
    stall.hears(429, #"{"code":"rate-limited","retry_after_ms":5}"#, at: 3_020, retryAfter: 1)
    #expect(stall.next?.time == .milliseconds(3_025), "the finer time in the body goes before the header")
    stall.sent(at: 3_025)
    stall.hears(503, problem("degraded"), at: 3_030, retryAfter: 1)
    #expect(stall.next == nil)
    #expect(stall.market.meters.gaveUp == 1)
    #expect(stall.market.live == 0)
    #expect(stall.market.meters.refused.count == 3)
    #expect(stall.breaches.isEmpty)
}

@Test func `who is told it is over stops`() {
    let stall = Stall()
    stall.sent()
    stall.hears(410, problem("sold-out"), at: 1_001)
    #expect(stall.next == nil)
    #expect(stall.market.meters.turnedAway == 1)
    #expect(stall.market.ledger.items[0].sawSoldOut)
}

@Test func `leaves the queue when meant to, or polls on when it is too late for that`() {
    let stall = Stall(leaves: true)
    stall.sent()
    stall.hears(202, ticket("queued"), at: 1_000)
    #expect(stall.next == BuyerPopulation.Next(Asking(.leave, 0), at: .milliseconds(1_025)))
    #expect(stall.sent(at: 1_025).hasPrefix("DELETE /v1/tickets/tick-1 HTTP/1.1\r\n"))
    stall.hears(409, problem("in-progress"), at: 1_030)
    #expect(stall.next == BuyerPopulation.Next(Asking(.poll, 0), at: .milliseconds(1_030)))
    let other = Stall(leaves: true)
    other.sent()
    other.hears(202, ticket("queued"), at: 1_000)
    other.sent(at: 1_025)
    other.hears(204, "", at: 1_030)
    #expect(other.next == nil)
    #expect(other.market.ledger.cancelled == 1)
    #expect(stall.breaches + other.breaches == [])
}

@Test func `a lost answer is asked for again, and what stays lost makes the item's count unsure`() {
    var scenario = Scenario()
    scenario.users.retries = 1
    let stall = Stall(scenario)
    stall.sent()
    stall.loses(.unanswered, at: 2_000)
    #expect(stall.next?.asking == Asking(.purchase, 0))
    stall.sent(at: 2_100)
    stall.loses(.notConnected, at: 2_200)
    #expect(stall.next == nil)
    #expect(stall.market.unsure == 1)
    #expect(stall.market.meters.unanswered == 2)
    #expect(stall.market.meters.all.largest == .milliseconds(1_200))
}

@Test func `an answer that the contract does not know is wrong`() {
    for (status, body) in [(200, "{}"), (404, problem("unknown-item")), (500, ""), (202, ticket("gone"))] {
        let stall = Stall()
        stall.sent()
        stall.hears(status, body, at: 1_001)
        #expect(stall.breaches == ["contract"], "\(status)")
        #expect(stall.market.meters.wrong == 1)
        #expect(stall.market.live == 0)
    }
}

@Test func `a repeated user asks as before and gets the same ticket`() {
    let stall = Stall()
    stall.sent()
    stall.hears(202, ticket("queued", sequence: 9), at: 1_001)
    stall.asking = stall.market.arrives(
        .purchase(item: 0, isRepeat: true, leaves: false), due: .milliseconds(1_002), pick: { _ in 0 })
    #expect(stall.sent().hasSuffix("{\"user\":\"u-0000000000\"}"))
    stall.hears(200, ticket("queued", sequence: 9), at: 1_003)
    #expect(stall.market.ledger.replays == 1)
    #expect(stall.market.ledger.accepted == 1)
    stall.asking = stall.market.arrives(
        .purchase(item: 0, isRepeat: true, leaves: false), due: .milliseconds(1_002), pick: { _ in 0 })
    stall.sent(at: 1_004)
    stall.hears(503, problem("queue-full"), at: 1_005)
    #expect(stall.breaches == ["holder-refused"])
}

@Test func `a bot asks again at once until the end, in a meter of its own`() {
    let stall = Stall()
    stall.asking = stall.market.botArrives(item: 0, due: .milliseconds(1_000))
    stall.sent()
    stall.hears(202, ticket("queued"), at: 1_001)
    #expect(stall.next == BuyerPopulation.Next(Asking(.purchase, 1), at: .milliseconds(1_001)))
    stall.sent(at: 1_001)
    stall.hears(429, problem("rate-limited"), at: 1_002, retryAfter: 60)
    #expect(stall.next?.time == .milliseconds(1_002))
    stall.market.isClosing = true
    stall.sent(at: 1_002)
    stall.hears(200, ticket("queued"), at: 1_003)
    #expect(stall.next == BuyerPopulation.Next(Asking(.poll, 1), at: .milliseconds(1_053)))
    #expect(stall.market.meters.bots.count == 3)
    #expect(stall.market.meters.all.count == 0)
}

@Test func `looks at known tickets see what became of them, and the item before there is one`() {
    let stall = Stall()
    let early = stall.market.arrives(.poll, due: .zero, pick: { _ in 0 })
    #expect(early.kind == .view)
    stall.sent()
    stall.hears(202, ticket("queued"), at: 1_001)
    stall.asking = stall.market.arrives(.poll, due: .milliseconds(1_002), pick: { _ in 0 })
    #expect(stall.sent(at: 1_002).hasPrefix("GET /v1/tickets/tick-1 "))
    stall.hears(200, ticket("sold"), at: 1_010)
    #expect(stall.next == nil)
    #expect(stall.market.ledger.sold == 1)
    let reviews = stall.market.reviews()
    #expect(reviews.count == 1)
    stall.asking = reviews[0]
    stall.sent(at: 2_000)
    stall.hears(200, ticket("queued"), at: 2_001)
    #expect(stall.breaches == ["final-changed"])
}

@Test func `who has a place and no final answer is asked for at the end, whatever the pause`() {
    let stall = Stall()
    #expect(stall.market.stragglers().isEmpty, "not asked yet")
    stall.sent()
    stall.hears(202, ticket("queued", pollAfter: 30_000), at: 1_001)
    #expect(stall.market.stragglers() == [Asking(.poll, 0)])
    #expect(stall.market.meters.longestPollAfter == 30_000)
    stall.sent(at: 5_000)
    stall.hears(200, ticket("sold"), at: 5_001)
    #expect(stall.market.stragglers().isEmpty)
}

@Test func `an asking survives its 64 bits`() {
    for kind in [Asking.Kind.purchase, .poll, .leave, .look, .view] {
        var asking = Asking(kind, 134_217_727)
        asking.user = .max
        asking.knewFinal = true
        #expect(Asking(tag: asking.tag) == asking)
        asking.knewPlace = true
        asking.knewFinal = false
        #expect(Asking(tag: asking.tag) == asking)
    }
}

@Test func `who asked again and was not answered has no ticket, though the row holds one of somebody else's`() {
    let stall = Stall()
    stall.sent()
    stall.hears(202, ticket("queued"), at: 1_010)
    let second = stall.market.arrives(
        .purchase(item: 0, isRepeat: false, leaves: false), due: .milliseconds(1_020), pick: { _ in 0 })
    stall.asking = second
    stall.sent(at: 1_020)
    stall.hears(202, ticket("sold", sequence: 2), at: 1_030)
    #expect(stall.market.live == 1)
    // The first buyer again, in the row of the second one.
    let again = stall.market.arrives(
        .purchase(item: 0, isRepeat: true, leaves: false), due: .milliseconds(1_040), pick: { $0 - 1 })
    #expect(again.number == second.number)
    #expect(stall.market.stragglers() == [Asking(.poll, 0)])
}
