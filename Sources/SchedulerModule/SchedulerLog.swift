public import Base
public import Domain
public import Store

/// What a scheduler reports to its operator. The process decides where it goes.
public protocol SchedulerLog: StoreLog {
    func leading(term: Int64)
    func following()
    func workerLost(_ worker: String)
    /// A worker places no orders beside others that do, and gets no grants.
    func workerUnlike(_ worker: String)
    func reaped(worker: String, item: ItemName, purchases: Int64)
    func reopened(item: ItemName)
    /// An operator requested a reset; `isKnown` where something had been measured under this name.
    func capacityReset(name: String, isKnown: Bool)
    /// So many of all items are reopened so far; those that failed are tried again.
    func reopening(done: Int, items: Int)
    /// All items that were closed off are reopened.
    func reopenedAll(items: Int, took: TimeSpan)
}
