// What operators do.
extension ModelItem {
    /// Sets the stock in all.
    ///
    /// - Returns: false, and nothing is changed, when more is held and sold already.
    public mutating func put(stock: Int64?, _ change: (inout Settings) -> Void) -> Bool {
        let total = stock ?? self.total
        guard total >= held + sold else { return false }
        takeFirstStock(total)
        change(&settings)
        free = total - held - sold
        if free > 0 { hasEnded = false }
        endIfDone()
        return true
    }

    /// Who made an item without stock did not mean that one may wait.
    private mutating func takeFirstStock(_ total: Int64) {
        guard self.total == 0, total > 0, settings.queueLimit == 1, !settings.isQueueLimitChosen else { return }
        settings.queueLimit = total * 3
    }

    /// The store was restarted, and its item reopened: so many sequences are left out.
    public mutating func reopen(skipping count: Int64) {
        for _ in 0..<count {
            append(Purchase(sequence: tail + 1, user: "", key: 0, quantity: 1, outcome: .skipped))
        }
    }

    public mutating func restock(_ units: Int64) {
        takeFirstStock(total + units)
        free += units
        if free > 0 { hasEnded = false }
    }
}
