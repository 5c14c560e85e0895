public import Base
public import Domain
import EventLoop
public import Store

// What a scheduler process shows of itself.
extension SchedulerDriver {
    /// Whether this process leads or could: it must be able to write and to follow messages.
    public var isReady: Bool { store.takesWork && messages.isFollowing && !isStopping }
    public var isLeader: Bool { leadership.isLeader }
    /// For how long this process has led in this term; zero while it does not lead.
    public var ledFor: TimeSpan { leadership.ledFor }
    public var term: Int64 { machine.term }
    public var impairments: [Impairment] { store.impairments }
    public var storeReason: String? {
        if isStopping { return "stopping" }
        if let reason = store.workReason { return reason }
        return messages.isFollowing ? nil : "its messages can't be followed"
    }
    /// Every worker and group with what is known and decided of it. Costs as much as there are.
    public var resources: [CapacityResource] { machine.resources }
    /// What does not add up between the tables of the machine; empty where all does. For checks.
    public var imbalances: [String] { machine.imbalances }
    /// What is granted, and what may be. For checks.
    public var allotments: [Allotment] { machine.allotments }
    /// The time that the ages in `resources` are counted to.
    public var now: MonotonicInstant { loop.now }
    /// Workers whose reports arrive.
    public var liveWorkers: Int64 { machine.liveWorkers(now: loop.now) }
    /// Items that could be served and of which nothing is decided, with the time since when; longest first.
    public var stalled: [(item: ItemName, time: TimeSpan)] { progress.stalled(now: loop.now) }
    /// Holds that ended because they were not paid in time.
    public var holdsExpired: UInt64 { expirer.expired }
    /// How long after its deadline and the grace each of them ended, in microseconds.
    public var holdLateness: Histogram { expirer.lateness }
    /// Pointers that this process wrote into the feed of all items.
    public var feedPointers: UInt64 { feed?.pointers ?? 0 }
    /// Points that this process wrote into the series of items.
    public var seriesPoints: UInt64 { series?.points ?? 0 }
    /// Entries of ledgers that this process removed for their age.
    public var entriesRemoved: UInt64 { trimmer?.removed ?? 0 }
    /// By how much the store's clock parts from the one by which holds end; zero while they end.
    public var clocksApart: TimeSpan { expirer.parted }
    public func describe(json: String) { store.describeNode(node, json: json, now: loop.wallNow) }

    /// Checks whether the store is configured to keep what is promised.
    public func checkPromise(completion: @escaping (Store.PromiseCheck) -> Void) {
        store.checkPromise(isStrict: false, completion: completion)
    }
}
