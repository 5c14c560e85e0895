public import Base
public import Domain
public import Store

/// What a scheduler tells its operator. The composition decides where it goes.
public protocol SchedulerLog: StoreLog {
    func leading(term: Int64)
    func following()
    func workerLost(_ worker: String)
    /// A worker places no orders beside others that do, and gets no grants.
    func workerUnlike(_ worker: String)
    func reaped(worker: String, item: ItemName, purchases: Int64)
    func reopened(item: ItemName)
    /// An operator asked for it; `isKnown` where there was something to forget.
    func capacityReset(name: String, isKnown: Bool)
    /// Many items are to go on, and so many do; some may have failed and are asked again.
    func reopening(done: Int, items: Int)
    /// All do that were closed off.
    func reopenedAll(items: Int, took: TimeSpan)
}
