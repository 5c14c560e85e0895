import Base
import Store

@testable import Domain

/// A worker as `WorkerDriver` is one, in virtual time.
final class SimulatedWorker {
    let id: String
    let slots: Int  // 0: no sink
    var isAlive = true
    private(set) var book = GrantBook()
    private var beat: Int64 = 0
    private var completed: Int64 = 0
    private var executed: Int64 = 0
    private var times: [Int64] = []  // of single orders since the last report, microseconds
    private var mustReport = false
    private var residence: Int64 = 0  // of the completed since the last report, microseconds
    private var waiting: [(item: Int, flight: ModelItem.Flight, takenAt: MonotonicInstant)] = []
    private var busy = 0
    private var held: [Int: [ModelItem.Flight]] = [:]

    init(id: String, slots: Int) {
        self.id = id
        self.slots = slots
    }

    var inFlight: Int64 { Int64(waiting.count + busy) }

    func start(in run: DrainRun) {
        report(isComplete: true, in: run)
        pulse(in: run)
    }

    private func pulse(in run: DrainRun) {
        run.after(Limits.heartbeat) { [self] run in
            guard isAlive else { return }
            report(isComplete: true, in: run)
            pulse(in: run)
        }
    }

    private func report(isComplete: Bool, in run: DrainRun) {
        mustReport = false
        beat += 1
        let report = WorkerReport(
            worker: id, beat: beat, term: book.term, inFlight: inFlight, completed: completed, executionSum: executed,
            isComplete: isComplete, lines: book.lines(complete: isComplete), orders: orders(in: run))
        completed = 0
        executed = 0
        times = []
        residence = 0
        // Through the frame, as on the wire.
        let frame = Array(report.encode().utf8)
        run.send { run in
            guard let report = WorkerReport.decode(frame) else { return run.violations.append("unreadable report") }
            run.scheduler?.reported(report, in: run)
        }
    }

    /// Each order is one call to the group behind the sink, if there is one.
    private func orders(in run: DrainRun) -> WorkerReport.Orders? {
        guard slots > 0 else { return nil }
        let sink = run.size.group.map { group in
            SinkReport(
                group: group.name, capPerSecond: group.cap,
                calls: times.map { SinkReport.Call(microseconds: $0, result: .answered) })
        }
        return .init(times: times, residenceSum: residence, sink: sink)
    }

    func granted(_ grants: [Grant], in run: DrainRun) {
        guard isAlive else { return }
        for grant in grants { book.grant(grant, now: run.now) }
        if book.hasChanges { mustReport = true }
        endTurn(in: run)
    }

    private func endTurn(in run: DrainRun) {
        for take in book.takes(inFlight: inFlight) { deduct(take, in: run) }
        if mustReport { report(isComplete: false, in: run) }
    }

    private func deduct(_ take: GrantBook.Take, in run: DrainRun) {
        let index = run.indexOf[take.item.name]!
        let asked = run.now
        let hasSink = slots > 0
        run.call { [id] run in
            run.items[index].deduct(take.count, worker: id, hasSink: hasSink)
        } reply: { [self] run, answer in
            guard isAlive else { return }
            mustReport = true
            if let answer = answer ?? nil {
                book.taken(take, winners: answer.winners, stop: answer.stop, counters: answer.counters)
                if hasSink {
                    place(answer.taken, of: index, in: run)
                } else {
                    completed += answer.winners
                    executed += answer.winners * (run.now - asked).wholeMicroseconds
                }
            } else {
                book.lost(take)
                if hasSink { recall(index, in: run) }
            }
            endTurn(in: run)
        }
    }

    /// The connection was lost with a call: what it took is found again.
    private func recall(_ index: Int, in run: DrainRun) {
        run.call { [id] run in
            run.items[index].recall(worker: id)
        } reply: { [self] run, flights in
            guard isAlive else { return }
            guard let flights else { return recall(index, in: run) }
            let known = held[index] ?? []
            place(flights.filter { !known.contains($0) }, of: index, in: run)
            mustReport = true
            endTurn(in: run)
        }
    }

    private func place(_ flights: [ModelItem.Flight], of index: Int, in run: DrainRun) {
        held[index, default: []] += flights
        waiting += flights.map { (index, $0, run.now) }
        fillSlots(in: run)
    }

    private func fillSlots(in run: DrainRun) {
        while busy < slots, !waiting.isEmpty {
            let order = waiting.removeFirst()
            busy += 1
            run.ordersBegan.append(run.now)
            let share = 100 - run.size.unevenPercent + run.random.below(2 * run.size.unevenPercent + 1)
            let execution = TimeSpan.nanoseconds((run.size.execution * run.slow).nanoseconds / 100 * share)
            run.after(execution) { [self] run in
                guard isAlive else { return }
                busy -= 1
                completed += 1
                executed += execution.wholeMicroseconds
                times.append(execution.wholeMicroseconds)
                residence += (run.now - order.takenAt).wholeMicroseconds
                mustReport = true
                let isConfirmed = run.random.below(1_000) >= run.size.refusedPerMille
                settle(order.item, order.flight, isConfirmed, in: run)
                fillSlots(in: run)
                endTurn(in: run)
            }
        }
    }

    private func settle(_ index: Int, _ flight: ModelItem.Flight, _ isConfirmed: Bool, in run: DrainRun) {
        run.call { [id] run in
            run.items[index].settle(flight, worker: id, isConfirmed: isConfirmed)
        } reply: { [self] run, answer in
            guard isAlive else { return }
            guard answer != nil else {
                return run.after(.milliseconds(50)) { [self] run in
                    if isAlive { settle(index, flight, isConfirmed, in: run) }
                }
            }
            held[index]?.removeAll { $0 == flight }
        }
    }
}
