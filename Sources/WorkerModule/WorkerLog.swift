public import Domain
public import Store

/// What a worker tells its operator. The composition decides where it goes.
public protocol WorkerLog: StoreLog {
    /// Settlements came too late: another worker holds or has ended those purchases.
    func fenced(item: ItemName, purchases: Int)
    /// An item was deleted while we held purchases of it: they have no tickets any more, and whatever the order service
    /// says of them is dropped. Some may have become orders.
    func itemDeleted(_ item: ItemName, purchases: Int, confirmed: Int)
    func failed(_ call: String, item: ItemName, _ failure: StoreFailure)
    /// The store did not put this worker on the list of workers.
    func notListed(_ failure: StoreFailure)
    /// This worker is on the list, and may take purchases.
    func enlisted(sink: SinkKind)
    /// Other workers have another sink, so this one takes nothing.
    func unlike(reason: String)
    /// A breaker opened, closed or began to probe; or, where it only alerts, would have.
    func breakerChanged(group: String, to state: BreakerState, isTripped: Bool, seen: (calls: Int64, bad: Int64))
    /// A call to what stands behind a sink got no answer that can be used.
    func unanswered(group: String, reason: String)
    /// Tickets can't be written: the key that signed them is not there, or the purchases are not in the store.
    func nameless(item: ItemName, purchases: Int)
    /// Purchases came into doubt: nothing was heard of them for too long.
    func inDoubt(item: ItemName, purchases: Int)
    /// Purchases in doubt are asked for again.
    func revived(item: ItemName, purchases: Int)
}
