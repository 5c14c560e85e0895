import Base
import Domain
import EventLoop
import Store

/// Brings ends of attempts to the store, batched per item, until the store has answered each; a retry is safe.
///
/// A call costs the store as much as ten settlements, so what ends within a few milliseconds after a call waits for
/// the next one. It keeps nobody from taking more: what only has to be settled takes no place in the window.
final class Settler {
    private struct Batch {
        var item: ItemIncarnation
        var settlements: [Settlement]
    }

    private let loop: any Loop
    private let store: any FlightStore & DoubtStore
    private let worker: String
    private let log: any WorkerLog
    private var waiting: [Batch] = []
    private var underWay = 0  // settlements
    private var mayFlushAt: MonotonicInstant?
    private lazy var timer = OneTimer(loop: loop) {}  // its turn is all that is wanted

    /// The store has answered these, whatever the answer.
    var onAnswered: (ItemIncarnation, [Settlement]) -> Void = { _, _ in }
    /// A reply had an item's counters.
    var onCounters: (ItemIncarnation, ItemCounters) -> Void = { _, _ in }
    private var counts = [UInt64](repeating: 0, count: 4)  // by Settlement.Answer
    private(set) var failures: UInt64 = 0

    init(loop: any Loop, store: any FlightStore & DoubtStore, worker: String, log: any WorkerLog) {
        self.loop = loop
        self.store = store
        self.worker = worker
        self.log = log
    }

    /// Settlements that the store has not answered yet.
    var count: Int { waiting.reduce(underWay) { $0 + $1.settlements.count } }

    func count(of answer: Settlement.Answer) -> UInt64 { counts[Int(answer.rawValue)] }

    func add(_ settlement: Settlement, of item: ItemIncarnation) {
        if let index = waiting.firstIndex(where: { $0.item == item && $0.settlements.count < Limits.batch }) {
            waiting[index].settlements.append(settlement)
        } else {
            waiting.append(Batch(item: item, settlements: [settlement]))
        }
    }

    /// Sends what waits, if its time has come; for the end of each turn.
    func flush() {
        guard !waiting.isEmpty, store.isReady else { return }
        let now = loop.now
        if let mayFlushAt, now < mayFlushAt, count - underWay < Limits.settleLot { return timer.set(mayFlushAt) }
        mayFlushAt = now + Limits.settleSpan
        let batches = waiting
        waiting.removeAll()
        for batch in batches { send(batch) }
    }

    private func send(_ batch: Batch) {
        underWay += batch.settlements.count
        let name = batch.item.name
        guard batch.settlements.contains(where: { $0.outcome == .inDoubt }) else { return settle(batch) }
        // Before every settlement in doubt: without its item's mark no worker would take the purchase again.
        store.markDoubts(of: name) { [self] result in
            switch result {
            case .success: settle(batch)
            case .failure:
                ended(batch)
                failures += 1
                retrySoon(batch)
            }
        }
    }

    private func settle(_ batch: Batch) {
        let name = batch.item.name
        let item = ItemReference(ItemKeys(name), incarnation: batch.item.number)
        store.settle(batch.settlements, of: item, worker: worker) { [self] result in
            ended(batch)
            switch result {
            case .success(let reply):
                onCounters(batch.item, reply.counters)
                onAnswered(batch.item, batch.settlements)
                count(reply.answers, of: name)
            case .failure(let failure):
                failed(batch, failure)
            }
        }
    }

    private func failed(_ batch: Batch, _ failure: StoreFailure) {
        switch failure {
        case .unknownItem, .otherIncarnation:
            // Never another item's purchases, though they have the same numbers.
            onAnswered(batch.item, batch.settlements)
            let confirmed = batch.settlements.filter { $0.outcome == .confirmed }.count
            log.itemDeleted(batch.item.name, purchases: batch.settlements.count, confirmed: confirmed)
        case .unexpectedReply:
            failures += 1
            onAnswered(batch.item, batch.settlements)
            log.failed("settle", item: batch.item.name, failure)
        case .unreachable, .outcomeUnknown, .refused, .stale:
            failures += 1
            retrySoon(batch)
        }
    }

    /// The store did not carry it out, or may have: both are sent again, after a moment.
    private func retrySoon(_ batch: Batch) {
        underWay += batch.settlements.count
        loop.schedule(after: .milliseconds(50)) { [self] in
            ended(batch)
            waiting.append(batch)
        }
    }

    private func ended(_ batch: Batch) {
        underWay -= batch.settlements.count
        precondition(underWay >= 0, "a batch ended twice")
    }

    private func count(_ answers: [Settlement.Answer], of item: ItemName) {
        for answer in answers { counts[Int(answer.rawValue)] += 1 }
        let fenced = answers.filter { $0 == .fenced }.count
        if fenced > 0 { log.fenced(item: item, purchases: fenced) }
    }
}
