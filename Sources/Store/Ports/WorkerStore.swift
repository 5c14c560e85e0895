public import Domain

/// All calls of a worker to the store.
public protocol WorkerStore: DurabilityStore, NodeStore, FlightStore, DoubtStore {
    func enlist(_ worker: String, sink: SinkKind, completion: @escaping StoreCompletion<Store.Listing>)
    func retire(_ worker: String, sink: SinkKind, completion: @escaping StoreCompletion<Void>)
    func publish(report: WorkerReport)
}

/// How a worker takes purchases, and ends them.
public protocol FlightStore: TakingBack {
    func deduct(
        _ winners: Int64, from item: ItemReference, worker: String, hasSink: Bool, isAlone: Bool,
        completion: @escaping StoreCompletion<Deduction>)
    func settle(
        _ settlements: [Settlement], of item: ItemReference, worker: String,
        completion: @escaping StoreCompletion<Store.SettleReply>)
    func recall(_ item: ItemReference, worker: String, completion: @escaping StoreCompletion<Store.Recollection>)
    func identify(
        _ records: [FlightRecord], of item: ItemReference, completion: @escaping StoreCompletion<Store.Identification>)
}

/// Purchases that a worker holds come back to the item.
public protocol TakingBack: StoreLink {
    func reap(
        _ item: ItemReference, worker: String, consumesAttempt: Bool,
        completion: @escaping StoreCompletion<Store.ReapReply>)
}

/// Purchases in doubt, which belong to no worker.
public protocol DoubtStore: StoreLink {
    func revive(
        _ limit: Int64, of item: ItemReference, worker: String, includesLost: Bool,
        completion: @escaping StoreCompletion<Store.ReviveReply>)
    func markDoubts(of item: ItemName, completion: @escaping StoreCompletion<Void>)
    func unmarkDoubts(of item: ItemName)
    func itemsInDoubt(completion: @escaping StoreCompletion<[ItemName]>)
}

/// The messages to a worker.
public protocol WorkerMessages: MessageLink {
    var onGrants: (([Grant]) -> Void)? { get set }
    var onRetries: ((RetryGrant) -> Void)? { get set }
    /// It was taken for dead, and what it held was taken back.
    var onReaped: (() -> Void)? { get set }
}
