public import Base

// What every program says of the store, in the same words.

extension Log {
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
