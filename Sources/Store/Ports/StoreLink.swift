public import Base
public import Domain

// DESIGN
// What a role asks of the store stands in a port of its own, so that the worker and the scheduler run in simulations as
// they are: there a model in memory answers, late, twice or not at all. `Store` and `StoreListener` implement all
// ports. Callbacks stay callbacks. A call through a port costs one table look-up more, for a batch of up to 256
// purchases; what a purchase passes on its way in (`admit`, polls) has no port (ADR 0012).

/// A connection to the store, and what the store refuses at the moment.
public protocol StoreLink: AnyObject {
    var isReady: Bool { get }
    /// Work that was begun can be ended.
    var takesWork: Bool { get }
    /// Why `takesWork` is false; nil while it is true.
    var workReason: String? { get }
    /// What the server is, where it is none to work with.
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

/// What tells a loss of the store's data.
public protocol DurabilityStore: StoreLink {
    /// A probe was answered, with the name of the store's data; nil where it has none, or refused to say.
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
extension Store: WorkerStore, SchedulerStore {}
