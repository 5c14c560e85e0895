import Base
import Testing

@testable import Domain

private let down = WebhookDelivery.Outcome.failed(reason: "status 500")
private func second(_ number: Int64) -> MonotonicInstant { at(number * 1_000) }

@Test(arguments: UInt64(1)...40)
func `every event arrives at least once and each ticket's in order, whatever fails and whoever leads`(seed: UInt64) {
    var run = WebhookRun(seed: seed)
    run.lostSaves = 10
    run.receive = { event, now, random in
        let latency = TimeSpan.milliseconds(random.below(40) == 0 ? 3_000 : 1 + random.below(30))
        let isPoison = event.lane.hasSuffix("7")
        return (random.below(100) < (isPoison ? 70 : 15) ? down : .delivered, latency)
    }
    var random = SplitMix64(seed: seed)
    for _ in 0..<12 {
        run.add(Int(random.below(250)), lanes: 40)
        if random.below(2) == 0 { run.takeOver(at: run.now + .milliseconds(random.below(4_000))) }
        run.run(until: run.now + .milliseconds(random.below(5_000)))
    }
    // A ticket with dozens of events, most of which are refused several times, takes weeks.
    run.run(until: run.now + .seconds(60 * 86_400))
    #expect(run.faults() == [], "seed \(seed)")
    #expect(run.pending.isEmpty && run.progress.cursor == run.feed.last?.id, "\(run.pending.count) left")
    #expect(run.mostUnderWay <= Limits.webhookCalls)
}

@Test func `a ticket whose events are refused for hours holds up no other, and its own wait for it`() {
    var run = WebhookRun(seed: 1)
    let poison = ["i/0", "i/1"]
    run.receive = { event, now, _ in
        (poison.contains(event.lane) && now < second(3_000) ? down : .delivered, .milliseconds(5))
    }
    run.add(5_000, lanes: 50)
    run.run(until: second(30))
    let others = run.feed.filter { !poison.contains($0.lane) }
    #expect(Set(run.receipts.map(\.id)) == Set(others.map(\.id)))
    #expect((run.receipts.last?.at ?? second(99)) < second(5), "5,000 events at 32 at once and 5 ms each take 0.8 s")
    #expect(run.progress.cursor == run.feed.last?.id && run.pending.count == 5_000 - others.count)
    run.run(until: second(90_000))
    #expect(run.faults() == [] && run.pending.isEmpty)
}

@Test func `after ten minutes without a receiver 10,000 events are there within a minute of its return`() {
    for seed in UInt64(1)...10 {
        var run = WebhookRun(seed: seed)
        run.receive = { _, now, _ in
            now < second(600) ? (down, .milliseconds(2)) : (.delivered, .milliseconds(20))
        }
        for elapsed in 0..<600 {
            run.add(elapsed < 200 ? 50 : 0, lanes: 5_000)
            run.run(until: second(Int64(elapsed)))
        }
        #expect(run.feed.count == 10_000 && run.calls.count < 200, "\(run.calls.count) calls while it was away")
        run.run(until: second(3_000))
        let last = run.receipts.last?.at ?? second(9_999)
        #expect(
            run.faults() == [] && last < second(660), "seed \(seed): caught up at \(last.nanoseconds / 1_000_000) ms")
    }
}

@Test func `a receiver that comes back after a few failures of few tickets is found as fast`() {
    var run = WebhookRun(seed: 3)
    run.receive = { _, now, _ in (now < second(600) ? down : .delivered, .milliseconds(2)) }
    run.feed = (1...5).map { WebhookRun.event($0, lane: "i/\(min($0, 4))") }
    run.run(until: second(2_000))
    #expect(run.faults() == [] && (run.receipts.last?.at ?? second(9_999)) < second(660))
}

@Test func `events that are refused for themselves while nothing else happens keep no new ticket waiting for long`() {
    for poisoned in 1...5 {
        var run = WebhookRun(seed: UInt64(poisoned))
        run.receive = { event, _, _ in (event.lane.hasPrefix("bad") ? down : .delivered, .milliseconds(5)) }
        run.feed = (1...poisoned).map { WebhookRun.event($0, lane: "bad/\($0)") }
        run.run(until: second(40_000))
        for number in 1...20 {
            run.feed.append(WebhookRun.event(run.feed.count + 1, lane: "good/\(number)"))
            let came = run.now
            run.run(until: came + .seconds(4_000))
            let wait = (run.receipts.last?.at ?? second(999_999)) - came
            #expect(wait <= (poisoned < Limits.webhookRunLanes ? .milliseconds(500) : .seconds(31)), "\(poisoned)")
        }
    }
}

@Test
func `an event that is refused for three days is a dead letter after ten attempts, and the next of its ticket goes on`()
{
    var run = WebhookRun(seed: 2)
    run.receive = { event, _, _ in (event.id == "e1" ? down : .delivered, .milliseconds(5)) }
    run.feed = [WebhookRun.event(1, lane: "i/1"), WebhookRun.event(2, lane: "i/1")]
    // Others go on, so the receiver is not taken for down.
    for hour in 0..<90 {
        run.feed.append(WebhookRun.event(run.feed.count + 1, lane: "i/2"))
        run.run(until: second(Int64(hour) * 3_600))
    }
    #expect(run.dead["e1"]?.attempts == DeliveryPlan.attempts && run.dead["e1"]?.reason == "status 500")
    #expect(run.dead.count == 1 && run.pending.isEmpty && run.faults() == [])
    #expect(run.receipts.contains { $0.id == "e2" })
}

@Test func `a retry is due within the steps of the specification, at any moment of them`() {
    var plan = DeliveryPlan(seed: 1)
    for (index, step) in DeliveryPlan.steps.enumerated() {
        let waits = (0..<200).compactMap { _ in plan.wait(afterFailed: index + 1, retryAfter: nil) }
        #expect(waits.allSatisfy { $0 >= .zero && $0 <= step } && waits.count == 200)
        #expect(waits.contains { $0.nanoseconds < step.nanoseconds / 4 })
        #expect(waits.contains { $0.nanoseconds > step.nanoseconds / 4 * 3 })
    }
    #expect(plan.wait(afterFailed: DeliveryPlan.attempts, retryAfter: nil) == nil)
    #expect(plan.wait(afterFailed: 1, retryAfter: .seconds(120)) == .seconds(120))
    #expect(plan.wait(afterFailed: 1, retryAfter: .seconds(86_400)) == Limits.webhookRetryAfter)
}

@Test func `a receiver that asks for a pause gets it, and fewer calls at once after it`() {
    var run = WebhookRun(seed: 5)
    run.receive = { _, now, _ in
        now < second(1)
            ? (.failed(reason: "status 429", isThrottled: true, retryAfter: .seconds(60)), .milliseconds(5))
            : (.delivered, .milliseconds(5))
    }
    run.add(200, lanes: 200)
    run.run(until: second(200))
    let pause = run.calls.filter { $0.at > second(1) && $0.at < second(60) }
    #expect(pause.isEmpty && run.faults() == [])
    let back = run.calls.first { $0.at >= second(60) }?.at ?? second(0)
    #expect(run.calls.count { $0.at == back } == 1, "the first call is alone")
}

@Test func `a receiver that is gone gets nothing more, and what happens is kept for when it is wanted again`() {
    var run = WebhookRun(seed: 6)
    run.receive = { event, _, _ in (event.id == "e5" ? .gone : .delivered, .milliseconds(5)) }
    run.add(4, lanes: 3)
    run.run(until: second(5))
    run.add(100, lanes: 30)
    run.run(until: second(50_000))
    #expect(run.progress.isGone && run.machine.isGone)
    #expect(run.calls.count <= 4 + Limits.webhookCalls)
    #expect(!run.receipts.contains { $0.id == "e5" })
    #expect(run.progress.cursor == "e4", "nothing of what was not delivered is passed")
}

@Test func `only what a webhook wants is sent, and the cursor passes the rest`() {
    var run = WebhookRun(seed: 7, filter: WebhookFilter(types: ["sluice.ticket.sold"]))
    run.feed = (1...100).map {
        WebhookRun.event($0, lane: "i/\($0)", type: $0 % 10 == 0 ? "sluice.ticket.sold" : "sluice.ticket.expired")
    }
    run.run(until: second(10))
    #expect(run.receipts.map(\.id) == stride(from: 10, through: 100, by: 10).map { "e\($0)" })
    #expect(run.progress.cursor == "e100")
}

@Test func `events that are no longer kept are passed over and counted`() {
    var run = WebhookRun(seed: 8)
    run.add(10, lanes: 3)
    run.trimmed = 6
    run.run(until: second(10))
    #expect(run.machine.gaps == 1 && run.progress.gaps == 1)
    #expect(run.receipts.map(\.id).sorted() == ["e10", "e7", "e8", "e9"])
}

@Test func `a replay sends all again, each ticket's events in order, and what was pending only once`() {
    var run = WebhookRun(seed: 9)
    run.receive = { event, now, _ in (event.id == "e4" && now < second(40) ? down : .delivered, .milliseconds(5)) }
    run.feed = (1...6).map { WebhookRun.event($0, lane: "i/\($0 % 2)") }
    run.run(until: second(4))
    #expect(run.pending.keys.sorted() == ["e4", "e6"])
    let before = run.receipts.count
    run.replay(after: "")
    run.run(until: second(3_000))
    let again = run.receipts.dropFirst(before).map(\.id)
    #expect(again.filter { ["e2", "e4", "e6"].contains($0) } == ["e2", "e4", "e6"])
    #expect(again.count == 6 && run.pending.isEmpty)
}

@Test func `what waits keeps to its bound, and the rest stays in the feed`() {
    var run = WebhookRun(seed: 10)
    // Every second ticket is refused for good, so the receiver never counts as down for long.
    run.receive = { event, _, _ in (event.lane.hasPrefix("i/1") ? down : .delivered, .milliseconds(1)) }
    run.add(60_000, lanes: 60_000)
    run.run(until: second(200))
    #expect(run.pending.count <= Limits.webhookPending && run.machine.notedCount <= Limits.webhookPending)
    #expect(run.machine.undelivered <= Limits.webhookPending + Limits.webhookWindow + 2 * Limits.webhookPage)
}
