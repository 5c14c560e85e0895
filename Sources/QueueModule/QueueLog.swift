public import Store

/// The events of a queue process that operators see. The process decides where they go.
public protocol QueueLog: StoreLog {
    /// An operator changed something.
    func audit(_ entry: AuditEntry)
    /// Logins at the admin listener failed, the last one from `peer`; reported once a second at most.
    func loginFailed(peer: String, failures: UInt64, isSlowed: Bool)
}
