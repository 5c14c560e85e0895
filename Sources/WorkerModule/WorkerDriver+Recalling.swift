import Base
public import Domain
import EventLoop
public import Store

// What the store has of this worker, or had of another, and this worker takes into its hands.
extension WorkerDriver {
    /// A reply may have been lost with the connection: reads back all that the store says is ours.
    func recall() {
        guard sink != nil, !items.isEmpty else { return }
        isRecalling = true
        recall(Array(items.keys))
    }

    private func recall(_ names: [ItemName]) {
        guard let name = names.first else {
            isRecalling = false
            return
        }
        store.recall(item(name).reference(), worker: id) { [unowned self] result in
            switch result {
            case .success(let found):
                adopt(found.records, of: ItemIncarnation(name, found.incarnation))
                recall(Array(names.dropFirst()))
            case .failure(.unknownItem): recall(Array(names.dropFirst()))
            case .failure:
                guard store.isReady else { return }  // the next reconnect begins anew
                loop.schedule(after: .milliseconds(100)) { [unowned self] in recall(names) }
            }
        }
    }

    private func adopt(_ records: [FlightRecord], of item: ItemIncarnation) {
        let lost = records.filter { held[HeldPurchase(item, $0.sequence, $0.attempt)] == nil }
        counted.recalled += UInt64(lost.count)
        place(lost, of: item)
    }

    /// A call may be carried out long after its connection was given up, also after the recall: so what the store says
    /// is compared with what is here from time to time. Replies come in order: what a `deduct` or `revive` took before
    /// this was asked is here before this is answered, and what a `settle` ends is let go only with its answer.
    func compareFlights() {
        guard sink != nil, !isRecalling, !isStopping, !items.isEmpty else { return }
        let names = items.keys.sorted { $0.description < $1.description }
        let count = min(names.count, Limits.itemsCompared)
        for offset in 0..<count {
            let name = names[(nextCompared + offset) % names.count]
            store.recall(item(name).reference(), worker: id) { [unowned self] result in
                switch result {
                case .success(let found) where !isStopping && !isRecalling:
                    adopt(found.records, of: ItemIncarnation(name, found.incarnation))
                case .success: break
                case .failure(.refused(let reason)): log.failed("recall", item: name, .refused(reason))
                case .failure: break  // asked again with the next look
                }
            }
        }
        nextCompared = (nextCompared + count) % names.count
    }

    // MARK: Tickets and doubts

    /// What the tickets of purchases in flight are made of, for a sink that writes them.
    public func identify(
        _ records: [FlightRecord], of item: ItemIncarnation,
        completion: @escaping StoreCompletion<Store.Identification>
    ) {
        guard store.isReady else { return completion(.failure(.unreachable)) }
        store.identify(records, of: self.item(item.name).reference(item.number)) { [unowned self] result in
            switch result {
            case .failure(.unknownItem), .failure(.otherIncarnation):
                for record in records {
                    let wasInDoubt = held.removeValue(forKey: HeldPurchase(item, record.sequence, record.attempt))
                    if wasInDoubt == true { doubts.ended(inDoubt: true) }
                }
                mustReport = true
                log.itemDeleted(item.name, purchases: records.count, confirmed: 0)
            case .success, .failure: break
            }
            completion(result)
        }
    }

    /// Asks once more for all purchases of an item that are in doubt, also those whose workers were lost: an operator's
    /// word. False while this worker asks for nothing.
    public func askAgain(for item: ItemName) -> Bool {
        guard store.isReady, doubtsAtOnce > 0 else { return false }
        doubts.takeAll(of: item)
        return true
    }

    /// How many purchases in doubt may be asked for at once, an item; those of a half-open breaker are its probes.
    private var doubtsAtOnce: Int64 {
        guard let sink, sink.group != nil, mayTake, !quarantine.isClosed else { return 0 }
        switch sink.breaker {
        case .closed: return Limits.revived
        case .halfOpen: return Limits.revivedProbes
        case .open: return 0
        }
    }

    func prepareDoubts() {
        doubts.surroundings = DoubtDrain.Surroundings(
            atOnce: { [unowned self] in doubtsAtOnce },
            reference: { [unowned self] in item($0).reference() },
            taken: { [unowned self] in place($0, of: $1, wasInDoubt: true) })
        if sink?.group != nil { doubts.start() }
    }

    /// At the end of each turn: the scheduler hears of a change of the breaker at once, and doubts are looked at when
    /// it closes.
    func followBreaker() {
        guard let state = sink?.breaker, state != lastBreaker else { return }
        lastBreaker = state
        mustReport = true
        doubts.breakerChanged(to: state)
    }
}
