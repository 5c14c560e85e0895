public import Domain
public import Store

/// What a queue process tells its operator. The composition decides where it goes.
public protocol QueueLog: StoreLog {
    /// The store came back with less than it had acknowledged; the item is frozen and an operator is needed.
    func rollback(item: ItemName, versions: Int64, sequences: Int64)
    /// The store does not know an item any more that it acknowledged.
    func gone(item: ItemName)
    /// An operator changed something.
    func audit(_ entry: AuditEntry)
    /// Logins at the admin listener failed, the last one from `peer`; told of once a second at most.
    func loginFailed(peer: String, failures: UInt64, isSlowed: Bool)
}
