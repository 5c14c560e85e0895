/// Drives a crowd of buyers against one item and lets the referee watch. Decides nothing itself.
final class RushDriver: FleetOwner {
    private static let reviewTime = Nanoseconds.seconds(10)
    private static let answerTimeout = Nanoseconds.seconds(5)
    /// A poll waits 25 s at most.
    private static let listenTimeout = Nanoseconds.seconds(30)
    private static let housekeeping = Nanoseconds.milliseconds(100)
    /// Time to build the agenda before the first press.
    private static let headStart = Nanoseconds.milliseconds(100)

    private let interrupts: Interrupts
    private let writer: RequestWriter
    private var progress: Progress
    private let purchasePath: String
    private let opensAt: Nanoseconds
    private var fleet: Fleet?
    /// For polls that wait, which would keep connections from others; nil where buyers poll now and then.
    private var listeners: Fleet?
    private var agenda = Agenda<(buyer: Int, ask: Ask)>()
    private var underWay = 0  // requests
    private var nextHousekeeping: Nanoseconds
    private var isReviewing = false
    private var pressed: Int64 = 0  // buyers

    private(set) var buyers: [Buyer]
    private(set) var referee: Referee
    private(set) var elapsed = Nanoseconds.zero
    private(set) var answers: Int64 = 0
    private(set) var lostAnswers: Int64 = 0

    init(
        _ opening: Opening, referee: Referee, at endpoint: Endpoint, connections: Int, listeners count: Int,
        progress: Progress, interrupts: Interrupts
    ) throws(SystemError) {
        self.interrupts = interrupts
        self.progress = progress
        self.referee = referee
        writer = RequestWriter(to: endpoint)
        purchasePath = "/v1/items/\(referee.item)/purchases"
        let opensAt = Nanoseconds.now + Self.headStart
        self.opensAt = opensAt
        nextHousekeeping = opensAt
        buyers = opening.presses.indices.map { number in
            Buyer(
                number: number, pressAt: opensAt + opening.presses[number],
                pressesTwice: opening.secondPresses[number] != nil)
        }
        for buyer in buyers {
            agenda.add((buyer.number, .press), at: buyer.pressAt)
            if let second = opening.secondPresses[buyer.number] {
                agenda.add((buyer.number, .pressAgain), at: opensAt + second)
            }
        }
        fleet = try Fleet(to: [endpoint], connections: connections, timeout: Self.answerTimeout, owner: self)
        guard count > 0 else { return }
        let listeners = try Fleet(
            to: [endpoint], connections: count, timeout: Self.listenTimeout, owner: self
        )
        listeners.openAll()
        fleet?.serves(listeners)
        self.listeners = listeners
    }

    /// Lets all buyers press and wait until all have their final answer or `deadline` after the opening, then requests
    /// all final answers again.
    func run(deadline: Nanoseconds) {
        guard let fleet else { return }
        work(fleet, until: opensAt + deadline)
        elapsed = Nanoseconds.now - opensAt
        isReviewing = true
        agenda = Agenda()
        for buyer in buyers where !interrupts.came { begin(buyer.number, .review, fleet) }
        work(fleet, until: Nanoseconds.now + Self.reviewTime)
        progress.show(line(rate: 0))
        progress.end()
        (answers, lostAnswers) = (fleet.answers, fleet.losses)
        if let listeners {
            answers += listeners.answers
            lostAnswers += listeners.losses
            listeners.close()
        }
        fleet.close()
        (self.fleet, listeners) = (nil, nil)
    }

    func compose(_ tag: inout UInt64, into bytes: inout [UInt8]) {
        let (number, ask) = Self.unpack(tag)
        let buyer = buyers[number]
        if ask == .press || ask == .pressAgain || (ask == .review && buyer.pressesTwice) {
            writer.send(
                "POST", purchasePath, headers: "Idempotency-Key: press-1\r\n",
                json: #"{"user":"\#(referee.user(number))","quantity":1}"#, into: &bytes)
        } else {
            let waits = ask == .poll && listeners != nil ? "?wait=25" : ""
            writer.get("/v1/tickets/\(buyer.ticket ?? "")\(waits)", into: &bytes)
        }
    }

    func answered(_ tag: UInt64, due: Nanoseconds, left: Nanoseconds, _ head: AnswerHead, _ bytes: Span<UInt8>) {
        finished(tag, Response.read(bytes))
    }

    func lost(_ tag: UInt64, due: Nanoseconds, _ loss: Loss) { finished(tag, .failure(loss)) }

    private func finished(_ tag: UInt64, _ result: Result<Response, Loss>) {
        let (number, ask) = Self.unpack(tag)
        underWay -= 1
        // What comes after the deadline comes too late to count.
        guard isReviewing == (ask == .review) else { return }
        let now = Nanoseconds.now
        let step: Step?
        var isListening = false
        switch result {
        case .success(let response):
            let isPurchase = ask != .poll && (ask != .review || buyers[number].pressesTwice)
            let answer = Answer(to: isPurchase, response)
            if listeners != nil, case .ticket = answer.meaning { isListening = true }
            step = buyers[number].receives(answer, to: ask, now: now, &referee)
        case .failure(let loss):
            step = buyers[number].loses(ask, loss, now: now, &referee)
        }
        if let step { agenda.add((number, step.ask), at: isListening ? now : step.time) }
    }

    private func begin(_ number: Int, _ ask: Ask, _ fleet: Fleet) {
        if ask == .press, !buyers[number].hasPressed { pressed += 1 }
        guard buyers[number].begins(ask, highestGiven: referee.highestGiven) else { return }
        underWay += 1
        (ask == .poll ? listeners ?? fleet : fleet).send(Self.pack(number, ask), due: .now)
    }

    private func work(_ fleet: Fleet, until end: Nanoseconds) {
        while Nanoseconds.now < end, !interrupts.came, underWay > 0 || agenda.count > 0 {
            while let due = agenda.popDue(now: Nanoseconds.now) { begin(due.entry.buyer, due.entry.ask, fleet) }
            fleet.turn(until: min(end, nextHousekeeping, agenda.nextTime ?? end))
            guard fleet.now >= nextHousekeeping else { continue }
            nextHousekeeping = fleet.now + Self.housekeeping
            fleet.expire()
            listeners?.expire()
            interrupts.check()
            progress.show([fleet.answers], since: nil, now: fleet.now) { line(rate: $0[0]) }
        }
    }

    private func line(rate: Int64) -> String {
        ProgressLine.rush(
            of: buyers.count, pressed: pressed, referee.counts, rate: rate, breaches: referee.breachCount)
    }

    private static func pack(_ number: Int, _ ask: Ask) -> UInt64 { UInt64(number) << 2 | ask.rawValue }

    private static func unpack(_ tag: UInt64) -> (Int, Ask) {
        guard let ask = Ask(rawValue: tag & 3) else { preconditionFailure("two bits name four asks") }
        return (Int(tag >> 2), ask)
    }
}
