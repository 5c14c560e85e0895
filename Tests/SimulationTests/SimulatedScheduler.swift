import Base
import Store

@testable import Domain

/// A leading scheduler as `SchedulerDriver` is one, in virtual time. Another one begins with a new term and no memory.
final class SimulatedScheduler {
    var isAlive = true
    private(set) var machine = Scheduler(lease: DrainRun.lease)
    private let term: Int64
    private var reaping: Set<String> = []
    private var reading: Set<Int> = []
    private var grantsAt: MonotonicInstant?

    init(term: Int64) { self.term = term }

    func start(in run: DrainRun) {
        for id in run.registered { machine.workerRegistered(id, now: run.now) }
        machine.begin(term: term, now: run.now)
        for index in run.items.indices { read(index, in: run) }
        every(Limits.sweep, in: run) { scheduler, run in
            for index in run.items.indices where run.ready[index] { scheduler.read(index, in: run) }
        }
        every(Limits.watch, in: run) { scheduler, run in
            for id in scheduler.machine.lostWorkers(now: run.now) where scheduler.reaping.insert(id).inserted {
                scheduler.reap(id, in: run)
            }
            if scheduler.machine.hasBacklog { scheduler.grant(in: run) }
        }
    }

    private func every(_ period: TimeSpan, in run: DrainRun, _ action: @escaping (SimulatedScheduler, DrainRun) -> Void)
    {
        run.after(period) { [self] run in
            guard isAlive else { return }
            action(self, run)
            every(period, in: run, action)
        }
    }

    // MARK: Events

    func itemChanged(_ name: ItemName, _ counters: ItemCounters, in run: DrainRun) {
        machine.itemChanged(name, counters: counters)
        grant(in: run)
    }

    func reported(_ report: WorkerReport, in run: DrainRun) {
        machine.workerReported(report, now: run.now)
        grant(in: run)
    }

    func adopt(_ hints: [ResourceHint], in run: DrainRun) {
        machine.adopt(hints, now: run.now)
        grant(in: run)
    }

    /// What it leaves behind.
    func measure(in run: DrainRun) -> [ResourceHint] { machine.measure(now: run.now) }

    private func read(_ index: Int, in run: DrainRun) {
        guard reading.insert(index).inserted else { return }
        run.call {
            $0.items[index].counters
        } reply: { [self] run, counters in
            guard isAlive else { return }
            reading.remove(index)
            guard let counters else { return read(index, in: run) }
            machine.itemRead(run.items[index].name, counters: counters, boot: "run")
            if counters.waiting == 0 && counters.redo == 0 { unmark(index, in: run) }
            grant(in: run)
        }
    }

    /// Takes the mark away and looks once more: a purchase may have come between.
    private func unmark(_ index: Int, in run: DrainRun) {
        run.call { run in
            run.ready[index] = false
            return run.items[index].counters
        } reply: { [self] run, counters in
            guard isAlive, let counters, counters.waiting > 0 || counters.redo > 0 else { return }
            run.ready[index] = true
            machine.itemRead(run.items[index].name, counters: counters, boot: "run")
            grant(in: run)
        }
    }

    private func reap(_ id: String, in run: DrainRun) {
        run.call { run in
            for index in run.items.indices {
                run.items[index].reap(worker: id)
                if run.items[index].counters.redo > 0 { run.ready[index] = true }
            }
            run.registered.removeAll { $0 == id }
            return run.items.map(\.counters)
        } reply: { [self] run, counters in
            guard isAlive else { return }
            reaping.remove(id)
            guard let counters else { return }
            for (item, counters) in zip(run.items, counters) { machine.itemChanged(item.name, counters: counters) }
            machine.workerGone(id, now: run.now)
            grant(in: run)
        }
    }

    // MARK: Decisions

    private func grant(in run: DrainRun) {
        for outgoing in machine.grants(now: run.now) {
            run.grants += outgoing.grants.count
            let frame = Array(Grant.encode(outgoing.grants).utf8)
            run.send { run in
                guard let grants = Grant.decode(frame) else { return run.violations.append("unreadable grant") }
                run.worker(outgoing.worker)?.granted(grants, in: run)
            }
        }
        check(in: run)
        if let time = machine.nextGrantsAt, time < (grantsAt ?? .init(nanoseconds: .max)) {
            grantsAt = time
            run.after(time - run.now) { [self] run in
                guard isAlive, grantsAt == time else { return }
                grantsAt = nil
                grant(in: run)
            }
        }
    }

    /// The books of the machine hold together, and nobody has more than the window and one batch.
    private func check(in run: DrainRun) {
        var unused = [Int64](repeating: 0, count: machine.items.count)
        for worker in machine.workers {
            var ofWorker: Int64 = 0
            for book in worker.books {
                if book.unused < 0 { run.violations.append("\(worker.id) has used more than it was granted") }
                unused[book.item] += book.unused
                ofWorker += book.unused
            }
            if ofWorker != worker.unused { run.violations.append("the sum of \(worker.id) is wrong") }
        }
        for (item, sum) in zip(machine.items, unused) where item.unused != sum {
            run.violations.append("the sum of \(item.name) is \(item.unused), its books say \(sum)")
        }
        for worker in machine.workers where worker.takes {
            run.mostBeyondWindow = max(run.mostBeyondWindow, worker.outstanding - worker.controller.window)
        }
    }
}
