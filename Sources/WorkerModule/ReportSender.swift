import Base
import Domain
import Store

/// Reports to the schedulers what this worker does.
final class ReportSender {
    private let store: any WorkerStore
    private let worker: String
    private let sink: (any OrderSink)?
    private var beat: Int64 = 0
    private var completed: Int64 = 0  // since the last report
    private var executed: Int64 = 0  // microseconds, of those
    private var tally = OrdersTally()
    private var retriesReported = 0  // calls that the last report wanted permits for
    /// Something happened that must be reported at the end of this turn.
    private(set) var isDue = false

    init(store: any WorkerStore, worker: String, sink: (any OrderSink)?) {
        self.store = store
        self.worker = worker
        self.sink = sink
    }

    func makeDue() { isDue = true }
    func clear() { isDue = false }

    /// Winners were sold by the call that took them.
    func sold(_ winners: Int64, took: TimeSpan) {
        completed += winners
        executed += winners * took.wholeMicroseconds
    }

    func finished(_ order: FinishedOrder, now: MonotonicInstant) {
        completed += 1
        executed += order.execution.wholeMicroseconds
        tally.add(order, now: now)
    }

    func called(_ calls: [SinkCall]) { tally.add(calls) }

    /// At the end of each turn: the number of calls that await a permit is reported at once.
    func followRetries() {
        if let wanted = sink?.retriesWanted, wanted != retriesReported { isDue = true }
    }

    /// - Parameter lines: what is known of grants in this term.
    func send(
        term: Int64, inFlight: Int64, isComplete: Bool, presence: WorkerReport.Presence, lines: [WorkerReport.Line],
        retryAllowance: Int64
    ) {
        beat += 1
        let retries = RetryReport(
            wanted: Int64(sink?.retriesWanted ?? 0), allowance: retryAllowance,
            awaiting: Int64(max(0, (sink?.awaitingRetry ?? 0) - Limits.awaitingRetry)))
        store.publish(
            report: WorkerReport(
                worker: worker, beat: beat, term: term, inFlight: inFlight, completed: completed,
                executionSum: executed, isComplete: isComplete, knowsIncarnations: true, presence: presence,
                lines: lines, orders: sink.map { tally.report(of: $0, retries: retries) }))
        completed = 0
        executed = 0
        retriesReported = sink?.retriesWanted ?? 0
    }
}
