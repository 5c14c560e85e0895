// DESIGN
// One thread, one loop: what is due is begun, then the fleet waits for answers until the next thing is due. Arrivals
// come from their own process and never wait for answers (open loop); an arrival that finds no free connection, or that
// this program came to late, is still measured from when it was due. That is what "no coordinated omission" means here.

/// Drives a market against a server. Decides nothing itself.
public final class LoadRun: FleetOwner {
    public enum Pacing: Sendable { case openLoop, closedLoop }

    private static let answerTimeout = Nanoseconds.seconds(5)
    private static let housekeeping = Nanoseconds.milliseconds(50)
    private static let reviewTime = Nanoseconds.seconds(10)
    private static let burst = 64  // arrivals begun before answers are looked at again

    private let scenario: Scenario
    private let pacing: Pacing
    private let poller: Poller
    private let interrupts: Interrupts
    private let progress: (LoadRun) -> Void
    private let idle: IdleFleet?
    private var fleet: Fleet?
    private var arrivals: ArrivalProcess
    private var crowd: Crowd
    private var agenda = Agenda<UInt64>()
    private var nextArrival: Nanoseconds?
    private var nextHousekeeping: Nanoseconds
    private var isReviewing = false

    public private(set) var market: BuyerPopulation
    public let start: Nanoseconds
    public private(set) var arrivalsEndedAt: Nanoseconds?
    public private(set) var endedAt: Nanoseconds
    public private(set) var reviewed = 0
    /// Buyers with a place who had no final answer when their time was over.
    public private(set) var waitingAtEnd: Int64 = 0
    public private(set) var cost = ProcessCost()

    /// - Parameter progress: is called some times a second.
    public init(
        _ scenario: Scenario, pacing: Pacing, ledger: SaleLedger, stem: String, at endpoint: Endpoint, seed: UInt64,
        idle: IdleFleet?, interrupts: Interrupts, on poller: Poller, progress: @escaping (LoadRun) -> Void
    ) throws(SystemError) {
        self.scenario = scenario
        self.pacing = pacing
        self.poller = poller
        self.interrupts = interrupts
        self.progress = progress
        self.idle = idle
        start = Poller.clock + .milliseconds(20)
        endedAt = start
        nextHousekeeping = start
        arrivals = ArrivalProcess(
            scenario.arrivals.shape, perSecond: scenario.arrivals.perSecond, seconds: scenario.arrivals.seconds,
            seed: seed)
        crowd = Crowd(scenario, seed: seed)
        let pages = RequestPages(to: endpoint, items: ledger.items.map(\.name), stem: stem)
        market = BuyerPopulation(scenario, ledger: ledger, pages: pages, start: start)
        fleet = try Fleet(
            to: endpoint, connections: scenario.connections + scenario.users.bots, timeout: Self.answerTimeout,
            owner: self)
    }

    /// Lets all arrivals in, waits for the last final answers, then looks at known tickets once more.
    public func run() {
        guard let fleet else { return }
        cost = ProcessCost()
        warm(fleet)
        if pacing == .openLoop { nextArrival = arrivals.next().map { start + $0 } }
        for bot in 0..<scenario.users.bots {
            let asking = market.botArrives(item: bot % scenario.items.count, due: start)
            agenda.add(asking.tag, at: start)
        }
        let lastArrival = start + Nanoseconds(Int64(scenario.arrivals.seconds * 1e9))
        work(fleet, until: lastArrival) { false }
        while let due = nextArrival, !interrupts.came { begin(due, fleet) }
        arrivalsEndedAt = min(lastArrival, Poller.clock)
        market.isClosing = true
        let drained = Poller.clock + Nanoseconds(Int64(scenario.drainSeconds * 1e9))
        work(fleet, until: drained) { [self] in market.live == 0 && fleet.underWay == 0 && fleet.waitingCount == 0 }
        // What is not answered by now counts, with the time it has waited, unless it was not given its time.
        let kept = market.meters
        fleet.abandon()
        if interrupts.came { market.meters = kept }
        endedAt = Poller.clock
        cost = ProcessCost().since(cost)
        review(fleet)
        self.fleet = nil
        fleet.close()
    }

    public func compose(_ tag: inout UInt64, into bytes: inout [UInt8]) {
        var asking = Asking(tag: tag)
        market.compose(&asking, into: &bytes, now: Poller.clock)
        tag = asking.tag
    }

    public func answered(_ tag: UInt64, due: Nanoseconds, left: Nanoseconds, _ head: AnswerHead, body: Span<UInt8>) {
        let now = fleet?.now ?? Poller.clock
        if isReviewing { reviewed += 1 }
        market.meters.served.record(now - left)
        follow(market.hears(Asking(tag: tag), due: due, head, body: body, now: now), now)
    }

    public func lost(_ tag: UInt64, due: Nanoseconds, _ loss: Loss) {
        let now = Poller.clock
        follow(market.loses(Asking(tag: tag), due: due, loss, now: now), now)
    }

    /// Opens the connections before the first arrival is due, as browsers and proxies do.
    private func warm(_ fleet: Fleet) {
        fleet.openAll()
        while Poller.clock < start { fleet.turn(until: start) }
    }

    private func follow(_ next: BuyerPopulation.Next?, _ now: Nanoseconds) {
        guard let next else { return }
        if next.time <= now, let fleet {
            fleet.send(next.asking.tag, due: next.time)
        } else {
            agenda.add(next.asking.tag, at: next.time)
        }
    }

    private func work(_ fleet: Fleet, until end: Nanoseconds, isDone: () -> Bool) {
        while !interrupts.came, !isDone() {
            let now = Poller.clock
            guard now < end else { return }
            var left = Self.burst
            while left > 0, let due = agenda.popDue(now: now) {
                market.meters.lag.record(now - due.time)
                fleet.send(due.entry, due: due.time)
                left -= 1
            }
            if arrivalsEndedAt == nil { letIn(fleet, now: now, atMost: left) }
            fleet.turn(until: left == 0 ? now : min(end, nextHousekeeping, agenda.nextTime ?? end, nextArrival ?? end))
            if fleet.now >= nextHousekeeping { keepHouse(fleet) }
        }
    }

    private func letIn(_ fleet: Fleet, now: Nanoseconds, atMost most: Int) {
        var left = most
        if pacing == .closedLoop {
            while left > 0, fleet.hasFree {
                begin(Poller.clock, fleet)
                left -= 1
            }
            return
        }
        while left > 0, let due = nextArrival, due <= now {
            market.meters.lag.record(now - due)
            begin(due, fleet)
            left -= 1
        }
    }

    private func begin(_ due: Nanoseconds, _ fleet: Fleet) {
        let wish = crowd.next()
        let asking = market.arrives(wish, due: due) { crowd.below($0) }
        fleet.send(asking.tag, due: due)
        if pacing == .openLoop { nextArrival = arrivals.next().map { start + $0 } }
    }

    private func keepHouse(_ fleet: Fleet) {
        nextHousekeeping = fleet.now + Self.housekeeping
        fleet.expire()
        idle?.turn()
        poller.turn(until: fleet.now)
        progress(self)
    }

    private func review(_ fleet: Fleet) {
        waitingAtEnd = market.ledger.waiting
        guard !interrupts.came else { return }
        isReviewing = true
        let kept = market.meters
        agenda = Agenda()
        for asking in market.stragglers() + market.reviews() { fleet.send(asking.tag, due: Poller.clock) }
        work(fleet, until: Poller.clock + Self.reviewTime) { fleet.underWay == 0 && fleet.waitingCount == 0 }
        // A look back is no load: it leaves no trace in the figures.
        market.meters = kept
    }

    /// Judges the sale by what buyers were told and by the items as they are now.
    public func judge(after: [ItemBody?]) {
        market.judge(after: after, isCut: interrupts.came)
    }

    /// Answers so far.
    public var answers: Int64 { fleet?.answers ?? market.meters.answered }
    public var openConnections: Int { fleet?.open ?? 0 }
}
