public import Base
public import Domain
public import EventLoop
public import OrderTable
import Store

// DESIGN
// What was taken in one turn of the loop leaves as one transaction, and while all connections are busy what comes
// gathers to larger ones (at most `Limits.batch`), so the batch grows by itself with load. What the table holds
// afterwards decides, not what we did: it answers the same to a repeat, so an outcome that is unknown is simply asked
// again, and nothing but a row of the table refuses a purchase. So no unit is given back on a guess.

/// Places orders as rows of a table in PostgreSQL.
public final class PostgresSink: OrderSink {
    public struct Figures: Sendable {
        public var confirmed: UInt64 = 0
        public var refused: UInt64 = 0
        public var batchesAnswered: UInt64 = 0
        public var batchesUnknown: UInt64 = 0
        public var batchesRefused: UInt64 = 0
        public var askedAgain: UInt64 = 0  // purchases
        public init() {}
    }

    private struct Placing {
        let order: PlacedOrder
        let row: OrderRow
    }

    public var onFinished: (([FinishedOrder]) -> Void)?
    public var onCalls: (([SinkCall]) -> Void)?
    /// Workers that place orders in the same database share what it can bear.
    public let group: SinkGroup?
    public private(set) var figures = Figures()
    private let loop: EventLoop
    private let table: OrderTable
    private let tickets: TicketIssuer
    private let log: any SinkLog
    private var batches: OrderBatches<Placing>
    private var unanswered = 0  // orders that rest before they are placed again
    private var finished: [FinishedOrder] = []
    private var calls: [SinkCall] = []
    private var wake: (timer: Token, time: MonotonicInstant)?

    public init(
        loop: EventLoop, options: OrderTableOptions, tickets: TicketIssuer, log: any SinkLog,
        seed: UInt64 = .random(in: .min ... .max)
    ) {
        self.loop = loop
        self.tickets = tickets
        self.log = log
        group = SinkGroup(name: "postgres", capPerSecond: nil)
        table = OrderTable(loop: loop, options: options)
        batches = OrderBatches(seed: seed)
        tickets.onIssued = { [unowned self] in
            for issued in $0 { batches.add(Placing(order: issued.order, row: Self.row(issued))) }
        }
        loop.beforeSleep { [unowned self] in endTurn() }
    }

    /// Connects, and says once whether the table can be used: as soon as that is known, or after `patience` that it
    /// isn't. A server that is away is waited for.
    public func start(patience: TimeSpan, completion: @escaping (OrderTable.Check) -> Void) {
        var completion: ((OrderTable.Check) -> Void)? = completion
        func end(_ check: OrderTable.Check) {
            let call = completion
            completion = nil
            call?(check)
        }
        func look() {
            guard completion != nil else { return }
            table.check { [unowned self] check in
                guard case .unknown = check else { return end(check) }
                loop.schedule(after: Limits.failedItemRests) { look() }
            }
        }
        table.onUp = { [unowned self] in self.log.sinkUp() }
        table.onDown = { [unowned self] failure, reason in
            self.log.sinkDown(reason: reason)
            if failure.isOfSetUp { end(.unusable("can't be reached: \(reason)")) }
        }
        table.start()
        look()
        loop.schedule(after: patience) { end(.unknown(.unreachable)) }
    }

    // MARK: State

    public var count: Int { tickets.count + unanswered + batches.count }
    public var readyConnections: Int { table.readyConnections }
    /// Why no order can be placed; nil while orders can.
    public var downReason: String? {
        table.readyConnections > 0 ? nil : table.downReason ?? "not connected yet"
    }

    /// Open while no connection is up or batch after batch fails, half-open while one is tried. It opens and closes by
    /// itself; a breaker with a rule of its own takes the place of this property and of `batches.take`'s condition.
    public var breaker: BreakerState {
        if table.readyConnections == 0 {
            guard table.downReason != nil else { return .closed }
            return table.isTrying ? .halfOpen : .open
        }
        guard batches.failures >= Limits.sinkFailures else { return .closed }
        return batches.isBatchUnderWay ? .halfOpen : .open
    }

    // MARK: Taking

    public func place(_ purchases: [PlacedOrder]) { tickets.add(purchases) }

    public func withdrawWaiting() -> [PlacedOrder] { batches.withdraw().map(\.order) + tickets.withdraw() }

    private static func row(_ issued: TicketIssuer.Issued) -> OrderRow {
        let record = issued.order.record
        return OrderRow(
            ticket: issued.ticket, item: issued.order.item, incarnation: issued.incarnation, user: record.user,
            keyDigest: record.keyDigest, sequence: record.sequence, quantity: record.quantity, attempt: record.attempt,
            admittedAt: record.admittedAt)
    }

    // MARK: Placing

    private func endTurn() {
        while table.hasRoom, let batch = batches.take(now: loop.now) { send(batch) }
        if let time = batches.wakeAt(now: loop.now) { wake(at: time) }
        handOver()
    }

    private func send(_ batch: [OrderBatches<Placing>.Entry]) {
        let began = loop.now
        table.place(batch.map(\.order.row)) { [unowned self] result in
            let duration = loop.now - began
            switch result {
            case .success(let answers): finish(batch, answers, duration)
            case .failure(let failure): fail(batch, failure, duration)
            }
        }
    }

    private func finish(_ batch: [OrderBatches<Placing>.Entry], _ answers: [OrderAnswer?], _ duration: TimeSpan) {
        figures.batchesAnswered += 1
        batches.answered(batch)
        var missing: [PlacedOrder] = []
        for (entry, answer) in zip(batch, answers) {
            switch answer {
            case .confirmed(let reference):
                figures.confirmed += 1
                end(entry, .confirmed, reference, duration)
            case .refused(let reason):
                figures.refused += 1
                end(entry, .refused, reason, duration)
            case nil: missing.append(entry.order.order)
            }
        }
        if !missing.isEmpty { placeAgain(missing) }
    }

    /// The table could not say: another transaction was under way for the same user and key, or somebody else's order
    /// has their places in the queue. Then the item may have been made anew, and it is read again.
    private func placeAgain(_ orders: [PlacedOrder]) {
        figures.askedAgain += UInt64(orders.count)
        log.ordersUnanswered(purchases: orders.count)
        for order in orders { tickets.forget(order.item) }
        unanswered += orders.count
        loop.schedule(after: Limits.sinkRest) { [weak self] in
            self?.unanswered -= orders.count
            self?.place(orders)
        }
    }

    private func end(
        _ entry: OrderBatches<Placing>.Entry, _ outcome: Settlement.Outcome, _ note: String, _ duration: TimeSpan
    ) {
        finished.append(FinishedOrder(order: entry.order.order, outcome: outcome, note: note, execution: duration))
        calls.append(SinkCall(duration: duration, result: .answered))
    }

    private func fail(_ batch: [OrderBatches<Placing>.Entry], _ failure: OrderTableFailure, _ duration: TimeSpan) {
        if failure != .unreachable {
            let call = SinkCall(duration: duration, result: failure.isBusy ? .busy : .unknown)
            calls += [SinkCall](repeating: call, count: batch.count)
        }
        switch failure {
        case .refused, .unexpectedReply:
            figures.batchesRefused += 1
            log.batchFailed(purchases: batch.count, reason: failure.description)
        case .outcomeUnknown, .unreachable: figures.batchesUnknown += 1
        }
        figures.askedAgain += UInt64(batch.count)
        batches.failed(batch, mayBeOfOne: failure.mayBeOfOneRow, now: loop.now)
    }

    /// Makes a turn happen at `time`; its end sends what is due.
    private func wake(at time: MonotonicInstant) {
        if let wake {
            if wake.time <= time { return }
            loop.cancel(wake.timer)
        }
        let timer = loop.schedule(at: time) { [unowned self] in wake = nil }
        wake = (timer, time)
    }

    /// All that ended in one turn is settled in one call.
    private func handOver() {
        if !calls.isEmpty {
            let ended = calls
            calls.removeAll(keepingCapacity: true)
            onCalls?(ended)
        }
        guard !finished.isEmpty else { return }
        let ended = finished
        finished.removeAll(keepingCapacity: true)
        onFinished?(ended)
    }
}
