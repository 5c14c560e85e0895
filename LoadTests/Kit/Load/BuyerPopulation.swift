/// All buyers of a load test: what each sends next, what each was answered, and the ledger that judges it.
///
/// Pure: time and answers come in, the next request and its time go out.
public struct BuyerPopulation: Sendable {
    private static let longestPause = Nanoseconds.seconds(60)

    /// What is to be sent, and when.
    public struct Next: Sendable, Equatable {
        public let request: RequestTag
        public let time: Nanoseconds

        public init(_ request: RequestTag, at time: Nanoseconds) {
            self.request = request
            self.time = time
        }
    }

    public private(set) var ledger: SaleLedger
    public private(set) var meters: Meters
    private let pages: RequestPages
    private var buyers = BuyerTable()
    private var known = KnownTickets()
    private var isClosing = false
    private let retries: UInt8
    private let start: Nanoseconds
    /// Buyers whose purchase may have been done unseen.
    public private(set) var unsure: Int64 = 0

    /// - Parameter start: when the test begins.
    public init(_ scenario: Scenario, ledger: SaleLedger, pages: RequestPages, start: Nanoseconds) {
        self.ledger = ledger
        self.pages = pages
        self.start = start
        meters = Meters(start: start)
        retries = UInt8(clamping: scenario.users.retries)
    }

    /// Buyers who have no final answer and have not given up; bots too.
    public var live: Int { buyers.count }

    /// Ends what bots do.
    public mutating func close() { isClosing = true }

    /// Notes how much later than it was due something was begun.
    mutating func noteLag(_ lag: Nanoseconds) { meters.lag.record(lag) }
    /// Notes how long an answer took from when its request had a connection.
    mutating func noteServed(_ time: Nanoseconds) { meters.served.record(time) }
    /// Puts the figures back: what came since was no load.
    mutating func restore(_ meters: Meters) { self.meters = meters }

    /// Lets in a buyer who wants `wish`.
    ///
    /// - Parameter pick: a number in 0..<its argument.
    public mutating func arrives(_ wish: Crowd.Wish, due: Nanoseconds, pick: (Int) -> Int) -> RequestTag {
        meters.arrivals += 1
        meters.timeline.note(due) { $0.arrivals += 1 }
        switch wish {
        case .view(let item): return RequestTag(.view, item)
        case .poll: return known.count == 0 ? RequestTag(.view, 0) : RequestTag(.check, pick(known.count))
        case .purchase(let item, let isReplay, let leaves):
            let before = ledger.userCount
            let isAgain = isReplay && before > 0
            let user =
                isAgain ? UInt32(before - 1 - pick(min(before, KnownTickets.most))) : ledger.newcomer(item: item)
            var buyer = BuyerTable.Buyer(user: user, arrivedAt: due, retriesLeft: retries, leaves: leaves)
            // The place may be that of the user's first purchase: only that one says after whom the user came.
            buyer.hasAsked = isAgain
            return RequestTag(.purchase, buyers.add(buyer))
        }
    }

    /// Lets in a bot, which sends its purchase of `item` again and again.
    public mutating func botArrives(item: Int, due: Nanoseconds) -> RequestTag {
        let user = ledger.newcomer(item: item)
        let bot = BuyerTable.Buyer(user: user, arrivedAt: due, retriesLeft: 0, isBot: true)
        return RequestTag(.purchase, buyers.add(bot))
    }

    /// A poll of each ticket that is still known, to see that what was final stays so.
    public func reviews() -> [RequestTag] { (0..<known.count).map { RequestTag(.check, $0) } }

    /// A poll for each buyer with a place and no final answer, some of whom may come back only later than now.
    public func stragglers() -> [RequestTag] {
        buyers.rows.filter { buyers[$0].hasTicket && !ledger.isFinal(buyers[$0].user) }.map { RequestTag(.poll, $0) }
    }

    /// Judges the sale; see `SaleLedger.judge`.
    public mutating func judge(after: [ItemBody?], isCut: Bool) {
        let seated = buyers.rows.count { buyers[$0].isUnsure && !ledger.hasPlace(buyers[$0].user) }
        ledger.judge(after: after, unsure: unsure + Int64(seated), isCut: isCut)
    }

    /// Writes the request that is about to leave and notes what is known at this moment.
    public mutating func compose(_ request: inout RequestTag, into bytes: inout [UInt8], now: Nanoseconds) {
        switch request.kind {
        case .view: pages.view(item: request.number, into: &bytes)
        case .check:
            request.user = known.user(request.number)
            request.knewFinal = ledger.isLongFinal(request.user, now: now - start)
            pages.poll(request.number, of: known.tickets, into: &bytes)
        case .purchase:
            let row = request.number
            let user = buyers[row].user
            let home = ledger.home(of: user)
            request.knewPlace = ledger.hasPlace(user)
            request.knewFinal = ledger.isLongFinal(user, now: now - start)
            if !buyers[row].hasAsked {
                buyers[row].hasAsked = true
                buyers[row].comesAfter = ledger.items[home].highestGiven
            }
            pages.purchase(item: home, user: user, into: &bytes)
        case .poll:
            request.knewFinal = ledger.isLongFinal(buyers[request.number].user, now: now - start)
            pages.poll(request.number, of: buyers.tickets, into: &bytes)
        case .leave: pages.leave(request.number, of: buyers.tickets, into: &bytes)
        }
    }

    // MARK: Answers

    /// Takes an answer in.
    ///
    /// - Parameters:
    ///   - due: when the request was due.
    ///   - now: when the answer came.
    /// - Returns: what the buyer sends next, nil when there is nothing.
    public mutating func receives(
        _ request: RequestTag, due: Nanoseconds, _ head: AnswerHead, body: Span<UInt8>, now: Nanoseconds
    ) -> Next? {
        meters.answered += 1
        meters.timeline.note(now) { $0.answered += 1 }
        if request.kind == .view {
            measure(\.views, now - due)
            if head.status != 200 { complain(nil, "\(head.status) to a look at an item") }
            return nil
        }
        if head.status == 204, request.kind == .leave { return left(request.number, due: due, now: now) }
        let glance = BodyGlance(body)
        let isTicket = head.status == 200 || head.status == 202 && request.kind == .purchase
        guard isTicket, glance.isTicket, let state = glance.state else {
            return isRefused(request, due: due, head, glance, now: now)
        }
        if request.kind == .purchase {
            return gets(request, due: due, isNew: head.status == 202, glance, state, body, now: now)
        }
        measure(\.polls, now - due)
        let isCheck = request.kind == .check
        let user = isCheck ? request.user : buyers[request.number].user
        isSeen(user, state, glance.sequence, knewFinal: request.knewFinal, now: now)
        return isCheck ? nil : goesOn(request.number, state, glance.pollAfterMilliseconds, now: now)
    }

    /// Takes in that no answer came. What was sent may have been done; sending it again with the same key is safe.
    public mutating func loses(_ request: RequestTag, due: Nanoseconds, _ loss: Loss, now: Nanoseconds) -> Next? {
        meters.unanswered += 1
        meters.all.record(now - due)
        meters.timeline.note(now) { $0.errors += 1 }
        if case .malformed(let what) = loss { ledger.object(.contract, nil, what) }
        let row = request.number
        // Buyers that lost one server together must not come back together.
        let pause = Nanoseconds.milliseconds(50 + Int64(row & 63))
        switch request.kind {
        case .view, .check: return nil
        case .purchase:
            if loss != .notConnected { buyers[row].isUnsure = true }
            if buyers[row].isBot, !isClosing { return Next(RequestTag(.purchase, row), at: now + pause) }
            return returns(row, after: pause, now: now)
        case .poll, .leave:
            // A ticket is polled until its final answer.
            return Next(RequestTag(.poll, row), at: now + pause)
        }
    }

    private mutating func measure(_ meter: WritableKeyPath<Meters, Histogram>, _ time: Nanoseconds) {
        meters[keyPath: meter].record(time)
        meters.all.record(time)
    }

    private mutating func complain(_ user: UInt32?, _ what: @autoclosure () -> String) {
        meters.wrong += 1
        ledger.object(.contract, user, what())
    }

    private mutating func gets(
        _ request: RequestTag, due: Nanoseconds, isNew: Bool, _ glance: BodyGlance, _ state: TicketState,
        _ body: Span<UInt8>, now: Nanoseconds
    ) -> Next? {
        let (row, buyer) = (request.number, buyers[request.number])
        if buyer.isBot { meters.bots.record(now - due) } else { measure(\.accepted, now - due) }
        let hadPlace = ledger.hasPlace(buyer.user)
        ledger.given(
            buyer.user, ticket: TicketCache.hash(body, glance.ticket), sequence: glance.sequence, isNew: isNew,
            comesAfter: buyer.comesAfter)
        guard buyers.note(body, glance.ticket, of: row) else {
            complain(buyer.user, "a ticket of \(glance.ticket.count) bytes")
            return done(row)
        }
        if !hadPlace {
            known.note(buyer.user, body, glance.ticket)
            let waiting = Int32(clamping: ledger.waiting)
            meters.timeline.note(now) {
                $0.accepted += 1
                $0.waiting = waiting
            }
        }
        isSeen(buyer.user, state, glance.sequence, knewFinal: request.knewFinal, now: now)
        if buyer.isBot, !isClosing { return Next(RequestTag(.purchase, row), at: now) }
        if buyer.leaves, !state.isFinal {
            buyers[row].leaves = false
            return Next(RequestTag(.leave, row), at: now + .milliseconds(glance.pollAfterMilliseconds / 2))
        }
        return goesOn(row, state, glance.pollAfterMilliseconds, now: now)
    }

    /// Notes a state of a ticket, whoever polled it.
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

    /// Polls again after the pause it was given, or ends with the final answer.
    private mutating func goesOn(_ row: Int, _ state: TicketState, _ milliseconds: Int64, now: Nanoseconds) -> Next? {
        meters.longestPollAfter = max(meters.longestPollAfter, milliseconds)
        guard state.isFinal else { return Next(RequestTag(.poll, row), at: now + .milliseconds(milliseconds)) }
        if !buyers[row].isBot { meters.finals.record(now - buyers[row].arrivedAt) }
        return done(row)
    }

    private mutating func left(_ row: Int, due: Nanoseconds, now: Nanoseconds) -> Next? {
        meters.all.record(now - due)
        let user = buyers[row].user
        isSeen(user, .cancelled, Int64(ledger.sequence(of: user)), knewFinal: false, now: now)
        return done(row)
    }

    private mutating func isRefused(
        _ request: RequestTag, due: Nanoseconds, _ head: AnswerHead, _ glance: BodyGlance, now: Nanoseconds
    ) -> Next? {
        let (kind, row, refusal) = (request.kind, request.number, glance.refusal ?? .other)
        if kind == .leave, head.status == 409, refusal == .inProgress || refusal == .alreadyFinal {
            meters.all.record(now - due)
            return Next(RequestTag(.poll, row), at: now)
        }
        meters.refused(refusal)
        meters.timeline.note(now) { $0.refused += 1 }
        let user = kind == .check ? request.user : buyers[row].user
        let isBot = kind != .check && buyers[row].isBot
        if isBot { meters.bots.record(now - due) } else { measure(\.refused, now - due) }
        let given = glance.retryAfterMilliseconds ?? head.retryAfterSeconds.map { $0 * 1_000 }
        let pause = min(Self.longestPause, .milliseconds(max(1, given ?? 1_000)))
        switch (kind, head.status, refusal) {
        case (.purchase, 410, .soldOut), (.purchase, 410, .closed):
            ledger.turnedAway(user, isSoldOut: refusal == .soldOut, hadPlace: request.knewPlace)
            return isOver(row, now: now)
        case (.purchase, 503, _), (.purchase, 429, _), (.purchase, 409, .notOpen):
            // A place that is known comes before every check but "too fast" and "store away".
            if request.knewPlace, [.queueFull, .paused, .notOpen].contains(refusal) {
                ledger.object(.holderRefused, user, "has a place, told \(refusal.rawValue)")
            }
            return returns(row, after: pause, now: now)
        case (.check, 503, _), (.check, 429, _): return nil
        case (.poll, 503, _), (.poll, 429, _), (.leave, 503, _), (.leave, 429, _):
            return Next(RequestTag(kind, row), at: now + pause)
        default:
            complain(user, "\(head.status) \(refusal.rawValue) to a \(kind == .check ? "look" : "\(kind)")")
            return kind == .check ? nil : done(row)
        }
    }

    private mutating func isOver(_ row: Int, now: Nanoseconds) -> Next? {
        if buyers[row].isBot, !isClosing { return Next(RequestTag(.purchase, row), at: now) }
        meters.turnedAway += 1
        return done(row)
    }

    /// Comes back later with the same purchase, unless all retries are used; bots don't wait.
    private mutating func returns(_ row: Int, after pause: Nanoseconds, now: Nanoseconds) -> Next? {
        if buyers[row].isBot, !isClosing { return Next(RequestTag(.purchase, row), at: now) }
        if buyers[row].isBot, ledger.hasPlace(buyers[row].user) { return Next(RequestTag(.poll, row), at: now + pause) }
        guard buyers[row].retriesLeft > 0 else {
            meters.gaveUp += 1
            return done(row)
        }
        buyers[row].retriesLeft -= 1
        return Next(RequestTag(.purchase, row), at: now + pause)
    }

    /// Ends the part of the buyer in `row`, who sends nothing more.
    private mutating func done(_ row: Int) -> Next? {
        if buyers[row].isUnsure, !ledger.hasPlace(buyers[row].user) { unsure += 1 }
        buyers.remove(row)
        return nil
    }
}
