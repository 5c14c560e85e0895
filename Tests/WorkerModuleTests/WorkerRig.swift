import Base
import Domain
import Store
import TestKit
import Testing

@testable import WorkerModule

/// A worker in virtual time before the model of the store, with one item and a listener to its reports.
final class WorkerRig {
    static let worker = "w"
    let world = VirtualWorld(seed: 1)
    let store: ModelStore
    let loop: VirtualLoop
    let link: ModelLink
    let messages: ModelMessages
    let sink: DelaySink
    let driver: WorkerDriver
    let log = WorkerNotes()
    /// Another process's connection.
    let other: ModelLink
    private let ear: ModelMessages
    private let earLoop: VirtualLoop
    let item = ItemName("demo")!
    private(set) var reports: [WorkerReport] = []

    init(
        stock: Int64 = 100, buyers: Int = 10, slots: Int = 10, delay: TimeSpan = .milliseconds(5),
        kind: SinkKind = .delay
    ) {
        store = ModelStore(world)
        loop = VirtualLoop(world)
        earLoop = VirtualLoop(world)
        let none = ModelFaults()
        link = ModelLink(world, loop: loop, store: store, faults: none)
        messages = ModelMessages(
            world, loop: loop, store: store, faults: none, channels: [.grants(worker: Self.worker)])
        other = ModelLink(world, loop: earLoop, store: store, faults: none)
        ear = ModelMessages(world, loop: earLoop, store: store, faults: none, channels: [.reports])
        sink = DelaySink(loop: loop, settings: .init(delay: delay, slots: slots))
        driver = WorkerDriver(
            loop: loop, store: link, messages: messages, id: Self.worker, sinkKind: kind, sink: sink,
            doubtsEvery: .seconds(1), seed: 1, log: log)
        store.put(item, stock: stock) { $0.queueLimit = 1_000 }
        store.admit((0..<buyers).map { (user: "u\($0)", key: 0, quantity: 1) }, to: item)
        ear.onReport = { [unowned self] in reports.append($0) }
        other.start()
        ear.start()
        driver.start {}
        run(.milliseconds(10))
    }

    deinit {
        store.close()
        world.close()
    }

    func run(_ span: TimeSpan) { world.run(to: world.now + span) }

    /// Runs on until something holds; false when it does not within 30 s.
    func run(until isDone: () -> Bool) -> Bool {
        let end = world.now + .seconds(30)
        while !isDone(), world.now < end { run(.microseconds(20)) }
        return isDone()
    }

    func grant(_ allowance: Int64, term: Int64 = 1) {
        let grant = Grant(
            term: term, item: item, allowance: allowance, limit: nil, incarnation: store[item]?.incarnation)
        store.publish(Array(Grant.encode([grant]).utf8), on: .grants(worker: Self.worker))
    }

    var counters: ItemCounters { store[item]!.counters }
    var held: Int { store[item]!.item.flights[Self.worker]?.count ?? 0 }

    func answer<Value>(_ call: (@escaping StoreCompletion<Value>) -> Void) -> Value? {
        var result: Result<Value, StoreFailure>?
        call { result = $0 }
        #expect(run { result != nil })
        return try? result?.get()
    }

    var listed: [String] { (answer { other.workers(completion: $0) } ?? []).map(\.id) }
}
