import Base
import Domain
import EventLoop
import Store

/// Ends a worker in order: what has begun is finished, and the others go back to the store.
final class OrderlyStop {
    private let loop: any Loop
    private let store: any WorkerStore
    private let worker: String
    private let sink: SinkKind
    private let hasSink: Bool
    /// It holds nothing and is on no list any more.
    var onRetired: () -> Void = {}

    init(loop: any Loop, store: any WorkerStore, worker: String, sink: SinkKind, hasSink: Bool) {
        self.loop = loop
        self.store = store
        self.worker = worker
        self.sink = sink
        self.hasSink = hasSink
    }

    /// Waits for what has begun, at most for `limit`, gives back the others, then calls `completion`.
    ///
    /// - Parameter isIdle: this worker holds nothing, and no call that may take something is under way.
    func run(
        within limit: TimeSpan, items: KnownItems, isIdle: @escaping () -> Bool, completion: @escaping () -> Void
    ) {
        let deadline = loop.now + limit
        func check() {
            if isIdle() || loop.now >= deadline {
                // Without a sink nothing is ever in flight.
                return giveBack(hasSink ? items.names[...] : [], items, completion)
            }
            loop.schedule(after: .milliseconds(10)) { check() }
        }
        check()
    }

    /// What is left goes to the next worker; its attempt is not consumed.
    private func giveBack(_ names: ArraySlice<ItemName>, _ items: KnownItems, _ completion: @escaping () -> Void) {
        guard let name = names.first else { return retire(completion) }
        store.reap(items.reference(name), worker: worker, consumesAttempt: false) { [unowned self] result in
            // What could not be given back is taken back after the lease.
            if case .success(let reply) = result, reply.left > 0 { return giveBack(names, items, completion) }
            giveBack(names.dropFirst(), items, completion)
        }
    }

    private func retire(_ completion: @escaping () -> Void) {
        store.retire(worker, sink: sink) { [unowned self] result in
            // Else the scheduler misses this worker after the lease, and finds nothing to take back.
            if case .success = result { onRetired() }
            completion()
        }
    }
}
