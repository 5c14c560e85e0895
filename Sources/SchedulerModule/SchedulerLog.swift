public import Domain
public import Store

/// What a scheduler tells its operator. The composition decides where it goes.
public protocol SchedulerLog: StoreLog {
    func leading(term: Int64)
    func following()
    func workerLost(_ worker: String)
    func reaped(worker: String, item: ItemName, purchases: Int64)
    func reopened(item: ItemName)
}
