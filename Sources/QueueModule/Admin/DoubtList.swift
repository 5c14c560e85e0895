import Base
import Domain
import Sodium
import Store

/// One read of an item's purchases in doubt, slice by slice, with what their tickets are made of.
final class DoubtList {
    struct Entry {
        let doubt: Doubt
        let ticket: Ticket
    }

    private let store: Store
    private let item: ItemReference
    private let currentKeyID: UInt8
    private let limit: Int
    private var slices = 0
    private(set) var entries: [Entry] = []
    /// All up to this sequence were read.
    private(set) var examined: Int64
    private(set) var isComplete = false
    private(set) var counters = ItemCounters()

    init(_ parts: EndpointParts, of item: ItemReference, after sequence: Int64, limit: Int) {
        (store, currentKeyID, self.item, self.limit) = (parts.store, parts.codec.currentKeyID, item, limit)
        examined = sequence
    }

    /// Reads until `limit` are found, or nothing is left, or the item has so many purchases that the rest must wait for
    /// the next request. `completion` gets this list, which keeps itself alive until then.
    func read(_ completion: @escaping (Result<DoubtList, StoreFailure>) -> Void) {
        slices += 1
        store.doubts(after: examined, limit: min(Limits.batch, limit - entries.count), of: item) { [self] result in
            switch result {
            case .failure(let failure): completion(.failure(failure))
            case .success(let slice):
                (examined, isComplete, counters) = (slice.examined, slice.isLast, slice.counters)
                if slice.doubts.isEmpty { goOn(completion) } else { identify(slice.doubts, completion) }
            }
        }
    }

    private func goOn(_ completion: @escaping (Result<DoubtList, StoreFailure>) -> Void) {
        if isComplete || entries.count >= limit || slices >= Limits.doubtSlices {
            completion(.success(self))
        } else {
            read(completion)
        }
    }

    private func identify(_ doubts: [Doubt], _ completion: @escaping (Result<DoubtList, StoreFailure>) -> Void) {
        store.identify(doubts.map(\.record), of: item) { [self] result in
            switch result {
            case .failure(let failure): completion(.failure(failure))
            case .success(let found):
                for (doubt, keyID) in zip(doubts, found.keyIDs) {
                    let record = doubt.record
                    let ticket = Ticket(
                        keyID: keyID ?? currentKeyID, incarnation: found.incarnation, sequence: record.sequence,
                        quantity: record.quantity, userTag: KeyedHash.hash(record.user.utf8.span, key: found.salt))
                    entries.append(Entry(doubt: doubt, ticket: ticket))
                }
                goOn(completion)
            }
        }
    }
}
