public import Domain
public import Store

/// What a worker tells its operator. The composition decides where it goes.
public protocol WorkerLog: AnyObject {
    /// Settlements came too late: another worker holds or has ended those purchases.
    func fenced(item: ItemName, purchases: Int)
    func failed(_ call: String, item: ItemName, _ failure: StoreFailure)
    func storeDown(reason: String)
    func storeUp()
}
