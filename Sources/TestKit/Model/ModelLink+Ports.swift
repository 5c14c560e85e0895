public import Base
public import Domain
public import Store

// The roles' ports: each is one call of the link.

extension ModelLink: DurabilityStore, NodeStore {
    public func lifeName(completion: @escaping StoreCompletion<String?>) { call({ $0.readLife() }, completion) }
    public func beginLife(completion: @escaping StoreCompletion<String>) { call({ $0.beginLife() }, completion) }
    public func checkDurability(
        _ item: ItemReference, _ acknowledged: AcknowledgedState, gone counters: ItemCounters?,
        completion: @escaping StoreCompletion<Store.Finding>
    ) { call({ $0.check(item, acknowledged) }, completion) }

    public func describeNode(_ id: String, json: String, now: WallInstant) {
        let first = firstMet
        tell { store in store.onControl { $0.describe(id, firstRunID: first, now: store.now) } }
    }
    public func removeNode(_ id: String) { tell { store in store.onControl { $0.removeNode(id) } } }
    public func checkPromise(isStrict: Bool, completion: @escaping (Store.PromiseCheck) -> Void) { completion(.kept) }

    /// A call that nobody waits for.
    func tell(_ execute: @escaping (ModelStore) -> Void) { call(execute) { _ in } }
}

extension ModelLink: WorkerStore {
    public func enlist(_ worker: String, sink: SinkKind, completion: @escaping StoreCompletion<Store.Listing>) {
        call({ store in store.onControl { $0.enlist(worker, sink, now: store.now) } }, completion)
    }
    public func retire(_ worker: String, sink: SinkKind, completion: @escaping StoreCompletion<Void>) {
        call({ store in store.onControl { $0.retire(worker, sink) } }, completion)
    }
    public func publish(report: WorkerReport) {
        let payload = Array(report.encode().utf8)
        tell { $0.publish(payload, on: .reports) }
    }

    public func deduct(
        _ winners: Int64, from item: ItemReference, worker: String, hasSink: Bool, isAlone: Bool,
        completion: @escaping StoreCompletion<Deduction>
    ) {
        attempt(
            { store in
                store.onItem(item) { item, life in
                    let done = item.deduct(winners, worker: worker, hasSink: hasSink, isAlone: isAlone)
                    return Deduction(
                        stop: done.stop, counters: item.counters, winners: done.winners,
                        taken: done.taken.map { item.record($0) }, areSuspects: done.areSuspects,
                        incarnation: item.incarnation,
                        life: life)
                }
            }, completion)
    }

    public func settle(
        _ settlements: [Settlement], of item: ItemReference, worker: String,
        completion: @escaping StoreCompletion<Store.SettleReply>
    ) {
        attempt(
            { store in
                store.onItem(item) { item, _ in
                    let answers = item.settle(settlements, worker: worker)
                    return Store.SettleReply(counters: item.counters, answers: answers)
                }
            }, completion)
    }

    public func recall(_ item: ItemReference, worker: String, completion: @escaping StoreCompletion<Store.Recollection>)
    {
        attempt(
            { store in
                store.onItem(item) { item, _ in
                    let flight = (item.item.flights[worker] ?? [:]).sorted { $0.key < $1.key }
                    return Store.Recollection(
                        records: flight.map { item.record(.init(sequence: $0.key, attempt: $0.value)) },
                        incarnation: item.incarnation)
                }
            }, completion)
    }

    public func reap(
        _ item: ItemReference, worker: String, consumesAttempt: Bool,
        completion: @escaping StoreCompletion<Store.ReapReply>
    ) {
        attempt(
            { store in
                store.onItem(item) { item, _ in
                    let taken = item.reap(worker: worker, consumesAttempt: consumesAttempt)
                    return Store.ReapReply(
                        counters: item.counters, taken: taken, left: 0, incarnation: item.incarnation)
                }
            }, completion)
    }

    public func identify(
        _ records: [FlightRecord], of item: ItemReference, completion: @escaping StoreCompletion<Store.Identification>
    ) {
        attempt(
            { store in
                store.onItem(item) { item, _ in
                    Store.Identification(
                        incarnation: item.incarnation, salt: [UInt8](repeating: 7, count: 16),
                        keyIDs: records.map { item.item.has($0.sequence) ? 3 : nil })
                }
            }, completion)
    }

    public func revive(
        _ limit: Int64, of item: ItemReference, worker: String, includesLost: Bool,
        completion: @escaping StoreCompletion<Store.ReviveReply>
    ) {
        attempt(
            { store in
                store.onItem(item) { item, _ in
                    let taken = item.revive(worker: worker, includesLost: includesLost, limit: Int(limit))
                    let left = item.item.silent.count + (includesLost ? item.item.doubtful.count : 0)
                    return Store.ReviveReply(
                        counters: item.counters, left: Int64(left), taken: taken.map { item.record($0) },
                        incarnation: item.incarnation)
                }
            }, completion)
    }

    public func markDoubts(of item: ItemName, completion: @escaping StoreCompletion<Void>) {
        call({ store in store.onControl { $0.markDoubts(item) } }, completion)
    }
    public func unmarkDoubts(of item: ItemName) { tell { store in store.onControl { $0.unmarkDoubts(item) } } }
    public func itemsInDoubt(completion: @escaping StoreCompletion<[ItemName]>) {
        call({ store in store.onControl { $0.itemsInDoubt } }, completion)
    }
}

extension ModelLink: SchedulerStore {
    public func lead(
        as node: String, lease: TimeSpan, above highest: Int64, completion: @escaping StoreCompletion<Store.Leadership>
    ) {
        call(
            { store in
                let answer = store.onControl { $0.lead(node, lease: lease, above: highest, now: store.now) }
                store.trace?("lead of \(node) for \(lease.wholeMilliseconds) ms: \(answer)")
                return answer
            }, completion)
    }
    public func inspect(_ keys: ItemKeys, completion: @escaping StoreCompletion<ItemSnapshot>) {
        attempt({ $0.snapshot(keys.name) }, completion)
    }
    public func itemNames(completion: @escaping StoreCompletion<[ItemName]>) { call({ $0.names }, completion) }
    public func readyItems(completion: @escaping StoreCompletion<[ItemName]>) {
        call({ store in store.onControl { $0.readyItems } }, completion)
    }
    public func unmarkReady(_ item: ItemName, completion: @escaping StoreCompletion<Bool>) {
        call(
            { store in
                store.trace?("\(item) is not marked ready any more")
                return store.onControl { $0.unmarkReady(item) }
            }, completion)
    }
    public func keepReady(_ item: ItemName) { tell { store in store.onControl { $0.markReady(item) } } }
    public func reopen(_ keys: ItemKeys, skipping: Int64, completion: @escaping StoreCompletion<Bool>) {
        let runID = runID
        attempt({ $0.reopen(keys.name, in: runID, skipping: skipping) }, completion)
    }
    public func nodes(completion: @escaping StoreCompletion<[Store.Node]>) {
        call({ store in store.onControl { $0.nodes(now: store.now) } }, completion)
    }

    public func workers(completion: @escaping StoreCompletion<[Store.ListedWorker]>) {
        call({ store in store.onControl { $0.workers } }, completion)
    }
    public func itemsInFlight(of worker: String, completion: @escaping StoreCompletion<[ItemName]>) {
        call({ _ in [] }, completion)
    }
    public func countHeld(of keys: ItemKeys, by worker: String, completion: @escaping StoreCompletion<Int64>) {
        call({ Int64($0[keys.name]?.item.flights[worker]?.count ?? 0) }, completion)
    }
    public func holders(of keys: ItemKeys, completion: @escaping StoreCompletion<[String]>) {
        call(
            { store in
                let flights = store[keys.name]?.item.flights ?? [:]
                return flights.filter { !$0.value.isEmpty }.keys.sorted()
            }, completion)
    }
    public func removeWorker(_ id: String, completion: @escaping StoreCompletion<Void>) {
        call({ store in store.onControl { $0.remove(id) } }, completion)
    }

    public func save(_ hints: [ResourceHint]) { tell { store in store.onControl { $0.save(hints, now: store.now) } } }
    public func hints(completion: @escaping StoreCompletion<[ResourceHint]>) {
        call({ store in store.onControl { $0.hints(now: store.now) } }, completion)
    }
    public func resetRequests(completion: @escaping StoreCompletion<[Store.ResetRequest]>) {
        call({ _ in [] }, completion)
    }
    public func removeReset(_ name: String, completion: @escaping StoreCompletion<Void>) { call({ _ in }, completion) }

    public func publish(_ grants: [Grant], to worker: String) {
        let payload = Array(Grant.encode(grants).utf8)
        tell { $0.publish(payload, on: .grants(worker: worker)) }
    }
    public func publish(_ retries: RetryGrant, to worker: String) {
        let payload = Array(retries.encode().utf8)
        tell { $0.publish(payload, on: .grants(worker: worker)) }
    }
    public func notifyReaped(_ worker: String) {
        tell { $0.publish(Self.reapedMessage, on: .grants(worker: worker)) }
    }
}

extension NotifyingItem {
    /// As the store keeps what was taken.
    func record(_ taken: ModelItem.Taken) -> FlightRecord {
        let purchase = item[taken.sequence]
        return FlightRecord(
            sequence: taken.sequence, attempt: taken.attempt, quantity: purchase.quantity,
            admittedAt: WallInstant(milliseconds: 1_000), keyDigest: purchase.key, user: purchase.user)
    }
}
