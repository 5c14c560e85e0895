public import Base
public import Domain

/// All calls of a scheduler to the store.
public protocol SchedulerStore: DurabilityStore, NodeStore, LeadStore, ItemStore, ReapStore, HintStore, HoldStore {
    func publish(_ grants: [Grant], to worker: String)
    func publish(_ retries: RetryGrant, to worker: String)
    /// Notifies a worker, should it live, that all it held was taken back.
    func notifyReaped(_ worker: String)
}

/// The leadership.
public protocol LeadStore: StoreLink {
    func lead(
        as node: String, lease: TimeSpan, above highest: Int64, completion: @escaping StoreCompletion<Store.Leadership>)
}

/// The names of all items.
public protocol ItemIndex: StoreLink {
    func itemNames(completion: @escaping StoreCompletion<[ItemName]>)
}

/// Items, and which of them may have purchases waiting.
public protocol ItemStore: ItemIndex {
    func inspect(_ keys: ItemKeys, completion: @escaping StoreCompletion<ItemSnapshot>)
    func readyItems(completion: @escaping StoreCompletion<[ItemName]>)
    func unmarkReady(_ item: ItemName, completion: @escaping StoreCompletion<Bool>)
    func keepReady(_ item: ItemName)
    func reopen(_ keys: ItemKeys, skipping: Int64, completion: @escaping StoreCompletion<Bool>)
    func nodes(completion: @escaping StoreCompletion<[Store.Node]>)
}

/// What lost workers held.
public protocol ReapStore: ItemIndex, TakingBack {
    func workers(completion: @escaping StoreCompletion<[Store.ListedWorker]>)
    func itemsInFlight(of worker: String, completion: @escaping StoreCompletion<[ItemName]>)
    func countHeld(of keys: ItemKeys, by worker: String, completion: @escaping StoreCompletion<Int64>)
    func holders(of keys: ItemKeys, completion: @escaping StoreCompletion<[String]>)
    func removeWorker(_ id: String, completion: @escaping StoreCompletion<Void>)
}

/// Units that are held for buyers who are to pay.
public protocol HoldStore: StoreLink {
    func clock(completion: @escaping StoreCompletion<WallInstant>)
    func expire(
        _ item: ItemReference, now: WallInstant, storeAhead: TimeSpan,
        completion: @escaping StoreCompletion<Store.ExpiryReply>)
    /// What the last leader saved of its clock; nil: nothing, or damaged.
    func leaderClock(completion: @escaping StoreCompletion<LeaderClock?>)
    func save(_ clock: LeaderClock)
}

/// The feed of all items' events.
public protocol FeedStore: StoreLink {
    func ledgerEnd(of keys: ItemKeys, completion: @escaping StoreCompletion<Store.LedgerEnd>)
    func point(_ ends: [FeedPointing.End], term: Int64, completion: @escaping StoreCompletion<Store.Pointing>)
    func trim(
        _ item: ItemReference, before time: WallInstant, completion: @escaping StoreCompletion<Store.TrimReply>)
    func trimPointers(before time: WallInstant, completion: @escaping StoreCompletion<Int64>)
}

/// The counters of items over time.
public protocol SeriesStore: StoreLink {
    func sample(_ item: ItemReference, term: Int64, completion: @escaping StoreCompletion<Store.Sampling>)
}

/// What the leader measured, and what operators want it to forget.
public protocol HintStore: StoreLink {
    func save(_ hints: [ResourceHint])
    func hints(completion: @escaping StoreCompletion<[ResourceHint]>)
    func resetRequests(completion: @escaping StoreCompletion<[Store.ResetRequest]>)
    func removeReset(_ name: String, completion: @escaping StoreCompletion<Void>)
}

/// The messages to a scheduler.
public protocol SchedulerMessages: MessageLink {
    var onNotification: ((ChangeNotification) -> Void)? { get set }
    /// Some item changed, unknown which.
    var onUnreadableNotification: (() -> Void)? { get set }
    var onReport: ((WorkerReport) -> Void)? { get set }
}

extension LeadStore {
    /// Takes or keeps the leadership for a process that knows of no term.
    public func lead(as node: String, lease: TimeSpan, completion: @escaping StoreCompletion<Store.Leadership>) {
        lead(as: node, lease: lease, above: 0, completion: completion)
    }
}

extension ItemStore {
    public func reopen(_ keys: ItemKeys, completion: @escaping StoreCompletion<Bool>) {
        reopen(keys, skipping: Limits.skippedAtRestart, completion: completion)
    }
}
