import Base
import TestKit

@testable import Domain

/// What may go wrong until the faults end.
struct Faults {
    var lostPerMille: Int64 = 0  // of messages and calls
    var doubledPerMille: Int64 = 0  // of messages
    var delayedPerMille: Int64 = 0  // of messages, by up to `longestDelay`, so that they overtake each other
    var longestDelay = TimeSpan.milliseconds(300)
    var workerCrashes = 0
    var schedulerCrashes = 0
    var pauses = 0  // items
    var end = TimeSpan.zero
}

/// Items, workers and one leading scheduler in virtual time; messages may be lost, doubled, late or reordered.
final class DrainRun {
    typealias Event = (DrainRun) -> Void

    struct Size {
        var items = 10
        var workers = 2
        var purchases: Int64 = 200  // an item
        var stock: ClosedRange<Int64> = 0...400  // units an item
        var largestQuantity: Int64 = 3
        var slots = 4  // 0: no sink
        var execution = TimeSpan.milliseconds(5)
        var unevenPercent: Int64 = 0  // an order takes up to this much more or less
        var refusedPerMille: Int64 = 0  // by the order sink
        var group: (name: String, cap: Int64?)?  // behind the sinks of all workers
    }

    static let lease = TimeSpan.seconds(3)

    var time = VirtualTime<Event>()
    var random: SplitMix64
    let size: Size
    let faults: Faults
    var items: [ModelItem] = []
    var indexOf: [ItemName: Int] = [:]
    var ready: [Bool]
    var registered: [String] = []
    var workers: [SimulatedWorker] = []
    var scheduler: SimulatedScheduler?
    var lastTerm: Int64 = 0
    var lastWorker = 0
    var slow: Int64 = 1  // orders take so many times as long

    // What was seen.
    var calls = 0
    var grants = 0
    var ordersBegan: [MonotonicInstant] = []
    var mostBeyondWindow: Int64 = .min
    var violations: [String] = []

    init(seed: UInt64, size: Size = Size(), faults: Faults = Faults()) {
        random = SplitMix64(seed: seed)
        self.size = size
        self.faults = faults
        ready = [Bool](repeating: false, count: size.items)
        for index in 0..<size.items {
            let stock = size.stock.lowerBound + random.below(size.stock.upperBound - size.stock.lowerBound + 1)
            let item = ModelItem(name: ItemName("item-\(index)")!, stock: stock)
            indexOf[item.name] = index
            items.append(item)
        }
        for _ in 0..<size.workers { startWorker() }
        startScheduler()
    }

    var now: MonotonicInstant { time.now }
    var isFaulty: Bool { now.nanoseconds < faults.end.nanoseconds }

    func after(_ delay: TimeSpan, _ event: @escaping Event) { time.schedule(event, after: delay) }

    func run(to end: TimeSpan) {
        while let event = time.next(until: MonotonicInstant(nanoseconds: end.nanoseconds)) { event(self) }
    }

    func happens(_ perMille: Int64) -> Bool { isFaulty && random.below(1_000) < perMille }

    private var way: TimeSpan { .microseconds(100 + random.below(200)) }

    // MARK: Messages and calls

    func send(_ deliver: @escaping Event) {
        guard !happens(faults.lostPerMille) else { return }
        for _ in 0..<(happens(faults.doubledPerMille) ? 2 : 1) {
            let late = happens(faults.delayedPerMille) ? random.below(faults.longestDelay.wholeMicroseconds) : 0
            after(way + .microseconds(late), deliver)
        }
    }

    /// Calls the store; `reply` gets nil where the call or its answer was lost.
    func call<Answer>(_ execute: @escaping (DrainRun) -> Answer, reply: @escaping (DrainRun, Answer?) -> Void) {
        calls += 1
        if happens(faults.lostPerMille) { return after(Limits.storeDeadline) { reply($0, nil) } }
        let isAnswerLost = happens(faults.lostPerMille)
        after(way) { run in
            let answer = execute(run)
            run.tellChanges()
            run.after(isAnswerLost ? Limits.storeDeadline : run.way) { reply($0, isAnswerLost ? nil : answer) }
        }
    }

    private func tellChanges() {
        for index in items.indices where items[index].mustTell {
            items[index].mustTell = false
            let (name, counters) = (items[index].name, items[index].counters)
            send { $0.scheduler?.itemChanged(name, counters, in: $0) }
        }
    }

    // MARK: Buyers and operators

    func admit(_ count: Int64, to index: Int) {
        ready[index] = true  // SADD before the admission, on the same connection
        items[index].admit(
            quantities: (0..<count).map { _ in 1 + random.below(size.largestQuantity) })
        tellChanges()
    }

    /// Purchases come in bursts, spread over `span`; and the faults happen that are not one message's.
    func plan(over span: TimeSpan) {
        for index in 0..<size.items {
            var left = size.purchases
            while left > 0 {
                let count = min(left, 1 + random.below(64))
                left -= count
                after(moment(in: span)) { $0.admit(count, to: index) }
            }
        }
        for _ in 0..<faults.pauses {
            let index = Int(random.below(Int64(size.items)))
            after(moment(in: faults.end)) { run in
                run.alter { $0.items[index].pause(true) }
            }
            // All go on in the end; it was told of as badly as everything else.
            after(faults.end - .milliseconds(1)) { run in
                run.alter { $0.items[index].pause(false) }
            }
        }
        for _ in 0..<faults.workerCrashes {
            after(moment(in: faults.end)) { $0.crashWorker() }
        }
        for _ in 0..<faults.schedulerCrashes {
            after(moment(in: faults.end)) { $0.crashScheduler() }
        }
    }

    private func moment(in span: TimeSpan) -> TimeSpan { .microseconds(random.below(max(1, span.wholeMicroseconds))) }

    private func alter(_ change: (DrainRun) -> Void) {
        change(self)
        tellChanges()
    }

    // MARK: Crashes

    func startWorker() {
        lastWorker += 1
        let worker = SimulatedWorker(id: "worker-\(lastWorker)", slots: size.slots)
        workers.append(worker)
        registered.append(worker.id)
        worker.start(in: self)
    }

    private func crashWorker() {
        guard let index = workers.indices.randomElement(using: &random) else { return }
        kill(worker: index)
        after(.milliseconds(random.below(2_000))) { $0.startWorker() }
    }

    /// It leaves all that it held behind.
    func kill(worker index: Int) {
        workers[index].isAlive = false
        workers.remove(at: index)
    }

    func startScheduler() {
        lastTerm += 1
        let fresh = SimulatedScheduler(term: lastTerm)
        scheduler = fresh
        fresh.start(in: self)
    }

    private func crashScheduler() {
        guard let old = scheduler else { return }
        old.isAlive = false
        scheduler = nil
        after(.milliseconds(random.below(3_000))) { run in
            if run.scheduler == nil { run.startScheduler() }
        }
    }

    func worker(_ id: String) -> SimulatedWorker? { workers.first { $0.id == id } }

    /// Items that could give something and don't.
    var undrained: [String] {
        items.filter(\.hasWork).map { "\($0.name): \($0.counters)" }
    }
}
