/// What a buyer wants to send next, and when.
public struct Step: Sendable, Equatable {
    public let ask: Ask
    public let time: Nanoseconds

    public init(_ ask: Ask, at time: Nanoseconds) {
        self.ask = ask
        self.time = time
    }
}

/// One simulated buyer: presses, polls and retries after the pauses it was given, and remembers every answer.
///
/// Pure: time comes in, the next step goes out, and what is wrong is put before the referee.
public struct Buyer: Sendable {
    public let number: Int
    /// When the buyer means to press. All waiting is measured from here, however late the request leaves.
    public let pressAt: Nanoseconds
    public let pressesTwice: Bool

    public private(set) var ticket: String?
    public private(set) var sequence: Int64?
    public private(set) var final: TicketState?
    /// Answered that nothing is left, without ever having had a ticket.
    public private(set) var isTurnedAway = false
    public private(set) var hasPressed = false
    /// Whether the server ever answered.
    public private(set) var wasAnswered = false
    public private(set) var isReviewed = false
    private var gaveUp = false
    private var wasAccepted = false
    private var knewTicketBeforeSecondPress = false
    private var comesAfter: Int64 = 0  // sequence
    private var losses: UInt8 = 0

    public init(number: Int, pressAt: Nanoseconds, pressesTwice: Bool) {
        self.number = number
        self.pressAt = pressAt
        self.pressesTwice = pressesTwice
    }

    /// Whether the buyer has got a final answer.
    public var hasFinalAnswer: Bool { final != nil || isTurnedAway }
    /// Whether there is nothing to wait for: a final answer, or one that no buyer can act on.
    public var isDone: Bool { hasFinalAnswer || gaveUp }

    /// Notes that the time for `ask` has come; false when there is no need of it any more.
    ///
    /// - Parameter highestGiven: the highest sequence that any buyer knows of; who presses now comes after it.
    public mutating func begins(_ ask: Ask, highestGiven: Int64) -> Bool {
        switch ask {
        case .press:
            // The first press counts: a later one may retry a purchase whose answer was lost.
            if !hasPressed { comesAfter = highestGiven }
            hasPressed = true
            return ticket == nil && !isDone
        case .pressAgain:
            knewTicketBeforeSecondPress = ticket != nil
            return true
        case .poll: return !isDone
        case .review: return final != nil && !isReviewed
        }
    }

    /// Takes an answer in.
    public mutating func receives(
        _ answer: Answer, to ask: Ask, now: Nanoseconds, _ referee: inout Referee
    ) -> Step? {
        losses = 0
        if !wasAnswered {
            wasAnswered = true
            referee.answered(after: now - pressAt)
        }
        if let complaint = answer.complaint { referee.object(.contract, number, complaint) }
        switch answer.meaning {
        case .ticket(let body, let isNew): return receives(body, isNew: isNew, to: ask, now: now, &referee)
        case .later(let delay, let code):
            referee.putOff()
            return isPutOff(after: delay, code: code, ask, now: now, &referee)
        case .over(let code):
            isOver(code, ask, now: now, &referee)
            return nil
        case .wrong:
            if ask == .review { isReviewed = true }
            if !hasFinalAnswer { gaveUp = true }
            return nil
        }
    }

    /// Takes in that no answer came. What was sent may have been done; sending it again is safe.
    public mutating func loses(_ ask: Ask, _ loss: Loss, now: Nanoseconds, _ referee: inout Referee) -> Step? {
        if case .malformed(let what) = loss { referee.object(.contract, number, what) }
        losses = min(losses + 1, 6)
        // Buyers that lost one server together must not come back together.
        let delay = Nanoseconds.milliseconds(25 << Int64(losses) + Int64(number % 50))
        return Step(ask, at: now + delay)
    }

    private mutating func receives(
        _ body: TicketBody, isNew: Bool, to ask: Ask, now: Nanoseconds, _ referee: inout Referee
    ) -> Step? {
        if isTurnedAway { referee.object(.holderRefused, number, "told it is over, then given \(body.ticket)") }
        if isNew, wasAccepted { referee.object(.secondPlace, number, "202 twice, now with \(body.ticket)") }
        if isNew { wasAccepted = true }
        let isFirst = ticket == nil
        if isFirst {
            (ticket, sequence) = (body.ticket, body.sequence)
            referee.admitted(number, body)
            if body.sequence <= comesAfter {
                referee.object(.orderBroken, number, "pressed after \(comesAfter) was given, got \(body.sequence)")
            }
        }
        compare(body, &referee)
        if ask == .review { isReviewed = true }
        if body.state.isFinal, final == nil {
            final = body.state
            gaveUp = false
            referee.ended(number, body, after: now - pressAt, isNew: !isTurnedAway)
        }
        // One chain of polls a buyer: it begins with the ticket, and each poll leads to the next.
        guard final == nil, isFirst || ask == .poll, let delay = body.pollAfter else { return nil }
        return Step(.poll, at: now + delay)
    }

    private func compare(_ body: TicketBody, _ referee: inout Referee) {
        if body.ticket != ticket {
            referee.object(.secondPlace, number, "had \(ticket ?? ""), now \(body.ticket)")
        } else if body.sequence != sequence {
            referee.object(.placeChanged, number, "had sequence \(sequence ?? 0), now \(body.sequence)")
        }
        if let final, final != body.state {
            referee.object(.finalChanged, number, "was \(final.rawValue), now \(body.state.rawValue)")
        }
        if body.item != referee.item { referee.object(.contract, number, "a ticket of item \(body.item)") }
        if let user = body.user, user != referee.user(number) {
            referee.object(.contract, number, "a ticket of user \(user)")
        }
    }

    private mutating func isPutOff(
        after delay: Nanoseconds, code: String, _ ask: Ask, now: Nanoseconds, _ referee: inout Referee
    ) -> Step? {
        switch ask {
        case .press: return ticket == nil ? Step(.press, at: now + delay) : nil
        case .pressAgain:
            // A place that is known comes before every check but these; see the order of checks in the contract.
            let isAboutTheItem = ["queue-full", "paused", "not-open"].contains(code)
            if knewTicketBeforeSecondPress, isAboutTheItem {
                referee.object(.holderRefused, number, "holds \(ticket ?? ""), told \(code)")
            }
            return nil
        case .poll, .review: return Step(ask, at: now + delay)
        }
    }

    private mutating func isOver(_ code: String, _ ask: Ask, now: Nanoseconds, _ referee: inout Referee) {
        if let ticket {
            referee.object(.holderRefused, number, "holds \(ticket), told \(code)")
        } else if !isTurnedAway {
            isTurnedAway = true
            gaveUp = false
            referee.turnedAway(after: now - pressAt, isSoldOut: code == "sold-out")
        }
        if ask == .review { isReviewed = true }
    }
}
