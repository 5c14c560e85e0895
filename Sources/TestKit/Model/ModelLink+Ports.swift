public import Base
public import Domain
public import Store

// The roles' ports: each is one call of the link.

extension ModelLink {
    /// One script on one item.
    private func script<Value>(
        _ item: ItemReference, _ completion: @escaping StoreCompletion<Value>,
        _ body: @escaping (inout NotifyingItem, _ life: String) -> Value
    ) { attempt({ $0.onItem(item, body) }, completion) }

    /// One call on keys that belong to no item.
    private func control<Value>(
        _ completion: @escaping StoreCompletion<Value>,
        _ body: @escaping (inout ModelControl, _ now: MonotonicInstant) -> Value
    ) { call({ $0.onControl(body) }, completion) }

    private func control(_ body: @escaping (inout ModelControl, _ now: MonotonicInstant) -> Void) {
        send { $0.onControl(body) }
    }

    /// A call whose answer is dropped.
    private func send(_ execute: @escaping (ModelStore) -> Void) { call(execute) { _ in } }

    private func publish(_ text: String, on channel: ModelMessages.Channel) {
        send { $0.publish(Array(text.utf8), on: channel) }
    }
}

extension ModelLink: DurabilityStore, NodeStore {
    public func lifeName(completion: @escaping StoreCompletion<String?>) { call({ $0.lifeName }, completion) }
    public func beginLife(completion: @escaping StoreCompletion<String>) { call({ $0.beginLife() }, completion) }
    public func checkDurability(
        _ item: ItemReference, _ acknowledged: AcknowledgedState, gone counters: ItemCounters?,
        completion: @escaping StoreCompletion<Store.Finding>
    ) { call({ $0.check(item, acknowledged, gone: counters) }, completion) }

    public func describeNode(_ id: String, json: String, now: WallInstant) {
        let first = firstRunID
        control { $0.describe(id, firstRunID: first, now: $1) }
    }
    public func removeNode(_ id: String) { control { control, _ in control.removeNode(id) } }
    public func checkPromise(isStrict: Bool, completion: @escaping (Store.PromiseCheck) -> Void) { completion(.kept) }
}

extension ModelLink: WorkerStore {
    public func enlist(_ worker: String, sink: SinkKind, completion: @escaping StoreCompletion<Store.Listing>) {
        control(completion) { $0.enlist(worker, sink, now: $1) }
    }
    public func retire(_ worker: String, sink: SinkKind, completion: @escaping StoreCompletion<Void>) {
        control(completion) { control, _ in control.retire(worker, sink) }
    }
    public func publish(report: WorkerReport) { publish(report.encode(), on: .reports) }

    public func deduct(
        _ winners: Int64, from item: ItemReference, worker: String, hasSink: Bool, isAlone: Bool,
        completion: @escaping StoreCompletion<Deduction>
    ) {
        let answered = onDeduct?(item, winners)
        let answer = { (result: Result<Deduction, StoreFailure>) in
            answered?(try? result.get())
            completion(result)
        }
        script(item, answer) { item, life in
            let done = item.deduct(winners, worker: worker, hasSink: hasSink, isAlone: isAlone)
            return Deduction(
                stop: done.stop, counters: item.counters, winners: done.winners, taken: item.records(of: done.taken),
                areSuspects: done.areSuspects, incarnation: item.incarnation, life: life)
        }
    }

    public func settle(
        _ settlements: [Settlement], of item: ItemReference, worker: String,
        completion: @escaping StoreCompletion<Store.SettleReply>
    ) {
        script(item, completion) { item, _ in
            let answers = item.settle(settlements, worker: worker)
            return Store.SettleReply(counters: item.counters, answers: answers)
        }
    }

    public func recall(_ item: ItemReference, worker: String, completion: @escaping StoreCompletion<Store.Recollection>)
    {
        script(item, completion) { item, _ in
            Store.Recollection(
                records: item.records(of: item.item.flights[worker] ?? [:]), incarnation: item.incarnation)
        }
    }

    public func reap(
        _ item: ItemReference, worker: String, consumesAttempt: Bool,
        completion: @escaping StoreCompletion<Store.ReapReply>
    ) {
        script(item, completion) { item, _ in
            let taken = item.reap(worker: worker, consumesAttempt: consumesAttempt)
            return Store.ReapReply(counters: item.counters, taken: taken, left: 0, incarnation: item.incarnation)
        }
    }

    public func identify(
        _ records: [FlightRecord], of item: ItemReference, completion: @escaping StoreCompletion<Store.Identification>
    ) {
        script(item, completion) { item, _ in
            Store.Identification(
                incarnation: item.incarnation, salt: [UInt8](repeating: 7, count: 16),
                keyIDs: records.map { item.item.purchases.has($0.sequence) ? 3 : nil })
        }
    }

    public func revive(
        _ limit: Int64, of item: ItemReference, worker: String, includesLost: Bool,
        completion: @escaping StoreCompletion<Store.ReviveReply>
    ) {
        script(item, completion) { item, _ in
            let taken = item.revive(worker: worker, includesLost: includesLost, limit: Int(limit))
            return Store.ReviveReply(
                counters: item.counters, left: Int64(item.item.inDoubt(includesLost: includesLost).count),
                taken: item.records(of: taken), incarnation: item.incarnation)
        }
    }

    public func markDoubts(of item: ItemName, completion: @escaping StoreCompletion<Void>) {
        control(completion) { control, _ in control.markDoubts(item) }
    }
    public func unmarkDoubts(of item: ItemName) { control { control, _ in control.unmarkDoubts(item) } }
    public func itemsInDoubt(completion: @escaping StoreCompletion<[ItemName]>) {
        control(completion) { control, _ in control.itemsInDoubt }
    }
}

extension ModelLink: SchedulerStore {
    public func lead(
        as node: String, lease: TimeSpan, above highest: Int64, completion: @escaping StoreCompletion<Store.Leadership>
    ) { call({ $0.lead(node, lease: lease, above: highest) }, completion) }
    public func inspect(_ keys: ItemKeys, completion: @escaping StoreCompletion<ItemSnapshot>) {
        attempt({ $0.snapshot(keys.name) }, completion)
    }
    public func itemNames(completion: @escaping StoreCompletion<[ItemName]>) { call({ $0.names }, completion) }
    public func readyItems(completion: @escaping StoreCompletion<[ItemName]>) {
        control(completion) { control, _ in control.readyItems }
    }
    public func unmarkReady(_ item: ItemName, completion: @escaping StoreCompletion<Bool>) {
        control(completion) { control, _ in control.unmarkReady(item) }
    }
    public func keepReady(_ item: ItemName) { control { control, _ in control.markReady(item) } }
    public func reopen(_ keys: ItemKeys, skipping: Int64, completion: @escaping StoreCompletion<Bool>) {
        let runID = runID
        attempt({ $0.reopen(keys.name, in: runID, skipping: skipping) }, completion)
    }
    public func nodes(completion: @escaping StoreCompletion<[Store.Node]>) {
        control(completion) { $0.nodes(now: $1) }
    }

    public func workers(completion: @escaping StoreCompletion<[Store.ListedWorker]>) {
        control(completion) { control, _ in control.workers }
    }
    public func itemsInFlight(of worker: String, completion: @escaping StoreCompletion<[ItemName]>) {
        call({ _ in [] }, completion)
    }
    public func countHeld(of keys: ItemKeys, by worker: String, completion: @escaping StoreCompletion<Int64>) {
        call({ Int64($0[keys.name]?.item.flights[worker]?.count ?? 0) }, completion)
    }
    public func holders(of keys: ItemKeys, completion: @escaping StoreCompletion<[String]>) {
        call({ ($0[keys.name]?.item.flights ?? [:]).filter { !$0.value.isEmpty }.keys.sorted() }, completion)
    }
    public func removeWorker(_ id: String, completion: @escaping StoreCompletion<Void>) {
        control(completion) { control, _ in control.remove(id) }
    }

    public func clock(completion: @escaping StoreCompletion<WallInstant>) { call({ $0.clock }, completion) }
    public func expire(
        _ item: ItemReference, now: WallInstant, storeAhead: TimeSpan,
        completion: @escaping StoreCompletion<Store.ExpiryReply>
    ) {
        script(item, completion) { item, _ in
            let store = WallInstant(milliseconds: item.item.now)
            let corrected = store + (.zero - storeAhead)
            let ended = item.expire(leader: now, store: corrected)
            let next = item.item.nextExpiry(leader: now.milliseconds, store: corrected.milliseconds)
            return Store.ExpiryReply(
                counters: item.counters, incarnation: item.incarnation, ended: Int64(ended.count),
                next: next.map { WallInstant(milliseconds: $0) }, isMoreLeft: false, storeTime: store)
        }
    }
    public func leaderClock(completion: @escaping StoreCompletion<LeaderClock?>) {
        control(completion) { control, _ in control.clock }
    }
    public func save(_ clock: LeaderClock) { control { control, _ in control.clock = clock } }

    public func save(_ hints: [ResourceHint]) { control { $0.save(hints, now: $1) } }
    public func hints(completion: @escaping StoreCompletion<[ResourceHint]>) {
        control(completion) { $0.hints(now: $1) }
    }
    public func resetRequests(completion: @escaping StoreCompletion<[Store.ResetRequest]>) {
        call({ _ in [] }, completion)
    }
    public func removeReset(_ name: String, completion: @escaping StoreCompletion<Void>) { call({ _ in }, completion) }

    public func publish(_ grants: [Grant], to worker: String) {
        publish(Grant.encode(grants), on: .grants(worker: worker))
    }
    public func publish(_ retries: RetryGrant, to worker: String) {
        publish(retries.encode(), on: .grants(worker: worker))
    }
    public func notifyReaped(_ worker: String) { publish(Self.reapedMessage, on: .grants(worker: worker)) }
}
