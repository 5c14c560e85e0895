public import Store

/// What a queue process tells its operator. The composition decides where it goes.
public protocol QueueLog: StoreLog {
    /// An operator changed something.
    func audit(_ entry: AuditEntry)
    /// Logins at the admin listener failed, the last one from `peer`; told of once a second at most.
    func loginFailed(peer: String, failures: UInt64, isSlowed: Bool)
}
