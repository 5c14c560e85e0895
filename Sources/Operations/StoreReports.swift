public import Base

// What every program says of the store, in the same words.

extension Log {
    /// The store came back with less than it had acknowledged.
    public func storeRolledBack(item: String, versions: Int64, sequences: Int64) {
        error(
            "store_rolled_back",
            [
                "item": .text(item), "versions_lost": .integer(versions), "sequences_lost": .integer(sequences),
                "advice": "the store lost what it acknowledged; the item is frozen until an operator decides",
            ])
    }

    /// The store does not know an item that it acknowledged.
    public func itemGone(_ item: String) {
        error(
            "item_gone",
            ["item": .text(item), "advice": "the store lost an item that was sold here, or is another store"])
    }

    /// The store was emptied, or is another one.
    public func storeEmptied() {
        error(
            "store_emptied",
            [
                "advice":
                    "the store has other data than before, or none: find out where they are before making items again"
            ])
    }

    /// The store began to refuse something, though it is connected.
    public func storeImpaired(cause: String, reason: String) {
        error("store_impaired", ["cause": .text(cause), "reason": .text(reason)])
    }

    /// That is over.
    public func storeRestored(cause: String, lasted: TimeSpan) {
        info("store_restored", ["cause": .text(cause), "lasted_ms": .integer(lasted.wholeMilliseconds)])
    }
}

extension MetricsPage {
    /// One line for each of `causes`: 1 where the store refuses something for it.
    public mutating func addStoreImpairments(_ present: [String], of causes: [String]) {
        for cause in causes {
            gauge(
                "sluice_store_impaired", help: "1 while the store refuses something for this cause",
                labels: ["cause": cause], present.contains(cause) ? 1 : 0)
        }
    }
}
