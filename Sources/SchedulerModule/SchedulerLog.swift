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
    /// A call of an item was refused, or its answer can't be understood.
    func failed(_ call: String, item: ItemName, _ failure: StoreFailure)
    /// The store's clock parts from the one by which holds end: none ends until they agree.
    func clocksParted(by span: TimeSpan)
    func clocksAgree()
    /// The store's clock has been ahead by so much for long enough that it counts as so for good.
    func clockBelieved(storeAhead: TimeSpan)
    /// The clock by which holds end was ahead of the store's, or of the last leader's, and went back to it.
    func clockWentBack(by span: TimeSpan)
}
