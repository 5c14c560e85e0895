public import Base
public import Domain
import EventLoop
public import Store

// What a scheduler process says of itself.
extension SchedulerDriver {
    /// Every worker and group with what is known and decided of it. Costs as much as there are.
    public var resources: [CapacityResource] { machine.resources }
    /// What the ages in `resources` are counted to.
    public var now: MonotonicInstant { loop.now }
    public var term: Int64 { machine.term }
    /// Workers that this process hears of.
    public var liveWorkers: Int64 { machine.liveWorkers(now: loop.now) }
    /// Items of which nothing is decided though they could be served, longest first.
    public var stalled: [(item: ItemName, time: TimeSpan)] { progress.stalled(now: loop.now) }
    public func describe(json: String) { store.describeNode(node, json: json, now: loop.wallNow) }

    /// Looks whether the store can keep what is promised.
    public func checkPromise(completion: @escaping (Store.PromiseCheck) -> Void) {
        store.checkPromise(isStrict: false, completion: completion)
    }

    /// For how long this process has led, in this term; zero while it doesn't.
    public var ledFor: TimeSpan { isLeader ? leadsSince.map { loop.now - $0 } ?? .zero : .zero }
}
