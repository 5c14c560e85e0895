import Base
import Domain
import HTTPServer
import Store

/// One purchase that has no answer yet, beside the name of its user.
struct Purchase {
    let exchange: ExchangeID
    let quantity: Int64
    let tags: PurchaseTags
}

/// The purchases of one batch and their exchanges, by the index that `AdmissionQueue` gives them. Their hashes are made
/// with the salt of one incarnation of the item, and the store takes them into that one only.
final class PurchaseBatch {
    private(set) var entry: ItemEntry?
    private(set) var incarnation: UInt64 = 0
    private(set) var admissions = AdmissionBatch()
    private(set) var exchanges: [ExchangeID] = []
    private(set) var userTags: [UInt64] = []

    /// Begins an empty batch anew.
    func begin(of entry: ItemEntry) {
        precondition(self.entry == nil, "a batch is of one item at a time")
        self.entry = entry
        incarnation = entry.view.snapshot.incarnation
        admissions.clear()
        exchanges.removeAll(keepingCapacity: true)
        userTags.removeAll(keepingCapacity: true)
    }

    /// Every purchase has an answer.
    func end() {
        precondition(entry != nil, "a batch ends once")
        entry = nil
    }

    func append(_ purchase: Purchase, user: Span<UInt8>, ticketKeyID: UInt8, at index: Int) {
        precondition(index == exchanges.count, "a batch and its purchases have come apart")
        admissions.append(
            user: user, quantity: purchase.quantity, keyDigest: purchase.tags.key, ticketKeyID: ticketKeyID,
            tag: UInt32(truncatingIfNeeded: purchase.tags.user))
        exchanges.append(purchase.exchange)
        userTags.append(purchase.tags.user)
    }
}
