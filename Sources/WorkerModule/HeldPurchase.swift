import Domain

/// One attempt that this worker has in its sink or has not settled yet.
struct HeldPurchase: Hashable {
    let item: ItemIncarnation
    let sequence: Int64
    let attempt: Int64

    init(_ item: ItemIncarnation, _ sequence: Int64, _ attempt: Int64) {
        self.item = item
        self.sequence = sequence
        self.attempt = attempt
    }
}
