import Base
import Domain
import EventLoop
import Store

/// Reads which purchases the store has as this worker's: after every reconnect, before anything more is taken, and
/// now and then.
final class FlightReader {
    private let loop: any Loop
    private let store: any FlightStore
    private let worker: String
    private let items: KnownItems
    private let log: any WorkerLog
    /// What may be lost with a connection is not read back yet: nothing more is taken.
    private(set) var isRecalling = false
    private var isStopped = false
    private var comparedAt: MonotonicInstant?
    private var nextCompared = 0  // among the names of `items`

    /// The flight of an item, as the store has it.
    var onFlight: ([FlightRecord], ItemIncarnation) -> Void = { _, _ in }
    /// The store has no item of this name any more.
    var onGone: (ItemName) -> Void = { _ in }

    init(loop: any Loop, store: any FlightStore, worker: String, items: KnownItems, log: any WorkerLog) {
        self.loop = loop
        self.store = store
        self.worker = worker
        self.items = items
        self.log = log
    }

    /// A reply may have been lost with the connection: reads back all that the store has as this worker's.
    func recall() {
        guard !items.isEmpty else { return }
        isRecalling = true
        recall(items.names[...])
    }

    private func recall(_ names: ArraySlice<ItemName>) {
        guard let name = names.first else {
            isRecalling = false
            return
        }
        read(name) { [unowned self] result in
            switch result {
            case .success(let found):
                onFlight(found.records, ItemIncarnation(name, found.incarnation))
                recall(names.dropFirst())
            case .failure(.unknownItem): recall(names.dropFirst())
            case .failure:
                guard store.isReady else { return }  // the next reconnect begins anew
                loop.schedule(after: .milliseconds(100)) { [unowned self] in recall(names) }
            }
        }
    }

    private func read(_ name: ItemName, _ completion: @escaping StoreCompletion<Store.Recollection>) {
        let reference = items.reference(name)
        let uses = items.uses(of: name)
        store.recall(reference, worker: worker) { [unowned self] result in
            if case .failure(.unknownItem) = result {
                items.forget(name, unlessUsedSince: uses)
                onGone(name)
            }
            completion(result)
        }
    }

    /// Nothing is compared any more.
    func stop() { isStopped = true }

    /// To be called with every beat; finds what was carried out late.
    func compareRegularly() {
        guard store.isReady, loop.now - (comparedAt ?? loop.now) >= Limits.flightsCompared else {
            comparedAt = comparedAt ?? loop.now
            return
        }
        comparedAt = loop.now
        compare()
    }

    /// A call may be carried out long after its connection was given up, also after the recall: so the store's list is
    /// compared with what is here from time to time. Replies come in order: what a `deduct` or `revive` took before
    /// this call is here before its reply, and what a `settle` ends is released only with its reply.
    private func compare() {
        guard !isRecalling, !isStopped, !items.isEmpty else { return }
        let names = items.names
        let count = min(names.count, Limits.itemsCompared)
        for offset in 0..<count {
            let name = names[(nextCompared + offset) % names.count]
            read(name) { [unowned self] result in
                switch result {
                case .success(let found) where !isStopped && !isRecalling:
                    onFlight(found.records, ItemIncarnation(name, found.incarnation))
                case .success: break
                case .failure(.refused(let reason)): log.failed("recall", item: name, .refused(reason))
                case .failure: break  // the next comparison reads it again
                }
            }
        }
        nextCompared = (nextCompared + count) % names.count
    }
}
