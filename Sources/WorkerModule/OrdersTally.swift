import Base
import Domain

/// The orders that a worker's next report covers.
struct OrdersTally {
    private var times: [Int64] = []  // microseconds in a slot, of single orders
    private var residence: Int64 = 0  // microseconds with the worker, of all
    private var calls: [SinkReport.Call] = []
    private var callCount: Int64 = 0

    mutating func add(_ finished: FinishedOrder, now: MonotonicInstant) {
        if times.count < Limits.timesReported { times.append(max(0, finished.execution.wholeMicroseconds)) }
        residence += max(0, (now - finished.order.takenAt).wholeMicroseconds)
    }

    mutating func add(_ ended: [SinkCall]) {
        for call in ended {
            callCount += 1
            guard calls.count < Limits.timesReported else { continue }
            let result: SinkReport.Result =
                switch call.result {
                case .answered: .answered
                case .busy: .busy
                case .unknown: .unknown
                }
            calls.append(SinkReport.Call(microseconds: max(0, call.duration.wholeMicroseconds), result: result))
        }
    }

    /// Returns what was collected, and begins anew.
    mutating func report(of sink: any OrderSink, retries: RetryReport) -> WorkerReport.Orders {
        defer { self = OrdersTally() }
        let behind = sink.group.map { group in
            SinkReport(
                group: group.name, capPerSecond: group.capPerSecond, floorPerSecond: group.floorPerSecond,
                breaker: sink.breaker, calls: calls, callCount: callCount)
        }
        return WorkerReport.Orders(
            times: times, residenceSum: residence, sink: behind, retries: behind == nil ? nil : retries)
    }
}
