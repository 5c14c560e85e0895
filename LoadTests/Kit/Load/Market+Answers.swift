extension BuyerPopulation {
    private static let longestPause = Nanoseconds.seconds(60)

    /// Takes an answer in.
    ///
    /// - Parameters:
    ///   - due: when the request was due.
    ///   - now: when the answer came.
    /// - Returns: what the buyer asks next, nil when there is nothing.
    public mutating func hears(
        _ asking: Asking, due: Nanoseconds, _ head: AnswerHead, body: Span<UInt8>, now: Nanoseconds
    ) -> Next? {
        meters.answered += 1
        meters.timeline.note(now) { $0.answered += 1 }
        if asking.kind == .view {
            measure(\.views, asking, now - due)
            if head.status != 200 { complain(nil, "\(head.status) to a look at an item") }
            return nil
        }
        if head.status == 204, asking.kind == .leave { return left(asking.number, due: due, now: now) }
        let glance = BodyGlance(body)
        let isTicket = head.status == 200 || head.status == 202 && asking.kind == .purchase
        guard isTicket, glance.isTicket, let state = glance.state else {
            return isRefused(asking, due: due, head, glance, now: now)
        }
        if asking.kind == .purchase {
            return gets(asking, due: due, isNew: head.status == 202, glance, state, body, now: now)
        }
        measure(\.polls, asking, now - due)
        let isLook = asking.kind == .look
        let user = isLook ? asking.user : buyers[asking.number].user
        isSeen(user, state, glance.sequence, knewFinal: asking.knewFinal, now: now)
        if isLook { return nil }
        return goesOn(asking.number, state, glance.pollAfterMilliseconds, now: now)
    }

    /// Takes in that no answer came. What was asked may have been done; asking again with the same key is safe.
    public mutating func loses(_ asking: Asking, due: Nanoseconds, _ loss: Loss, now: Nanoseconds) -> Next? {
        meters.unanswered += 1
        meters.all.record(now - due)
        meters.timeline.note(now) { $0.errors += 1 }
        if case .malformed(let what) = loss { ledger.object(.contract, nil, what) }
        switch asking.kind {
        case .view, .look: return nil
        case .purchase:
            if loss != .notConnected { buyers[asking.number].isUnsure = true }
            if buyers[asking.number].isBot, !isClosing {
                return Next(Asking(.purchase, asking.number), at: now + pause(asking.number))
            }
            return returns(asking, after: pause(asking.number), now: now)
        case .poll, .leave:
            // A ticket is asked for until its final answer.
            return Next(Asking(.poll, asking.number), at: now + pause(asking.number))
        }
    }

    /// Buyers that lost one server together must not come back together: 50 to 113 ms.
    private func pause(_ row: Int) -> Nanoseconds { .milliseconds(50 + Int64(row & 63)) }

    private mutating func measure(
        _ meter: WritableKeyPath<Meters, Histogram>, _ asking: Asking, _ time: Nanoseconds
    ) {
        meters[keyPath: meter].record(time)
        meters.all.record(time)
    }

    private mutating func complain(_ user: UInt32?, _ what: @autoclosure () -> String) {
        meters.wrong += 1
        ledger.object(.contract, user, what())
    }

    private mutating func gets(
        _ asking: Asking, due: Nanoseconds, isNew: Bool, _ glance: BodyGlance, _ state: TicketState,
        _ body: Span<UInt8>, now: Nanoseconds
    ) -> Next? {
        let row = asking.number
        let buyer = buyers[row]
        if buyer.isBot { meters.bots.record(now - due) } else { measure(\.accepted, asking, now - due) }
        let hadPlace = ledger.hasPlace(buyer.user)
        ledger.given(
            buyer.user, ticket: TicketCache.hash(body, glance.ticket), sequence: glance.sequence, isNew: isNew,
            comesAfter: buyer.comesAfter)
        guard shelf.put(body, glance.ticket, at: row) else {
            complain(buyer.user, "a ticket of \(glance.ticket.count) bytes")
            unseat(row)
            return nil
        }
        buyers[row].hasTicket = true
        if !hadPlace {
            remember(buyer.user, body, glance.ticket)
            let waiting = Int32(clamping: ledger.waiting)
            meters.timeline.note(now) {
                $0.accepted += 1
                $0.waiting = waiting
            }
        }
        isSeen(buyer.user, state, glance.sequence, knewFinal: asking.knewFinal, now: now)
        if buyer.isBot, !isClosing { return Next(Asking(.purchase, row), at: now) }
        if buyer.leaves, !state.isFinal {
            buyers[row].leaves = false
            return Next(Asking(.leave, row), at: now + .milliseconds(glance.pollAfterMilliseconds / 2))
        }
        return goesOn(row, state, glance.pollAfterMilliseconds, now: now)
    }

    /// Notes a state of a ticket, whoever looked.
    private mutating func isSeen(
        _ user: UInt32, _ state: TicketState, _ sequence: Int64, knewFinal: Bool, now: Nanoseconds
    ) {
        guard ledger.seen(user, state, sequence: sequence, knewFinal: knewFinal, now: now - start) else { return }
        let waiting = Int32(clamping: ledger.waiting)
        meters.timeline.note(now) {
            if state == .sold { $0.sold += 1 }
            $0.waiting = waiting
        }
    }

    /// Polls again as told, or ends with the final answer.
    private mutating func goesOn(
        _ row: Int, _ state: TicketState, _ milliseconds: Int64, now: Nanoseconds
    ) -> Next? {
        meters.longestPollAfter = max(meters.longestPollAfter, milliseconds)
        guard state.isFinal else { return Next(Asking(.poll, row), at: now + .milliseconds(milliseconds)) }
        if !buyers[row].isBot { meters.finals.record(now - buyers[row].arrivedAt) }
        unseat(row)
        return nil
    }

    private mutating func left(_ row: Int, due: Nanoseconds, now: Nanoseconds) -> Next? {
        meters.all.record(now - due)
        let user = buyers[row].user
        isSeen(user, .cancelled, Int64(ledger.sequence(of: user)), knewFinal: false, now: now)
        unseat(row)
        return nil
    }

    private mutating func isRefused(
        _ asking: Asking, due: Nanoseconds, _ head: AnswerHead, _ glance: BodyGlance, now: Nanoseconds
    ) -> Next? {
        let refusal = glance.refusal ?? .other
        if asking.kind == .leave, head.status == 409, refusal == .inProgress || refusal == .alreadyFinal {
            meters.all.record(now - due)
            return Next(Asking(.poll, asking.number), at: now)
        }
        meters.refusals[Self.position[refusal] ?? 0] += 1
        meters.timeline.note(now) { $0.refused += 1 }
        let user = asking.kind == .look ? asking.user : buyers[asking.number].user
        let isBot = asking.kind != .look && buyers[asking.number].isBot
        if isBot { meters.bots.record(now - due) } else { measure(\.refused, asking, now - due) }
        let told = glance.retryAfterMilliseconds ?? head.retryAfterSeconds.map { $0 * 1_000 }
        let pause = min(Self.longestPause, .milliseconds(max(1, told ?? 1_000)))
        switch (asking.kind, head.status, refusal) {
        case (.purchase, 410, .soldOut), (.purchase, 410, .closed):
            ledger.turnedAway(user, isSoldOut: refusal == .soldOut, hadPlace: asking.knewPlace)
            return isOver(asking.number, now: now)
        case (.purchase, 503, _), (.purchase, 429, _), (.purchase, 409, .notOpen):
            // A place that is known comes before every check but "too fast" and "store away".
            if asking.knewPlace, [.queueFull, .paused, .notOpen].contains(refusal) {
                ledger.object(.holderRefused, user, "has a place, told \(refusal.rawValue)")
            }
            return returns(asking, after: pause, now: now)
        case (.look, 503, _), (.look, 429, _): return nil
        case (.poll, 503, _), (.poll, 429, _), (.leave, 503, _), (.leave, 429, _):
            return Next(Asking(asking.kind, asking.number), at: now + pause)
        default:
            complain(user, "\(head.status) \(refusal.rawValue) to a \(asking.kind)")
            if asking.kind != .look { unseat(asking.number) }
            return nil
        }
    }

    private mutating func isOver(_ row: Int, now: Nanoseconds) -> Next? {
        if buyers[row].isBot, !isClosing { return Next(Asking(.purchase, row), at: now) }
        meters.turnedAway += 1
        unseat(row)
        return nil
    }

    /// Comes back later with the same purchase, unless patience is at its end; bots don't wait.
    private mutating func returns(_ asking: Asking, after pause: Nanoseconds, now: Nanoseconds) -> Next? {
        let row = asking.number
        if buyers[row].isBot, !isClosing { return Next(Asking(.purchase, row), at: now) }
        if buyers[row].isBot, ledger.hasPlace(buyers[row].user) { return Next(Asking(.poll, row), at: now + pause) }
        guard buyers[row].retriesLeft > 0 else {
            meters.gaveUp += 1
            unseat(row)
            return nil
        }
        buyers[row].retriesLeft -= 1
        return Next(Asking(.purchase, row), at: now + pause)
    }

    private static let position = Dictionary(uniqueKeysWithValues: zip(Refusal.allCases, 0...))
}
