import Base
import Store
import TestKit

@testable import Domain

/// A scheduler and workers of one group in virtual time, where calls fail and doubts wait; it counts every call.
final class RepeatRun {
    typealias Event = (RepeatRun) -> Void

    struct Size {
        var workers = 3
        var cap: Int64?
        var doubts = 0  // a worker, from the start
        var buyers: Int64 = 0  // waiting, from the start
        var failingPercent: Int64 = 0
        var lostPerMille: Int64 = 0  // messages
        var doubledPerMille: Int64 = 0
        var execution = TimeSpan.milliseconds(20)
    }

    final class Worker {
        let id: String
        var book = GrantBook()
        var due = 0  // calls that wait for leave
        var resting = 0
        var calling: Int64 = 0
        var told = 0
        var beat: Int64 = 0
        var ended: [SinkReport.Call] = []
        var completed: Int64 = 0

        init(id: String) { self.id = id }
    }

    var time = VirtualTime<Event>()
    var random: SplitMix64
    let size: Size
    var scheduler = Scheduler(lease: .seconds(3))
    var workers: [Worker] = []
    var waiting: Int64
    var term: Int64 = 0
    var version: Int64 = 1
    private var grantsAt: MonotonicInstant?
    /// Calls, by when they went out; those of grants, and all others.
    var first: [MonotonicInstant] = []
    var repeated: [MonotonicInstant] = []
    var unreadable = 0

    init(seed: UInt64, size: Size) {
        random = SplitMix64(seed: seed)
        self.size = size
        waiting = size.buyers
        for index in 0..<size.workers {
            let worker = Worker(id: "w\(index)")
            worker.due = size.doubts
            workers.append(worker)
        }
        lead()
        for worker in workers { pulse(worker) }
    }

    var now: MonotonicInstant { time.now }
    var sends: [MonotonicInstant] { (first + repeated).sorted() }
    var open: Int { workers.reduce(0) { $0 + $1.due + $1.resting + Int($1.calling) } }

    func run(to end: TimeSpan) {
        while let event = time.next(until: MonotonicInstant(nanoseconds: end.nanoseconds)) { event(self) }
    }

    /// Calls in the busiest second that begins at `start` or later.
    func most(from start: TimeSpan = .zero) -> Int {
        let times = sends.filter { $0.nanoseconds >= start.nanoseconds }
        var (most, oldest) = (0, 0)
        for (index, time) in times.enumerated() {
            while time - times[oldest] > .seconds(1) { oldest += 1 }
            most = max(most, index - oldest + 1)
        }
        return most
    }

    /// Another leader, that knows nothing of the last one's.
    func lead() {
        term += 1
        scheduler = Scheduler(lease: .seconds(3))
        scheduler.begin(term: term, now: now)
        scheduler.itemRead(demo, counters: counters, boot: "run")
        grant()
    }

    private var counters: ItemCounters {
        var counters = ItemCounters()
        (counters.version, counters.tail, counters.free) = (version, waiting, waiting)
        return counters
    }

    private let demo = ItemName("demo")!

    // MARK: Messages

    private func after(_ span: TimeSpan, _ event: @escaping Event) { time.schedule(event, after: span) }

    private func send(_ deliver: @escaping Event) {
        guard random.below(1_000) >= size.lostPerMille else { return }
        for _ in 0..<(random.below(1_000) < size.doubledPerMille ? 2 : 1) {
            after(.microseconds(100 + random.below(200)), deliver)
        }
    }

    private func grant() {
        for outgoing in scheduler.grants(now: now) {
            guard let worker = workers.first(where: { $0.id == outgoing.worker }) else { continue }
            if !outgoing.grants.isEmpty {
                let frame = Array(Grant.encode(outgoing.grants).utf8)
                send { run in
                    guard let grants = Grant.decode(frame) else { return run.unreadable += 1 }
                    for grant in grants { worker.book.grant(grant, now: run.now) }
                    run.take(worker)
                }
            }
            if let repeats = outgoing.repeats {
                let frame = Array(repeats.encode().utf8)
                send { run in
                    guard let repeats = RepeatGrant.decode(frame) else { return run.unreadable += 1 }
                    let count = min(Int(worker.book.grant(repeats)), worker.due)
                    worker.due -= count
                    for _ in 0..<count { run.call(worker, isFirst: false) }
                    run.report(worker, isComplete: false)
                }
            }
        }
        guard let next = scheduler.nextGrantsAt, next < grantsAt ?? MonotonicInstant(nanoseconds: .max) else { return }
        grantsAt = next
        after(next - now) { run in
            guard run.grantsAt == next else { return }
            run.grantsAt = nil
            run.grant()
        }
    }

    private func pulse(_ worker: Worker) {
        report(worker, isComplete: true)
        after(Limits.heartbeat) { $0.pulse(worker) }
    }

    private func report(_ worker: Worker, isComplete: Bool) {
        worker.beat += 1
        worker.told = worker.due
        let calls = worker.ended
        let sink = SinkReport(group: "bank", capPerSecond: size.cap, calls: calls)
        let report = WorkerReport(
            worker: worker.id, beat: worker.beat, term: worker.book.term, inFlight: worker.calling,
            completed: worker.completed, executionSum: worker.completed * size.execution.wholeMicroseconds,
            isComplete: isComplete, lines: worker.book.lines(complete: isComplete),
            orders: .init(
                times: calls.map(\.microseconds), sink: sink,
                repeats: RepeatReport(wanted: Int64(worker.due), allowance: worker.book.repeats)))
        worker.ended = []
        worker.completed = 0
        let frame = Array(report.encode().utf8)
        send { run in
            guard let report = WorkerReport.decode(frame) else { return run.unreadable += 1 }
            run.scheduler.workerReported(report, now: run.now)
            run.grant()
        }
    }

    // MARK: Calls

    private func take(_ worker: Worker) {
        for take in worker.book.takes(inFlight: 0) {
            let winners = min(take.count, waiting)
            waiting -= winners
            version += 1
            worker.book.taken(
                take, winners: winners, stop: waiting == 0 ? .queueEmpty : .limitReached, counters: counters)
            for _ in 0..<winners { call(worker, isFirst: true) }
        }
        report(worker, isComplete: false)
    }

    private func call(_ worker: Worker, isFirst: Bool) {
        worker.calling += 1
        if isFirst { first.append(now) } else { repeated.append(now) }
        after(size.execution) { run in
            worker.calling -= 1
            let hasFailed = run.random.below(100) < run.size.failingPercent
            worker.ended.append(
                SinkReport.Call(
                    microseconds: run.size.execution.wholeMicroseconds, result: hasFailed ? .unknown : .answered))
            if hasFailed {
                worker.resting += 1
                // What failed over a while comes back at the same moment: the worst that chance can do.
                run.after(.milliseconds(500 - run.now.nanoseconds / 1_000_000 % 500)) { run in
                    worker.resting -= 1
                    worker.due += 1
                    if worker.told != worker.due { run.report(worker, isComplete: false) }
                }
            } else {
                worker.completed += 1
            }
            run.report(worker, isComplete: false)
        }
    }
}
