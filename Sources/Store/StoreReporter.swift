public import Base
public import Domain
public import Operations

/// Writes a process's reports about its store into its log: the same words in every program.
public protocol StoreReporter: StoreLog {
    var log: Log { get }
}

extension StoreReporter {
    public func storeDown(reason: String) { log.error("store_down", ["reason": .text(reason)]) }

    public func storeUp() { log.info("store_up") }

    public func rollback(item: ItemName, versions: Int64, sequences: Int64) {
        log.error(
            "store_rolled_back",
            [
                "item": .text(item.description), "versions_lost": .integer(versions),
                "sequences_lost": .integer(sequences),
                "advice": "the store lost what it acknowledged; the item is frozen until an operator decides",
            ])
    }

    public func gone(item: ItemName) {
        let advice: LogValue = "the store lost an item that was sold here, or is another store"
        log.error("item_gone", ["item": .text(item.description), "advice": advice])
    }

    public func storeEmptied() {
        let advice: LogValue =
            "the store has other data than before, or none: find out where they are before making items again"
        log.error("store_emptied", ["advice": advice])
    }

    public func storeImpaired(_ impairment: Impairment) { report(impaired: impairment) }

    public func storeRestored(_ impairment: Impairment, lasted: TimeSpan) {
        report(restored: impairment, after: lasted)
    }

    /// For processes whose loops all find it, and that report it once.
    public func report(impaired impairment: Impairment) {
        log.error(
            "store_impaired", ["cause": .text(impairment.cause.name), "reason": .text(impairment.description)])
    }

    public func report(restored impairment: Impairment, after lasted: TimeSpan) {
        log.info(
            "store_restored",
            ["cause": .text(impairment.cause.name), "lasted_ms": .integer(lasted.wholeMilliseconds)])
    }
}

extension MetricsPage {
    /// One line for each cause: 1 where the store refuses something for it.
    public mutating func addStoreImpairments(_ present: [Impairment.Cause]) {
        for cause in Impairment.Cause.allCases {
            gauge(
                "sluice_store_impaired", help: "1 while the store refuses something for this cause",
                labels: ["cause": cause.name], present.contains(cause) ? 1 : 0)
        }
    }
}
