import LoadKit
import Testing

/// One buyer, the referee that watches, and a clock that stands where it is put.
private final class Scene {
    var buyer: Buyer
    var referee = Referee(item: "i", crowd: "c", stockLeft: 10)
    var now = Nanoseconds.seconds(1)

    init(pressesTwice: Bool = false) {
        buyer = Buyer(number: 7, pressAt: .seconds(1), pressesTwice: pressesTwice)
    }

    func begins(_ ask: Ask) -> Bool { buyer.begins(ask, highestGiven: referee.highestGiven) }

    func receives(_ meaning: Answer.Meaning, to ask: Ask, afterMilliseconds delay: Int64 = 1) -> Step? {
        now = now + .milliseconds(delay)
        return buyer.receives(Answer(meaning), to: ask, now: now, &referee)
    }
}

private func body(
    _ state: TicketState, _ sequence: Int64 = 3, ticket: String = "t", pollAfterMilliseconds: Int64 = 50
) -> TicketBody {
    var body = TicketBody(ticket: ticket, item: "i", user: "c-7", state: state, sequence: sequence)
    body.pollAfter = .milliseconds(pollAfterMilliseconds)
    return body
}

private func new(_ body: TicketBody) -> Answer.Meaning { .ticket(body, isNew: true) }
private func same(_ body: TicketBody) -> Answer.Meaning { .ticket(body, isNew: false) }

@Test func `polls after the given pause until the final answer, and waits from the press on`() {
    let scene = Scene()
    #expect(scene.begins(.press))
    #expect(scene.receives(new(body(.queued)), to: .press) == Step(.poll, at: .milliseconds(1_051)))
    #expect(scene.begins(.poll))
    let later = scene.receives(same(body(.processing, pollAfterMilliseconds: 9)), to: .poll)
    #expect(later == Step(.poll, at: .milliseconds(1_011)))
    #expect(scene.receives(same(body(.sold)), to: .poll) == nil)
    #expect(scene.buyer.hasFinalAnswer)
    #expect(!scene.begins(.poll))
    #expect(!scene.begins(.press))
    #expect(scene.referee.counts.sold == 1)
    #expect(scene.referee.waits.largest == .milliseconds(3))
    #expect(scene.referee.winnersWaits.count == 1)
    #expect(scene.referee.firstAnswers.largest == .milliseconds(1))
    #expect(scene.referee.breachCount == 0)
}

@Test func `the wait counts from the intended press however late the request leaves`() {
    let scene = Scene()
    scene.now = .seconds(4)
    #expect(scene.begins(.press))
    _ = scene.receives(.over(code: "sold-out"), to: .press, afterMilliseconds: 0)
    #expect(scene.referee.waits.largest == .seconds(3))
}

@Test func `a refusal is retried after the given pause, and the retry may be accepted`() {
    let scene = Scene()
    #expect(scene.begins(.press))
    let step = scene.receives(.later(after: .seconds(2), code: "queue-full"), to: .press)
    #expect(step == Step(.press, at: .milliseconds(3_001)))
    #expect(scene.begins(.press))
    #expect(scene.receives(new(body(.queued)), to: .press) != nil)
    #expect(scene.referee.breachCount == 0)
    #expect(scene.referee.counts.putOff == 1)
}

@Test func `a buyer who is answered that it is over has a final answer, and does not come back`() {
    let scene = Scene()
    #expect(scene.begins(.press))
    #expect(scene.receives(.over(code: "sold-out"), to: .press) == nil)
    #expect(scene.buyer.hasFinalAnswer)
    #expect(!scene.begins(.press))
    #expect(!scene.begins(.review))
    #expect(scene.referee.counts.turnedAway == 1)
    #expect(scene.referee.breachCount == 0)
}

@Test func `a second press gets the same ticket and starts no second chain of polls`() {
    let scene = Scene(pressesTwice: true)
    #expect(scene.begins(.press))
    #expect(scene.begins(.pressAgain))
    #expect(scene.receives(new(body(.queued)), to: .pressAgain) != nil)
    #expect(scene.receives(same(body(.queued)), to: .press) == nil)
    #expect(scene.referee.breachCount == 0)
    #expect(scene.referee.counts.accepted == 1)
}

@Test func `a second press that loses the race to a full queue is no breach`() {
    let scene = Scene(pressesTwice: true)
    #expect(scene.begins(.press))
    #expect(scene.begins(.pressAgain))
    #expect(scene.receives(new(body(.queued)), to: .press) != nil)
    #expect(scene.receives(.later(after: .seconds(1), code: "queue-full"), to: .pressAgain) == nil)
    #expect(scene.referee.breachCount == 0)
}

@Test func `an unanswered request is asked again, more and more slowly`() {
    let scene = Scene()
    var delays: [Int64] = []
    for _ in 0..<8 {
        #expect(scene.begins(.press))
        let step = scene.buyer.loses(.press, .unanswered, now: scene.now, &scene.referee)
        #expect(step?.ask == .press)
        delays.append(((step?.time ?? .zero) - scene.now).wholeMilliseconds)
    }
    #expect(delays == [57, 107, 207, 407, 807, 1_607, 1_607, 1_607])
    #expect(scene.receives(same(body(.queued)), to: .press) != nil)
    #expect(scene.referee.breachCount == 0)
    #expect(scene.buyer.wasAnswered)
}

@Test func `the review asks once more and finds the same answer`() {
    let scene = Scene()
    #expect(scene.receives(new(body(.soldOut)), to: .press) == nil)
    #expect(scene.begins(.review))
    #expect(scene.receives(.later(after: .seconds(1), code: "degraded"), to: .review)?.ask == .review)
    #expect(scene.receives(same(body(.soldOut)), to: .review) == nil)
    #expect(scene.buyer.isReviewed)
    #expect(!scene.begins(.review))
    #expect(scene.referee.breachCount == 0)
    #expect(scene.referee.counts.lost == 1)
}

@Test func `a poll before the answer to its press is not answered twice in the histogram`() {
    let scene = Scene()
    _ = scene.receives(new(body(.sold)), to: .press)
    _ = scene.receives(same(body(.sold)), to: .pressAgain)
    #expect(scene.referee.waits.count == 1)
    #expect(scene.referee.counts.finalAnswers == 1)
}

// MARK: What the server must not do

@Test func `objects to a second ticket for the same user`() {
    let scene = Scene(pressesTwice: true)
    _ = scene.receives(new(body(.queued)), to: .press)
    _ = scene.receives(same(body(.queued, 4, ticket: "u")), to: .pressAgain)
    #expect(scene.referee.count(of: .secondPlace) == 1)
}

@Test func `objects to a place given twice, even under one ticket`() {
    let scene = Scene(pressesTwice: true)
    _ = scene.receives(new(body(.queued)), to: .press)
    _ = scene.receives(new(body(.queued)), to: .pressAgain)
    #expect(scene.referee.count(of: .secondPlace) == 1)
}

@Test func `objects to a sequence that changes`() {
    let scene = Scene()
    _ = scene.receives(new(body(.queued, 3)), to: .press)
    _ = scene.receives(same(body(.queued, 2)), to: .poll)
    #expect(scene.referee.count(of: .placeChanged) == 1)
}

@Test(arguments: [TicketState.soldOut, .queued, .expired])
func `objects to a final answer that changes`(state: TicketState) {
    let scene = Scene()
    _ = scene.receives(new(body(.sold)), to: .press)
    _ = scene.receives(same(body(state)), to: .review)
    #expect(scene.referee.count(of: .finalChanged) == 1)
    #expect(scene.referee.counts.sold == 1)
    #expect(scene.referee.counts.finalAnswers == 1)
}

@Test func `objects when who holds a ticket gets an answer for non-holders`() {
    for meaning in [Answer.Meaning.over(code: "sold-out"), .later(after: .seconds(1), code: "queue-full")] {
        let scene = Scene(pressesTwice: true)
        _ = scene.receives(new(body(.queued)), to: .press)
        #expect(scene.begins(.pressAgain))
        _ = scene.receives(meaning, to: .pressAgain)
        #expect(scene.referee.count(of: .holderRefused) == 1)
    }
    let scene = Scene(pressesTwice: true)
    _ = scene.receives(.over(code: "sold-out"), to: .pressAgain)
    _ = scene.receives(new(body(.queued)), to: .press)
    #expect(scene.referee.count(of: .holderRefused) == 1)
}

@Test func `objects to a place before one that was given before the press`() {
    let scene = Scene()
    var other = Buyer(number: 8, pressAt: .zero, pressesTwice: false)
    var theirs = body(.queued, 9, ticket: "u")
    theirs.user = "c-8"
    _ = other.receives(Answer(new(theirs)), to: .press, now: .seconds(1), &scene.referee)
    #expect(scene.begins(.press))
    _ = scene.receives(new(body(.queued, 3)), to: .press)
    #expect(scene.referee.count(of: .orderBroken) == 1)
}

@Test func `does not object to a lower place when both pressed at once`() {
    let scene = Scene()
    #expect(scene.begins(.press))
    var other = Buyer(number: 8, pressAt: .zero, pressesTwice: false)
    var theirs = body(.queued, 9, ticket: "u")
    theirs.user = "c-8"
    _ = other.receives(Answer(new(theirs)), to: .press, now: .seconds(1), &scene.referee)
    _ = scene.receives(.later(after: .seconds(1), code: "store-unavailable"), to: .press)
    #expect(scene.begins(.press))
    _ = scene.receives(same(body(.queued, 3)), to: .press)
    #expect(scene.referee.breachCount == 0)
}

@Test func `objects to another user's or another item's ticket, and to what the contract forbids`() {
    let scene = Scene()
    var foreign = body(.queued)
    foreign.user = "c-8"
    foreign.item = "j"
    _ = scene.receives(new(foreign), to: .press)
    #expect(scene.referee.count(of: .contract) == 2)
    let wrong = Answer(.wrong, complaint: "500 bug to a poll")
    #expect(scene.buyer.receives(wrong, to: .poll, now: scene.now, &scene.referee) == nil)
    _ = scene.buyer.loses(.poll, .malformed("two lengths"), now: scene.now, &scene.referee)
    #expect(scene.referee.count(of: .contract) == 4)
    #expect(scene.buyer.isDone)
    #expect(!scene.buyer.hasFinalAnswer)
}
