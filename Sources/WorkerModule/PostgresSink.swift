public import Base
public import Domain
public import EventLoop
public import OrderTable
import Store

// DESIGN
// What was taken in one turn of the loop is sent as one transaction, and while all connections are busy newcomers
// gather to larger ones (at most `Limits.batch`), so the batch grows by itself with load. What the table holds
// afterwards decides, not what was sent: it answers the same to a retry, so a batch of unknown outcome is simply sent
// again, and nothing but a row of the table refuses a purchase. So no unit is given back on a guess. The breaker's rule
// counts batches; without a connection no batch is sent, so then the pool's state counts too.

/// Places orders as rows of a table in PostgreSQL.
public final class PostgresSink: OrderSink {
    private struct Placing {
        let order: PlacedOrder
        let row: OrderRow
    }

    private typealias Batch = [OrderBatches<Placing>.Entry]

    public var onFinished: (([FinishedOrder]) -> Void)?
    public var onCalls: (([SinkCall]) -> Void)?
    public var group: SinkGroup? { settings.group }
    public private(set) var figures = Figures()
    private let loop: EventLoop
    private let settings: Settings
    private let table: OrderTable
    private let gate: BreakerDriver
    private let tickets: TicketMaker
    private let log: any SinkLog
    private var batches: OrderBatches<Placing>
    private var unanswered: [PlacedOrder] = []  // await a retry
    private var finished: [FinishedOrder] = []
    private var calls: [SinkCall] = []
    private var wake: (timer: Token, time: MonotonicInstant)?
    private let doubtWatch: OverdueWatch
    private var complaint: String?  // of a server that is there and takes no order

    /// - Parameter seed: of the jitter.
    public init(
        loop: EventLoop, settings: Settings, breaker: BreakerDriver, tickets: TicketMaker, seed: UInt64,
        log: any SinkLog
    ) {
        self.loop = loop
        self.settings = settings
        gate = breaker
        doubtWatch = OverdueWatch(loop: loop, inDoubtAfter: settings.inDoubtAfter)
        self.tickets = tickets
        self.log = log
        table = OrderTable(loop: loop, options: settings.table)
        batches = OrderBatches(seed: seed)
        tickets.onMade = { [unowned self] in
            for (order, ticket, incarnation) in $0 {
                let placing = Placing(order: order, row: Self.row(order, ticket, incarnation))
                batches.add(placing, paidUntil: order.paidUntil)
            }
        }
        doubtWatch.onDue = { [unowned self] in
            endOverdue()
            return count > 0
        }
        loop.beforeSleep { [unowned self] in endTurn() }
    }

    /// Connects, and reports once whether the table can be used: as soon as that is known, or after `patience` that it
    /// is unknown. A server that is away is waited for.
    public func start(patience: TimeSpan, completion: @escaping (OrderTable.Check) -> Void) {
        var completion: ((OrderTable.Check) -> Void)? = completion
        func end(_ check: OrderTable.Check) {
            let call = completion
            completion = nil
            call?(check)
        }
        func checkTable() {
            table.check { [unowned self] check in
                guard case .unknown(let failure) = check else {
                    complaint = nil
                    return end(check)
                }
                complain(failure)
                // Where it takes longer, the caller has gone on by now.
                guard completion != nil || complaint != nil else { return }
                loop.schedule(after: completion == nil ? .seconds(1) : Limits.failedItemPause) { checkTable() }
            }
        }
        table.onUp = { [unowned self] in log.sinkUp() }
        table.onDown = { [unowned self] failure, reason in
            log.sinkDown(reason: reason)
            if failure.isOfSetUp { end(.unusable("can't be reached: \(reason)")) }
        }
        table.start()
        checkTable()
        loop.schedule(after: patience) { end(.unknown(.unreachable)) }
    }

    // MARK: State

    public var count: Int { tickets.count + unanswered.count + batches.count }
    public var awaitingRetry: Int { unanswered.count + batches.awaitingRetry }
    public var readyConnections: Int { table.readyConnections }
    /// Why no order can be placed; nil while orders can.
    public var downReason: String? {
        table.readyConnections > 0 ? complaint : table.downReason ?? "not connected yet"
    }

    /// A server that refuses every batch (a standby is read-only) is as good as none; reported once a reason.
    private func complain(_ failure: OrderTableFailure) {
        guard case .refused = failure, complaint != failure.description else { return }
        complaint = failure.description
        log.sinkDown(reason: failure.description)
    }

    /// The breaker's state; and open also while no connection is up, or while batch after batch fails.
    public var breaker: BreakerState {
        if table.downReason != nil { return .open }
        if gate.state != .closed { return gate.state }
        guard batches.failures >= Limits.sinkFailures else { return .closed }
        // Where all that failed has been withdrawn, the next batch is the probe.
        return batches.isBatchUnderWay || !batches.isAnythingLeft ? .halfOpen : .open
    }

    // MARK: Taking

    /// Counts what the server could take, whatever `breaker` is: that one waits for a batch to be sent.
    public var retriesWanted: Int {
        guard table.hasRoom else { return 0 }
        let wanted = batches.wanted(now: loop.now)
        switch gate.state {
        case .closed: return wanted
        case .halfOpen: return min(wanted, Int(Limits.revivedProbes))
        case .open: return 0
        }
    }

    public func permit(retries: Int) { batches.permit(retries, now: loop.now) }

    public func place(_ purchases: [PlacedOrder]) { tickets.add(purchases) }

    /// Also those that were sent already: the worker that takes them next places them under the same tickets.
    public func withdrawWaiting() -> [PlacedOrder] {
        defer { unanswered.removeAll() }
        return batches.withdraw().map(\.order) + unanswered + tickets.withdraw()
    }

    private static func row(_ order: PlacedOrder, _ ticket: String, _ incarnation: UInt64) -> OrderRow {
        let record = order.record
        return OrderRow(
            ticket: ticket, item: order.item, incarnation: incarnation, user: record.user,
            keyDigest: record.keyDigest, sequence: record.sequence, quantity: record.quantity, attempt: record.attempt,
            admittedAt: record.admittedAt)
    }

    // MARK: Placing

    private func endTurn() {
        while table.hasRoom, let permit = permit() {
            guard let batch = batches.take(now: loop.now) else {
                gate.cancelled(permit)
                break
            }
            send(batch, permit)
        }
        if let time = batches.wakeAt(now: loop.now) { wake(at: time) }
        handOver()
    }

    /// A permit for one batch; requested only where there may be one.
    private func permit() -> CircuitBreaker.Permit? { batches.isAnythingLeft ? gate.request() : nil }

    private func send(_ batch: Batch, _ permit: CircuitBreaker.Permit) {
        let began = loop.now
        table.place(batch.map(\.order.row)) { [unowned self] result in
            let duration = loop.now - began
            switch result {
            case .success(let answers):
                gate.ended(permit, isFailure: false, duration: duration)
                finish(batch, answers, duration)
            case .failure(let failure):
                // A failure that its own rows caused means nothing for the server.
                if failure == .unreachable || failure.mayBeOfOneRow {
                    gate.cancelled(permit)
                } else {
                    gate.ended(permit, isFailure: true, duration: duration)
                }
                fail(batch, failure, duration)
            }
        }
    }

    private func finish(_ batch: Batch, _ answers: [OrderAnswer?], _ duration: TimeSpan) {
        figures.batchesAnswered += 1
        if complaint != nil {
            complaint = nil
            log.sinkUp()
        }
        batches.answered(batch)
        var missing: [PlacedOrder] = []
        for (entry, answer) in zip(batch, answers) {
            let order = entry.order.order
            switch answer {
            case .confirmed(let reference):
                figures.confirmed += 1
                end(order, .confirmed, reference, duration)
            case .refused(let reason):
                figures.refused += 1
                end(order, .refused, reason, duration)
            case nil: missing.append(order)
            }
            if answer != nil { calls.append(SinkCall(duration: duration, result: .answered)) }
        }
        if !missing.isEmpty { placeAgain(missing) }
    }

    /// The table gave no answer for these: another transaction was under way for the same user and key, or another
    /// buyer's order has their sequence.
    private func placeAgain(_ orders: [PlacedOrder]) {
        figures.retried += UInt64(orders.count)
        log.ordersUnanswered(purchases: orders.count)
        if unanswered.isEmpty {
            loop.schedule(after: Limits.sinkRetry) { [unowned self] in
                let retries = unanswered.map { order in
                    var order = order
                    order.grantedAt = nil  // it paid for one sending
                    return order
                }
                unanswered.removeAll()
                place(retries)
            }
        }
        unanswered += orders
        doubtWatch.begin()
    }

    private func fail(_ batch: Batch, _ failure: OrderTableFailure, _ duration: TimeSpan) {
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
        figures.retried += UInt64(batch.count)
        batches.failed(batch, mayBeOfOne: failure.mayBeOfOneRow, now: loop.now)
        endOverdue()
        doubtWatch.begin()
    }

    private func end(_ order: PlacedOrder, _ outcome: Settlement.Outcome, _ note: String, _ duration: TimeSpan) {
        finished.append(FinishedOrder(order: order, outcome: outcome, note: note, execution: duration))
    }

    // MARK: Doubt

    /// What has waited for an answer for too long is in doubt, and the store takes it back; what was in doubt before,
    /// sooner.
    private func endOverdue() {
        let latest = loop.now + .nanoseconds(-settings.inDoubtAfter.nanoseconds)
        let unansweredBatches = batches.withdraw { placing, tries in
            tries > 0 && (placing.order.takenAt <= latest || placing.order.wasInDoubt && tries > 1)
        }
        let overdue = unansweredBatches.map(\.order) + unanswered.filter { $0.takenAt <= latest }
        unanswered.removeAll { $0.takenAt <= latest }
        for order in overdue { end(order, .inDoubt, "", .zero) }
    }

    // MARK: The end of a turn

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
