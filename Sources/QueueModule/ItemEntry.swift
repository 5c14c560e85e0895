import Base
import Domain
import HTTPServer
import Store

/// All that one loop keeps of one item: the view, the purchases on their way, and who waits for a read of the store.
final class ItemEntry {
    let name: ItemName
    let nameBytes: [UInt8]
    let keys: ItemKeys
    let view: ItemView
    var intake = Intake()
    var page = ItemPage()

    var isReading = false
    var mustReadAgain = false
    var readers: [(StoreFailure?) -> Void] = []
    var blockReaders: [Int: [(Result<Int64, StoreFailure>) -> Void]] = [:]
    var isReadingHolders = false
    var isBeingChecked = false

    init(keys: ItemKeys, view: ItemView) {
        name = keys.name
        nameBytes = Array(keys.name.description.utf8)
        self.keys = keys
        self.view = view
    }

    var reference: ItemReference { ItemReference(keys, incarnation: view.snapshot.incarnation) }
}

extension ItemEntry: ItemMemory {
    var acknowledgedStates: AcknowledgedStates { view.acknowledgedStates }
    var counters: ItemCounters { view.counters }
    func delivered(_ acknowledged: AcknowledgedState) { view.delivered(acknowledged) }
}

/// Purchases of one item that wait for the store: batches, oldest first, of which one is on its way at a time. The next
/// one fills meanwhile, so batches grow with the load and a lone purchase waits for nothing.
struct Intake {
    var waiting: [PurchaseBatch] = []
    var isCalling = false
    var isListed = false  // among those to be looked at before sleep
    /// Whether the last batch of newcomers began where this loop thought that the queue ended.
    var predictsFirstSequence = true
}

/// One batch with those who wait for its answers. Its hashes are made with the salt of one incarnation of the item, and
/// the store takes it into that one only.
final class PurchaseBatch {
    private(set) var incarnation: UInt64 = 0
    private(set) var admissions = AdmissionBatch()
    private(set) var exchanges: [ExchangeID] = []
    private(set) var userTags: [UInt64] = []
    private var table = [UInt64](repeating: 0, count: 2 * Limits.batch)
    private let limit: Int

    init(limit: Int = Limits.batch) { self.limit = limit }

    var isFull: Bool { admissions.count >= limit }
    var count: Int { admissions.count }

    /// Begins an empty batch anew.
    func begin(incarnation: UInt64) {
        self.incarnation = incarnation
        admissions.clear()
        exchanges.removeAll(keepingCapacity: true)
        userTags.removeAll(keepingCapacity: true)
        for index in table.indices { table[index] = 0 }
    }

    /// False when the user is in this batch already: two purchases of one user must not meet in one call.
    func append(
        user: Span<UInt8>, userTag: UInt64, quantity: Int64, keyDigest: UInt64, ticketKeyID: UInt8, exchange: ExchangeID
    ) -> Bool {
        guard insert(userTag == 0 ? 1 : userTag) else { return false }
        admissions.append(
            user: user, quantity: quantity, keyDigest: keyDigest, ticketKeyID: ticketKeyID,
            tag: UInt32(truncatingIfNeeded: userTag))
        exchanges.append(exchange)
        userTags.append(userTag)
        return true
    }

    private func insert(_ tag: UInt64) -> Bool {
        var slot = Int(truncatingIfNeeded: tag) & (table.count - 1)
        while table[slot] != 0 {
            if table[slot] == tag { return false }
            slot = (slot + 1) & (table.count - 1)
        }
        table[slot] = tag
        return true
    }
}
