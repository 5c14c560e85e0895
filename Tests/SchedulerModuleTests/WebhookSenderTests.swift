import Base
import Domain
import Operations
import OutboundHTTP
import Store
import Testing

@testable import SchedulerModule

@Test func `every event goes to every webhook that wants it, signed by both of its secrets`() throws {
    let rig = WebhookRig()
    rig.add("all")
    rig.add("one", items: ["lamp"])
    rig.happen(20)
    rig.happen(1, item: "lamp")
    rig.sender.begin(term: 1)
    rig.loop.run(for: .seconds(3))
    #expect(rig.shops.map(\.requests.count) == [21, 1])
    let shop = rig.shops[1]
    #expect(shop.field("webhook-id", of: 0) == "e21" && shop.requests[0].url == "https://one")
    #expect(shop.field("webhook-signature", of: 0)?.split(separator: " ").count == 2)
    #expect(shop.requests[0].deadline == Limits.webhookTimeout)
    #expect(rig.saves.last { $0.name == "one" }?.changes.progress.cursor == "e21")
    #expect(rig.saves.allSatisfy { $0.term == 1 })
    #expect(rig.states.map(\.name) == ["all", "one"] && rig.states[0].counts.delivered == 21)
}

@Test func `a former secret signs until its time is over, and no longer`() {
    let rig = WebhookRig()
    rig.add("shop", formerUntil: WallInstant(milliseconds: rig.loop.wallNow.milliseconds + 5_000))
    rig.sender.begin(term: 1)
    rig.happen(1)
    rig.loop.run(for: .seconds(4))
    rig.loop.run(for: .seconds(2))
    rig.happen(1)
    rig.loop.run(for: .seconds(3))
    let counts = (0..<rig.shops[0].requests.count).map {
        rig.shops[0].field("webhook-signature", of: $0)?.split(separator: " ").count
    }
    #expect(counts == [2, 1])
}

@Test func `what happens later is sent within the turn in which the feed moved`() {
    let rig = WebhookRig()
    rig.add("shop")
    rig.sender.begin(term: 1)
    rig.loop.run(for: .seconds(2))
    rig.happen(1)
    rig.loop.run(for: .milliseconds(5))
    #expect(rig.shops[0].requests.count == 1)
}

@Test func `a sender that can't confirm its term sends nothing, and goes on when it can`() {
    let rig = WebhookRig()
    rig.add("shop")
    rig.sender.begin(term: 1)
    rig.loop.run(for: .seconds(2))
    rig.failsReads = true
    rig.loop.run(for: Limits.webhookFence + .seconds(1))
    rig.happen(3)
    rig.loop.run(for: .seconds(5))
    #expect(rig.shops[0].requests.isEmpty)
    rig.failsReads = false
    rig.loop.run(for: .seconds(2))
    #expect(rig.shops[0].requests.count == 3)
}

@Test func `a sender of an earlier term stops, whether it reads that or its save is refused`() {
    for isRead in [true, false] {
        let rig = WebhookRig()
        rig.add("shop")
        rig.sender.begin(term: 1)
        rig.loop.run(for: .seconds(2))
        if isRead { rig.term = 2 } else { rig.saveAnswers = [.success(.fenced)] }
        if !isRead { rig.happen(1) }
        rig.loop.run(for: .seconds(2))
        let calls = rig.shops[0].requests.count
        rig.happen(5)
        rig.loop.run(for: .seconds(5))
        #expect(rig.shops[0].requests.count == calls && rig.states.isEmpty)
    }
}

@Test func `one that leads no more sends nothing, and what it had under way counts for nothing`() {
    let rig = WebhookRig()
    rig.add("shop")
    rig.sender.begin(term: 1)
    rig.happen(1)
    rig.loop.run(for: .milliseconds(4))
    rig.sender.end()
    let saves = rig.saves.count
    rig.happen(5)
    rig.loop.run(for: .seconds(5))
    #expect(rig.shops[0].requests.count <= 1 && rig.saves.count == saves)
}

@Test func `a slow shop slows no other, and has no more calls at once than it may`() {
    let rig = WebhookRig()
    rig.add("slow")
    rig.add("swift")
    rig.sender.begin(term: 1)
    rig.loop.run(for: .seconds(2))
    rig.shops[0].time = .seconds(14)
    rig.happen(1_000)
    rig.loop.run(for: .seconds(2))
    #expect(rig.shops[1].requests.count == 1_000)
    #expect(rig.shops[0].requests.count == Limits.webhookCalls)
}

@Test func `what could not be saved is saved again as it was, before anything else`() {
    let rig = WebhookRig()
    rig.add("shop")
    rig.sender.begin(term: 1)
    rig.loop.run(for: .seconds(2))
    rig.saveAnswers = [.failure(.outcomeUnknown), .failure(.refused("OOM")), .success(.done)]
    rig.happen(1)
    rig.loop.run(for: .seconds(1))
    rig.happen(1)
    rig.loop.run(for: .seconds(2))
    #expect(rig.saves.count >= 4 && rig.saves[0].changes == rig.saves[1].changes)
    #expect(rig.saves[1].changes == rig.saves[2].changes && rig.saves.last?.changes.progress.cursor == "e2")
}

@Test func `a change by an operator has it begin anew, once what was under way has ended`() {
    let rig = WebhookRig()
    rig.add("shop")
    rig.sender.begin(term: 1)
    rig.loop.run(for: .seconds(2))
    rig.shops[0].time = .seconds(10)
    rig.happen(3)
    rig.loop.run(for: .seconds(1))
    #expect(rig.shops[0].underWay == 3)
    rig.add("shop", edition: "2", items: ["none"])
    rig.happen(40)
    rig.loop.run(for: .seconds(5))
    #expect(rig.shops[0].requests.count == 3, "nothing begins while the last three are under way")
    rig.shops[0].time = .milliseconds(10)
    rig.loop.run(for: .seconds(30))
    #expect(rig.shops[0].requests.count == 3 && rig.saves.last?.changes.progress.cursor == "e43")
    rig.add("shop", edition: "3", disabled: true)
    rig.happen(5)
    rig.loop.run(for: .seconds(5))
    #expect(rig.states.map(\.isDisabled) == [true] && rig.shops.allSatisfy { $0.requests.count <= 3 })
}

@Test func `a shop that is down is named, with since when and why, and its return as well`() throws {
    let rig = WebhookRig()
    rig.add("shop")
    rig.sender.begin(term: 1)
    rig.loop.run(for: .seconds(2))
    rig.shops[0].answer = .failure(.notSent("Could not connect to server"))
    rig.happen(100)
    rig.loop.run(for: .seconds(90))
    #expect(rig.lines == ["failing shop: Could not connect to server"])
    let state = try #require(rig.states.first)
    #expect(state.failing > .seconds(80) && state.failing <= .seconds(90))
    #expect(SchedulerProcess.impaired(rig.states, .zero) == ["webhook shop stands still: Could not connect to server"])
    #expect(WebhookMetrics.described(rig.states).first?.isWell == false)
    rig.shops[0].answer = .success(OutboundReply(status: 204, body: []))
    rig.loop.run(for: .seconds(30))
    #expect(rig.lines.last == "back shop" && rig.states.first?.failing == .zero)
    #expect(WebhookMetrics.described(rig.states).isEmpty && rig.states.first?.undelivered == 0)
    #expect(SchedulerProcess.impaired([], .seconds(10)).count == 1, "a thread that shows nothing is no green one")
}

@Test(arguments: [
    (200, WebhookDelivery.Outcome.delivered), (204, .delivered), (299, .delivered), (410, .gone),
    (429, .failed(reason: "status 429", isThrottled: true, retryAfter: .seconds(9))),
    (503, .failed(reason: "status 503", retryAfter: .seconds(9))), (500, .failed(reason: "status 500")),
    (301, .failed(reason: "status 301")), (404, .failed(reason: "status 404")),
])
func `only a 2xx takes an event`(status: Int, expected: WebhookDelivery.Outcome) {
    let reply = OutboundReply(status: status, body: [], retryAfter: .seconds(9))
    #expect(WebhookMessage.outcome(.success(reply)) == expected)
}

@Test func `a stopping sender saves what it delivered`() {
    let rig = WebhookRig()
    rig.add("shop")
    rig.sender.begin(term: 1)
    rig.loop.run(for: .seconds(2))
    rig.happen(2)
    rig.loop.run(for: .milliseconds(30))
    var isStopped = false
    rig.sender.stop { isStopped = true }
    rig.loop.run(for: .milliseconds(100))
    #expect(isStopped && rig.saves.last?.changes.progress.cursor == "e2")
}
