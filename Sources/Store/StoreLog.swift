public import Base

/// What every process tells its operator of the store. The composition decides where it goes.
public protocol StoreLog: AnyObject {
    func storeDown(reason: String)
    func storeUp()
    /// The store began to refuse something, though it is connected; told once.
    func storeImpaired(_ impairment: Impairment)
    /// That is over.
    func storeRestored(_ impairment: Impairment, lasted: TimeSpan)
}

extension Store {
    /// Tells `log` what the store refuses.
    public func tellImpairments(to log: any StoreLog) {
        onImpaired = { [unowned log] in log.storeImpaired($0) }
        onRestored = { [unowned log] in log.storeRestored($0, lasted: $1) }
    }
}
