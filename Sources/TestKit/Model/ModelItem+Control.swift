// What operators do.
extension ModelItem {
    /// Sets the stock in all.
    ///
    /// - Returns: false, and nothing is changed, when more is held and sold already.
    public mutating func put(stock: Int64?, _ change: (inout Settings) -> Void) -> Bool {
        let total = stock ?? self.total
        guard total >= held + sold else { return false }
        change(&settings)
        free = total - held - sold
        if free > 0 { hasEnded = false }
        endIfDone()
        return true
    }

    public mutating func restock(_ units: Int64) {
        free += units
        if free > 0 { hasEnded = false }
    }
}
