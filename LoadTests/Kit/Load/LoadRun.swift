// DESIGN
// One thread, one loop: what is due is begun, then the fleet waits for answers until the next thing is due. Arrivals
// come from their own process and never wait for answers (open loop); an arrival that finds no free connection, or that
// this program came to late, is still measured from when it was due. That is what "no coordinated omission" means here.

/// Drives the buyers of a load test against a server. Decides nothing itself.
public final class LoadRun: FleetOwner {
    public enum Pacing: Sendable { case openLoop, closedLoop }

    private static let answerTimeout = Nanoseconds.seconds(5)
    private static let housekeeping = Nanoseconds.milliseconds(50)
    private static let reviewTime = Nanoseconds.seconds(10)
    private static let burst = 64  // arrivals begun before answers are read again

    private let scenario: Scenario
    private let pacing: Pacing
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

    public private(set) var buyers: BuyerPopulation
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
        idle: IdleFleet?, interrupts: Interrupts, progress: @escaping (LoadRun) -> Void
    ) throws(SystemError) {
        self.scenario = scenario
        self.pacing = pacing
        self.interrupts = interrupts
        self.progress = progress
        self.idle = idle
        start = Nanoseconds.now + .milliseconds(20)
        endedAt = start
        nextHousekeeping = start
        arrivals = ArrivalProcess(
            scenario.arrivals.shape, perSecond: scenario.arrivals.perSecond, seconds: scenario.arrivals.seconds,
            seed: seed)
        crowd = Crowd(scenario, seed: seed)
        let pages = RequestPages(to: endpoint, items: ledger.items.map(\.name), stem: stem)
        buyers = BuyerPopulation(scenario, ledger: ledger, pages: pages, start: start)
        fleet = try Fleet(
            to: [endpoint], connections: scenario.connections + scenario.users.bots, timeout: Self.answerTimeout,
            owner: self)
    }

    /// Lets all arrivals in, waits for the last final answers, then polls known tickets once more.
    public func run() {
        guard let fleet else { return }
        cost = ProcessCost()
        warm(fleet)
        if pacing == .openLoop { nextArrival = arrivals.next().map { start + $0 } }
        for bot in 0..<scenario.users.bots {
            let request = buyers.botArrives(item: bot % scenario.items.count, due: start)
            agenda.add(request.bits, at: start)
        }
        let lastArrival = start + Nanoseconds(Int64(scenario.arrivals.seconds * 1e9))
        work(fleet, until: lastArrival) { false }
        while let due = nextArrival, !interrupts.came { begin(due, fleet) }
        arrivalsEndedAt = min(lastArrival, Nanoseconds.now)
        buyers.close()
        let drained = Nanoseconds.now + Nanoseconds(Int64(scenario.drainSeconds * 1e9))
        work(fleet, until: drained) { [self] in buyers.live == 0 && fleet.underWay == 0 && fleet.waitingCount == 0 }
        // What is not answered by now counts, with the time it has waited, unless it was not given its time.
        let kept = buyers.meters
        fleet.abandon()
        if interrupts.came { buyers.restore(kept) }
        endedAt = Nanoseconds.now
        cost = ProcessCost().since(cost)
        review(fleet)
        self.fleet = nil
        fleet.close()
    }

    public func compose(_ tag: inout UInt64, into bytes: inout [UInt8]) {
        var request = RequestTag(bits: tag)
        buyers.compose(&request, into: &bytes, now: .now)
        tag = request.bits
    }

    public func answered(_ tag: UInt64, due: Nanoseconds, left: Nanoseconds, _ head: AnswerHead, _ bytes: Span<UInt8>) {
        let now = fleet?.now ?? Nanoseconds.now
        if isReviewing { reviewed += 1 }
        buyers.noteServed(now - left)
        let body = bytes.extracting(head.length...)
        follow(buyers.receives(RequestTag(bits: tag), due: due, head, body: body, now: now), now)
    }

    public func lost(_ tag: UInt64, due: Nanoseconds, _ loss: Loss) {
        let now = Nanoseconds.now
        follow(buyers.loses(RequestTag(bits: tag), due: due, loss, now: now), now)
    }

    /// Opens the connections before the first arrival is due, as browsers and proxies do.
    private func warm(_ fleet: Fleet) {
        fleet.openAll()
        while Nanoseconds.now < start { fleet.turn(until: start) }
    }

    private func follow(_ next: BuyerPopulation.Next?, _ now: Nanoseconds) {
        guard let next else { return }
        if next.time <= now, let fleet {
            fleet.send(next.request.bits, due: next.time)
        } else {
            agenda.add(next.request.bits, at: next.time)
        }
    }

    private func work(_ fleet: Fleet, until end: Nanoseconds, isDone: () -> Bool) {
        while !interrupts.came, !isDone() {
            let now = Nanoseconds.now
            guard now < end else { return }
            var left = Self.burst
            while left > 0, let due = agenda.popDue(now: now) {
                buyers.noteLag(now - due.time)
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
                begin(Nanoseconds.now, fleet)
                left -= 1
            }
            return
        }
        while left > 0, let due = nextArrival, due <= now {
            buyers.noteLag(now - due)
            begin(due, fleet)
            left -= 1
        }
    }

    private func begin(_ due: Nanoseconds, _ fleet: Fleet) {
        let wish = crowd.next()
        let request = buyers.arrives(wish, due: due) { crowd.below($0) }
        fleet.send(request.bits, due: due)
        if pacing == .openLoop { nextArrival = arrivals.next().map { start + $0 } }
    }

    private func keepHouse(_ fleet: Fleet) {
        nextHousekeeping = fleet.now + Self.housekeeping
        fleet.expire()
        idle?.turn()
        interrupts.check()
        progress(self)
    }

    private func review(_ fleet: Fleet) {
        waitingAtEnd = buyers.ledger.waiting
        guard !interrupts.came else { return }
        isReviewing = true
        let kept = buyers.meters
        agenda = Agenda()
        for request in buyers.stragglers() + buyers.reviews() { fleet.send(request.bits, due: .now) }
        work(fleet, until: Nanoseconds.now + Self.reviewTime) { fleet.underWay == 0 && fleet.waitingCount == 0 }
        // A review is no load: it leaves no trace in the figures.
        buyers.restore(kept)
    }

    /// Judges the sale by what buyers were answered and by the items as they are now.
    public func judge(after: [ItemBody?]) {
        buyers.judge(after: after, isCut: interrupts.came)
    }
}
