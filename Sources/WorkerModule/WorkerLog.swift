public import Domain
public import Store

/// What a worker reports to its operator. The composition decides where it goes.
public protocol WorkerLog: StoreLog {
    /// Settlements came too late: another worker holds those purchases, or has ended them.
    func fenced(item: ItemName, purchases: Int)
    /// An item was deleted while this worker held purchases of it: they have no tickets any more, and the answers of
    /// the order service for them are dropped. Some may have become orders.
    func itemDeleted(_ item: ItemName, purchases: Int, confirmed: Int)
    func failed(_ call: String, item: ItemName, _ failure: StoreFailure)
    /// The store did not put this worker on the list of workers.
    func notListed(_ failure: StoreFailure)
    /// This worker is on the list, and may take purchases.
    func enlisted(sink: SinkKind)
    /// Other workers have another sink, so this one takes nothing.
    func sinkDiffers(reason: String)
    /// A breaker opened, closed or began to probe; or, where it only alerts, would have.
    func breakerChanged(group: String, to state: BreakerState, isTripped: Bool, seen: (calls: Int64, bad: Int64))
    /// A call to what stands behind a sink got no answer that can be used.
    func unanswered(group: String, reason: String)
    /// Tickets can't be written: the key that signed them is not there, or the purchases are not in the store.
    func ticketKeyMissing(item: ItemName, purchases: Int)
    /// Purchases came into doubt: no answer for them came for too long.
    func inDoubt(item: ItemName, purchases: Int)
    /// Purchases in doubt were taken again, to be called for once more.
    func revived(item: ItemName, purchases: Int)
}
