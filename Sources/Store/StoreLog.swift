public import Base
public import Domain

/// What every process reports to its operator about the store. The composition decides where it goes.
public protocol StoreLog: AnyObject {
    func storeDown(reason: String)
    func storeUp()
    /// The store came back with less than it had acknowledged; the item is frozen and an operator is needed.
    func rollback(item: ItemName, versions: Int64, sequences: Int64)
    /// The store does not know an item any more that it acknowledged.
    func gone(item: ItemName)
    /// The store has other data than before, or none, while this process lives.
    func storeEmptied()
    /// The store began to refuse something, though it is connected; reported once.
    func storeImpaired(_ impairment: Impairment)
    /// An impairment ended.
    func storeRestored(_ impairment: Impairment, lasted: TimeSpan)
}

extension StoreLink {
    /// Reports to `log` what the store refuses.
    public func reportImpairments(to log: any StoreLog) {
        onImpaired = { [unowned log] in log.storeImpaired($0) }
        onRestored = { [unowned log] in log.storeRestored($0, lasted: $1) }
    }
}
