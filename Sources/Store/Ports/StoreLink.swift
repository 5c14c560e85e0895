public import Base
public import Domain

// DESIGN
// Each role's calls to the store are a port, so that the worker and the scheduler run in simulations as they are: there
// a model in memory answers, late, twice or not at all. `Store` and `StoreListener` implement all ports. A call through
// a port costs one more look-up in a table, for a batch of up to 256 purchases; admission and polls have no port (ADR
// 0012).

/// A connection to the store, and what the store refuses at the moment.
public protocol StoreLink: AnyObject {
    var isReady: Bool { get }
    /// Work that was begun can be ended.
    var takesWork: Bool { get }
    /// Why `takesWork` is false; nil while it is true.
    var workReason: String? { get }
    /// What the server is, where it can't be used.
    var unsuitable: String? { get }
    /// Names the process of the store: another one after every restart.
    var runID: String { get }
    var impairments: [Impairment] { get }
    var onReady: (() -> Void)? { get set }
    var onDown: ((String) -> Void)? { get set }
    var onWork: (() -> Void)? { get set }
    var onImpaired: ((Impairment) -> Void)? { get set }
    var onRestored: ((Impairment, TimeSpan) -> Void)? { get set }
    func start()
}

/// The messages of the store, over a connection of their own.
public protocol MessageLink: AnyObject {
    var isFollowing: Bool { get }
    /// Messages are followed from now on; what came before may have been missed.
    var onFollowing: (() -> Void)? { get set }
    var onDown: ((String) -> Void)? { get set }
    func start()
}

/// What shows a loss of the store's data.
public protocol DurabilityStore: StoreLink {
    /// A probe was answered, with the name of the store's data; nil where they have none, or the probe was refused.
    var onProbed: ((String?) -> Void)? { get set }
    func lifeName(completion: @escaping StoreCompletion<String?>)
    func beginLife(completion: @escaping StoreCompletion<String>)
    func checkDurability(
        _ item: ItemReference, _ acknowledged: AcknowledgedState, gone counters: ItemCounters?,
        completion: @escaping StoreCompletion<Store.Finding>)
}

/// The list of processes, and what the store promises them.
public protocol NodeStore: StoreLink {
    func describeNode(_ id: String, json: String, now: WallInstant)
    func removeNode(_ id: String)
    func checkPromise(isStrict: Bool, completion: @escaping (Store.PromiseCheck) -> Void)
}

extension StoreListener: WorkerMessages, SchedulerMessages {}
extension Store: WorkerStore, SchedulerStore, FeedStore, SeriesStore {}
