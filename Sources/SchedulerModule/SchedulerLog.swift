public import Domain

/// What a scheduler tells its operator. The composition decides where it goes.
public protocol SchedulerLog: AnyObject {
    func leading(term: Int64)
    func following()
    func workerLost(_ worker: String)
    func reaped(worker: String, item: ItemName, purchases: Int64)
    func reopened(item: ItemName)
    func storeDown(reason: String)
    func storeUp()
}
