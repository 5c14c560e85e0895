import Base
import Domain
import Glibc
import Store
import TestKit

/// A real `Scheduler` before many workers in virtual time, to see what it costs: the reports are as workers make them,
/// at most one in 10 ms each, and the time that the scheduler takes for them and for the grants is measured.
public final class SchedulerLoad {
    public struct Figures: Sendable {
        public var completed: Int64 = 0
        public var grants = 0
        public var reports = 0
        public var bytes = 0  // of grants
        public var seconds = 0.0  // of processor time, in the scheduler
        public var jain = 0.0  // how alike the items were served
    }

    private enum Event {
        case done(worker: Int)
        case report(worker: Int)
        case beat(worker: Int)
        case grants
    }

    private struct Worker {
        var busy = 0
        var waiting: [Int] = []  // items
        var allowances: [Int64]
        var used: [Int64]
        var changed: Set<Int> = []
        var completed: Int64 = 0
        var beat: Int64 = 0
        var willReport = false
    }

    private static let slots = 4
    private static let service: Int64 = 200_000  // microseconds, mean
    private static let batching = TimeSpan.milliseconds(10)

    private var scheduler = Scheduler(lease: .seconds(3))
    private var time = VirtualTime<Event>()
    private var random = SplitMix64(seed: 1)
    private var workers: [Worker]
    private let names: [ItemName]
    private let indexOf: [ItemName: Int]
    private var served: [Int64]
    private var figures = Figures()
    private var grantsAt: MonotonicInstant?

    public init(workers count: Int, items: Int, idle: Int = 0) {
        names = (0..<items).compactMap { ItemName("item-\($0)") }
        indexOf = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        served = [Int64](repeating: 0, count: items)
        workers = (0..<count).map { _ in
            Worker(allowances: [Int64](repeating: 0, count: items), used: [Int64](repeating: 0, count: items))
        }
        scheduler.begin(term: 1, now: time.now)
        for name in names { scheduler.itemRead(name, counters: Self.backlog(version: 1), boot: "a") }
        for index in 0..<idle {
            var counters = ItemCounters()
            counters.version = 1
            counters.free = 100
            scheduler.itemRead(ItemName("idle-\(index)")!, counters: counters, boot: "a")
        }
        for index in workers.indices {
            time.schedule(.beat(worker: index), after: .microseconds(random.below(500_000)))
        }
    }

    private static func backlog(version: Int64) -> ItemCounters {
        var counters = ItemCounters()
        (counters.version, counters.tail, counters.free) = (version, 1 << 30, Limits.stock.upperBound)
        return counters
    }

    public func run(milliseconds: Int64) -> Figures {
        while let event = time.next(until: MonotonicInstant(nanoseconds: milliseconds * 1_000_000)) {
            switch event {
            case .done(let worker): finish(worker)
            case .report(let worker): report(worker, isComplete: false)
            case .beat(let worker):
                report(worker, isComplete: true)
                time.schedule(.beat(worker: worker), after: Limits.heartbeat)
            case .grants:
                guard let at = grantsAt, at <= time.now else { continue }
                grantsAt = nil
                grant()
            }
        }
        figures.completed = served.reduce(0, +)
        let squares = served.reduce(0.0) { $0 + Double($1) * Double($1) }
        let sum = Double(figures.completed)
        figures.jain = squares > 0 ? sum * sum / (squares * Double(served.count)) : 0
        return figures
    }

    private func finish(_ worker: Int) {
        workers[worker].busy -= 1
        workers[worker].completed += 1
        fill(worker)
        if !workers[worker].willReport {
            workers[worker].willReport = true
            time.schedule(.report(worker: worker), after: Self.batching)
        }
    }

    private func fill(_ worker: Int) {
        while workers[worker].busy < Self.slots, !workers[worker].waiting.isEmpty {
            let item = workers[worker].waiting.removeFirst()
            served[item] += 1
            workers[worker].busy += 1
            time.schedule(
                .done(worker: worker), after: .microseconds(Self.service / 2 + random.below(Self.service)))
        }
    }

    private func report(_ index: Int, isComplete: Bool) {
        workers[index].willReport = false
        workers[index].beat += 1
        let worker = workers[index]
        let lines = worker.changed.sorted().map { item in
            WorkerReport.Line(
                item: names[item], allowance: worker.allowances[item], used: worker.used[item], stop: .limitReached,
                counters: Self.backlog(version: 1))
        }
        workers[index].changed.removeAll(keepingCapacity: true)
        workers[index].completed = 0
        let report = WorkerReport(
            worker: "worker-\(index)", beat: worker.beat, term: 1,
            inFlight: Int64(worker.busy + worker.waiting.count), completed: worker.completed,
            executionSum: worker.completed * Self.service, isComplete: isComplete, lines: lines,
            orders: .init(
                times: [Int64](repeating: Self.service, count: Int(worker.completed)),
                residenceSum: worker.completed * Self.service))
        figures.reports += 1
        // Through the frame, as on the wire.
        let frame = Array(report.encode().utf8)
        measure { if let received = WorkerReport.decode(frame) { scheduler.workerReported(received, now: time.now) } }
        grant()
    }

    private func grant() {
        var outgoing: [Scheduler.Outgoing] = []
        measure { outgoing = scheduler.grants(now: time.now) }
        if let at = scheduler.nextGrantsAt, at < grantsAt ?? MonotonicInstant(nanoseconds: .max) {
            grantsAt = at
            time.schedule(.grants, after: at - time.now)
        }
        for message in outgoing {
            measure { figures.bytes += Grant.encode(message.grants).utf8.count }
            guard let index = Int(message.worker.dropFirst(7)) else { continue }
            figures.grants += message.grants.count
            for grant in message.grants {
                guard let item = indexOf[grant.item] else { continue }
                let count = grant.allowance - workers[index].allowances[item]
                workers[index].allowances[item] = grant.allowance
                workers[index].used[item] = grant.allowance  // taken at once
                workers[index].changed.insert(item)
                workers[index].waiting += [Int](repeating: item, count: Int(max(0, count)))
            }
            fill(index)
        }
    }

    private func measure(_ work: () -> Void) {
        let before = clock()
        work()
        figures.seconds += Double(clock() - before) / Double(CLOCKS_PER_SEC)
    }
}
