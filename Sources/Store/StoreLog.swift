public import Base
public import Domain

/// What every process tells its operator of the store. The composition decides where it goes.
public protocol StoreLog: AnyObject {
    func storeDown(reason: String)
    func storeUp()
    /// It came back with less than it had acknowledged; the item is frozen and an operator is needed.
    func rollback(item: ItemName, versions: Int64, sequences: Int64)
    /// It does not know an item any more that it acknowledged.
    func gone(item: ItemName)
    /// It has other data than before, or none, while this process lives.
    func storeEmptied()
    /// The store began to refuse something, though it is connected; reported once.
    func storeImpaired(_ impairment: Impairment)
    /// That is over.
    func storeRestored(_ impairment: Impairment, lasted: TimeSpan)
}

extension StoreLink {
    /// Tells `log` what the store refuses.
    public func tellImpairments(to log: any StoreLog) {
        onImpaired = { [unowned log] in log.storeImpaired($0) }
        onRestored = { [unowned log] in log.storeRestored($0, lasted: $1) }
    }
}
