/// Drives a crowd of buyers against one item and lets the referee watch. Decides nothing itself.
final class RushDriver: RequestOwner {
    private static let reviewTime = Nanoseconds.seconds(10)
    private static let answerTimeout = Nanoseconds.seconds(5)
    private static let housekeeping = Nanoseconds.milliseconds(100)
    /// Time to build the agenda before the first press.
    private static let headStart = Nanoseconds.milliseconds(100)

    private let endpoint: Endpoint
    private let connections: Int
    private let poller: Poller
    private let interrupts: Interrupts
    private let writer: RequestWriter
    private var progress: RushProgress
    private let purchasePath: String
    private let opensAt: Nanoseconds
    private lazy var pool = ConnectionPool(
        to: endpoint, connections: connections, timeout: Self.answerTimeout, on: poller, owner: self)
    private var agenda = Agenda<(buyer: Int, ask: Ask)>()
    private var underWay = 0  // requests
    private var nextHousekeeping: Nanoseconds
    private var isReviewing = false
    private var pressed: Int64 = 0  // buyers

    private(set) var buyers: [Buyer]
    private(set) var referee: Referee
    private(set) var elapsed = Nanoseconds.zero
    var answers: Int64 { pool.answers }
    var lostAnswers: Int64 { pool.losses }

    init(
        _ opening: Opening, referee: Referee, at endpoint: Endpoint, connections: Int, progress: RushProgress,
        interrupts: Interrupts, on poller: Poller
    ) {
        self.endpoint = endpoint
        self.connections = connections
        self.poller = poller
        self.interrupts = interrupts
        self.progress = progress
        self.referee = referee
        writer = RequestWriter(to: endpoint)
        purchasePath = "/v1/items/\(referee.item)/purchases"
        let opensAt = Poller.clock + Self.headStart
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
    }

    /// Lets everybody press and wait until all are told or `deadline` after the opening, then asks all finals again.
    func run(deadline: Nanoseconds) {
        work(until: opensAt + deadline)
        elapsed = Poller.clock - opensAt
        isReviewing = true
        agenda = Agenda()
        for buyer in buyers where !interrupts.came { begin(buyer.number, .review) }
        work(until: Poller.clock + Self.reviewTime)
        progress.end(pressed: pressed, referee)
        pool.close()
    }

    func write(_ tag: UInt64, into bytes: inout [UInt8]) {
        let (number, ask) = Self.unpack(tag)
        let buyer = buyers[number]
        if ask == .press || ask == .pressAgain || (ask == .review && buyer.pressesTwice) {
            writer.send(
                "POST", purchasePath, headers: "Idempotency-Key: press-1\r\n",
                json: #"{"user":"\#(referee.user(number))","quantity":1}"#, into: &bytes)
        } else {
            writer.get("/v1/tickets/\(buyer.ticket ?? "")", into: &bytes)
        }
    }

    func finished(_ tag: UInt64, _ result: Result<Response, Loss>) {
        let (number, ask) = Self.unpack(tag)
        underWay -= 1
        // What comes after the deadline comes too late to count.
        guard isReviewing == (ask == .review) else { return }
        let now = Poller.clock
        let step: Step?
        switch result {
        case .success(let response):
            let isPurchase = ask != .poll && (ask != .review || buyers[number].pressesTwice)
            let answer = Answer(to: isPurchase, response)
            step = buyers[number].hears(answer, to: ask, now: now, &referee)
        case .failure(let loss):
            step = buyers[number].loses(ask, loss, now: now, &referee)
        }
        if let step { agenda.add((number, step.ask), at: step.time) }
    }

    private func begin(_ number: Int, _ ask: Ask) {
        if ask == .press, !buyers[number].hasPressed { pressed += 1 }
        guard buyers[number].begins(ask, highestGiven: referee.highestGiven) else { return }
        underWay += 1
        pool.send(Self.pack(number, ask))
    }

    private func work(until end: Nanoseconds) {
        while Poller.clock < end, !interrupts.came, underWay > 0 || agenda.count > 0 {
            while let due = agenda.popDue(now: Poller.clock) { begin(due.entry.buyer, due.entry.ask) }
            poller.turn(until: min(end, nextHousekeeping, agenda.nextTime ?? end))
            if poller.now >= nextHousekeeping {
                nextHousekeeping = poller.now + Self.housekeeping
                pool.expire()
                progress.show(pressed: pressed, referee, answers: answers, now: poller.now)
            }
        }
    }

    private static func pack(_ number: Int, _ ask: Ask) -> UInt64 { UInt64(number) << 2 | ask.rawValue }

    private static func unpack(_ tag: UInt64) -> (Int, Ask) {
        guard let ask = Ask(rawValue: tag & 3) else { preconditionFailure("two bits name four asks") }
        return (Int(tag >> 2), ask)
    }
}
